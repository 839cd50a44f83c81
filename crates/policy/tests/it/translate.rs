use std::collections::BTreeMap;

use policy::translate::{UserFacts, statements_naming_user, translate};
use policy::{Permissions, Policy, Prepared};
use proptest::prelude::*;

use crate::reference;

fn taro() -> UserFacts {
    UserFacts {
        arn: "arn:aws:iam::111122223333:user/dev/taro".to_owned(),
        name: "taro".to_owned(),
        id: Some("AIDAEXAMPLE".to_owned()),
        tags: Some(BTreeMap::from([("team".to_owned(), "blue".to_owned())])),
    }
}

fn read(statements: &str) -> Policy {
    format!("{{\"Version\": \"2012-10-17\", \"Statement\": {statements}}}").parse().unwrap()
}

#[test]
fn statements_about_being_a_user() {
    let mut out = String::new();
    for (what, statements) in [
        (
            "own folder",
            r#"{"Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::home/${aws:username}/*", "arn:aws:s3:::shared/*"]}"#,
        ),
        (
            "condition that is always so",
            r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:username": ["taro", "hanako"]}, "Bool": {"aws:SecureTransport": "true"}}}"#,
        ),
        (
            "condition that is never so",
            r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}}}"#,
        ),
        (
            "tag of the user",
            r#"{"Effect": "Allow", "Action": "ec2:*", "Resource": "*", "Condition": {"StringEquals": {"ec2:ResourceTag/Team": "${aws:PrincipalTag/Team}"}}}"#,
        ),
        (
            "tag the user lacks",
            r#"{"Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::${aws:PrincipalTag/bucket}/*", "arn:aws:s3:::${aws:PrincipalTag/bucket, 'common'}/*"]}"#,
        ),
        (
            "no access without MFA",
            r#"{"Sid": "DenyWithoutMfa", "Effect": "Deny", "NotAction": ["iam:CreateVirtualMFADevice", "iam:EnableMFADevice"], "Resource": "*", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}"#,
        ),
        (
            "only with fresh MFA",
            r#"{"Effect": "Allow", "Action": "ec2:TerminateInstances", "Resource": "*", "Condition": {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}}"#,
        ),
        (
            "own keys",
            r#"{"Effect": "Allow", "Action": ["iam:*AccessKey*", "iam:ChangePassword", "iam:GetUser"], "Resource": "arn:aws:iam::*:user/${aws:username}"}"#,
        ),
        (
            "own MFA device",
            r#"{"Effect": "Allow", "Action": ["iam:CreateVirtualMFADevice", "iam:EnableMFADevice"], "Resource": ["arn:aws:iam::*:mfa/*", "arn:aws:iam::*:user/${aws:username}"]}"#,
        ),
        ("everybody's keys stay", r#"{"Effect": "Allow", "Action": ["iam:CreateAccessKey"], "Resource": "*"}"#),
        ("other roles", r#"{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::*:role/Deploy"}"#),
        (
            "compared with the request",
            r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:username": "${s3:prefix}"}}}"#,
        ),
        ("nothing about the user", r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}"#),
    ] {
        let source = read(statements);
        let translated = translate(std::slice::from_ref(&source), &taro());
        out.push_str(&format!("## {what}\n{statements}\n"));
        for finding in &translated.findings {
            let change = if finding.changes_meaning { ", changes what is allowed" } else { "" };
            out.push_str(&format!("  {} {}{change}\n", finding.outcome.name(), finding.label));
            finding.reasons.iter().for_each(|reason| out.push_str(&format!("    {reason}\n")));
        }
        for statement in &translated.policies[0].statements {
            out.push_str(&format!("  {}\n", statement.to_json()));
        }
    }
    insta::assert_snapshot!(out);
}

#[test]
fn what_was_not_read_is_left_for_review() {
    let unread = UserFacts { id: None, tags: None, ..taro() };
    let source = [read(
        r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::${aws:PrincipalTag/team}/*", "Condition": {"StringEquals": {"aws:userid": "AIDAEXAMPLE"}}}"#,
    )];
    let translated = translate(&source, &unread);
    assert_eq!(translated.policies, source);
    assert_eq!(translated.findings[0].outcome, policy::translate::Outcome::Review);
}

#[test]
fn policies_that_name_the_user_are_found() {
    let trust = read(
        r#"[{"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::111122223333:user/dev/taro", "arn:aws:iam::111122223333:root"]}, "Action": "sts:AssumeRole"},
            {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"aws:username": "taro"}}},
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/hanako"}, "Action": "sts:AssumeRole"}]"#,
    );
    let found = statements_naming_user(&trust, &taro());
    assert_eq!(found.len(), 2);
    assert_eq!(found[0], (0, "the principal `arn:aws:iam::111122223333:user/dev/taro`".to_owned()));
    assert_eq!(found[1], (1, "the condition on `aws:username`".to_owned()));
}

/// The policy with `aws:username` in place of `k:name`.
fn about_username(mut policy: Policy) -> Policy {
    let rename = |text: &mut String| *text = text.replace("k:name", "aws:username");
    for statement in &mut policy.statements {
        statement.resource.iter_mut().flat_map(|clause| &mut clause.values).for_each(|text| rename(&mut text.value));
        for condition in &mut statement.conditions {
            rename(&mut condition.key.value);
            for value in &mut condition.values {
                if let policy::Scalar::String(text) = &mut value.value {
                    rename(text);
                }
            }
        }
    }
    policy
}

proptest! {
    /// With `k:name` in the part of `aws:username`: whatever the user may do, the role may, and nothing else.
    #[test]
    fn the_role_may_do_what_the_user_could(policy in reference::policy(), asked in proptest::collection::vec(reference::asked(), 40)) {
        let source = about_username(policy);
        let text = source.to_json();
        let user = UserFacts { name: "x".to_owned(), ..taro() };
        let translated = translate(std::slice::from_ref(&source), &user);
        prop_assume!(translated.findings.iter().all(|finding| finding.outcome != policy::translate::Outcome::Review));
        let of = |policy: &Policy| Permissions::of(vec![Prepared::new("p", policy).unwrap()]);
        let (before, after) = (of(&source), of(&translated.policies[0]));
        for asked in asked {
            let as_user = {
                let mut request = asked.request();
                request.context.set("aws:username", ["x"]);
                request
            };
            prop_assert_eq!(before.allows(&as_user), after.allows(&asked.request()), "{}\n{}\n{:?}", text, translated.policies[0].to_json(), asked);
        }
    }
}
