//! JSON Schema for editors, made of the same tables that the parser reads by.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::files::FileKind;
use crate::shape::{self, Shape};

/// Schema of each kind of file, by name: `sekisho`, `accounts`, `people`, `iam-users`, `permission-set`, `assignments`,
/// `switch-roles`. The files that
/// [`crate::import`] and [`crate::template`] write look for them as `.schema/NAME.json` in the catalog's folder; hidden
/// folders are no part of a catalog.
#[must_use]
pub fn schemas() -> BTreeMap<&'static str, String> {
    [
        ("sekisho", schema("Sekisho: settings", &json!({"$ref": "#/$defs/settings"}))),
        ("accounts", schema("Sekisho: accounts", &list("account_record"))),
        ("people", schema("Sekisho: people and groups", &json!({"$ref": "#/$defs/people_file"}))),
        ("iam-users", schema("Sekisho: whose IAM users are", &list("iam_user_owner"))),
        ("permission-set", schema("Sekisho: a permission set", &json!({"$ref": "#/$defs/permission_set"}))),
        ("assignments", schema("Sekisho: assignments", &list("assignment"))),
        ("switch-roles", schema("Sekisho: roles to switch to", &json!({"$ref": "#/$defs/switch_roles"}))),
    ]
    .into()
}

/// The first line of a file by which editors find its schema.
pub(crate) fn header(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Settings => "# yaml-language-server: $schema=.schema/sekisho.json\n",
        FileKind::Accounts => "# yaml-language-server: $schema=.schema/accounts.json\n",
        FileKind::People => "# yaml-language-server: $schema=.schema/people.json\n",
        FileKind::IamUsers => "# yaml-language-server: $schema=.schema/iam-users.json\n",
        FileKind::PermissionSet => "# yaml-language-server: $schema=../.schema/permission-set.json\n",
        FileKind::Assignments => "# yaml-language-server: $schema=../.schema/assignments.json\n",
        FileKind::SwitchRoles => "# yaml-language-server: $schema=../.schema/switch-roles.json\n",
        FileKind::Policy | FileKind::Exceptions => "",
    }
}

/// Every shape; its name is that of its definition.
fn shapes() -> [&'static Shape; 18] {
    [
        &shape::SETTINGS,
        &shape::OWNERSHIP,
        &shape::GUARDS,
        &shape::PROTECTED,
        &shape::LOCKOUT,
        &shape::QUOTAS,
        &shape::ACCOUNT,
        &shape::PEOPLE,
        &shape::PERSON,
        &shape::GROUP,
        &shape::RETIREMENT,
        &shape::IAM_USER_OWNER,
        &shape::PERMISSION_SET,
        &shape::CUSTOMER_MANAGED_POLICY,
        &shape::ASSIGNMENT,
        &shape::SWITCH_ROLES,
        &shape::SWITCH_ROLE,
        &shape::MATRIX_LINE,
    ]
}

fn list(of: &str) -> Value {
    json!({"type": "array", "items": {"$ref": format!("#/$defs/{of}")}})
}

fn schema(title: &str, root: &Value) -> String {
    let mut definitions = common();
    for shape in shapes() {
        definitions.insert(shape.name.to_owned(), object(shape));
    }
    let mut needed = Vec::new();
    collect(root, &definitions, &mut needed);
    definitions.retain(|name, _| needed.contains(name));
    let mut whole = Map::new();
    whole.insert("$schema".into(), "http://json-schema.org/draft-07/schema#".into());
    whole.insert("title".into(), title.into());
    if let Value::Object(root) = root {
        // Draft 7 ignores what stands beside a `$ref`.
        whole.insert("allOf".into(), json!([root]));
    }
    whole.insert("$defs".into(), Value::Object(definitions));
    let mut text = serde_json::to_string_pretty(&Value::Object(whole)).unwrap_or_default();
    text.push('\n');
    text
}

