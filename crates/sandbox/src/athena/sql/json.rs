//! Functions of JSON.

use std::sync::Arc;

use serde_json::Value as Json;

use super::failure::Failure;
use super::function::{Gives, Signature, Want};
use super::text::functions;
use super::value::Value;

/// A step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Member(String),
    Element(usize),
}

/// `$.a['b'][0]`
pub(crate) fn path(text: &str) -> Result<Arc<[Step]>, Failure> {
    let wrong = || Failure::argument(format!("Invalid JSON path: '{text}'"));
    let mut rest = text.strip_prefix('$').ok_or_else(wrong)?;
    let mut steps = Vec::new();
    while let Some(letter) = rest.chars().next() {
        let behind = rest.get(letter.len_utf8()..).unwrap_or_default();
        if letter == '.' {
            if behind.starts_with(['.', '*']) {
                return Err(Failure::missing(format!("the JSON path `{text}`")));
            }
            let is_part = |c: char| c.is_alphanumeric() || "_:$-/@|#".contains(c);
            let end = behind.find(|c| !is_part(c)).unwrap_or(behind.len());
            let (name, left) = behind.split_at(end);
            if name.is_empty() {
                return Err(wrong());
            }
            steps.push(Step::Member(name.to_owned()));
            rest = left;
        } else if letter == '[' {
            let (inner, left) = behind.split_once(']').ok_or_else(wrong)?;
            let quoted = ['"', '\''].iter().find_map(|quote| inner.strip_prefix(*quote)?.strip_suffix(*quote));
            steps.push(match (quoted, inner.parse()) {
                (Some(name), _) if !name.contains(['\\', '"', '\'']) => Step::Member(name.to_owned()),
                (None, Ok(number)) => Step::Element(number),
                _ => return Err(Failure::missing(format!("the JSON path `{text}`"))),
            });
            rest = left;
        } else {
            return Err(wrong());
        }
    }
    Ok(steps.into())
}

fn walk<'a>(mut json: &'a Json, steps: &[Step]) -> Option<&'a Json> {
    for step in steps {
        json = match step {
            Step::Member(name) => json.as_object()?.get(name)?,
            // a number after a dot or in brackets names a member as well
            Step::Element(number) => match json {
                Json::Object(members) => members.get(&number.to_string())?,
                _ => json.as_array()?.get(*number)?,
            },
        };
    }
    Some(json)
}

/// What lies at the path; null where there is nothing, or no JSON.
pub(crate) fn extract(of: &Value, steps: &[Step], as_scalar: bool) -> Result<Value, Failure> {
    let parsed = match of {
        Value::Text(text) => match serde_json::from_str::<Json>(text) {
            Ok(json) => Arc::new(json),
            Err(_) => return Ok(Value::Null),
        },
        Value::Json(json) => Arc::clone(json),
        _ => return Ok(Value::Null),
    };
    let Some(found) = walk(&parsed, steps) else { return Ok(Value::Null) };
    if !as_scalar {
        return Ok(Value::Json(Arc::new(found.clone())));
    }
    Ok(match found {
        Json::String(text) => Value::text(text.as_str()),
        Json::Bool(truth) => Value::text(truth.to_string()),
        Json::Number(number) if number.is_f64() => {
            return Err(Failure::missing("json_extract_scalar of a number that is not whole"));
        }
        Json::Number(number) => Value::text(number.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => Value::Null,
    })
}

fn sorted(json: &Json) -> Json {
    match json {
        Json::Array(values) => Json::Array(values.iter().map(sorted).collect()),
        Json::Object(members) => {
            let mut members: Vec<_> = members.iter().map(|(name, value)| (name.clone(), sorted(value))).collect();
            members.sort_by(|(left, _), (right, _)| left.cmp(right));
            Json::Object(members.into_iter().collect())
        }
        other => other.clone(),
    }
}

fn parsed(values: &[Value]) -> Result<Value, Failure> {
    let text = values.first().map_or("", Value::as_text);
    let json: Json =
        serde_json::from_str(text).map_err(|_| Failure::argument(format!("Cannot convert value to JSON: '{text}'")))?;
    Ok(Value::Json(Arc::new(sorted(&json))))
}

fn length(values: &[Value]) -> Value {
    let json = match values.first() {
        Some(Value::Json(json)) => Some(Arc::clone(json)),
        Some(Value::Text(text)) => serde_json::from_str(text).ok().map(Arc::new),
        _ => None,
    };
    let length = json.as_deref().and_then(Json::as_array).map(Vec::len);
    length.map_or(Value::Null, |length| Value::Integer(i64::try_from(length).unwrap_or(i64::MAX)))
}

fn formatted(values: &[Value]) -> Value {
    match values.first() {
        Some(Value::Json(json)) => Value::text(json.to_string()),
        _ => Value::Null,
    }
}

pub(crate) const FUNCTIONS: &[Signature] = functions![
    "json_parse", [Want::Text], Gives::Json, parsed;
    "json_format", [Want::Json], Gives::Text, |a| Ok(formatted(a));
    "json_array_length", [Want::Text], Gives::Bigint, |a| Ok(length(a));
    "json_array_length", [Want::Json], Gives::Bigint, |a| Ok(length(a));
];
