//! Permission sets and their parts.

use sandbox::Config;
use serde_json::{Value, json};

use crate::support::Desk;

fn create(desk: &mut Desk, name: &str) -> String {
    let told = desk.sso("CreatePermissionSet", json!({"Name": name})).unwrap();
    told["PermissionSet"]["PermissionSetArn"].as_str().unwrap().to_owned()
}

#[test]
fn a_set_is_created_read_changed_and_deleted() {
    let mut desk = Desk::calm();
    let asked = json!({
        "Name": "Probe",
        "Description": "probe",
        "RelayState": "https://example.com/",
        "Tags": [{"Key": "a", "Value": "1"}]
    });
    let made = desk.sso("CreatePermissionSet", asked).unwrap()["PermissionSet"].clone();
    assert_eq!(made["SessionDuration"], "PT1H", "AWS's default");
    let arn = made["PermissionSetArn"].as_str().unwrap().to_owned();
    let instance = desk.sandbox.instance_arn();
    assert!(arn.starts_with(&instance.replace(":instance/", ":permissionSet/")), "{arn}");
    assert_eq!(desk.sso("CreatePermissionSet", json!({"Name": "Probe"})).unwrap_err(), "ConflictException");
    let changed = json!({"PermissionSetArn": arn, "SessionDuration": "PT12H"});
    desk.sso("UpdatePermissionSet", changed).unwrap();
    let read = desk.sso("DescribePermissionSet", json!({"PermissionSetArn": arn})).unwrap()["PermissionSet"].clone();
    assert_eq!((&read["SessionDuration"], &read["Description"]), (&json!("PT12H"), &json!("probe")));
    let tags = desk.sso("ListTagsForResource", json!({"ResourceArn": arn})).unwrap();
    assert_eq!(tags["Tags"], json!([{"Key": "a", "Value": "1"}]));
    desk.sso("DeletePermissionSet", json!({"PermissionSetArn": arn})).unwrap();
    let gone = desk.sso("DescribePermissionSet", json!({"PermissionSetArn": arn}));
    assert_eq!(gone.unwrap_err(), "ResourceNotFoundException");
}

#[test]
fn sessions_last_one_to_twelve_hours() {
    let mut desk = Desk::calm();
    for (duration, allowed) in [("PT1H", true), ("PT12H", true), ("PT90M", true), ("PT59M", false), ("PT13H", false)] {
        let told = desk.sso("CreatePermissionSet", json!({"Name": duration, "SessionDuration": duration}));
        assert_eq!(told.is_ok(), allowed, "{duration}");
    }
}

#[test]
fn a_set_in_use_cannot_be_deleted() {
    let mut desk = Desk::calm();
    let arn = desk.set("MachineLearning");
    let told = desk.sso("DeletePermissionSet", json!({"PermissionSetArn": arn}));
    assert_eq!(told.unwrap_err(), "ConflictException");
    for account in ["machine-learning", "sandbox-research"] {
        desk.withdraw(account, "MachineLearning", "group:ml-researchers").unwrap();
    }
    desk.withdraw("kakehashi-dev", "MachineLearning", "user:taro.sato@example.com").unwrap();
    desk.sandbox.advance(desk.now);
    desk.sso("DeletePermissionSet", json!({"PermissionSetArn": arn})).unwrap();
}

#[test]
fn managed_policies_are_attached_once_and_counted_with_the_customers_own() {
    let mut desk = Desk::calm();
    let set = create(&mut desk, "Probe");
    let managed =
        |name: &str| json!({"PermissionSetArn": set, "ManagedPolicyArn": format!("arn:aws:iam::aws:policy/{name}")});
    let customer = |name: &str| json!({"PermissionSetArn": set, "CustomerManagedPolicyReference": {"Name": name}});
    desk.sso("AttachManagedPolicyToPermissionSet", managed("A")).unwrap();
    assert_eq!(desk.sso("AttachManagedPolicyToPermissionSet", managed("A")).unwrap_err(), "ConflictException");
    assert_eq!(
        desk.sso("DetachManagedPolicyFromPermissionSet", managed("B")).unwrap_err(),
        "ResourceNotFoundException"
    );
    for number in 1..25 {
        let name = format!("c{number}");
        desk.sso("AttachCustomerManagedPolicyReferenceToPermissionSet", customer(&name)).unwrap();
    }
    let over = desk.sso("AttachManagedPolicyToPermissionSet", managed("Z"));
    assert_eq!(over.unwrap_err(), "ServiceQuotaExceededException");
    let first = json!({"PermissionSetArn": set, "MaxResults": 20});
    let page = desk.sso("ListCustomerManagedPolicyReferencesInPermissionSet", first).unwrap();
    assert_eq!(page["CustomerManagedPolicyReferences"][0], json!({"Name": "c1", "Path": "/"}));
    let next = json!({"PermissionSetArn": set, "MaxResults": 20, "NextToken": page["NextToken"]});
    let rest = desk.sso("ListCustomerManagedPolicyReferencesInPermissionSet", next).unwrap();
    assert_eq!(rest["CustomerManagedPolicyReferences"].as_array().unwrap().len(), 4);
    desk.sso("DetachManagedPolicyFromPermissionSet", managed("A")).unwrap();
    desk.sso("AttachManagedPolicyToPermissionSet", managed("Z")).unwrap();
}

