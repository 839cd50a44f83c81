//! Records of files to rows: what the classes do that AWS names for CloudTrail's files, and for lines of JSON.

use std::fmt;

use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZFlush, MZStatus};
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::sql::failure::Failure;
use super::sql::kind::Kind;
use super::sql::value::Value;

/// The largest file, unpacked.
const LARGEST_BYTES: usize = 512 << 20;
/// How deep a record may be nested.
const DEEPEST: usize = 60;

fn bad(message: impl fmt::Display) -> Failure {
    Failure::new("HIVE_BAD_DATA", message)
}

/// The members of one object as they stand, in their order.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> serde::Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    members.push((name, map.next_value::<&RawValue>()?));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Visit)
    }
}

/// Hands on the records of a file.
pub(super) fn each(
    bytes: &[u8],
    is_packed: bool,
    of_cloudtrail: bool,
    take: &mut dyn FnMut(&str) -> Result<bool, Failure>,
) -> Result<bool, Failure> {
    let unpacked = if is_packed { unpack(bytes)? } else { bytes.to_vec() };
    let text = String::from_utf8_lossy(&unpacked);
    let text = text.trim_start_matches('\u{feff}');
    if !of_cloudtrail {
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            if !take(line)? {
                return Ok(false);
            }
        }
        return Ok(true);
    }
    let file: Members<'_> = serde_json::from_str(text).map_err(|error| bad(format!("a file is no JSON: {error}")))?;
    let Some((_, records)) = file.0.iter().rfind(|(name, _)| name == "Records") else { return Ok(true) };
    let records: Vec<&RawValue> =
        serde_json::from_str(records.get()).map_err(|error| bad(format!("Records is no list: {error}")))?;
    for record in records {
        if !take(record.get())? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The columns of a record; those that are not wanted are null.
pub(super) fn row(record: &str, columns: &[(String, Kind)], wanted: &[bool]) -> Result<Vec<Value>, Failure> {
    let members: Members<'_> =
        serde_json::from_str(record).map_err(|error| bad(format!("a record is no JSON object: {error}")))?;
    members_of(&members, columns.iter().map(|(name, kind)| (Some(name), kind)), Some(wanted), 0)
}

fn members_of<'c>(
    members: &Members<'_>,
    columns: impl Iterator<Item = (Option<&'c String>, &'c Kind)>,
    wanted: Option<&[bool]>,
    depth: usize,
) -> Result<Vec<Value>, Failure> {
    let columns = columns.enumerate().map(|(number, (name, kind))| {
        if wanted.is_some_and(|wanted| wanted.get(number) != Some(&true)) {
            return Ok(Value::Null);
        }
        let is_it =
            |found: &str| name.is_some_and(|name| found.eq_ignore_ascii_case(name) || found.to_lowercase() == *name);
        match members.0.iter().rfind(|(found, _)| is_it(found)) {
            Some((_, raw)) => value(raw, kind, depth),
            None => Ok(Value::Null),
        }
    });
    columns.collect()
}

fn value(raw: &RawValue, kind: &Kind, depth: usize) -> Result<Value, Failure> {
    let text = raw.get();
    let shape = || bad(format!("{} where a {kind} should be", super::sql::place::short(text)));
    if depth > DEEPEST {
        return Err(bad("a record is nested too deeply"));
    }
    if text == "null" {
        return Ok(Value::Null);
    }
    let first = text.bytes().next().unwrap_or(b' ');
    match kind {
        Kind::Varchar if first == b'"' => {
            let inner: String = serde_json::from_str(text).map_err(|error| bad(format!("a text: {error}")))?;
            Ok(Value::text(inner))
        }
        Kind::Varchar => Ok(Value::text(compact(text))),
        Kind::Boolean => match text {
            "true" => Ok(Value::Boolean(true)),
            "false" => Ok(Value::Boolean(false)),
            _ => Err(shape()),
        },
        Kind::Integer => text.parse::<i32>().map(|number| Value::Integer(i64::from(number))).map_err(|_| shape()),
        Kind::Bigint => text.parse().map(Value::Integer).map_err(|_| shape()),
        Kind::Double if first != b'"' => text.parse().map(Value::Double).map_err(|_| shape()),
        Kind::Date if first == b'"' => {
            let inner: String = serde_json::from_str(text).map_err(|_| shape())?;
            super::sql::moment::parse_date(&inner).map(Value::Date).ok_or_else(shape)
        }
        Kind::Array(element) => {
            let parts: Vec<&RawValue> = serde_json::from_str(text).map_err(|_| shape())?;
            let parts: Result<Vec<Value>, Failure> =
                parts.into_iter().map(|part| value(part, element, depth + 1)).collect();
            Ok(Value::Array(parts?.into()))
        }
        Kind::Row(fields) => {
            let members: Members<'_> = serde_json::from_str(text).map_err(|_| shape())?;
            let columns = fields.iter().map(|(name, kind)| (name.as_ref(), kind));
            Ok(Value::Row(members_of(&members, columns, None, depth + 1)?.into()))
        }
        Kind::Map(key, inner) if **key == Kind::Varchar => {
            let members: Members<'_> = serde_json::from_str(text).map_err(|_| shape())?;
            let mut pairs: Vec<(Value, Value)> = Vec::new();
            for (name, raw) in members.0 {
                let (name, value) = (Value::text(name), value(raw, inner, depth + 1)?);
                pairs.retain(|(known, _)| *known != name);
                pairs.push((name, value));
            }
            Ok(Value::Map(pairs.into()))
        }
        _ => Err(shape()),
    }
}

