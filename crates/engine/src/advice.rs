//! What to do about a failure, where AWS's reason tells.

use model::change::Change;
use ports::AwsErrorKind;

/// What to do, if anything better can be said than to read the reason.
pub(crate) fn advice(change: &Change, kind: Option<AwsErrorKind>, reason: &str) -> Option<String> {
    let lower = reason.to_lowercase();
    let account = change.account().map_or_else(|| "the account".to_owned(), |account| format!("account {account}"));
    let missing = ["does not exist", "not found", "cannot be found", "nosuchentity", "couldn't be found"]
        .iter()
        .any(|words| lower.contains(words));
    let text = if missing && (lower.contains("polic") || lower.contains("boundary")) {
        format!("create that policy in {account} first (same name, same path), then apply again")
    } else if lower.contains("suspended") || lower.contains("not active") {
        format!("{account} is not in use: leave it out with `except`, or open it again")
    } else if ["quota", "limit exceeded", "limitexceeded"].iter().any(|words| lower.contains(words)) {
        "a quota of AWS is reached: have it raised, or remove something, then apply again".to_owned()
    } else {
        match kind? {
            AwsErrorKind::AccessDenied => {
                "give Sekisho's role this permission (`sekisho iam-policy` prints what it needs), then apply again"
                    .to_owned()
            }
            AwsErrorKind::Credentials => "renew the credentials and apply again: nothing is done twice".to_owned(),
            AwsErrorKind::Conflict => {
                "something earlier has not settled at AWS: apply again in a few minutes".to_owned()
            }
            AwsErrorKind::Throttled | AwsErrorKind::Transient => {
                "AWS was too busy or out of order: apply again later".to_owned()
            }
            AwsErrorKind::NotFound => {
                "it disappeared since the plan was made: apply again, which makes a new plan".to_owned()
            }
            AwsErrorKind::Invalid | AwsErrorKind::NotSupported => return None,
        }
    };
    Some(text)
}
