use policy::{Difference, Permissions, Policy, Prepared, Reading, Relation, Request, Verdict, compare};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::reference;

fn read(statements: &str) -> Policy {
    format!("{{\"Version\": \"2012-10-17\", \"Statement\": {statements}}}").parse().unwrap()
}

fn relation(first: &str, second: &str) -> Relation {
    compare(&[read(first)], &[read(second)]).all_strings.relation
}

/// An Allow with these parts; empty conditions are left out.
fn allow(action: &str, resource: &str, condition: &str) -> String {
    let condition = if condition.is_empty() { String::new() } else { format!(", \"Condition\": {condition}") };
    format!(r#"{{"Effect": "Allow", "Action": {action}, "Resource": {resource}{condition}}}"#)
}

fn permissions(policies: &[Policy], reading: Reading) -> Permissions {
    Permissions::of(policies.iter().map(|policy| Prepared::with_reading("p", policy, reading).unwrap()).collect())
}

/// No request may contradict what was claimed.
fn contradiction(first: &[Policy], second: &[Policy], verdict: &Verdict, requests: &[Request]) -> Option<String> {
    let conditions =
        || first.iter().chain(second).flat_map(|policy| &policy.statements).flat_map(|statement| &statement.conditions);
    let quantified = conditions()
        .any(|condition| condition.key.eq_ignore_ascii_case("k:tags") && condition.operator.starts_with("ForA"));
    for reading in [Reading::Crossing, Reading::Segments] {
        let (one, two) = (permissions(first, reading), permissions(second, reading));
        for request in requests {
            // assumed by the comparison: only keys that a condition quantifies have several values
            let many = request.context.values("k:tags").is_some_and(|values| values.len() > 1);
            if many && !quantified {
                continue;
            }
            let (first, second) = (one.allows(request), two.allows(request));
            let broken = (second && !first && verdict.gained == Difference::Never)
                || (first && !second && verdict.lost == Difference::Never);
            if broken {
                return Some(format!("{reading:?} {request:?} first {first} second {second}"));
            }
        }
    }
    None
}

fn texts(policies: &[Policy]) -> String {
    policies.iter().map(Policy::to_json).collect::<Vec<_>>().join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(700))]
    #[test]
    fn no_request_contradicts_the_verdict(
        first in vec(reference::policy(), 1..3),
        second in vec(reference::policy(), 1..3),
        asked in vec(reference::asked(), 60),
    ) {
        let comparison = compare(&first, &second);
        let requests: Vec<Request> = asked.iter().map(reference::Asked::request).collect();
        let broken = contradiction(&first, &second, &comparison.all_strings, &requests);
        prop_assert!(broken.is_none(), "{}\n--\n{}\n{}", texts(&first), texts(&second), broken.unwrap());
        if let Difference::Witness(request) = &comparison.all_strings.gained {
            let (one, two) = (permissions(&first, Reading::Crossing), permissions(&second, Reading::Crossing));
            prop_assert!(two.allows(request) && !one.allows(request));
        }
    }

    /// Neighbours: most of both is the same, so that many verdicts are proofs.
    #[test]
    fn no_request_contradicts_the_verdict_on_neighbours(
        policy in reference::policy(),
        other in reference::policy(),
        dropped in any::<prop::sample::Index>(),
        asked in vec(reference::asked(), 60),
    ) {
        let mut changed = policy.clone();
        let at = dropped.index(changed.statements.len());
        changed.statements[at].conditions = other.statements[0].conditions.clone();
        let requests: Vec<Request> = asked.iter().map(reference::Asked::request).collect();
        let pair = ([policy], [changed]);
        let comparison = compare(&pair.0, &pair.1);
        let broken = contradiction(&pair.0, &pair.1, &comparison.all_strings, &requests);
        prop_assert!(broken.is_none(), "{}\n--\n{}\n{}", texts(&pair.0), texts(&pair.1), broken.unwrap());
        let back = compare(&pair.1, &pair.0);
        prop_assert_eq!(back.all_strings.gained == Difference::Never, comparison.all_strings.lost == Difference::Never);
    }

    /// The same policy in other words is equal.
    #[test]
    fn what_is_only_said_differently_is_equal(policy in reference::policy(), other in reference::policy()) {
        let mut split = Policy::new(Vec::new());
        for statement in &policy.statements {
            // a negated clause cannot be split into its values
            if statement.action.negated {
                split.statements.push(statement.clone());
                continue;
            }
            for action in &statement.action.values {
                let mut part = statement.clone();
                part.action.values = vec![action.clone()];
                part.conditions.reverse();
                split.statements.push(part);
            }
        }
        split.statements.reverse();
        let pair = ([policy], [split]);
        let comparison = compare(&pair.0, &pair.1);
        prop_assert_eq!(comparison.all_strings.relation, Relation::Equal, "{}\n--\n{}", texts(&pair.0), texts(&pair.1));
        let [policy] = pair.0;
        let more = compare(std::slice::from_ref(&policy), &[policy.clone(), other.clone()]);
        if other.statements.iter().all(|statement| statement.effect.value == policy::Effect::Allow) {
            prop_assert!(!matches!(more.all_strings.lost, Difference::Witness(_)));
        }
    }
}

