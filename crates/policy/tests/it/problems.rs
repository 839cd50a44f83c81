//! Broken policies and what is said of them.

use std::fmt::Write;

use policy::{Kind, Subject, lint, parse};

/// Name and text.
const READING: &[(&str, &str)] = &[
    ("empty", ""),
    ("spaces only", "  \n "),
    ("byte order mark", "\u{feff}{\"Statement\": []}"),
    ("an array", "[]"),
    ("a word", "hello"),
    ("cut off", "{\"Version\": \"2012-10-17\", \"Statement\": ["),
    ("text after the end", "{\"Statement\": []} {}"),
    ("trailing comma", "{\"Statement\": [{\"Effect\": \"Allow\", \"Action\": [\"s3:Get*\",], \"Resource\": \"*\"},],}"),
    ("missing comma", "{\n  \"Version\": \"2012-10-17\"\n  \"Statement\": []\n}"),
    ("two commas", "{\"Version\": \"2012-10-17\",, \"Statement\": []}"),
    ("comments", "{ // the policy\n  \"Statement\": /* none */ []\n}"),
    ("single quotes", "{'Statement': []}"),
    ("keys without quotes", "{Statement: []}"),
    ("value without quotes", "{\"Statement\": {\"Effect\": Allow, \"Action\": s3:Get*, \"Resource\": \"*\"}}"),
    (
        "python words",
        "{\"Statement\": {\"Effect\": \"Allow\", \"Action\": \"a:b\", \"Resource\": \"*\", \"Condition\": {\"Bool\": {\"aws:x\": True}}}}",
    ),
    ("unclosed string", "{\"Version\": \"2012-10-17,\n  \"Statement\": []}"),
    ("bad escapes", "{\"Id\": \"a\\d\\u12\\ud800\", \"Statement\": []}"),
    ("control character", "{\"Id\": \"a\u{1}b\tc\", \"Statement\": []}"),
    (
        "bad number",
        "{\"Statement\": {\"Effect\": \"Allow\", \"Action\": \"a:b\", \"Condition\": {\"NumericEquals\": {\"a:b\": 01}}}}",
    ),
    (
        "duplicate keys",
        "{\"Version\": \"2012-10-17\", \"Version\": \"2012-10-17\", \"Statement\": {\"Effect\": \"Allow\", \"Action\": \"a:b\", \"Action\": \"c:d\"}}",
    ),
    (
        "unknown elements",
        "{\"Versoin\": \"2012-10-17\", \"Comment\": 1, \"Statement\": {\"effect\": \"Allow\", \"Actions\": \"a:b\", \"Resorce\": \"*\"}}",
    ),
    ("unknown version", "{\"Version\": \"2024-01-01\", \"Statement\": []}"),
    ("no statement", "{\"Version\": \"2012-10-17\"}"),
    (
        "letter case of effect",
        "{\"Statement\": [{\"Effect\": \"allow\", \"Action\": \"a:b\"}, {\"Effect\": \"Alow\", \"Action\": \"a:b\"}, {\"Effect\": \"Permit\", \"Action\": \"a:b\"}]}",
    ),
    ("missing effect and action", "{\"Statement\": [{\"Resource\": \"*\"}]}"),
    (
        "both",
        "{\"Statement\": {\"Effect\": \"Allow\", \"Action\": \"a:b\", \"NotAction\": \"c:d\", \"Resource\": \"*\", \"NotResource\": \"*\"}}",
    ),
    (
        "wrong types",
        "{\"Version\": 2012, \"Statement\": {\"Sid\": 1, \"Effect\": [\"Allow\"], \"Action\": {}, \"Resource\": [1, null], \"Condition\": []}}",
    ),
    ("statement is a string", "{\"Statement\": \"Allow\"}"),
    (
        "condition without operator",
        "{\"Statement\": {\"Effect\": \"Allow\", \"Action\": \"a:b\", \"Condition\": {\"aws:SourceIp\": \"10.0.0.0/8\"}}}",
    ),
    (
        "condition value is an object",
        "{\"Statement\": {\"Effect\": \"Allow\", \"Action\": \"a:b\", \"Condition\": {\"Bool\": {\"a:b\": {}}, \"StringEquals\": {}}}}",
    ),
    (
        "principal is an account",
        "{\"Statement\": {\"Effect\": \"Allow\", \"Principal\": \"111122223333\", \"Action\": \"a:b\"}}",
    ),
    (
        "unknown principal type",
        "{\"Statement\": {\"Effect\": \"Allow\", \"Principal\": {\"Aws\": \"*\", \"User\": \"x\"}, \"Action\": \"a:b\"}}",
    ),
    ("yaml", "Version: 2012-10-17\nStatement:\n  - Effect: Allow\n"),
    ("colon missing", "{\"Version\" \"2012-10-17\"}"),
    ("equals sign", "{\"Version\" = \"2012-10-17\", \"Statement\" = []}"),
    ("unclosed bracket", "{\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"a:b\"}"),
    ("wrong bracket", "{\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"a:b\"]}"),
];

