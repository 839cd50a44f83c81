//! Functions of arrays and maps.

use std::collections::HashSet;

use super::failure::Failure;
use super::function::{Gives, Signature, Want};
use super::text::functions;
use super::value::Value;

use Want::{List, Text, Whole};

/// The longest array that is made of nothing.
const LONGEST: i64 = 10_000;
/// The most elements of an array that is made of others.
const MOST_ELEMENTS: usize = 1_000_000;
/// The longest text made of others.
const LONGEST_BYTES: usize = 16 << 20;

pub(crate) const FUNCTIONS: &[Signature] = functions![
    "array_distinct", [List], Gives::Same(0), |a| Ok(Value::Array(distinct(elements(a, 0)).into()));
    "array_max", [List], Gives::Element, |a| Ok(extreme(elements(a, 0), true));
    "array_min", [List], Gives::Element, |a| Ok(extreme(elements(a, 0), false));
    "array_join", [List, Text], Gives::Text, |a| join(a);
    "array_join", [List, Text, Text], Gives::Text, |a| join(a);
    "array_sort", [List], Gives::Same(0), |a| Ok(sorted(elements(a, 0)));
    "reverse", [List], Gives::Same(0), |a| Ok(Value::Array(elements(a, 0).iter().rev().cloned().collect()));
    "slice", [List, Whole, Whole], Gives::Same(0), slice;
    "flatten", [List], Gives::Flat, |a| flat(elements(a, 0));
    "sequence", [Whole, Whole], Gives::Numbers, sequence;
];

fn elements(arguments: &[Value], number: usize) -> &[Value] {
    arguments.get(number).map_or(&[], Value::elements)
}

fn distinct(values: &[Value]) -> Vec<Value> {
    let mut seen = HashSet::new();
    values.iter().filter(|value| seen.insert(Value::clone(value))).cloned().collect()
}

/// Null where one is null or there is none.
fn extreme(values: &[Value], largest: bool) -> Value {
    if values.iter().any(Value::is_null) {
        return Value::Null;
    }
    let found = if largest { values.iter().max_by(|a, b| a.order(b)) } else { values.iter().min_by(|a, b| a.order(b)) };
    found.cloned().unwrap_or(Value::Null)
}

/// Nulls are left out unless there is a text for them.
fn join(arguments: &[Value]) -> Result<Value, Failure> {
    let by = arguments.get(1).map_or("", Value::as_text);
    let for_null = arguments.get(2).map(Value::as_text);
    let mut out = String::new();
    let mut first = true;
    for value in elements(arguments, 0) {
        let text = match value {
            Value::Null => for_null,
            Value::Text(text) => Some(&**text),
            _ => return Err(Failure::missing("array_join of anything but texts")),
        };
        let Some(text) = text else { continue };
        if !std::mem::take(&mut first) {
            out.push_str(by);
        }
        out.push_str(text);
        if out.len() > LONGEST_BYTES {
            return Err(Failure::exhausted());
        }
    }
    Ok(Value::text(out))
}

/// Nulls last.
fn sorted(values: &[Value]) -> Value {
    let mut values = values.to_vec();
    values.sort_by(|left, right| left.is_null().cmp(&right.is_null()).then_with(|| left.order(right)));
    Value::Array(values.into())
}

fn slice(arguments: &[Value]) -> Result<Value, Failure> {
    let values = elements(arguments, 0);
    let (from, length) = (arguments.get(1).map_or(0, Value::as_integer), arguments.get(2).map_or(0, Value::as_integer));
    if from == 0 {
        return Err(Failure::argument("SQL array indices start at 1"));
    }
    let length = usize::try_from(length).map_err(|_| Failure::argument("length must be greater than or equal to 0"))?;
    let size = i64::try_from(values.len()).unwrap_or(i64::MAX);
    let first = if from < 0 { size + from } else { from - 1 };
    let Ok(first) = usize::try_from(first) else { return Ok(Value::Array([].into())) };
    Ok(Value::Array(values.iter().skip(first).take(length).cloned().collect()))
}

