use policy::merge::{Level, MergeError, merge, merge_at, propose};
use policy::{Difference, Permissions, Policy, Prepared, Relation, Request, compare, managed};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::reference;

fn read(statements: &str) -> Policy {
    format!("{{\"Version\": \"2012-10-17\", \"Statement\": {statements}}}").parse().unwrap()
}

fn merged(statements: &str) -> String {
    merge_at(&[read(statements)], Level::L0).unwrap().policy.to_json()
}

#[test]
fn l0_says_the_same_in_fewer_words() {
    let mut out = String::new();
    for (what, statements) in [
        (
            "names and repetitions",
            r#"[{"Sid": "A", "Effect": "Allow", "Action": ["s3:GetObject", "S3:getobject"], "Resource": "*"}, {"Sid": "B", "Effect": "Allow", "Action": "s3:GetObject", "Resource": ["*"]}]"#,
        ),
        (
            "covered patterns",
            r#"{"Effect": "Allow", "Action": ["s3:Get*", "s3:GetObject", "s3:*Acl", "s3:GetBucketAcl"], "Resource": ["arn:aws:s3:::b/*", "arn:aws:s3:::b/x/*", "arn:aws:s3:::b"]}"#,
        ),
        (
            "union of actions",
            r#"[{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}, {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/*"}]"#,
        ),
        (
            "union of resources",
            r#"[{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}, {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::c/*"}]"#,
        ),
        (
            "no union across conditions",
            r#"[{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": {"Bool": {"k": "true"}}}, {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/*", "Condition": {"Bool": {"l": "true"}}}]"#,
        ),
        (
            "covered by another statement",
            r#"[{"Effect": "Allow", "Action": ["s3:GetObject", "ec2:RunInstances"], "Resource": "arn:aws:s3:::b/*", "Condition": {"Bool": {"k": "true"}}}, {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]"#,
        ),
        (
            "under a flat Deny",
            r#"[{"Effect": "Allow", "Action": ["iam:GetUser", "s3:GetObject"], "Resource": "*"}, {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]"#,
        ),
        (
            "not under a Deny with condition",
            r#"[{"Effect": "Allow", "Action": "iam:GetUser", "Resource": "*"}, {"Effect": "Deny", "Action": "iam:*", "Resource": "*", "Condition": {"Bool": {"k": "true"}}}]"#,
        ),
        (
            "proven superfluous",
            r#"[{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": {"StringEquals": {"k": "a"}}}, {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": {"StringLike": {"k": "a*"}}}]"#,
        ),
        (
            "variables are no text",
            r#"{"Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::${aws:username}/*", "arn:aws:s3:::a/*", "arn:aws:s3:::${aws:username}/x"]}"#,
        ),
        ("unknown actions stay", r#"{"Effect": "Allow", "Action": ["zzz:DoIt", "s3:NoSuchAction"], "Resource": "*"}"#),
    ] {
        out.push_str(&format!("## {what}\n{statements}\n{}\n", merged(statements)));
    }
    insta::assert_snapshot!(out);
}

#[test]
fn old_policies_join_the_new_version_with_their_meaning() {
    let old: Policy =
        r#"{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::${aws:username}/*"}}"#
            .parse()
            .unwrap();
    let new = read(r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::${aws:username}/*"}"#);
    let merged = merge_at(&[old, new], Level::L0).unwrap();
    assert_eq!(merged.proof.all_strings.relation, Relation::Equal);
    insta::assert_snapshot!(merged.policy.to_json());
}

#[test]
fn l1_folds_only_what_the_catalogue_bears_out() {
    let names = |service: &str, level: policy::catalogue::AccessLevel| -> Vec<String> {
        let actions = policy::catalogue::actions(service).iter().filter(|action| action.level == level);
        actions.map(|action| format!("\"{service}:{}\"", action.name)).collect()
    };
    let mut all = names("sqs", policy::catalogue::AccessLevel::Read);
    all.extend(names("sqs", policy::catalogue::AccessLevel::List));
    all.push("\"sqs:SendMessage\"".to_owned());
    all.push("\"sqs:NotYetKnown\"".to_owned());
    let source = [read(&format!(r#"{{"Effect": "Allow", "Action": [{}], "Resource": "*"}}"#, all.join(",")))];
    let mut out = String::new();
    for level in Level::ALL {
        let merged = merge_at(&source, level).unwrap();
        out.push_str(&format!("{level} {} of {}: {}\n", merged.size, merged.plain_size, merged.policy.to_json()));
        for wildcard in &merged.wildcards {
            out.push_str(&format!("    {} for {}\n", wildcard.pattern, wildcard.replaces.join(" ")));
        }
        assert_eq!(merged.proof.catalogue.relation, Relation::Equal);
        assert_eq!(merged.proof.all_strings.lost, Difference::Never);
    }
    insta::assert_snapshot!(out);
}

#[test]
fn a_deny_is_never_folded() {
    let deny = r#"{"Effect": "Deny", "Action": ["sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:ListQueues", "sqs:ListQueueTags"], "Resource": "*"}"#;
    let merged = merge_at(&[read(deny)], Level::L1Char).unwrap();
    assert!(merged.wildcards.is_empty());
    assert_eq!(merged.proof.all_strings.relation, Relation::Equal);
}

/// Ten policies a developer might hold.
const RELATED: [&str; 10] = [
    "AmazonS3ReadOnlyAccess",
    "AmazonEC2ReadOnlyAccess",
    "CloudWatchReadOnlyAccess",
    "AmazonDynamoDBReadOnlyAccess",
    "AWSLambda_ReadOnlyAccess",
    "AmazonSQSReadOnlyAccess",
    "AmazonSNSReadOnlyAccess",
    "AmazonRDSReadOnlyAccess",
    "CloudWatchLogsReadOnlyAccess",
    "AWSCloudFormationReadOnlyAccess",
];

fn related() -> Vec<Policy> {
    RELATED.iter().map(|name| managed::resolve(name).unwrap().policy().unwrap()).collect()
}

#[test]
fn managed_policies_merge_with_proof() {
    let sources = related();
    let mut out = String::new();
    for level in Level::ALL {
        let merged = merge_at(&sources, level).unwrap();
        out.push_str(&format!(
            "{level}: {} of {} bytes, {} wildcards\n",
            merged.size,
            merged.plain_size,
            merged.wildcards.len()
        ));
        assert_eq!(merged.proof.all_strings.lost, Difference::Never);
    }
    insta::assert_snapshot!(out);
}

#[test]
fn what_does_not_fit_is_split_or_attached() {
    let mut sources = related();
    sources.truncate(3);
    sources.push(read(r#"[{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/*"}, {"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}]"#));
    sources.push(read(r#"{"Effect": "Allow", "Action": "sqs:*", "Resource": "arn:aws:sqs:*:*:q"}"#));
    let error = merge(&sources, 300).unwrap_err();
    let MergeError::TooLarge { smallest, limit: 300 } = &error else { panic!("{error}") };
    assert!(smallest.size > 300);
    let proposal = propose(&sources, 200);
    assert_eq!(
        proposal.attachments.iter().map(|attachment| attachment.managed.name).collect::<Vec<_>>(),
        &RELATED[..3]
    );
    assert!(proposal.left.is_empty());
    let sets: Vec<Vec<Policy>> = proposal.sets.iter().map(|(_, merged)| vec![merged.policy.clone()]).collect();
    for set in &sets {
        let permissions = Permissions::of(set.iter().map(|policy| Prepared::new("p", policy).unwrap()).collect());
        assert!(
            !permissions.allows(&Request::new("sqs:SendMessage", "arn:aws:sqs:ap-northeast-1:111122223333:q")),
            "the Deny holds in every set"
        );
    }
    assert_eq!(merge(&[], 100).unwrap_err(), MergeError::Nothing);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn merging_keeps_the_meaning_or_refuses(
        policies in vec(reference::policy(), 1..4),
        asked in vec(reference::asked(), 60),
    ) {
        let texts = policies.iter().map(Policy::to_json).collect::<Vec<_>>().join("\n");
        match merge_at(&policies, Level::L0) {
            Err(MergeError::Nothing) => {}
            Err(error) => {
                // only what cannot be decided may be refused
                let again = compare(&policies, &policies);
                prop_assert_eq!(again.all_strings.relation, Relation::Equal);
                prop_assert!(!error.to_string().contains("broader") && !error.to_string().contains("narrower") && !error.to_string().contains("incomparable"), "{}\n{}", error, texts);
            }
            Ok(merged) => {
                prop_assert!(merged.size <= merged.plain_size, "{}\n{}", texts, merged.policy.to_json());
                for asked in asked.iter().filter(|asked| reference::keeps_to_single_values(&policies, asked)) {
                    prop_assert_eq!(
                        reference::allows(&policies, asked),
                        reference::allows(std::slice::from_ref(&merged.policy), asked),
                        "{}\n--\n{}\n{:?}", texts, merged.policy.to_json(), asked
                    );
                }
            }
        }
    }
}
