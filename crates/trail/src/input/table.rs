//! Records out of CSV: results of CloudTrail Lake and Athena, downloads of the event history.
//!
//! Each row is written as a JSON record of CloudTrail's own form, so that there is one reader of records. A column is found by its
//! name without case, blanks and `_`; `useridentity.arn` and `useridentity_arn` name members. A structure in a cell is JSON, or
//! the way in which Athena prints one: `{type=IAMUser, arn=arn:aws:…, sessioncontext={…}}`.

use serde_json::{Map, Value};

/// Members by the names of columns; those of `userIdentity` and below with the way to them.
const COLUMNS: [(&str, &[&str]); 34] = [
    ("eventtime", &["eventTime"]),
    ("eventname", &["eventName"]),
    ("eventsource", &["eventSource"]),
    ("eventid", &["eventID"]),
    ("eventtype", &["eventType"]),
    ("eventcategory", &["eventCategory"]),
    ("awsregion", &["awsRegion"]),
    ("sourceipaddress", &["sourceIPAddress"]),
    ("useragent", &["userAgent"]),
    ("errorcode", &["errorCode"]),
    ("errormessage", &["errorMessage"]),
    ("readonly", &["readOnly"]),
    ("managementevent", &["managementEvent"]),
    ("recipientaccountid", &["recipientAccountId"]),
    ("vpcendpointid", &["vpcEndpointId"]),
    ("sessioncredentialfromconsole", &["sessionCredentialFromConsole"]),
    ("requestparameters", &["requestParameters"]),
    ("responseelements", &["responseElements"]),
    ("additionaleventdata", &["additionalEventData"]),
    ("resources", &["resources"]),
    ("useridentity", &["userIdentity"]),
    ("useridentitytype", &["userIdentity", "type"]),
    ("useridentityarn", &["userIdentity", "arn"]),
    ("useridentityprincipalid", &["userIdentity", "principalId"]),
    ("useridentityaccountid", &["userIdentity", "accountId"]),
    ("useridentityaccesskeyid", &["userIdentity", "accessKeyId"]),
    ("useridentityusername", &["userIdentity", "userName"]),
    ("useridentityinvokedby", &["userIdentity", "invokedBy"]),
    ("useridentitysessioncontextsessionissuerarn", &["userIdentity", "sessionContext", "sessionIssuer", "arn"]),
    ("useridentitysessioncontextsourceidentity", &["userIdentity", "sessionContext", "sourceIdentity"]),
    ("arn", &["userIdentity", "arn"]),
    ("accesskeyid", &["userIdentity", "accessKeyId"]),
    ("awsaccesskey", &["userIdentity", "accessKeyId"]),
    ("username", &["userIdentity", "userName"]),
];

/// Names of members whose case Athena loses.
const MEMBERS: [&str; 18] = [
    "principalId",
    "accountId",
    "accessKeyId",
    "userName",
    "invokedBy",
    "identityProvider",
    "onBehalfOf",
    "userId",
    "sessionContext",
    "sessionIssuer",
    "webIdFederationData",
    "federatedProvider",
    "mfaAuthenticated",
    "creationDate",
    "sourceIdentity",
    "attributes",
    "identityStoreArn",
    "ec2RoleDelivery",
];

/// Columns whose cells are structures.
const STRUCTURES: [&str; 5] =
    ["userIdentity", "requestParameters", "responseElements", "additionalEventData", "resources"];

/// Whether a line names columns of CloudTrail's.
pub(crate) fn is_header(line: &[u8]) -> bool {
    let Some((columns, _)) = row(line) else { return false };
    let names: Vec<String> = columns.iter().map(|column| bare(column)).collect();
    ["eventtime", "eventname", "eventsource"].iter().all(|wanted| names.iter().any(|name| name == wanted))
}