/// Texts that are read, as identity policies.
const CHECKING: &[(&str, &str)] = &[
    ("nothing at all", "{\"Statement\": []}"),
    (
        "old version with variable",
        "{\"Statement\": {\"Effect\": \"Allow\", \"Action\": \"s3:*\", \"Resource\": \"arn:aws:s3:::b/${aws:username}\"}}",
    ),
    (
        "sids",
        "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Sid\": \"read only\", \"Effect\": \"Allow\", \"Action\": \"s3:*\", \"Resource\": \"*\"}, {\"Sid\": \"A\", \"Effect\": \"Allow\", \"Action\": \"s3:*\", \"Resource\": \"*\"}, {\"Sid\": \"A\", \"Effect\": \"Allow\", \"Action\": \"s3:*\", \"Resource\": \"*\"}, {\"Sid\": \"読む\", \"Effect\": \"Allow\", \"Action\": \"s3:*\", \"Resource\": \"*\"}]}",
    ),
    (
        "principal",
        "{\"Version\": \"2012-10-17\", \"Statement\": {\"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": \"s3:*\", \"Resource\": \"*\"}}",
    ),
    ("no resource", "{\"Version\": \"2012-10-17\", \"Statement\": {\"Effect\": \"Allow\", \"Action\": \"s3:*\"}}"),
    (
        "actions",
        "{\"Version\": \"2012-10-17\", \"Statement\": {\"Effect\": \"Allow\", \"Action\": [\"s3\", \"s3:\", \"s*:Get\", \" s3:GetObject\", \"s3:Get Object\", \"*\", \"*:*\", \"\"], \"Resource\": \"*\"}}",
    ),
    (
        "resources",
        "{\"Version\": \"2012-10-17\", \"Statement\": {\"Effect\": \"Allow\", \"Action\": \"s3:*\", \"Resource\": [\"my-bucket\", \"arn:aws:s3\", \"arn:aws:s3:::b \", \"arn:aws:*\", \"\", \"*\"]}}",
    ),
    (
        "empty lists",
        "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \"Action\": [], \"Resource\": []}, {\"Effect\": \"Deny\", \"NotAction\": [], \"Resource\": \"*\", \"Condition\": {\"StringEquals\": {\"aws:x\": []}}}]}",
    ),
    (
        "operators",
        "{\"Version\": \"2012-10-17\", \"Statement\": {\"Effect\": \"Allow\", \"Action\": \"s3:*\", \"Resource\": \"*\", \"Condition\": {\"StringEqual\": {\"a:b\": \"c\", \"a:c\": \"d\"}, \"stringequals\": {\"a:b\": \"c\"}, \"ForAnyValues:StringLik\": {\"a:b\": \"c\"}, \"NullIfExists\": {\"a:b\": true}, \"Whatever\": {\"a:b\": \"c\"}}}}",
    ),
    (
        "values",
        "{\"Version\": \"2012-10-17\", \"Statement\": {\"Effect\": \"Allow\", \"Action\": \"s3:*\", \"Resource\": \"*\", \"Condition\": {\"Bool\": {\"aws:SecureTransport\": \"yes\"}, \"NumericLessThan\": {\"a:n\": \"ten\"}, \"DateLessThan\": {\"aws:CurrentTime\": [\"tomorrow\", \"${aws:x}\"]}, \"NotIpAddress\": {\"aws:SourceIp\": [\"10.0.0.0/8\", \"10.0.0.0/40\"]}, \"ArnLike\": {\"aws:SourceArn\": \"role\"}, \"BinaryEquals\": {\"a:k\": \"%\"}}}}",
    ),
    (
        "unknown actions",
        "{\"Version\": \"2012-10-17\", \"Statement\": {\"Effect\": \"Allow\", \"Action\": [\"s3:GetObjet\", \"s33:GetObject\", \"s3:Gett*\", \"s3:Get*\", \"zzzzzzzz:Go\"], \"Resource\": \"*\"}}",
    ),
    (
        "too large",
        "{\"Version\": \"2012-10-17\", \"Statement\": {\"Sid\": \"LongNameThatTakesPlaceInThePolicyWithoutHavingAnyEffect\", \"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"arn:aws:s3:::a-rather-long-name-of-a-bucket/and-a-rather-long-prefix-in-it-to-get-over-the-limit/*\"}}",
    ),
];

#[test]
fn what_is_said_of_texts_that_cannot_be_read() {
    let mut out = String::new();
    for (name, text) in READING {
        let parsed = parse(text);
        assert!(parsed.policy.is_none(), "{name}");
        writeln!(out, "## {name}\n{}", text.escape_debug()).unwrap();
        for problem in &parsed.problems {
            writeln!(out, "  {}", problem.render(text)).unwrap();
        }
    }
    insta::assert_snapshot!(out);
}

#[test]
fn what_is_said_of_policies_that_aws_refuses() {
    let mut out = String::new();
    for (name, text) in CHECKING {
        let parsed = parse(text);
        let policy = parsed.policy.unwrap_or_else(|| panic!("{name}: {:?}", parsed.problems));
        writeln!(out, "## {name}\n{text}").unwrap();
        for problem in lint(&Subject { policy: &policy, kind: Kind::Identity, limit: Some(240) }) {
            writeln!(out, "  {}", problem.render(text)).unwrap();
        }
    }
    insta::assert_snapshot!(out);
}

#[test]
fn deep_and_long_texts_are_refused() {
    let deep = "[".repeat(100_000);
    insta::assert_snapshot!(parse(&deep).problems[0].render(&deep));
    let long = " ".repeat(policy::MAX_TEXT_BYTES + 1);
    insta::assert_snapshot!(parse(&long).problems[0].render(""));
    let many = format!("{{{}}}", "\"a\": 1, ".repeat(10_000));
    assert!(parse(&many).problems.len() <= 101, "problems are bounded");
}
