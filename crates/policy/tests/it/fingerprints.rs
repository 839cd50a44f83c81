use policy::{ConcatenateError, Policy, Version, concatenate};
use proptest::prelude::*;

use crate::strategy;

fn read(text: &str) -> Policy {
    text.parse().unwrap()
}

#[test]
fn layout_order_and_names_do_not_matter() {
    let one = read(
        r#"{"Version": "2012-10-17", "Id": "a", "Statement": [
            {"Sid": "One", "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": ["arn:aws:s3:::b/*"],
             "Condition": {"StringEquals": {"aws:RequestedRegion": ["a", "b"]}, "Bool": {"aws:SecureTransport": true}}},
            {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]}"#,
    );
    let same = read(
        r#"{"Statement": [{"Resource": ["*"], "NotResource_": 0}], "Version": "2012-10-17"}"#
            .replace(
                r#"{"Resource": ["*"], "NotResource_": 0}"#,
                r#"{"Effect": "Deny", "Action": ["IAM:*"], "Resource": ["*"]},
                   {"Effect": "Allow", "Resource": "arn:aws:s3:::b/*", "Action": ["S3:putobject", "s3:getObject", "s3:GetObject"],
                    "Condition": {"Bool": {"AWS:SecureTransport": "true"}, "StringEquals": {"aws:requestedregion": ["b", "a"]}}}"#,
            )
            .as_str(),
    );
    assert_eq!(one.fingerprint(), same.fingerprint());
    assert!(one.same_text_meaning(&same));
}

#[test]
fn what_matters_differs() {
    let base = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}}"#;
    let original = read(base);
    for (from, to) in [
        ("2012-10-17", "2008-10-17"),
        ("Allow", "Deny"),
        ("\"Action\"", "\"NotAction\""),
        ("s3:GetObject", "s3:GetObject*"),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::B/*"),
        ("\"Resource\"", "\"NotResource\""),
        ("}}", r#", "Condition": {"Null": {"aws:x": true}}}}"#),
    ] {
        let other = read(&base.replace(from, to));
        assert_ne!(original.fingerprint(), other.fingerprint(), "{from} → {to}");
        assert!(!original.same_text_meaning(&other));
    }
}

#[test]
fn no_version_is_the_old_version() {
    let without = read(r#"{"Statement": {"Effect": "Allow", "Action": "a:b", "Resource": "*"}}"#);
    let with = read(r#"{"Version": "2008-10-17", "Statement": {"Effect": "Allow", "Action": "a:b", "Resource": "*"}}"#);
    assert_eq!(without.fingerprint(), with.fingerprint());
}

#[test]
fn the_fingerprint_is_stable() {
    let policy = read(r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#);
    // journals and tags keep fingerprints: a change of this value is a change of format
    insta::assert_snapshot!(policy.fingerprint().to_string());
}

proptest! {
    #[test]
    fn shuffling_keeps_the_fingerprint(policy in strategy::policy()) {
        let mut other = policy.clone();
        other.statements.reverse();
        other.id = None;
        for statement in &mut other.statements {
            statement.sid = None;
            statement.action.values.reverse();
            statement.conditions.reverse();
            for action in &mut statement.action.values {
                action.value = action.value.to_uppercase();
            }
        }
        prop_assert_eq!(policy.fingerprint(), other.fingerprint());
    }
}

#[test]
fn concatenation_keeps_statements_and_drops_names() {
    let one = read(
        r#"{"Version": "2012-10-17", "Id": "x", "Statement": {"Sid": "A", "Effect": "Allow", "Action": "a:b", "Resource": "*"}}"#,
    );
    let two = read(
        r#"{"Version": "2012-10-17", "Statement": [{"Sid": "A", "Effect": "Deny", "Action": "c:d", "Resource": "*"}]}"#,
    );
    let both = concatenate(&[one.clone(), two]).unwrap();
    insta::assert_snapshot!(both.to_json());
    assert_eq!(concatenate(&[]), Err(ConcatenateError::Nothing));
    let old = read(r#"{"Statement": {"Effect": "Allow", "Action": "a:b", "Resource": "*"}}"#);
    let error = concatenate(&[one, old]).unwrap_err();
    assert_eq!(error, ConcatenateError::Versions { first: Version::V2012, other: Version::V2008, index: 1 });
    insta::assert_snapshot!(error.to_string());
}