/// The rows as records, one a line; none where the header is no header.
pub(crate) fn records(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let (header, mut rest) = row(text.trim_ascii_start())?;
    let columns: Vec<Option<&[&str]>> = header
        .iter()
        .map(|name| {
            let name = bare(name);
            COLUMNS.iter().find(|(column, _)| *column == name).map(|(_, path)| *path)
        })
        .collect();
    let mut out = Vec::with_capacity(text.len() * 2);
    while let Some((cells, after)) = row(rest) {
        rest = after;
        if cells.len() == 1 && cells.first().is_some_and(Vec::is_empty) {
            continue;
        }
        let mut record = Value::Object(Map::new());
        for (cell, path) in cells.iter().zip(&columns) {
            let (Some(path), false) = (path, cell.is_empty()) else { continue };
            put(&mut record, path, value(path, cell));
        }
        serde_json::to_writer(&mut out, &record).ok()?;
        out.push(b'\n');
    }
    Some(out)
}

/// Cells of the row that begins here, and what follows it (RFC 4180; a quote within a bare cell stands for itself).
fn row(text: &[u8]) -> Option<(Vec<Vec<u8>>, &[u8])> {
    if text.is_empty() {
        return None;
    }
    let (mut cells, mut cell, mut quoted) = (Vec::new(), Vec::new(), false);
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match (*byte, quoted) {
            (b'"', true) if rest.first() == Some(&b'"') => {
                cell.push(b'"');
                rest = rest.get(1..).unwrap_or_default();
            }
            (b'"', true) => quoted = false,
            (b'"', false) if cell.is_empty() => quoted = true,
            (b',', false) => cells.push(std::mem::take(&mut cell)),
            (b'\n', false) => break,
            (b'\r', false) if rest.first() == Some(&b'\n') => {}
            _ => cell.push(*byte),
        }
    }
    cells.push(cell);
    Some((cells, rest))
}

fn bare(name: &[u8]) -> String {
    let kept = name.iter().filter(|byte| byte.is_ascii_alphanumeric());
    kept.map(|byte| char::from(byte.to_ascii_lowercase())).collect()
}

fn put(object: &mut Value, path: &[&str], value: Value) {
    let mut place = object;
    for name in path {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        let Value::Object(members) = place else { return };
        place = members.entry(*name).or_insert(Value::Null);
    }
    *place = value;
}

fn value(path: &[&str], cell: &[u8]) -> Value {
    let text = String::from_utf8_lossy(cell);
    let is_structure = matches!(path, [name] if STRUCTURES.contains(name));
    if !is_structure {
        return if text == "null" { Value::Null } else { Value::String(text.into_owned()) };
    }
    if let Ok(value) = serde_json::from_str(&text) {
        return value;
    }
    Printed { text: text.trim(), depth: 0 }.value()
}

/// A structure as Athena prints it.
struct Printed<'a> {
    text: &'a str,
    depth: u8,
}

impl Printed<'_> {
    fn value(&self) -> Value {
        let inside = |open: char, close: char| self.text.strip_prefix(open).and_then(|text| text.strip_suffix(close));
        if self.depth > 8 {
            return Value::Null;
        }
        if let Some(inside) = inside('{', '}') {
            let members = parts(inside, true).into_iter().filter_map(|part| part.split_once('='));
            let of = |text: &str| Printed { text: text.trim(), depth: self.depth + 1 }.value();
            return Value::Object(members.map(|(name, text)| (member_name(name.trim()), of(text))).collect());
        }
        if let Some(inside) = inside('[', ']') {
            let of = |text: &str| Printed { text: text.trim(), depth: self.depth + 1 }.value();
            return Value::Array(parts(inside, false).into_iter().filter(|text| !text.is_empty()).map(of).collect());
        }
        if self.text == "null" { Value::Null } else { Value::String(self.text.to_owned()) }
    }
}

fn member_name(name: &str) -> String {
    MEMBERS
        .iter()
        .find(|known| known.eq_ignore_ascii_case(name))
        .map_or_else(|| name.to_owned(), |known| (*known).to_owned())
}

/// Splits at commas outside brackets; between members only where a name and `=` follow, because values hold commas, too.
fn parts(text: &str, members: bool) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_i32, 0);
    for (at, character) in text.char_indices() {
        match character {
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            ',' if depth == 0 => {
                let rest = text.get(at + 1..).unwrap_or_default();
                if members && !begins_member(rest) {
                    continue;
                }
                parts.push(text.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
}

fn begins_member(text: &str) -> bool {
    let rest = text.trim_start().trim_start_matches(|character: char| character.is_ascii_alphanumeric());
    rest.starts_with('=') && !text.trim_start().starts_with('=')
}
