//! What a change of an inline policy means: broader, narrower, and what for example.

use model::{Change, PermissionSetName};
use policy::{Difference, Relation, Request, size_without_whitespace};

use super::Draft;

/// Comparisons in one plan: each may take a noticeable part of a second.
const COMPARED: usize = 32;

/// Whether a plan with these drafts has few enough changed inline policies to compare them.
pub(crate) fn worth_comparing(drafts: &[Draft]) -> bool {
    let changed = |draft: &&Draft| matches!(draft.change, Change::SetInlinePolicy { from: Some(_), to: Some(_), .. });
    drafts.iter().filter(changed).count() <= COMPARED
}

/// The change in one line.
pub(crate) fn inline_change(set: &PermissionSetName, from: Option<&str>, to: Option<&str>, compare: bool) -> String {
    let size = size_without_whitespace;
    match (from, to) {
        (None, Some(to)) => format!("{set} gains an inline policy ({} bytes)", size(to)),
        (Some(from), None) => format!("{set} loses its inline policy ({} bytes)", size(from)),
        (None, None) => format!("{set} stays without an inline policy"),
        (Some(from), Some(to)) => {
            let sizes = format!("{} → {} bytes", size(from), size(to));
            let compared = if compare { comparison(from, to) } else { None };
            match compared {
                Some(what) => format!("the inline policy of {set} {what} ({sizes})"),
                None => format!("the inline policy of {set} changes ({sizes})"),
            }
        }
    }
}

fn comparison(from: &str, to: &str) -> Option<String> {
    let (from, to) = ([policy::parse(from).policy?], [policy::parse(to).policy?]);
    let verdict = policy::compare(&from, &to).all_strings;
    let gained = example(&verdict.gained);
    let lost = example(&verdict.lost);
    Some(match (verdict.relation, gained, lost) {
        (Relation::Equal, _, _) => {
            if policy::compare_denies(&from, &to).relation == Relation::Equal {
                "is written differently and allows exactly the same".to_owned()
            } else {
                "allows exactly the same, and what it denies changes".to_owned()
            }
        }
        (Relation::Broader, Some(gained), _) => format!("is broader: allows also, for example, {gained}"),
        (Relation::Narrower, _, Some(lost)) => format!("is narrower: no longer allows, for example, {lost}"),
        (Relation::Incomparable, Some(gained), Some(lost)) => {
            format!("changes: allows also, for example, {gained}; no longer allows {lost}")
        }
        _ => "changes; whether it allows more or less cannot be said for certain".to_owned(),
    })
}

fn example(difference: &Difference) -> Option<String> {
    match difference {
        Difference::Witness(request) => Some(request_text(request)),
        Difference::Never | Difference::Possibly { .. } | Difference::Unknown { .. } => None,
    }
}

/// `s3:PutObject on arn:aws:s3:::minimo-stg-*/* when aws:requestedregion is us-east-1`.
fn request_text(request: &Request) -> String {
    let mut text = format!("{} on {}", request.action(), request.resource);
    for (at, (key, values)) in request.context.iter().enumerate() {
        text.push_str(if at == 0 { " when " } else { " and " });
        text.push_str(&format!("{key} is {}", values.join(", ")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(from: &str, to: &str) -> String {
        let text = |actions: &str| {
            format!(
                r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":[{actions}],"Resource":"arn:aws:s3:::minimo/*"}}]}}"#
            )
        };
        inline_change(&"Developer".parse().unwrap(), Some(&text(from)), Some(&text(to)), true)
    }

    #[test]
    fn a_change_says_what_it_opens_and_closes() {
        let (get, both, put) = (r#""s3:GetObject""#, r#""s3:GetObject","s3:PutObject""#, r#""s3:PutObject""#);
        insta::assert_snapshot!(
            [says(get, both), says(both, get), says(get, put), says(both, r#""s3:PutObject","s3:GetObject""#)]
                .join("\n")
        );
    }
}
