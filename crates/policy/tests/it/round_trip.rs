use policy::{Policy, Span, parse, size_without_whitespace};
use proptest::prelude::*;

use crate::strategy;

fn spans_lie_inside(problems: &[policy::Problem], text: &str) -> bool {
    problems.iter().all(|problem| {
        let Span { start, end } = problem.span;
        start <= end && end <= text.len().max(1)
    })
}

/// Whether the text is no JSON. A number that a 64-bit float cannot hold is JSON all the same, and kept as it is written here.
fn is_refused_by_serde(text: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(text).is_err_and(|error| !error.to_string().contains("out of range"))
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back(policy in strategy::policy()) {
        for text in [policy.to_json(), policy.to_json_pretty()] {
            let parsed = parse(&text);
            prop_assert_eq!(&parsed.policy, &Some(policy.clone()), "{:?}", parsed.problems);
            prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
            prop_assert_eq!(size_without_whitespace(&text), policy.size());
        }
    }

    #[test]
    fn printed_text_keeps_to_aws_characters(policy in strategy::policy()) {
        // the pattern of InlinePolicy in botocore's model: [\u0009\u000A\u000D\u0020-\u00FF]+
        let fits = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{ff}');
        prop_assert!(policy.to_json_pretty().chars().all(fits));
    }

    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        let parsed = parse(&text);
        prop_assert_eq!(parsed.policy.is_none(), parsed.problems.iter().any(policy::Problem::is_error));
    }

    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let parsed = parse(&String::from_utf8_lossy(&bytes));
        prop_assert_eq!(parsed.policy.is_none(), parsed.problems.iter().any(policy::Problem::is_error));
    }

    /// Near-JSON, which reaches deeper than random characters do.
    #[test]
    fn broken_json_is_answered(text in r#"[{}\[\]":,'\\ntu0-9a-f/*#é\n ]{0,60}"#) {
        let parsed = parse(&text);
        prop_assert!(spans_lie_inside(&parsed.problems, &text), "{:?}", parsed.problems);
        if serde_json::from_str::<serde_json::Value>(&text).is_err() {
            prop_assert!(parsed.policy.is_none());
        }
    }

    /// A policy with one byte replaced: whatever serde_json refuses is refused here.
    #[test]
    fn a_damaged_policy_is_answered(policy in strategy::policy(), at in any::<prop::sample::Index>(), byte in 0_u8..128) {
        let mut bytes = policy.to_json_pretty().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let parsed = parse(&text);
        prop_assert!(spans_lie_inside(&parsed.problems, &text));
        if is_refused_by_serde(&text) {
            prop_assert!(parsed.policy.is_none(), "{text}");
        }
        let checked = parsed.policy.iter().flat_map(|policy| policy::lint(&policy::Subject { policy, kind: policy::Kind::Identity, limit: Some(10) }));
        prop_assert!(spans_lie_inside(&checked.collect::<Vec<_>>(), &text));
    }
}

#[test]
fn spans_show_the_very_text() {
    let text = r#"{"Statement": {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "*", "Condition": {"Bool": {"aws:x": true}}}}"#;
    let policy: Policy = text.parse().unwrap();
    let statement = &policy.statements[0];
    let shown = |span: Span| &text[span.start..span.end];
    assert_eq!(shown(statement.effect.span), "\"Allow\"");
    assert_eq!(shown(statement.action.place.span), "[\"s3:GetObject\"]");
    assert_eq!(shown(statement.action.values[0].span), "\"s3:GetObject\"");
    assert_eq!(shown(statement.conditions[0].operator.span), "\"Bool\"");
    assert_eq!(shown(statement.conditions[0].values[0].span), "true");
    assert!(shown(statement.place.span).starts_with("{\"Effect\"") && shown(statement.place.span).ends_with("true}}}"));
}

#[test]
fn pretty_text_is_what_people_write() {
    let statement = policy::Statement::new(policy::Effect::Allow, &["s3:GetObject", "s3:ListBucket"], &["*"]);
    let statement = statement.when("StringEquals", "aws:RequestedRegion", &["ap-northeast-1"]);
    insta::assert_snapshot!(Policy::new(vec![statement]).to_json_pretty());
}
