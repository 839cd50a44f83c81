//! AWS's service reference: what `https://servicereference.us-east-1.amazonaws.com/v1/<service>/<service>.json` answers.

use ::policy::catalogue::{AccessLevel, CatalogueAction};
use serde::Deserialize;

use crate::error::CommandError;

/// A service and its actions.
#[derive(Debug)]
pub(super) struct ReferencedService {
    pub(super) name: String,
    pub(super) actions: Vec<CatalogueAction>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Service {
    name: String,
    #[serde(default)]
    actions: Vec<Action>,
    #[serde(default)]
    resources: Vec<Resource>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Action {
    name: String,
    #[serde(default)]
    annotations: Option<Annotations>,
    #[serde(default)]
    resources: Vec<Named>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Annotations {
    #[serde(default)]
    properties: Option<Properties>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[derive(Default)]
struct Properties {
    is_list: bool,
    is_permission_management: bool,
    is_tagging_only: bool,
    is_write: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Resource {
    #[serde(rename = "Name")]
    name: String,
    #[serde(rename = "ARNFormats", default)]
    arn_formats: Vec<String>,
}

/// Reads one answer, or an array of them.
pub(super) fn read(name: &str, text: &str) -> Result<Vec<ReferencedService>, CommandError> {
    let refused = |error: &serde_json::Error| {
        CommandError::new(format!("`{name}` is not AWS's service reference")).because(error).hint(
            "expected is what https://servicereference.us-east-1.amazonaws.com/v1/s3/s3.json answers, or an array of such answers",
        )
    };
    let value: serde_json::Value = serde_json::from_str(text).map_err(|error| refused(&error))?;
    let answers = match value {
        serde_json::Value::Array(answers) => answers,
        one => vec![one],
    };
    if answers.iter().any(|answer| answer.get("url").is_some()) {
        return Err(CommandError::new(format!("`{name}` is the list of services, without their actions"))
            .hint("fetch what its `url`s name, and give those files")
            .hint("for example: `jq -r '.[].url' list.json | xargs curl -s | jq -s . > all.json`"));
    }
    let services = answers.into_iter().map(|answer| {
        let service: Service = serde_json::from_value(answer).map_err(|error| refused(&error))?;
        service.referenced().ok_or_else(|| {
            CommandError::new(format!("`{name}` names an action that is none, or a service without any action"))
        })
    });
    services.collect()
}

impl Service {
    /// `None` when a name is no name: nothing of such a file is used.
    fn referenced(self) -> Option<ReferencedService> {
        let word = |text: &str| {
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        if !word(&self.name) || self.actions.is_empty() || !self.actions.iter().all(|action| word(&action.name)) {
            return None;
        }
        let actions = self.actions.iter().map(|action| CatalogueAction {
            name: action.name.clone(),
            level: action.level(),
            resources: self.arns(action),
        });
        Some(ReferencedService { name: self.name.clone(), actions: actions.collect() })
    }

    /// ARN patterns of an action's resources, `*` for what varies.
    fn arns(&self, action: &Action) -> Vec<String> {
        let named = |resource: &&Resource| action.resources.iter().any(|named| named.name == resource.name);
        let formats = self.resources.iter().filter(named).flat_map(|resource| &resource.arn_formats);
        let mut arns: Vec<String> =
            formats.map(|format| pattern(format)).filter(|text| !text.contains(char::is_whitespace)).collect();
        arns.sort();
        arns.dedup();
        arns
    }
}

impl Action {
    fn level(&self) -> AccessLevel {
        // some actions have none: what is not understood is taken for a change
        let Some(Annotations { properties: Some(properties) }) = &self.annotations else { return AccessLevel::Write };
        match properties {
            Properties { is_permission_management: true, .. } => AccessLevel::PermissionsManagement,
            Properties { is_tagging_only: true, .. } => AccessLevel::Tagging,
            Properties { is_write: true, .. } => AccessLevel::Write,
            Properties { is_list: true, .. } => AccessLevel::List,
            _ => AccessLevel::Read,
        }
    }
}

/// `arn:${Partition}:s3:::${BucketName}/${ObjectName}` → `arn:*:s3:::*/*`
fn pattern(format: &str) -> String {
    let mut out = String::new();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        out.push('*');
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_of_which_nothing_is_said_is_taken_for_a_change() {
        let text = r#"{"Name": "demo", "Actions": [{"Name": "One"}, {"Name": "Two", "Annotations": {}}, {"Name": "Three", "Annotations": {"Properties": {"IsList": true, "IsNew": true}}}], "Operations": [], "Version": "v1.4"}"#;
        let [service] = read("demo.json", text).unwrap().try_into().unwrap();
        let levels: Vec<AccessLevel> = service.actions.iter().map(|action| action.level).collect();
        assert_eq!(levels, [AccessLevel::Write, AccessLevel::Write, AccessLevel::List]);
    }

    #[test]
    fn placeholders_become_wildcards() {
        assert_eq!(pattern("arn:${Partition}:s3:::${BucketName}/${ObjectName}"), "arn:*:s3:::*/*");
        assert_eq!(pattern("arn:aws:x:::${Broken"), "arn:aws:x:::*");
        assert_eq!(pattern("*"), "*");
    }
}
