//! Policy documents as IAM takes them.

use policy::Kind;

use crate::error::ApiError;

/// Refuses what is no policy of this kind, in AWS's words.
pub(super) fn check(text: &str, kind: Kind) -> Result<(), ApiError> {
    let Some(policy) = policy::parse(text).policy else {
        let is_json = serde_json::from_str::<serde_json::Value>(text).is_ok();
        return Err(malformed(match (is_json, kind) {
            (false, Kind::Trust) => "This policy contains invalid Json",
            _ => "Syntax errors in policy.",
        }));
    };
    // an empty list of statements allows nothing, and is taken
    if policy.statements.is_empty() {
        return Ok(());
    }
    match policy::check(&policy, kind).iter().find(|problem| problem.is_error()) {
        None => Ok(()),
        Some(problem) if kind == Kind::Identity && problem.rule == "principal" => {
            Err(malformed("Policy document should not specify a principal."))
        }
        Some(problem) if kind == Kind::Trust && problem.rule == "principal" => {
            Err(malformed("Trust policy must contain a valid set of principals."))
        }
        Some(_) => Err(malformed("Syntax errors in policy.")),
    }
}

fn malformed(message: &str) -> ApiError {
    ApiError::new("MalformedPolicyDocument", message)
}
