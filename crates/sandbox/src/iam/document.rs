//! Policy documents as IAM takes them.
//!
//! The words for what is wrong inside a statement are those that moto's authors met at AWS (moto, `iam/policy_validation.py`, and the cases of
//! `tests/test_iam/test_iam_policies.py`); "should not specify a principal" is hashicorp/terraform-provider-aws#10419. What trust policies
//! are told is from memory.

use policy::{Kind, Policy, Problem};
use serde_json::Value;

use crate::error::ApiError;

/// Refuses what is no policy of this kind, in AWS's words.
pub(super) fn check(text: &str, kind: Kind) -> Result<(), ApiError> {
    let Some(policy) = policy::parse(text).policy else { return Err(unreadable(text, kind)) };
    // an empty list of statements allows nothing, and is taken
    if policy.statements.is_empty() {
        return Ok(());
    }
    if kind == Kind::Trust && !policy.statements.iter().all(|statement| only_sts(statement.action.patterns())) {
        return Err(malformed("AssumeRole policy may only specify STS AssumeRole actions."));
    }
    let problems = policy::check(&policy, kind);
    let told = problems.iter().filter(|problem| problem.is_error()).min_by_key(|problem| order(problem.rule));
    told.map_or(Ok(()), |problem| Err(malformed(&words(problem, &policy, kind))))
}

/// A text that is no policy at all.
fn unreadable(text: &str, kind: Kind) -> ApiError {
    let Ok(document) = serde_json::from_str::<Value>(text) else {
        let trust = kind == Kind::Trust;
        return malformed(if trust { "This policy contains invalid Json" } else { "Syntax errors in policy." });
    };
    let statements = match document.get("Statement") {
        Some(Value::Array(statements)) => statements.clone(),
        Some(statement @ Value::Object(_)) => vec![statement.clone()],
        _ => Vec::new(),
    };
    let idle = |statement: &Value| statement.get("Action").is_none() && statement.get("NotAction").is_none();
    let sound = |statement: &Value| statement.get("Effect").is_some_and(|effect| effect == "Allow" || effect == "Deny");
    if statements.iter().all(sound) && statements.iter().any(idle) {
        return malformed("Policy statement must contain actions.");
    }
    malformed("Syntax errors in policy.")
}

/// In which order AWS looks: Sids before actions, actions before resources.
fn order(rule: &str) -> u8 {
    match rule {
        "principal" => 0,
        "sid" => 1,
        "action-form" => 2,
        "resource" => 3,
        "resource-form" => 4,
        _ => 5,
    }
}

fn words(problem: &Problem, policy: &Policy, kind: Kind) -> String {
    let statements = &policy.statements;
    let plain = "Syntax errors in policy.".to_owned();
    match (problem.rule, kind) {
        ("principal", Kind::Trust) => "Trust policy must contain a valid set of principals.".to_owned(),
        ("principal", _) => "Policy document should not specify a principal.".to_owned(),
        ("sid", _) if twice(policy) => "Statement IDs (SID) in a single policy must be unique.".to_owned(),
        ("action-form", _) => {
            let mut actions = statements.iter().flat_map(|statement| statement.action.patterns());
            let found = actions.find(|action| *action != "*" && action.matches(':').count() != 1);
            match found.map(|action| action.contains(':')) {
                Some(false) => "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.".to_owned(),
                Some(true) => "Actions/Condition can contain only one colon.".to_owned(),
                None => plain,
            }
        }
        ("resource", Kind::Trust) => "Has prohibited field Resource.".to_owned(),
        ("resource", _) => "Policy statement must contain resources.".to_owned(),
        ("resource-form", _) => {
            let mut resources = statements.iter().filter_map(|statement| statement.resource.as_ref());
            let found = resources.find_map(|clause| clause.patterns().find(|text| *text != "*" && !text.contains(':')));
            found.map_or(plain, |text| format!("Resource {text} must be in ARN format or \"*\"."))
        }
        _ => plain,
    }
}

fn twice(policy: &Policy) -> bool {
    let mut sids: Vec<&str> =
        policy.statements.iter().filter_map(|statement| Some(statement.sid.as_ref()?.as_str())).collect();
    sids.sort_unstable();
    sids.windows(2).any(|pair| pair.first() == pair.last() && pair.first() != Some(&""))
}

/// Whether all of these are actions of STS, or everything.
fn only_sts<'a>(mut actions: impl Iterator<Item = &'a str>) -> bool {
    actions.all(|action| {
        let action = action.to_ascii_lowercase();
        action == "*" || action.starts_with("sts:")
    })
}

fn malformed(message: &str) -> ApiError {
    ApiError::new("MalformedPolicyDocument", message)
}
