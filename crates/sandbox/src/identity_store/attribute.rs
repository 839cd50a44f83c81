//! Attribute paths (`name.givenName`) of updates.

use serde_json::{Map, Value};

use crate::error::ApiError;

/// What an update may set on a user, as CreateUser writes it.
const USER: [&str; 19] = [
    "UserName",
    "Name",
    "DisplayName",
    "NickName",
    "ProfileUrl",
    "Emails",
    "Addresses",
    "PhoneNumbers",
    "UserType",
    "Title",
    "PreferredLanguage",
    "Locale",
    "Timezone",
    "Photos",
    "Website",
    "Birthdate",
    "Roles",
    "Extensions",
    "ExternalIds",
];

/// Members of CreateUser that are kept as they come.
pub(super) fn writable() -> impl Iterator<Item = &'static str> {
    USER.into_iter().filter(|name| *name != "ExternalIds")
}

/// Sets (or with no value removes) one attribute of a user.
pub(super) fn apply(attributes: &mut Map<String, Value>, path: &str, value: Option<&Value>) -> Result<(), ApiError> {
    let mut parts = path.split('.');
    let first = parts.next().unwrap_or_default();
    let name = writable().find(|name| name.eq_ignore_ascii_case(first));
    let name = name.ok_or_else(|| ApiError::validation(format!("Attribute path {path} is not supported.")))?;
    let Some(inner) = parts.next() else {
        put(attributes, name.to_owned(), value.map(pascal));
        return Ok(());
    };
    if name != "Name" || parts.next().is_some() {
        return Err(ApiError::validation(format!("Attribute path {path} is not supported.")));
    }
    let entry = attributes.entry(name).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(structure) = entry {
        put(structure, upper_first(inner), value.cloned());
    }
    Ok(())
}

fn put(map: &mut Map<String, Value>, name: String, value: Option<Value>) {
    match value {
        Some(value) => {
            map.insert(name, value);
        }
        None => {
            map.shift_remove(&name);
        }
    }
}

/// Documents come with lower-case member names (`{"givenName": …}`), answers go out with upper-case ones.
fn pascal(value: &Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(map.iter().map(|(key, value)| (upper_first(key), pascal(value))).collect()),
        Value::Array(items) => Value::Array(items.iter().map(pascal).collect()),
        other => other.clone(),
    }
}

fn upper_first(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// What Identity Center requires of a user although the model does not, and the names it keeps to itself.
pub(super) fn check_user(attributes: &Map<String, Value>) -> Result<(), ApiError> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).is_some_and(|text| !text.trim().is_empty());
    let name = |part: &str| attributes.get("Name").and_then(|name| name.get(part));
    let missing = [
        ("userName", text(attributes.get("UserName"))),
        ("displayName", text(attributes.get("DisplayName"))),
        ("name.givenName", text(name("GivenName"))),
        ("name.familyName", text(name("FamilyName"))),
    ];
    if let Some((path, _)) = missing.iter().find(|(_, present)| !present) {
        return Err(ApiError::validation(format!("Missing required attribute: {path}")));
    }
    check_reserved(attributes.get("UserName").and_then(Value::as_str).unwrap_or_default())
}

/// Two names are AWS's own.
pub(super) fn check_reserved(name: &str) -> Result<(), ApiError> {
    if name == "Administrator" || name == "AWSAdministrators" {
        return Err(ApiError::validation(format!("{name} is a reserved name.")));
    }
    Ok(())
}

/// Reads `Operations`: path and value; `null` removes.
pub(super) fn operations(input: &Map<String, Value>) -> Vec<(&str, Option<&Value>)> {
    let operations = input.get("Operations").and_then(Value::as_array).into_iter().flatten();
    operations
        .filter_map(|operation| {
            let path = operation.get("AttributePath")?.as_str()?;
            Some((path, operation.get("AttributeValue").filter(|value| !value.is_null())))
        })
        .collect()
}