fn flat(values: &[Value]) -> Result<Value, Failure> {
    check_length(values)?;
    Ok(Value::Array(values.iter().flat_map(Value::elements).cloned().collect()))
}

/// That arrays one behind the other are not too long.
fn check_length(arrays: &[Value]) -> Result<(), Failure> {
    let length: usize = arrays.iter().map(|array| array.elements().len()).sum();
    if length > MOST_ELEMENTS { Err(Failure::exhausted()) } else { Ok(()) }
}

fn sequence(arguments: &[Value]) -> Result<Value, Failure> {
    let (from, to) = (arguments.first().map_or(0, Value::as_integer), arguments.get(1).map_or(0, Value::as_integer));
    if from.abs_diff(to) >= LONGEST.unsigned_abs() {
        return Err(Failure::argument("result of sequence function must not have more than 10000 entries"));
    }
    let all: Vec<Value> = if from <= to {
        (from..=to).map(Value::Integer).collect()
    } else {
        (to..=from).rev().map(Value::Integer).collect()
    };
    Ok(Value::Array(all.into()))
}

/// `element_at`: null where there is none.
pub(crate) fn element_at(arguments: &[Value]) -> Result<Value, Failure> {
    match arguments {
        [Value::Array(values), Value::Integer(number)] => {
            let size = i64::try_from(values.len()).unwrap_or(i64::MAX);
            let at = match number {
                0 => return Err(Failure::argument("SQL array indices start at 1")),
                number if *number < 0 => size + number,
                number => number - 1,
            };
            Ok(usize::try_from(at).ok().and_then(|at| values.get(at)).cloned().unwrap_or(Value::Null))
        }
        [Value::Map(pairs), key] => {
            Ok(pairs.iter().find(|(name, _)| name == key).map_or(Value::Null, |(_, value)| value.clone()))
        }
        _ => Ok(Value::Null),
    }
}

/// `a[1]`: an error where there is none.
pub(crate) fn subscript(arguments: &[Value]) -> Result<Value, Failure> {
    match arguments {
        [Value::Array(values), Value::Integer(number)] => {
            let size = values.len();
            match usize::try_from(*number) {
                Ok(0) => Err(Failure::argument("SQL array indices start at 1")),
                Err(_) => Err(Failure::argument(format!("Array subscript is negative: {number}"))),
                Ok(number) => values.get(number - 1).cloned().ok_or_else(|| {
                    Failure::argument(format!(
                        "Array subscript must be less than or equal to array length: {number} > {size}"
                    ))
                }),
            }
        }
        [Value::Map(pairs), key] => {
            let found = pairs.iter().find(|(name, _)| name == key);
            found
                .map(|(_, value)| value.clone())
                .ok_or_else(|| Failure::argument(format!("Key not present in map: {}", key.as_text())))
        }
        _ => Ok(Value::Null),
    }
}

pub(crate) fn cardinality(arguments: &[Value]) -> Result<Value, Failure> {
    let size = match arguments.first() {
        Some(Value::Map(pairs)) => pairs.len(),
        Some(value) => value.elements().len(),
        None => 0,
    };
    Ok(Value::Integer(i64::try_from(size).unwrap_or(i64::MAX)))
}

/// Unknown where it is not found and one element is null.
pub(crate) fn contains(arguments: &[Value]) -> Result<Value, Failure> {
    let [list, what] = arguments else { return Ok(Value::Null) };
    let mut known = true;
    for value in list.elements() {
        match value.equals(what) {
            Some(true) => return Ok(Value::Boolean(true)),
            Some(false) => {}
            None => known = false,
        }
    }
    Ok(if known { Value::Boolean(false) } else { Value::Null })
}

pub(crate) fn array_position(arguments: &[Value]) -> Result<Value, Failure> {
    let [list, what] = arguments else { return Ok(Value::Null) };
    let at = list.elements().iter().position(|value| value.equals(what) == Some(true));
    Ok(Value::Integer(at.map_or(0, |at| i64::try_from(at).unwrap_or(i64::MAX) + 1)))
}

