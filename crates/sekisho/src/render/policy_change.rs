//! What differs between two policy documents, statement by statement. It says what is written, not what follows from
//! it: whether a policy got broader is not decided here.

use std::collections::BTreeSet;

use serde_json::Value;

use super::plan_view::Sign;
use super::words::{count, list};

/// How many actions or resources of a statement are named.
const NAMED: usize = 4;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Statement {
    allow: bool,
    actions: BTreeSet<String>,
    /// `NotAction` instead of `Action`.
    except_actions: bool,
    resources: BTreeSet<String>,
    except_resources: bool,
    /// The condition as JSON, empty for none.
    condition: String,
}

/// Lines on what is added and removed, in the order of the documents. `None` when a document cannot be read as a
/// policy, or when nothing differs but form.
pub(crate) fn describe(from: Option<&str>, to: Option<&str>) -> Option<Vec<(Sign, String)>> {
    let mut old = from.map_or(Some(Vec::new()), statements)?;
    let mut new = to.map_or(Some(Vec::new()), statements)?;
    new.retain(|statement| match old.iter().position(|known| known == statement) {
        Some(at) => {
            old.remove(at);
            false
        }
        None => true,
    });
    let mut lines = Vec::new();
    for statement in new {
        let alike = old.iter().position(|known| {
            let same_rest = known.allow == statement.allow
                && known.condition == statement.condition
                && known.except_actions == statement.except_actions
                && known.except_resources == statement.except_resources;
            same_rest && (known.resources == statement.resources || known.actions == statement.actions)
        });
        match alike {
            Some(at) => compare(&old.remove(at), &statement, &mut lines),
            None => lines.push((Sign::Add, sentence(&statement))),
        }
    }
    lines.extend(old.iter().map(|statement| (Sign::Remove, sentence(statement))));
    (!lines.is_empty()).then_some(lines)
}

/// `3 statements, 812 bytes`.
pub(crate) fn size(document: &str) -> String {
    let statements = statements(document).map_or(0, |found| found.len());
    let bytes = serde_json::from_str::<Value>(document).map_or(document.len(), |value| value.to_string().len());
    format!("{}, {}", count(statements, "statement"), count(bytes, "byte"))
}

fn compare(old: &Statement, new: &Statement, lines: &mut Vec<(Sign, String)>) {
    let mut say = |sign: Sign, actions: &BTreeSet<String>, resources: &BTreeSet<String>| {
        if !actions.is_empty() && !resources.is_empty() {
            let part = Statement { actions: actions.clone(), resources: resources.clone(), ..new.clone() };
            lines.push((sign, sentence(&part)));
        }
    };
    if old.resources == new.resources {
        say(Sign::Add, &new.actions.difference(&old.actions).cloned().collect(), &new.resources);
        say(Sign::Remove, &old.actions.difference(&new.actions).cloned().collect(), &new.resources);
    } else {
        say(Sign::Add, &new.actions, &new.resources.difference(&old.resources).cloned().collect());
        say(Sign::Remove, &new.actions, &old.resources.difference(&new.resources).cloned().collect());
    }
}

/// `allows s3:GetObject, s3:PutObject on arn:aws:s3:::reports/* (with a condition on aws:SourceIp)`.
fn sentence(statement: &Statement) -> String {
    let verb = if statement.allow { "allows" } else { "denies" };
    let part = |names: &BTreeSet<String>, except: bool| {
        let names = list(names.iter().map(String::as_str), NAMED);
        if except { format!("everything but {names}") } else { names }
    };
    let actions = part(&statement.actions, statement.except_actions);
    let resources = part(&statement.resources, statement.except_resources);
    let condition = condition_keys(&statement.condition);
    let condition = if condition.is_empty() { String::new() } else { format!(" (condition on {condition})") };
    format!("{verb} {actions} on {resources}{condition}")
}

fn condition_keys(condition: &str) -> String {
    let Ok(Value::Object(operators)) = serde_json::from_str(condition) else { return String::new() };
    let keys: BTreeSet<&str> =
        operators.values().filter_map(Value::as_object).flat_map(|keys| keys.keys().map(String::as_str)).collect();
    list(keys, NAMED)
}

fn statements(document: &str) -> Option<Vec<Statement>> {
    let document: Value = serde_json::from_str(document).ok()?;
    let written = match document.get("Statement")? {
        Value::Array(statements) => statements.clone(),
        one @ Value::Object(_) => vec![one.clone()],
        _ => return None,
    };
    written.iter().map(statement).collect()
}

fn statement(value: &Value) -> Option<Statement> {
    let either = |name: &str, except: &str| match (value.get(name), value.get(except)) {
        (Some(listed), _) => Some((texts(listed)?, false)),
        (None, Some(listed)) => Some((texts(listed)?, true)),
        (None, None) => None,
    };
    let (actions, except_actions) = either("Action", "NotAction")?;
    let (resources, except_resources) = either("Resource", "NotResource")?;
    Some(Statement {
        allow: value.get("Effect")?.as_str()? == "Allow",
        actions,
        except_actions,
        resources,
        except_resources,
        condition: value.get("Condition").map(Value::to_string).unwrap_or_default(),
    })
}

fn texts(value: &Value) -> Option<BTreeSet<String>> {
    match value {
        Value::String(text) => Some(BTreeSet::from([text.clone()])),
        Value::Array(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_added_and_removed() {
        let old = r#"{"Version":"2012-10-17","Statement":[
            {"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":"*"},
            {"Effect":"Allow","Action":"sqs:*","Resource":"*"}]}"#;
        let new = r#"{"Version":"2012-10-17","Statement":[
            {"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"*"},
            {"Effect":"Deny","NotAction":"iam:*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"false"}}}]}"#;
        let lines = describe(Some(old), Some(new)).unwrap();
        let said: Vec<String> = lines.iter().map(|(sign, text)| format!("{} {text}", sign.as_str())).collect();
        assert_eq!(
            said,
            [
                "+ allows s3:PutObject on *",
                "- allows s3:ListBucket on *",
                "+ denies everything but iam:* on * (condition on aws:MultiFactorAuthPresent)",
                "- allows sqs:* on *",
            ]
        );
        assert_eq!(describe(Some(old), Some(old)), None);
        assert_eq!(describe(Some("{"), Some(old)), None);
        assert_eq!(size(old), "2 statements, 165 bytes");
    }
}