#[test]
fn a_managed_policy_has_to_exist_where_the_names_are_known() {
    let known = ["arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned()].into();
    let mut desk = Desk::sample(Config { known_managed_policies: Some(known), ..Config::calm() });
    let set = create(&mut desk, "Probe");
    let attach =
        |name: &str| json!({"PermissionSetArn": set, "ManagedPolicyArn": format!("arn:aws:iam::aws:policy/{name}")});
    desk.sso("AttachManagedPolicyToPermissionSet", attach("ReadOnlyAccess")).unwrap();
    let told = desk.sso("AttachManagedPolicyToPermissionSet", attach("ReadOnlyAcces"));
    assert_eq!(told.unwrap_err(), "ResourceNotFoundException");
}

#[test]
fn inline_policies_are_read_before_they_are_kept() {
    let mut desk = Desk::calm();
    let set = create(&mut desk, "Probe");
    let statement = json!({"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"});
    let long = |characters: usize| {
        let mut statement = statement.clone();
        statement["Action"] = json!("x".repeat(characters));
        json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
    };
    let mut with_principal = statement.clone();
    with_principal["Principal"] = json!("*");
    for (text, allowed) in [
        (json!({"Version": "2012-10-17", "Statement": [statement]}).to_string(), true),
        (json!({"Statement": statement}).to_string(), true),
        (long(10_000), true),
        (long(10_240), false),
        (format!("{}{}", long(100), " ".repeat(32_768)), false),
        ("{\"Version\": \"2012-10-17\", ".to_owned(), false),
        (json!({"Version": "2012-10-17"}).to_string(), false),
        (json!({"Version": "2020-01-01", "Statement": [statement]}).to_string(), false),
        (
            json!({"Version": "2012-10-17", "Statement": [{"Effect": "allow", "Action": "*", "Resource": "*"}]})
                .to_string(),
            false,
        ),
        (json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*"}]}).to_string(), false),
        (json!({"Version": "2012-10-17", "Statement": [with_principal]}).to_string(), false),
        ("[]".to_owned(), false),
    ] {
        let told = desk.sso("PutInlinePolicyToPermissionSet", json!({"PermissionSetArn": set, "InlinePolicy": text}));
        assert_eq!(told.is_ok(), allowed, "{told:?} {}", text.chars().take(80).collect::<String>());
        assert!(allowed || told.unwrap_err() == "ValidationException");
    }
    desk.sso("DeleteInlinePolicyFromPermissionSet", json!({"PermissionSetArn": set})).unwrap();
    let read = desk.sso("GetInlinePolicyForPermissionSet", json!({"PermissionSetArn": set})).unwrap();
    assert_eq!(read["InlinePolicy"], "");
}

#[test]
fn a_boundary_is_one_of_two_kinds() {
    let mut desk = Desk::calm();
    let set = create(&mut desk, "Probe");
    let read = |desk: &mut Desk| desk.sso("GetPermissionsBoundaryForPermissionSet", json!({"PermissionSetArn": set}));
    assert_eq!(read(&mut desk).unwrap_err(), "ResourceNotFoundException");
    let managed = json!({"ManagedPolicyArn": "arn:aws:iam::aws:policy/PowerUserAccess"});
    let customer = json!({"CustomerManagedPolicyReference": {"Name": "limit", "Path": "/team/"}});
    for boundary in [&managed, &customer] {
        let asked = json!({"PermissionSetArn": set, "PermissionsBoundary": boundary});
        desk.sso("PutPermissionsBoundaryToPermissionSet", asked).unwrap();
        assert_eq!(&read(&mut desk).unwrap()["PermissionsBoundary"], boundary);
    }
    let both = json!({
        "ManagedPolicyArn": "arn:aws:iam::aws:policy/PowerUserAccess",
        "CustomerManagedPolicyReference": {"Name": "limit"}
    });
    for boundary in [both, json!({})] {
        let asked = json!({"PermissionSetArn": set, "PermissionsBoundary": boundary});
        assert_eq!(desk.sso("PutPermissionsBoundaryToPermissionSet", asked).unwrap_err(), "ValidationException");
    }
    desk.sso("DeletePermissionsBoundaryFromPermissionSet", json!({"PermissionSetArn": set})).unwrap();
    assert!(read(&mut desk).is_err());
}

#[test]
fn tags_are_merged_removed_and_paged() {
    let mut desk = Desk::calm();
    let set = create(&mut desk, "Probe");
    let tags: Vec<Value> = (0..50).map(|n| json!({"Key": format!("k{n:02}"), "Value": "v"})).collect();
    desk.sso("TagResource", json!({"ResourceArn": set, "Tags": tags})).unwrap();
    let more = json!({"ResourceArn": set, "Tags": [{"Key": "k50", "Value": "v"}]});
    assert_eq!(desk.sso("TagResource", more).unwrap_err(), "ServiceQuotaExceededException");
    desk.sso("UntagResource", json!({"ResourceArn": set, "TagKeys": ["k00", "none"]})).unwrap();
    desk.sso("TagResource", json!({"ResourceArn": set, "Tags": [{"Key": "k01", "Value": "w"}]})).unwrap();
    let body = json!({"InstanceArn": desk.sandbox.instance_arn(), "ResourceArn": set});
    let listed = desk.all("SWBExternalService.ListTagsForResource", &body, "Tags");
    assert_eq!(listed.len(), 49);
    assert_eq!(listed[0], json!({"Key": "k01", "Value": "w"}));
    let instance = json!({"ResourceArn": desk.sandbox.instance_arn(), "Tags": [{"Key": "a", "Value": ""}]});
    desk.sso("TagResource", instance).unwrap();
}

#[test]
fn pages_neither_repeat_nor_lose_what_stays() {
    let mut desk = Desk::calm();
    let body = json!({"InstanceArn": desk.sandbox.instance_arn(), "MaxResults": 4});
    let all = desk.all("SWBExternalService.ListPermissionSets", &body, "PermissionSets");
    assert_eq!(all.len(), 18);
    let first = desk.sso("ListPermissionSets", json!({"MaxResults": 4})).unwrap();
    // somebody adds sets between two pages
    for number in 0..10 {
        create(&mut desk, &format!("New{number}"));
    }
    let mut seen: Vec<Value> = first["PermissionSets"].as_array().unwrap().clone();
    let next = json!({"NextToken": first["NextToken"], "MaxResults": 100});
    seen.extend(desk.sso("ListPermissionSets", next).unwrap()["PermissionSets"].as_array().unwrap().iter().cloned());
    assert!(all.iter().all(|arn| seen.contains(arn)));
    let foreign = json!({"NextToken": first["NextToken"], "AccountId": desk.account("minimo-dev")});
    assert_eq!(
        desk.sso("ListPermissionSetsProvisionedToAccount", foreign).unwrap_err(),
        "ValidationException",
        "a token belongs to its operation"
    );
    assert_eq!(desk.sso("ListPermissionSets", json!({"NextToken": "zz"})).unwrap_err(), "ValidationException");
}

#[test]
fn another_region_has_no_instance() {
    let mut desk = Desk::calm();
    let elsewhere = sandbox::Client::new(&desk.sandbox.config().administrator.clone(), "us-east-1");
    let told = desk.ask(&elsewhere, "SWBExternalService.ListInstances", json!({})).unwrap();
    assert_eq!(told["Instances"], json!([]));
    let told = desk.ask(&elsewhere, "SWBExternalService.ListInstances", json!({"RegionScope": "ALL_REGIONS"})).unwrap();
    assert_eq!(told["Instances"].as_array().unwrap().len(), 1);
    assert_eq!(desk.sso_as(&elsewhere, "ListPermissionSets", json!({})).unwrap_err(), "ResourceNotFoundException");
    let regions = desk.sso("ListRegions", json!({})).unwrap();
    assert_eq!(regions["Regions"][0]["RegionName"], "ap-northeast-1");
    assert_eq!(regions["Regions"][0]["IsPrimaryRegion"], true);
}