#[test]
fn relations_of_small_policies() {
    let all = r#""*""#;
    let table = [
        (allow(r#""s3:Get*""#, all, ""), allow(r#"["s3:GetObject", "s3:Get*"]"#, all, ""), Relation::Equal),
        (allow(r#""s3:Get*""#, all, ""), allow(r#""s3:*""#, all, ""), Relation::Broader),
        (allow(r#""s3:*""#, all, ""), allow(r#""s3:Get*""#, all, ""), Relation::Narrower),
        (allow(r#""s3:Get*""#, all, ""), allow(r#""s3:*Object""#, all, ""), Relation::Incomparable),
        (
            allow(r#""s3:GetObject""#, r#""arn:aws:s3:::b/*""#, ""),
            allow(r#""s3:GetObject""#, r#"["arn:aws:s3:::b/x", "arn:aws:s3:::b/*"]"#, ""),
            Relation::Equal,
        ),
        (
            allow(r#""s3:GetObject""#, r#""arn:aws:s3:::a*""#, ""),
            allow(r#""s3:GetObject""#, r#""arn:aws:s3:::*b""#, ""),
            Relation::Incomparable,
        ),
        // a `?` and the three cases around it
        (allow(r#""s3:a*""#, all, ""), allow(r#"["s3:a", "s3:a?*"]"#, all, ""), Relation::Equal),
        (allow(r#""s3:a*""#, all, ""), allow(r#"["s3:a", "s3:a?"]"#, all, ""), Relation::Narrower),
        // conditions
        (allow(r#""s3:*""#, all, r#"{"Bool": {"k": "true"}}"#), allow(r#""s3:*""#, all, ""), Relation::Broader),
        (
            allow(r#""s3:*""#, all, r#"{"StringEquals": {"k": ["a", "b"]}}"#),
            format!(
                "[{}, {}]",
                allow(r#""s3:*""#, all, r#"{"StringEquals": {"k": "a"}}"#),
                allow(r#""s3:*""#, all, r#"{"StringEquals": {"k": "b"}}"#)
            ),
            Relation::Equal,
        ),
        (
            allow(r#""s3:*""#, all, r#"{"StringLike": {"k": "a*"}}"#),
            allow(r#""s3:*""#, all, r#"{"StringLike": {"k": ["a", "ab*", "a?*"]}}"#),
            Relation::Equal,
        ),
        (
            allow(r#""s3:*""#, all, ""),
            format!(
                "[{}, {}]",
                allow(r#""s3:*""#, all, r#"{"StringEquals": {"k": "a"}}"#),
                allow(r#""s3:*""#, all, r#"{"StringNotEquals": {"k": "a"}}"#)
            ),
            Relation::Equal,
        ),
        (
            allow(r#""s3:*""#, all, ""),
            format!(
                "[{}, {}]",
                allow(r#""s3:*""#, all, r#"{"Bool": {"k": "true"}}"#),
                allow(r#""s3:*""#, all, r#"{"Bool": {"k": "false"}}"#)
            ),
            Relation::Narrower,
        ),
        (
            allow(r#""s3:*""#, all, r#"{"NumericLessThan": {"n": "10"}}"#),
            allow(r#""s3:*""#, all, r#"{"NumericLessThanEquals": {"n": "10"}}"#),
            Relation::Broader,
        ),
        (
            allow(r#""s3:*""#, all, r#"{"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}"#),
            allow(r#""s3:*""#, all, r#"{"IpAddress": {"aws:SourceIp": ["10.0.0.0/9", "10.128.0.0/9"]}}"#),
            Relation::Equal,
        ),
        (
            allow(r#""s3:*""#, all, r#"{"DateLessThan": {"aws:CurrentTime": "2026-12-01"}}"#),
            allow(r#""s3:*""#, all, r#"{"DateLessThan": {"aws:CurrentTime": "2027-01-01"}}"#),
            Relation::Broader,
        ),
        (
            allow(r#""s3:*""#, all, r#"{"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}"#),
            allow(r#""s3:*""#, all, r#"{"ForAnyValue:StringEquals": {"aws:TagKeys": ["a", "b"]}}"#),
            Relation::Incomparable,
        ),
        // variables: the same text is the same, and what surrounds it counts
        (
            allow(r#""s3:*""#, r#""arn:aws:s3:::b/${aws:username}/*""#, ""),
            allow(r#""s3:*""#, r#""arn:aws:s3:::b/${aws:UserName}/*""#, ""),
            Relation::Equal,
        ),
        (
            allow(r#""s3:*""#, r#""arn:aws:s3:::b/${aws:username}/x""#, ""),
            allow(r#""s3:*""#, r#""arn:aws:s3:::b/${aws:username}/*""#, ""),
            Relation::Broader,
        ),
        (
            allow(r#""s3:*""#, r#""arn:aws:s3:::b/${aws:username}""#, ""),
            allow(r#""s3:*""#, r#""arn:aws:s3:::b/*""#, ""),
            Relation::Broader,
        ),
        (
            allow(r#""s3:*""#, r#""arn:aws:s3:::b/${aws:username}""#, ""),
            allow(r#""s3:*""#, r#""arn:aws:s3:::b/${aws:userid}""#, ""),
            Relation::Incomparable,
        ),
        // wildcards before the last colon: only where both readings agree
        (
            allow(r#""iam:*""#, r#""arn:aws:iam::*:role/x""#, ""),
            allow(r#""iam:*""#, r#""arn:aws:iam::*:role/*""#, ""),
            Relation::Broader,
        ),
        (
            allow(r#""iam:*""#, r#""arn:aws:iam::*:role/x""#, ""),
            allow(r#""iam:*""#, r#"["arn:aws:iam::*:role/x", "arn:aws:iam::*:x:role/x"]"#, ""),
            Relation::PossiblyDifferent,
        ),
        // what no one can say
        (allow(r#""s*:Get""#, all, ""), allow(r#""s3:Get""#, all, ""), Relation::Unknown),
    ];
    for (first, second, expected) in table {
        assert_eq!(relation(&first, &second), expected, "{first}\n{second}");
    }
}

#[test]
fn denies_and_negations() {
    let deny_iam = r#"{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}"#;
    let admin = allow(r#""*""#, r#""*""#, "");
    let not_iam = r#"{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}"#;
    assert_eq!(relation(&format!("[{admin}, {deny_iam}]"), not_iam), Relation::Equal);
    let deny_others = r#"{"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::b/*"}"#;
    assert_eq!(
        relation(&format!("[{admin}, {deny_others}]"), &allow(r#""*""#, r#""arn:aws:s3:::b/*""#, "")),
        Relation::Equal
    );
    let deny_without_mfa = r#"{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}"#;
    let allow_with_mfa = allow(r#""*""#, r#""*""#, r#"{"Bool": {"aws:MultiFactorAuthPresent": "true"}}"#);
    // IfExists: without the key everything is denied, and the Allow does not hold either
    assert_eq!(relation(&format!("[{admin}, {deny_without_mfa}]"), &allow_with_mfa), Relation::Equal);
    let loose = deny_without_mfa.replace("BoolIfExists", "Bool");
    assert_eq!(relation(&format!("[{admin}, {loose}]"), &allow_with_mfa), Relation::Narrower);
}

#[test]
fn the_catalogue_level_sees_only_actions_that_exist() {
    let first = [read(&allow(r#""a2c:*""#, r#""*""#, ""))];
    let names: Vec<String> =
        policy::catalogue::actions("a2c").iter().map(|action| format!("\"a2c:{}\"", action.name)).collect();
    let second = [read(&allow(&format!("[{}]", names.join(", ")), r#""*""#, ""))];
    let comparison = compare(&first, &second);
    assert_eq!(comparison.all_strings.relation, Relation::Narrower);
    assert_eq!(comparison.catalogue.relation, Relation::Equal);
}

#[test]
fn witnesses_read_like_requests() {
    let mut out = String::new();
    for (first, second) in [
        (allow(r#""s3:GetObject""#, r#""*""#, ""), allow(r#"["s3:GetObject", "s3:PutObject"]"#, r#""*""#, "")),
        (
            allow(r#""s3:*""#, r#""arn:aws:s3:::a/*""#, ""),
            allow(r#""s3:*""#, r#"["arn:aws:s3:::a/*", "arn:aws:s3:::b/${aws:username}/*"]"#, ""),
        ),
        (
            allow(r#""s3:*""#, r#""*""#, r#"{"StringEquals": {"aws:RequestedRegion": "ap-northeast-1"}}"#),
            allow(r#""s3:*""#, r#""*""#, r#"{"StringLike": {"aws:RequestedRegion": "ap-*"}}"#),
        ),
    ] {
        let comparison = compare(&[read(&first)], &[read(&second)]);
        assert!(comparison.all_strings.witness().is_some());
        out.push_str(&format!("{}\n", comparison.all_strings));
        out.push_str(&format!("    turned round: {}\n", compare(&[read(&second)], &[read(&first)]).all_strings));
    }
    out.push_str(&format!(
        "{}\n",
        compare(&[read(&allow(r#""s*:Get""#, r#""*""#, ""))], &[read(&allow(r#""s3:Get""#, r#""*""#, ""))]).all_strings
    ));
    insta::assert_snapshot!(out);
}

#[test]
fn denies_are_compared_by_themselves() {
    let allow = r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}"#;
    let deny = r#"{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}"#;
    let (plain, denying) = ([read(allow)], [read(&format!("[{allow}, {deny}]"))]);
    assert_eq!(compare(&plain, &denying).all_strings.relation, Relation::Equal);
    let denies = policy::compare_denies(&plain, &denying);
    assert_eq!(denies.relation, Relation::Broader, "the second denies more");
    assert_eq!(policy::compare_denies(&denying, &denying).relation, Relation::Equal);
    assert_eq!(policy::compare_denies(&plain, &plain).relation, Relation::Equal);
}

#[test]
fn policies_with_principals_are_not_compared() {
    let public = r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}"#;
    assert_eq!(relation(public, public), Relation::Unknown);
}

/// Real policies with one thing taken away: never broader, and what is lost is what was taken.
#[test]
fn aws_policies_with_something_missing_are_narrower() {
    let mut counts = std::collections::BTreeMap::new();
    for (number, entry) in policy::managed::all().iter().enumerate().step_by(23) {
        let whole = entry.policy().unwrap();
        let mut less = whole.clone();
        let at = number % less.statements.len();
        let statement = &mut less.statements[at];
        if statement.action.negated || statement.effect.value == policy::Effect::Deny {
            continue;
        }
        let dropped = statement.action.values.remove(number % statement.action.values.len());
        if statement.action.values.is_empty() {
            less.statements.remove(at);
        }
        let comparison = compare(std::slice::from_ref(&whole), std::slice::from_ref(&less));
        assert!(
            !matches!(comparison.all_strings.gained, Difference::Witness(_)),
            "{} without {}",
            entry.name,
            dropped.value
        );
        if let Difference::Witness(request) = &comparison.all_strings.lost {
            assert!(
                policy::glob::matches_ignore_case(&dropped, request.action()),
                "{}: {} is not {}",
                entry.name,
                request.action(),
                dropped.value
            );
        }
        *counts.entry(comparison.all_strings.relation.name()).or_insert(0_usize) += 1;
        let merged = policy::merge::merge_at(std::slice::from_ref(&whole), policy::merge::Level::L0);
        assert!(merged.is_ok(), "{}: {}", entry.name, merged.unwrap_err());
    }
    insta::assert_debug_snapshot!(counts);
}

#[test]
fn what_hangs_on_an_open_question_is_possibly_different() {
    let tagged = |operator: &str| {
        read(&format!(
            r#"{{"Effect": "Allow", "Action": "ec2:CreateTags", "Resource": "*", "Condition": {{"{operator}": {{"aws:TagKeys": "team"}}}}}}"#
        ))
    };
    let on = |resources: &str| {
        read(&format!(r#"{{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": {resources}}}"#))
    };
    let denied_on = |resources: &str| {
        read(&format!(
            r#"[{{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}}, {{"Effect": "Deny", "Action": "sqs:*", "Resource": {resources}}}]"#
        ))
    };
    let all = r#"["arn:aws:sqs", "arn:aws:sqs:*:*:*"]"#;
    for (first, second, expected, because) in [
        (
            tagged("ForAnyValue:StringEquals"),
            tagged("ForAnyValue:StringEqualsIfExists"),
            Relation::PossiblyDifferent,
            "whether `ForAnyValue:…IfExists` holds",
        ),
        // without the doubt they differ all the same
        (tagged("ForAnyValue:StringEqualsIfExists"), on(r#""*""#), Relation::Incomparable, ""),
        (tagged("ForAnyValue:StringEqualsIfExists"), tagged("ForAnyValue:StringLikeIfExists"), Relation::Equal, ""),
        (tagged("ForAllValues:StringEqualsIfExists"), tagged("ForAllValues:StringEquals"), Relation::Equal, ""),
        (on(r#""arn:aws:sqs""#), on(all), Relation::PossiblyDifferent, "what AWS takes an incomplete ARN for"),
        (
            denied_on(r#""arn:aws:sqs""#),
            denied_on(all),
            Relation::PossiblyDifferent,
            "what AWS takes an incomplete ARN for",
        ),
        (on(r#""arn:aws:sqs""#), on(r#"["arn:aws:sqs", "arn:aws:sqs"]"#), Relation::Equal, ""),
        // a star at the end may stand for the rest: nothing is open
        (on(r#""arn:aws:sqs*""#), on(r#"["arn:aws:sqs*", "arn:aws:sqs:*:*:jobs"]"#), Relation::Equal, ""),
    ] {
        let (first, second) = (std::slice::from_ref(&first), std::slice::from_ref(&second));
        let verdict = compare(first, second).all_strings;
        assert_eq!(verdict.relation, expected, "{verdict}");
        assert!(verdict.to_string().contains(because), "{verdict}");
        if expected == Relation::PossiblyDifferent {
            assert_eq!(compare(second, first).all_strings.relation, expected);
        }
    }
}

#[test]
fn a_merge_makes_no_use_of_what_is_open() {
    for (statements, held) in [
        (
            r#"[{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": ["arn:aws:sqs", "arn:aws:sqs:*:*:*", "arn:aws:sq?"]}]"#,
            &["\"arn:aws:sqs\"", "\"arn:aws:sq?\""][..],
        ),
        (
            r#"[{"Effect": "Allow", "Action": "ec2:CreateTags", "Resource": "*", "Condition": {"ForAnyValue:StringEqualsIfExists": {"aws:TagKeys": "a"}}},
                {"Effect": "Allow", "Action": "ec2:CreateTags", "Resource": "*", "Condition": {"ForAnyValue:StringEquals": {"aws:TagKeys": ["a", "b"]}}}]"#,
            &["ForAnyValue:StringEqualsIfExists", "ForAnyValue:StringEquals\""],
        ),
    ] {
        let merged = policy::merge::merge_at(&[read(statements)], policy::merge::Level::L0).unwrap();
        assert_eq!(merged.proof.all_strings.relation, Relation::Equal);
        for text in held {
            assert!(merged.policy.to_json().contains(text), "{}", merged.policy.to_json());
        }
    }
}