/// Names of the definitions that are reached.
fn collect(value: &Value, definitions: &Map<String, Value>, needed: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if let (true, Some(text)) = (name == "$ref", member.as_str()) {
                    let name = text.trim_start_matches("#/$defs/").to_owned();
                    if !needed.contains(&name) {
                        needed.push(name.clone());
                        if let Some(definition) = definitions.get(&name) {
                            collect(definition, definitions, needed);
                        }
                    }
                }
                collect(member, definitions, needed);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, definitions, needed)),
        _ => {}
    }
}

fn object(shape: &Shape) -> Value {
    let properties: Map<String, Value> = shape
        .keys
        .iter()
        .map(|key| {
            let schema: Value = serde_json::from_str(&key.schema.replace("\"#", "\"#/$defs/")).unwrap_or_default();
            let mut property = Map::new();
            property.insert("description".into(), key.about.into());
            match schema {
                Value::Object(members) if members.contains_key("$ref") => {
                    property.insert("allOf".into(), json!([members]));
                }
                Value::Object(members) => property.extend(members),
                _ => {}
            }
            (key.name.to_owned(), Value::Object(property))
        })
        .collect();
    let required: Vec<&str> = shape.keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    json!({
        "type": "object",
        "description": shape.about,
        "additionalProperties": false,
        "required": required,
        "properties": properties,
    })
}

/// What several shapes share.
fn common() -> Map<String, Value> {
    let definitions = json!({
        "pattern": {"type": ["string", "number"], "description": "A name; `*` stands for any text, `?` for one character."},
        "principal": {
            "type": "string",
            "description": "`group:NAME`, `user:NAME or e-mail`, `group-id:ID`, `user-id:ID`.",
            "pattern": "^(group|user|group-id|user-id):.+$",
        },
        "account_id": {"type": ["string", "integer"], "description": "Twelve digits, in quotes.", "pattern": "^[0-9]{12}$"},
        "account": {
            "type": ["string", "integer"],
            "description": "`NAME`, `\"111122223333\"`, `name:*-prod`, `name-exactly:NAME`, `ou:/service/minimo/**` (all below), `ou:/service/minimo` (directly in it), `ou-id:ou-…`, `tag:env=staging`.",
            "minLength": 1,
        },
        "account_name": {"type": ["string", "integer"], "description": "Name or id (twelve digits, in quotes) of an account.", "minLength": 1},
        "managed_policy": {
            "type": "string",
            "description": "Name or ARN of an AWS managed policy.",
            "examples": ["ReadOnlyAccess", "AdministratorAccess", "arn:aws:iam::aws:policy/job-function/Billing"],
        },
        "inline_policy": {
            "description": "A file of `policies/`, or a policy written out.",
            "oneOf": [
                {"type": "string", "examples": ["policies/s3.json"]},
                {"type": "object", "required": ["Statement"], "properties": {
                    "Version": {"enum": ["2012-10-17", "2008-10-17"]},
                    "Id": {"type": "string"},
                    "Statement": {"type": ["array", "object"]},
                }},
            ],
        },
    });
    match definitions {
        Value::Object(definitions) => definitions,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition(name: &str) -> Value {
        schemas()
            .values()
            .find_map(|text| serde_json::from_str::<Value>(text).unwrap()["$defs"].get(name).cloned())
            .unwrap()
    }

    #[test]
    fn every_schema_is_json_and_complete() {
        for (name, text) in schemas() {
            let schema: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            let definitions = schema["$defs"].as_object().unwrap();
            let mut needed = Vec::new();
            collect(&schema, definitions, &mut needed);
            for name in needed {
                assert!(definitions.contains_key(&name), "{name}");
            }
            insta::assert_snapshot!(name, text);
        }
    }

    #[test]
    fn every_key_has_a_schema() {
        for shape in shapes() {
            let name = shape.name;
            for key in shape.keys {
                assert!(serde_json::from_str::<Value>(key.schema).is_ok(), "{name}.{}", key.name);
                assert!(definition(name)["properties"].get(key.name).is_some(), "{name}.{}", key.name);
            }
        }
    }
}
