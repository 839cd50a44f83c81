//! Relations that hang on conditions of each kind. AWS's own policies have hardly any on numbers, dates, addresses and bytes.

use policy::merge::{Level, merge_at};
use policy::{Policy, Relation, compare};

fn read(statements: &str) -> Policy {
    format!("{{\"Version\": \"2012-10-17\", \"Statement\": [{statements}]}}").parse().unwrap()
}

fn statement(effect: &str, condition: &str) -> String {
    format!(r#"{{"Effect": "{effect}", "Action": "s3:*", "Resource": "*", "Condition": {condition}}}"#)
}

fn relation(first: &[&str], second: &[&str]) -> Relation {
    let policy = |conditions: &[&str]| {
        let statements: Vec<String> = conditions
            .iter()
            .map(|condition| match condition.strip_prefix("Deny ") {
                Some(condition) => statement("Deny", condition),
                None => statement("Allow", condition),
            })
            .collect();
        read(&statements.join(","))
    };
    let (first, second) = ([policy(first)], [policy(second)]);
    let there = compare(&first, &second).all_strings.relation;
    let back = compare(&second, &first).all_strings.relation;
    let turned = match there {
        Relation::Broader => Relation::Narrower,
        Relation::Narrower => Relation::Broader,
        same => same,
    };
    assert_eq!(back, turned, "turned round");
    there
}

#[test]
fn addresses() {
    let ten = r#"{"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}"#;
    let but_one = r#"{"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}, "NotIpAddress": {"aws:SourceIp": "10.1.0.0/16"}}"#;
    assert_eq!(relation(&[ten, r#"Deny {"IpAddress": {"aws:SourceIp": "10.1.0.0/16"}}"#], &[but_one]), Relation::Equal);
    assert_eq!(relation(&[ten], &[but_one]), Relation::Narrower);
    let halves = r#"{"IpAddress": {"aws:SourceIp": ["2001:db8::/33", "2001:db8:8000::/33"]}}"#;
    assert_eq!(relation(&[r#"{"IpAddress": {"aws:SourceIp": "2001:db8::/32"}}"#], &[halves]), Relation::Equal);
    // everything of one family is not everything
    assert_eq!(
        relation(
            &[r#"{"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}"#],
            &[r#"{"IpAddress": {"aws:SourceIp": ["0.0.0.0/0", "::/0"]}}"#]
        ),
        Relation::Broader
    );
    assert_eq!(
        relation(
            &[r#"{"NotIpAddress": {"aws:SourceIp": ["0.0.0.0/0", "::/0"]}}"#],
            &[r#"{"Null": {"aws:SourceIp": "true"}}"#]
        ),
        Relation::Equal,
        "only an absent address is none of them"
    );
    // the last address of a range, and the one behind it
    assert_eq!(
        relation(
            &[r#"{"IpAddress": {"k": "10.0.0.0/31"}}"#],
            &[r#"{"IpAddress": {"k": ["10.0.0.0", "10.0.0.1/32"]}}"#]
        ),
        Relation::Equal
    );
}

#[test]
fn numbers() {
    let between = r#"{"NumericGreaterThan": {"n": "1"}, "NumericLessThan": {"n": "2"}}"#;
    assert_eq!(
        relation(&[between], &[r#"{"NumericGreaterThanEquals": {"n": "1"}, "NumericLessThan": {"n": "2"}}"#]),
        Relation::Broader
    );
    assert_eq!(
        relation(&[r#"{"NumericEquals": {"n": "10"}}"#], &[r#"{"NumericEquals": {"n": 10.0}}"#]),
        Relation::Equal
    );
    // a number is below, equal or above
    assert_eq!(
        relation(
            &[
                r#"{"NumericLessThan": {"n": "5"}}"#,
                r#"{"NumericEquals": {"n": "5"}}"#,
                r#"{"NumericGreaterThan": {"n": "5"}}"#
            ],
            &[r#"{"Null": {"n": "false"}}"#]
        ),
        Relation::Equal
    );
    assert_eq!(
        relation(
            &[r#"{"NumericLessThan": {"n": "5"}}"#, r#"{"NumericGreaterThan": {"n": "5"}}"#],
            &[r#"{"NumericNotEquals": {"n": "5"}, "Null": {"n": "false"}}"#]
        ),
        Relation::Equal
    );
    let never = r#"{"NumericLessThan": {"n": "1"}, "NumericGreaterThan": {"n": "1"}}"#;
    assert_eq!(relation(&[between, never], &[between]), Relation::Equal);
}

#[test]
fn dates() {
    let texts = ["2026-12-01", "2026-12-01T00:00:00Z", "2026-12-01T09:00:00+09:00", "1796083200"];
    for one in texts {
        for other in texts {
            let until = |date: &str| format!(r#"{{"DateLessThan": {{"aws:CurrentTime": "{date}"}}}}"#);
            assert_eq!(relation(&[&until(one)], &[&until(other)]), Relation::Equal, "{one} {other}");
        }
    }
    assert_eq!(
        relation(
            &[r#"{"DateLessThan": {"aws:CurrentTime": "2026-12-01"}}"#],
            &[r#"{"DateLessThanEquals": {"aws:CurrentTime": "2026-12-01"}}"#]
        ),
        Relation::Broader
    );
    let window =
        r#"{"DateGreaterThan": {"aws:CurrentTime": "2026-01-01"}, "DateLessThan": {"aws:CurrentTime": "2026-02-01"}}"#;
    let empty =
        r#"{"DateGreaterThan": {"aws:CurrentTime": "2026-02-01"}, "DateLessThan": {"aws:CurrentTime": "2026-01-01"}}"#;
    assert_eq!(relation(&[window, empty], &[window]), Relation::Equal);
}

#[test]
fn bytes_and_flags() {
    let one = r#"{"BinaryEquals": {"k:data": "QQ=="}}"#;
    assert_eq!(relation(&[one], &[r#"{"BinaryEquals": {"k:data": ["QQ==", "Qg=="]}}"#]), Relation::Broader);
    assert_eq!(relation(&[one], &[r#"{"BinaryEquals": {"k:data": "qq=="}}"#]), Relation::Incomparable);
    assert_eq!(relation(&[one], &[r#"{"BinaryEquals": {"k:data": "QQ=*"}}"#]), Relation::Incomparable, "no wildcards");
    assert_eq!(relation(&[r#"{"Bool": {"k": ["true", "false"]}}"#], &[r#"{"Null": {"k": "false"}}"#]), Relation::Equal);
}

#[test]
fn texts_and_arns() {
    assert_eq!(
        relation(&[r#"{"StringEqualsIgnoreCase": {"k": "ABC"}}"#], &[r#"{"StringLike": {"k": "abc"}}"#]),
        Relation::Narrower
    );
    let role = r#"{"ArnLike": {"k": "arn:aws:iam::*:role/x"}}"#;
    assert_eq!(relation(&[role], &[&role.replace("ArnLike", "ArnEquals")]), Relation::Equal);
    // in an ARN condition a wildcard keeps to its part
    assert_eq!(relation(&[role], &[&role.replace("ArnLike", "StringLike")]), Relation::Broader);
}

#[test]
fn variables_in_conditions() {
    // whatever the variable is: what ends in it as an ARN also ends in it as a text
    assert_eq!(
        relation(&[r#"{"StringLike": {"k": "*${aws:userid}"}}"#], &[r#"{"StringLike": {"k": "id-${aws:userid}"}}"#]),
        Relation::Narrower
    );
    assert_eq!(
        relation(
            &[r#"{"Null": {"k": "false"}}"#],
            &[r#"{"StringNotEquals": {"k": "${aws:userid}"}, "Null": {"k": "false"}}"#]
        ),
        Relation::Narrower
    );
    assert_eq!(
        relation(
            &[r#"{"StringLike": {"k": ["a*", "${aws:userid}"]}}"#],
            &[r#"{"StringLike": {"k": ["${aws:userid}", "a*"]}}"#]
        ),
        Relation::Equal
    );
}

/// Many lists of keys that several tags have to fit: as AWS's own policies have them.
#[test]
fn sets_of_values_of_any_size() {
    let list = |operator: &str, values: &str| format!(r#"{{"{operator}:StringLike": {{"aws:TagKeys": [{values}]}}}}"#);
    let lists: Vec<String> = [
        "\"a*\", \"b\"",
        "\"b\", \"c\"",
        "\"c\", \"d*\"",
        "\"d\", \"e\"",
        "\"e*\", \"f\"",
        "\"f\", \"g\", \"h\", \"i\"",
    ]
    .iter()
    .map(|values| list("ForAllValues", values))
    .collect();
    let all: Vec<&str> = lists.iter().map(String::as_str).collect();
    assert_eq!(relation(&all, &all[1..]), Relation::Narrower);
    let wide = list("ForAllValues", r#""*""#);
    let with_wide: Vec<&str> = all.iter().copied().chain([wide.as_str()]).collect();
    assert_eq!(relation(&with_wide, &[&wide]), Relation::Equal);
    let both = r#"{"ForAnyValue:StringEquals": {"k": "a"}, "ForAllValues:StringEquals": {"k": "b"}}"#;
    let any = r#"{"ForAnyValue:StringEquals": {"k": "c"}}"#;
    assert_eq!(relation(&[both, any], &[any]), Relation::Equal, "one has to be `a`, and all `b`");
}

#[test]
fn conditions_are_joined_only_where_any_value_will_do() {
    let merged = |first: &str, second: &str| {
        let sources = [read(&format!("{},{}", statement("Allow", first), statement("Allow", second)))];
        let merged = merge_at(&sources, Level::L0).unwrap();
        assert_eq!(merged.proof.all_strings.relation, Relation::Equal);
        merged.policy
    };
    let pass = |operator: &str, value: &str| format!(r#"{{"{operator}": {{"iam:PassedToService": "{value}"}}}}"#);
    let one = merged(&pass("StringEquals", "a.amazonaws.com"), &pass("StringLike", "b*.amazonaws.com"));
    assert_eq!(
        one.to_json(),
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringLike":{"iam:PassedToService":["a.amazonaws.com","b*.amazonaws.com"]}}}]}"#
    );
    for (first, second) in [
        // a union of what must not be would forbid more
        (pass("StringNotEquals", "a"), pass("StringNotEquals", "b")),
        (pass("ForAllValues:StringEquals", "a"), pass("ForAllValues:StringEquals", "b")),
        (pass("StringEquals", "a"), pass("StringEqualsIfExists", "b")),
        // an exact text with a star is no pattern
        (pass("StringEquals", "a*"), pass("StringLike", "b")),
        (pass("StringEquals", "a"), r#"{"StringEquals": {"other": "b"}}"#.to_owned()),
    ] {
        assert_eq!(merged(&first, &second).statements.len(), 2, "{first} {second}");
    }
    let twice = merged(&pass("StringLike", "a*?"), &pass("StringLike", "a?*"));
    assert_eq!(twice.statements[0].conditions[0].values.len(), 1, "of two that say the same one stays");
}
