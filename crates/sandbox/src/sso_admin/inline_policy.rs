//! The inline policy of a set.

use serde_json::{Value, json};

use crate::call::Call;
use crate::error::{Answer, ApiError, done};

pub(super) fn put(call: &mut Call<'_>) -> Answer {
    let id = call.set_to_change()?;
    let text = call.required("InlinePolicy")?.to_owned();
    check_policy(&text)?;
    let characters = text.chars().filter(|character| !character.is_whitespace()).count();
    let most = call.config.quotas.inline_policy_characters;
    if characters > most {
        return Err(ApiError::validation(format!(
            "The inline policy has {characters} characters without whitespace; at most {most} are allowed."
        )));
    }
    if call.set()?.1.content.inline.as_deref() != Some(text.as_str()) {
        call.world.center.edit(id, |content| content.inline = Some(text));
    }
    done()
}

/// A set without inline policy answers an empty text.
pub(super) fn get(call: &Call<'_>) -> Answer {
    let (_, set) = call.set()?;
    Ok(json!({"InlinePolicy": set.content.inline.as_deref().unwrap_or("")}))
}

/// Deleting what is not there succeeds.
pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let id = call.set_to_change()?;
    if call.set()?.1.content.inline.is_some() {
        call.world.center.edit(id, |content| content.inline = None);
    }
    done()
}

/// The grammar of a policy, as far as AWS refuses a document at once: an object with statements that have an effect, an
/// action and a resource, and nothing that belongs to resource policies.
fn check_policy(text: &str) -> Result<(), ApiError> {
    let malformed = |what: &str| ApiError::validation(format!("Malformed policy document: {what}"));
    let policy: Value = serde_json::from_str(text).map_err(|error| malformed(&format!("not JSON, {error}")))?;
    let Value::Object(policy) = policy else { return Err(malformed("not an object")) };
    let allowed = ["Version", "Id", "Statement"];
    if let Some(key) = policy.keys().find(|key| !allowed.contains(&key.as_str())) {
        return Err(malformed(&format!("unknown element {key}")));
    }
    let version = policy.get("Version").is_none_or(|version| version == "2012-10-17" || version == "2008-10-17");
    if !version {
        return Err(malformed("unknown Version"));
    }
    let statements = match policy.get("Statement") {
        Some(Value::Array(statements)) if !statements.is_empty() => statements.clone(),
        Some(statement @ Value::Object(_)) => vec![statement.clone()],
        _ => return Err(malformed("no Statement")),
    };
    statements.iter().try_for_each(|statement| check_statement(statement).map_err(|what| malformed(&what)))
}

fn check_statement(statement: &Value) -> Result<(), String> {
    let Value::Object(statement) = statement else { return Err("a Statement is not an object".to_owned()) };
    if !statement.get("Effect").is_some_and(|effect| effect == "Allow" || effect == "Deny") {
        return Err("Effect is neither Allow nor Deny".to_owned());
    }
    let one_of = |names: [&str; 2]| names.iter().filter(|name| statement.contains_key(**name)).count() == 1;
    if !one_of(["Action", "NotAction"]) {
        return Err("a Statement needs Action or NotAction".to_owned());
    }
    if !one_of(["Resource", "NotResource"]) {
        return Err("a Statement needs Resource or NotResource".to_owned());
    }
    let allowed = ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"];
    match statement.keys().find(|key| !allowed.contains(&key.as_str())) {
        Some(key) => Err(format!("element {key} is not allowed here")),
        None => Ok(()),
    }
}
