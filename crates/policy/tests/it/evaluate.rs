use policy::{Decision, Layer, Permissions, Policy, Prepared, Reading, Request};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::reference;

fn prepared(statements: &str) -> Prepared {
    let text = format!("{{\"Version\": \"2012-10-17\",\n\"Statement\": {statements}}}");
    let policy: Policy = text.parse().unwrap();
    Prepared::new("test.json", &policy).unwrap().located(&text)
}

fn allows(statement: &str, request: &Request) -> bool {
    Permissions::of(vec![prepared(statement)]).allows(request)
}

/// A statement that allows everything under one condition.
fn condition(condition: &str) -> String {
    format!(r#"{{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {condition}}}"#)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]
    #[test]
    fn agrees_with_the_reference(policies in vec(reference::policy(), 1..3), asked in vec(reference::asked(), 20)) {
        let permissions = Permissions::of(policies.iter().map(|policy| Prepared::new("p", policy).unwrap()).collect());
        for asked in asked {
            let request = asked.request();
            prop_assert_eq!(permissions.allows(&request), reference::allows(&policies, &asked), "{}\n{:?}", policies.iter().map(Policy::to_json).collect::<String>(), asked);
            prop_assert_eq!(permissions.evaluate(&request).is_allowed(), permissions.allows(&request));
        }
    }
}

#[test]
fn missing_keys_follow_the_operator() {
    let without = Request::new("s3:GetObject", "*");
    for (text, expected) in [
        (r#"{"StringEquals": {"k": "v"}}"#, false),
        (r#"{"StringNotEquals": {"k": "v"}}"#, true),
        (r#"{"StringEqualsIfExists": {"k": "v"}}"#, true),
        (r#"{"Bool": {"k": "false"}}"#, false),
        (r#"{"BoolIfExists": {"k": "true"}}"#, true),
        (r#"{"NotIpAddress": {"k": "10.0.0.0/8"}}"#, true),
        (r#"{"NumericLessThan": {"k": "10"}}"#, false),
        (r#"{"ForAllValues:StringEquals": {"k": "v"}}"#, true),
        (r#"{"ForAnyValue:StringEquals": {"k": "v"}}"#, false),
        (r#"{"ForAnyValue:StringNotEquals": {"k": "v"}}"#, false),
        (r#"{"Null": {"k": "true"}}"#, true),
        (r#"{"Null": {"k": false}}"#, false),
    ] {
        assert_eq!(allows(&condition(text), &without), expected, "{text}");
    }
}

#[test]
fn values_are_compared_by_kind() {
    let request = Request::new("s3:GetObject", "*")
        .with("aws:SourceIp", "203.0.113.7")
        .with("aws:CurrentTime", "2026-12-01T09:00:00Z")
        .with("aws:MultiFactorAuthAge", "3600")
        .with("aws:PrincipalArn", "arn:aws:iam::111122223333:role/path/Deploy")
        .with("aws:ipv6", "2001:db8::1")
        .with("k:data", "QmluYXJ5")
        .with("aws:SecureTransport", "TRUE");
    for (text, expected) in [
        (r#"{"IpAddress": {"AWS:sourceip": ["198.51.100.0/24", "203.0.113.0/24"]}}"#, true),
        (r#"{"IpAddress": {"aws:SourceIp": "203.0.113.8/29"}}"#, false),
        (r#"{"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}"#, false),
        (r#"{"IpAddress": {"aws:ipv6": "2001:db8::/32"}}"#, true),
        (r#"{"IpAddress": {"aws:SourceIp": "::/0"}}"#, false),
        (r#"{"DateGreaterThan": {"aws:CurrentTime": "2026-12-01T17:59:59+09:00"}}"#, true),
        (r#"{"DateLessThan": {"aws:CurrentTime": "2026-12-01"}}"#, false),
        (r#"{"DateLessThanEquals": {"aws:CurrentTime": "1796115600"}}"#, true),
        (r#"{"NumericLessThanEquals": {"aws:MultiFactorAuthAge": 3600}}"#, true),
        (r#"{"NumericLessThan": {"aws:MultiFactorAuthAge": "3600.0"}}"#, false),
        (r#"{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}}"#, true),
        (r#"{"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/path/?eploy"}}"#, true),
        (r#"{"ArnLike": {"aws:PrincipalArn": "arn:aws:*:role/path/Deploy"}}"#, false),
        (r#"{"ArnLike": {"aws:PrincipalArn": "arn:*:::role/path/Deploy"}}"#, false),
        (r#"{"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/*"}}"#, true),
        (r#"{"BinaryEquals": {"k:data": "QmluYXJ5"}}"#, true),
        (r#"{"Bool": {"aws:SecureTransport": true}}"#, true),
        (r#"{"StringEquals": {"aws:SecureTransport": "true"}}"#, false),
    ] {
        assert_eq!(allows(&condition(text), &request), expected, "{text}");
    }
}

#[test]
fn variables_are_known_to_the_new_version_only() {
    let statement = r#"{"Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::${aws:username}/*", "arn:aws:s3:::b/${aws:x, 'anyone'}", "arn:aws:s3:::${*}${?}${$}"]}"#;
    let of = |resource: &str| Request::new("s3:GetObject", resource).with("AWS:UserName", "taro");
    assert!(allows(statement, &of("arn:aws:s3:::taro/x")));
    assert!(!allows(statement, &of("arn:aws:s3:::hanako/x")));
    assert!(!allows(statement, &Request::new("s3:GetObject", "arn:aws:s3:::taro/x")), "no value, no match");
    assert!(allows(statement, &of("arn:aws:s3:::b/anyone")));
    assert!(allows(statement, &of("arn:aws:s3:::*?$")));
    assert!(!allows(statement, &of("arn:aws:s3:::abc")));
    let old: Policy = format!("{{\"Statement\": {statement}}}").parse().unwrap();
    let old = Permissions::of(vec![Prepared::new("old", &old).unwrap()]);
    assert!(!old.allows(&of("arn:aws:s3:::taro/x")));
    assert!(old.allows(&of("arn:aws:s3:::${aws:username}/x")));
}

#[test]
fn wildcards_cross_colons_or_not() {
    let policy: Policy =
        r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": ["arn:aws:s*:r", "arn:aws:ec2:*:1:x/*"]}}"#
            .parse()
            .unwrap();
    for (resource, crossing, segments) in [
        ("arn:aws:s3:a:b:r", true, false),
        ("arn:aws:s3:r", true, true),
        ("arn:aws:ec2:a:1:x/y:z", true, true),
        ("arn:aws:ec2:a:b:1:x/y", true, false),
    ] {
        for (reading, expected) in [(Reading::Crossing, crossing), (Reading::Segments, segments)] {
            let permissions = Permissions::of(vec![Prepared::with_reading("p", &policy, reading).unwrap()]);
            assert_eq!(permissions.allows(&Request::new("a:b", resource)), expected, "{resource} {reading:?}");
        }
    }
}

#[test]
fn every_layer_has_to_allow_and_the_answer_names_the_statement() {
    let admin = r#"{"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"}"#;
    let read = r#"{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}"#;
    let no_iam = r#"[{"Effect": "Allow", "Action": "*", "Resource": "*"},
{"Sid": "NoIam", "Effect": "Deny", "Action": "iam:*", "Resource": "*"}]"#;
    let mut permissions = Permissions::of(vec![prepared(read), prepared(admin)]);
    permissions.service_control = vec![vec![prepared(admin)], vec![prepared(no_iam)]];
    let mut said = Vec::new();
    let mut ask = |permissions: &Permissions, action: &str| {
        said.push(format!("{action}: {}", permissions.evaluate(&Request::new(action, "*"))))
    };
    ask(&permissions, "s3:GetObject");
    ask(&permissions, "ec2:RunInstances");
    ask(&permissions, "iam:ListUsers");
    permissions.boundary = Some(prepared(read));
    ask(&permissions, "ec2:RunInstances");
    permissions.boundary = None;
    permissions.session = vec![prepared(read)];
    ask(&permissions, "ec2:RunInstances");
    ask(&permissions, "s3:GetObject");
    permissions.service_control.push(Vec::new());
    ask(&permissions, "s3:GetObject");
    ask(&Permissions::default(), "s3:GetObject");
    insta::assert_snapshot!(said.join("\n"));
    assert_eq!(Permissions::default().evaluate(&Request::new("a:b", "*")), Decision::NotAllowed(Layer::Identity));
}

#[test]
fn the_principal_fills_the_context() {
    let user = Request::new("a:b", "*").by("arn:aws:iam::111122223333:user/dev/taro");
    assert_eq!(user.context.values("aws:username").unwrap(), ["taro"]);
    let session = Request::new("a:b", "*").by("arn:aws:sts::111122223333:assumed-role/Deploy/taro");
    assert_eq!(session.context.values("aws:PrincipalArn").unwrap(), ["arn:aws:iam::111122223333:role/Deploy"]);
    assert_eq!(session.context.values("aws:username"), None);
}

#[test]
fn an_unknown_operator_is_refused() {
    let policy: Policy = format!("{{\"Statement\": {}}}", condition(r#"{"StringEqual": {"k": "v"}}"#)).parse().unwrap();
    assert_eq!(Prepared::new("p", &policy).unwrap_err()[0].rule, "unknown-operator");
}