pub(crate) fn array_remove(arguments: &[Value]) -> Result<Value, Failure> {
    let [list, what] = arguments else { return Ok(Value::Null) };
    let kept = list.elements().iter().filter(|value| value.equals(what) != Some(true));
    Ok(Value::Array(kept.cloned().collect()))
}

pub(crate) fn array_union(arguments: &[Value]) -> Result<Value, Failure> {
    let all: Vec<Value> = arguments.iter().flat_map(Value::elements).cloned().collect();
    Ok(Value::Array(distinct(&all).into()))
}

pub(crate) fn array_intersect(arguments: &[Value]) -> Result<Value, Failure> {
    let [left, right] = arguments else { return Ok(Value::Null) };
    let other: HashSet<&Value> = right.elements().iter().collect();
    let both: Vec<Value> = left.elements().iter().filter(|value| other.contains(value)).cloned().collect();
    Ok(Value::Array(distinct(&both).into()))
}

pub(crate) fn array_except(arguments: &[Value]) -> Result<Value, Failure> {
    let [left, right] = arguments else { return Ok(Value::Null) };
    let other: HashSet<&Value> = right.elements().iter().collect();
    let rest: Vec<Value> = left.elements().iter().filter(|value| !other.contains(value)).cloned().collect();
    Ok(Value::Array(distinct(&rest).into()))
}

pub(crate) fn arrays_overlap(arguments: &[Value]) -> Result<Value, Failure> {
    let [left, right] = arguments else { return Ok(Value::Null) };
    let other: HashSet<&Value> = right.elements().iter().filter(|value| !value.is_null()).collect();
    if left.elements().iter().any(|value| other.contains(value)) {
        return Ok(Value::Boolean(true));
    }
    let null = left.elements().iter().chain(right.elements()).any(Value::is_null);
    let empty = left.elements().is_empty() || right.elements().is_empty();
    Ok(if null && !empty { Value::Null } else { Value::Boolean(false) })
}

/// Texts or arrays, one behind the other.
pub(crate) fn concat(arguments: &[Value]) -> Result<Value, Failure> {
    if let Some(Value::Array(_)) = arguments.first() {
        check_length(arguments)?;
        return Ok(Value::Array(arguments.iter().flat_map(Value::elements).cloned().collect()));
    }
    let length: usize = arguments.iter().map(|value| value.as_text().len()).sum();
    if length > LONGEST_BYTES {
        return Err(Failure::exhausted());
    }
    let mut out = String::with_capacity(length);
    for value in arguments {
        out.push_str(value.as_text());
    }
    Ok(Value::text(out))
}

pub(crate) fn map_keys(arguments: &[Value]) -> Result<Value, Failure> {
    let Some(Value::Map(pairs)) = arguments.first() else { return Ok(Value::Null) };
    Ok(Value::Array(pairs.iter().map(|(key, _)| key.clone()).collect()))
}

pub(crate) fn map_values(arguments: &[Value]) -> Result<Value, Failure> {
    let Some(Value::Map(pairs)) = arguments.first() else { return Ok(Value::Null) };
    Ok(Value::Array(pairs.iter().map(|(_, value)| value.clone()).collect()))
}

/// `map(keys, values)`
pub(crate) fn map(arguments: &[Value]) -> Result<Value, Failure> {
    let [keys, values] = arguments else { return Ok(Value::Map([].into())) };
    let (keys, values) = (keys.elements(), values.elements());
    if keys.len() != values.len() {
        return Err(Failure::argument("Key and value arrays must be the same length"));
    }
    if keys.iter().any(Value::is_null) {
        return Err(Failure::argument("map key cannot be null"));
    }
    if distinct(keys).len() != keys.len() {
        return Err(Failure::argument("Duplicate map keys are not allowed"));
    }
    Ok(Value::Map(keys.iter().cloned().zip(values.iter().cloned()).collect()))
}
