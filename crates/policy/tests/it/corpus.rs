//! The embedded data, and all of AWS's managed policies through the reader.

use policy::{Kind, Policy, Severity, catalogue, check, managed, parse};

#[test]
fn every_managed_policy_is_read_without_error_and_round_trips() {
    assert_eq!(managed::all().len(), 1594);
    for entry in managed::all() {
        let parsed = parse(entry.document());
        let policy = parsed.policy.unwrap_or_else(|| panic!("{}: {:?}", entry.name, parsed.problems));
        let printed: Policy = policy.to_json_pretty().parse().unwrap();
        assert_eq!(printed, policy, "{}", entry.name);
        assert_eq!(printed.fingerprint(), policy.fingerprint());
        let original: serde_json::Value = serde_json::from_str(entry.document()).unwrap();
        assert_eq!(
            normalised(&serde_json::from_str(&policy.to_json()).unwrap()),
            normalised(&original),
            "{}",
            entry.name
        );
        let errors: Vec<_> =
            check(&policy, Kind::Identity).into_iter().filter(|problem| problem.severity == Severity::Error).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", entry.name);
    }
}

/// A list of one as a scalar; everywhere but for `Statement`.
fn normalised(value: &serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::Array(items) if items.len() == 1 => normalised(&items[0]),
        Value::Array(items) => Value::Array(items.iter().map(normalised).collect()),
        Value::Object(members) => {
            Value::Object(members.iter().map(|(name, value)| (name.clone(), normalised(value))).collect())
        }
        other => other.clone(),
    }
}

#[test]
fn managed_policies_are_found_by_every_name() {
    let billing = managed::resolve("Billing").unwrap();
    assert_eq!(billing.arn(), "arn:aws:iam::aws:policy/job-function/Billing");
    assert_eq!(managed::resolve("job-function/Billing"), Some(billing));
    assert_eq!(managed::resolve("/job-function/Billing"), Some(billing));
    assert_eq!(managed::by_arn(&billing.arn()), Some(billing));
    assert_eq!(managed::by_arn("arn:aws:iam::aws:policy/Billing"), None, "the path belongs to the ARN");
    assert_eq!(managed::by_arn("arn:aws:iam::111122223333:policy/Billing"), None);
    assert_eq!(managed::resolve("Biling"), None);
    assert_eq!(managed::nearest("arn:aws:iam::aws:policy/Billing", 3), ["Billing"]);
    assert_eq!(managed::nearest("ReadOnlyAcess", 1), ["ReadOnlyAccess"]);
    let admin = managed::resolve("AdministratorAccess").unwrap().policy().unwrap();
    assert_eq!(
        admin.to_json(),
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#
    );
    for entry in managed::all() {
        assert_eq!(managed::by_arn(&entry.arn()), Some(*entry));
        assert_eq!(managed::resolve(entry.name), Some(*entry));
    }
}

#[test]
fn the_catalogue_knows_actions() {
    assert_eq!(catalogue::services().len(), 456);
    assert_eq!(catalogue::services().iter().map(|service| service.actions().len()).sum::<usize>(), 22_091);
    assert!(catalogue::contains("S3:getobject"));
    assert!(!catalogue::contains("s3:GetObjct"));
    assert_eq!(catalogue::nearest("s3:GetObjct", 2)[0], "s3:GetObject");
    assert_eq!(catalogue::nearest("dynamdb:GetItem", 1), ["dynamodb:GetItem"]);
    let get = catalogue::find("s3:GetObject").unwrap();
    assert_eq!(get.level, catalogue::AccessLevel::Read);
    assert!(get.resources().any(|pattern| pattern == "arn:*:s3:::*/*"), "{:?}", get.resources().collect::<Vec<_>>());
    for service in catalogue::services() {
        for action in service.actions() {
            assert_eq!(service.action(action.name).unwrap().name, action.name, "{}", service.name);
        }
    }
}