/// JSON without the spaces between its parts.
fn compact(text: &str) -> String {
    let (mut inside, mut escaped) = (false, false);
    let keep = |letter: &char| {
        if inside {
            match *letter {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => inside = false,
                _ => {}
            }
            return true;
        }
        inside = *letter == '"';
        !letter.is_ascii_whitespace()
    };
    text.chars().filter(keep).collect()
}

/// All members of a gzip file (RFC 1952).
pub(super) fn unpack(bytes: &[u8]) -> Result<Vec<u8>, Failure> {
    let damaged = || bad("a file that ends with .gz is no gzip file, or is damaged");
    let (mut out, mut rest) = (Vec::new(), bytes);
    while !rest.is_empty() {
        rest = member(rest).ok_or_else(damaged)?;
        let from = out.len();
        let mut state = InflateState::new_boxed(DataFormat::Raw);
        let mut buffer = vec![0; 64 << 10];
        loop {
            let step = inflate(&mut state, rest, &mut buffer, MZFlush::None);
            rest = rest.get(step.bytes_consumed..).ok_or_else(damaged)?;
            out.extend_from_slice(buffer.get(..step.bytes_written).ok_or_else(damaged)?);
            if out.len() > LARGEST_BYTES {
                return Err(bad("a file is too large once it is unpacked"));
            }
            match step.status {
                Ok(MZStatus::StreamEnd) => break,
                Ok(_) if step.bytes_consumed > 0 || step.bytes_written > 0 => {}
                _ => return Err(damaged()),
            }
        }
        let checksum = crate::s3::crc32(out.get(from..).unwrap_or_default()).to_le_bytes();
        if rest.get(..4) != Some(checksum.as_slice()) {
            return Err(damaged());
        }
        rest = rest.get(8..).ok_or_else(damaged)?;
    }
    Ok(out)
}

/// What stands behind the head of a member.
fn member(bytes: &[u8]) -> Option<&[u8]> {
    let flags = match bytes.get(..10)? {
        [0x1f, 0x8b, 8, flags, ..] => *flags,
        _ => return None,
    };
    let mut rest = bytes.get(10..)?;
    if flags & 4 != 0 {
        let length = usize::from(u16::from_le_bytes([*rest.first()?, *rest.get(1)?]));
        rest = rest.get(2 + length..)?;
    }
    for flag in [8, 16] {
        if flags & flag != 0 {
            let end = rest.iter().position(|byte| *byte == 0)?;
            rest = rest.get(end + 1..)?;
        }
    }
    if flags & 2 != 0 {
        rest = rest.get(2..)?;
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_become_rows() {
        let columns = [
            ("name".to_owned(), Kind::Varchar),
            ("open".to_owned(), Kind::Varchar),
            ("who".to_owned(), Kind::Row(vec![(Some("arn".to_owned()), Kind::Varchar)])),
        ];
        let text =
            r#"{"Records":[{"NAME":"a\u00e9","open":{"b": [1, "x y"]},"who":{"ARN":"z"}},{"name":null,"open":true}]}"#;
        let mut rows = Vec::new();
        each(&crate::cloudtrail::gzip(text.as_bytes()), true, true, &mut |record| {
            rows.push(row(record, &columns, &[true; 3])?);
            Ok(true)
        })
        .unwrap();
        assert_eq!(rows[0][..2], [Value::text("aé"), Value::text(r#"{"b":[1,"x y"]}"#)]);
        assert_eq!(rows[0][2], Value::Row([Value::text("z")].into()));
        assert_eq!(rows[1], [Value::Null, Value::text("true"), Value::Null]);
        assert!(row(r#"{"who":"x"}"#, &columns, &[true; 3]).is_err());
        assert_eq!(row(r#"{"who":"x"}"#, &columns, &[true, true, false]).unwrap()[2], Value::Null);
    }

    #[test]
    fn what_is_no_gzip_is_refused() {
        let packed = crate::cloudtrail::gzip(b"{}");
        for length in 1..packed.len() {
            assert!(unpack(&packed[..length]).is_err(), "{length}");
        }
        assert_eq!(unpack(&[packed.clone(), packed].concat()).unwrap(), b"{}{}");
    }
}
