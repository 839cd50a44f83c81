//! One case a rule at least: what a reviewer would say.

use policy::{Kind, Subject, lint, managed, parse, review};

const CASES: &[(&str, Kind, &str)] = &[
    (
        "allow-not-action",
        Kind::Identity,
        r#"{"Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::b/*"}"#,
    ),
    ("a Deny with NotAction is fine", Kind::Identity, r#"{"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"}"#),
    (
        "public-principal",
        Kind::Resource,
        r#"[{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}, {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}]"#,
    ),
    (
        "covered-pattern",
        Kind::Identity,
        r#"{"Effect": "Allow", "Action": ["s3:GetObject", "s3:Get*", "S3:get*"], "Resource": ["arn:aws:s3:::b/x", "arn:aws:s3:::b/*"]}"#,
    ),
    (
        "resource-mismatch",
        Kind::Identity,
        r#"{"Effect": "Allow", "Action": ["s3:ListAllMyBuckets", "s3:GetObject", "ec2:RunInstances", "s3:Get*"], "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::${aws:username}"]}"#,
    ),
    (
        "wide-write",
        Kind::Identity,
        r#"[{"Effect": "Allow", "Action": ["sqs:*", "sqs:Get*", "sqs:SendMessage"], "Resource": "*"}, {"Effect": "Allow", "Action": "*", "Resource": "*"}]"#,
    ),
    (
        "unknown-key",
        Kind::Identity,
        r#"{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*", "Condition": {"StringEquals": {"aws:SourcIp": "x", "AWS:sourceip": "x", "aws:PrincipalTag/team": "x", "sqs:Whatever": "x"}}}"#,
    ),
    (
        "privilege-escalation",
        Kind::Identity,
        r#"[{"Effect": "Allow", "Action": ["iam:PassRole", "iam:Attach*"], "Resource": "*"}, {"Effect": "Allow", "Action": "ec2:Run*", "Resource": "*"}, {"Effect": "Deny", "Action": "iam:AttachGroupPolicy", "Resource": "*"}]"#,
    ),
    (
        "no escalation on one's own things",
        Kind::Identity,
        r#"{"Effect": "Allow", "Action": "iam:CreateAccessKey", "Resource": "arn:aws:iam::*:user/${aws:username}"}"#,
    ),
];

#[test]
fn what_a_reviewer_would_say() {
    let mut out = String::new();
    for (name, kind, statements) in CASES {
        let text = format!(r#"{{"Version": "2012-10-17", "Statement": {statements}}}"#);
        let policy = parse(&text).policy.unwrap();
        out.push_str(&format!("## {name}\n{statements}\n"));
        for problem in review(&Subject { policy: &policy, kind: *kind, limit: None }) {
            out.push_str(&format!("  {}\n", problem.render(&text)));
        }
    }
    insta::assert_snapshot!(out);
}

#[test]
fn aws_own_policies_get_few_complaints_of_mistakes() {
    let mut counts = std::collections::BTreeMap::new();
    let mut escalations = String::new();
    for entry in managed::all().iter().step_by(16) {
        let policy = entry.policy().unwrap();
        let subject = Subject { policy: &policy, kind: Kind::Identity, limit: None };
        for problem in review(&subject) {
            *counts.entry(problem.rule).or_insert(0_usize) += 1;
            if problem.rule == "privilege-escalation" {
                escalations.push_str(&format!("{}: {}\n", entry.name, problem.message));
            }
        }
        assert!(lint(&subject).iter().all(|problem| !problem.is_error()), "{}", entry.name);
    }
    insta::assert_debug_snapshot!(counts);
    // docs/policy-lint.md says of each why it is right
    insta::assert_snapshot!(escalations);
}

#[test]
fn every_rule_has_a_name_of_its_own() {
    let mut names: Vec<&str> = policy::lint::RULES.iter().map(|rule| rule.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), policy::lint::RULES.len());
    assert!(policy::lint::RULES.iter().all(|rule| !rule.summary.is_empty()));
}
