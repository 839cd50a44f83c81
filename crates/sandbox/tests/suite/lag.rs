//! Reads that lag behind writes, and the ledger that does not.

use sandbox::{Config, Deed, Span};
use serde_json::{Value, json};

use crate::support::{Desk, Office, element, statement};

/// Every change shows exactly three seconds later.
fn desk() -> Desk {
    Desk::sample(Config { lag: Span::milliseconds(3_000, 3_000), ..Config::calm() })
}

fn principals(desk: &mut Desk, account: &str, set: &str) -> Vec<Value> {
    let asked = json!({
        "InstanceArn": desk.sandbox.instance_arn(),
        "AccountId": desk.account(account),
        "PermissionSetArn": desk.set(set),
    });
    desk.all("SWBExternalService.ListAccountAssignments", &asked, "AccountAssignments")
}

#[test]
fn an_assignment_shows_after_a_while() {
    let mut desk = desk();
    let before = principals(&mut desk, "minimo-prod", "Developer").len();
    let id = desk.assign("minimo-prod", "Developer", "group:sre").unwrap();
    desk.pass_ms(1);
    assert_eq!(desk.creation(&id)["Status"], "SUCCEEDED", "how a request stands is never late");
    assert!(desk.is_assigned("minimo-prod", "Developer", "group:sre"), "it is so");
    assert_eq!(principals(&mut desk, "minimo-prod", "Developer").len(), before, "and does not show");
    desk.pass_ms(3_000);
    assert_eq!(principals(&mut desk, "minimo-prod", "Developer").len(), before + 1);
    let last = desk.sandbox.effects().last().unwrap();
    assert!(matches!(&last.deed, Deed::Assigned(row) if row.set == "Developer"), "{last:?}");
    assert!(last.by.contains("sandbox-administrator"), "{last:?}");
}

#[test]
fn a_set_is_not_known_everywhere_at_once() {
    let mut desk = desk();
    desk.sso("CreatePermissionSet", json!({"Name": "New"})).unwrap();
    let arn = desk.set("New");
    let asked = json!({"PermissionSetArn": arn});
    assert_eq!(desk.sso("DescribePermissionSet", asked.clone()).unwrap_err(), "ResourceNotFoundException");
    assert_eq!(
        desk.sso("CreatePermissionSet", json!({"Name": "New"})).unwrap_err(),
        "ConflictException",
        "writes see all"
    );
    desk.pass_ms(3_000);
    assert!(desk.sso("DescribePermissionSet", asked.clone()).is_ok());
    desk.sso("DeletePermissionSet", asked.clone()).unwrap();
    assert!(desk.sso("DescribePermissionSet", asked.clone()).is_ok(), "what is gone still shows");
    desk.pass_ms(3_000);
    assert_eq!(desk.sso("DescribePermissionSet", asked).unwrap_err(), "ResourceNotFoundException");
}

/// Two changes of one thing are never seen in another order, however their lags are drawn.
#[test]
fn versions_show_in_the_order_they_were_written() {
    let mut desk = Desk::sample(Config { lag: Span::milliseconds(0, 5_000), ..Config::calm() });
    let arn = desk.set("Developer");
    let mut seen = Vec::new();
    for second in 0..40 {
        if second < 30 {
            let text = format!("{second:02}");
            desk.sso("UpdatePermissionSet", json!({"PermissionSetArn": arn, "Description": text})).unwrap();
        }
        let told = desk.sso("DescribePermissionSet", json!({"PermissionSetArn": arn})).unwrap();
        seen.push(told["PermissionSet"]["Description"].as_str().unwrap().to_owned());
        desk.pass_ms(1_000);
    }
    let numbers: Vec<u32> = seen.iter().filter_map(|text| text.parse().ok()).collect();
    assert!(numbers.is_sorted(), "{seen:?}");
    assert!(numbers.iter().collect::<std::collections::BTreeSet<_>>().len() > 5, "{seen:?}");
    assert_eq!(seen.last().unwrap(), "29");
}

#[test]
fn people_lag_as_well() {
    let mut desk = desk();
    let told = desk.ids("CreateGroup", json!({"DisplayName": "new"})).unwrap();
    let id = told["GroupId"].clone();
    assert_eq!(desk.ids("DescribeGroup", json!({"GroupId": id})).unwrap_err(), "ResourceNotFoundException");
    desk.pass_ms(3_000);
    assert!(desk.ids("DescribeGroup", json!({"GroupId": id})).is_ok());
}

#[test]
fn the_same_seed_lags_alike() {
    let run = |seed| {
        let mut desk = Desk::sample(Config { seed, lag: Span::milliseconds(0, 9_000), ..Config::calm() });
        desk.sso("CreatePermissionSet", json!({"Name": "New"})).unwrap();
        let asked = json!({"PermissionSetArn": desk.set("New")});
        (0..100).position(|_| {
            desk.pass_ms(100);
            desk.sso("DescribePermissionSet", asked.clone()).is_ok()
        })
    };
    assert_eq!(run(1), run(1));
    assert!((1..20).any(|seed| run(seed) != run(1)));
}

/// The administrator of a member account in which every change shows three seconds later.
fn office() -> Office {
    let mut desk = desk();
    let client = desk.enter("minimo-dev");
    let account = desk.account("minimo-dev");
    Office { desk, client, account }
}

#[test]
fn iam_is_read_late_and_decides_at_once() {
    let mut office = office();
    let user = ("UserName", "hanako");
    let missing = "404 NoSuchEntity: The user with name hanako cannot be found.";
    let client = office.user("hanako", &statement("Allow", "iam:*", "*"));
    assert_eq!(office.say("GetUser", &[user]), missing);
    assert_eq!(office.say("ListAccessKeys", &[user]), missing);
    assert!(!office.ask("ListUsers", &[]).contains("hanako"));
    assert!(office.say("CreateUser", &[user]).starts_with("409 EntityAlreadyExists"), "writes see all");
    assert_eq!(office.say_as(&client, "ListGroups", &[]), "ok", "and so does who decides");
    office.desk.pass_ms(3_000);
    assert!(office.ask("ListUsers", &[]).contains("hanako"));
    let key = element(&office.ask("ListAccessKeys", &[user]), "AccessKeyId");
    // a key that is made inactive is refused at once, and still listed as active
    let to = |status: &'static str| [user, ("AccessKeyId", key.as_str()), ("Status", status)];
    office.ask("UpdateAccessKey", &to("Inactive"));
    assert!(office.say_as(&client, "ListGroups", &[]).starts_with("403 InvalidClientTokenId"));
    assert_eq!(element(&office.ask("ListAccessKeys", &[user]), "Status"), "Active");
    office.desk.pass_ms(1_000);
    office.ask("UpdateAccessKey", &to("Active"));
    office.desk.pass_ms(2_000);
    assert_eq!(element(&office.ask("ListAccessKeys", &[user]), "Status"), "Inactive", "in the order of the writes");
    office.desk.pass_ms(1_000);
    assert_eq!(element(&office.ask("ListAccessKeys", &[user]), "Status"), "Active");
    let deny = statement("Deny", "*", "*").to_string();
    office.ask("PutUserPolicy", &[user, ("PolicyName", "stop"), ("PolicyDocument", &deny)]);
    assert!(office.say_as(&client, "ListGroups", &[]).starts_with("403 AccessDenied"));
    assert!(!office.ask("ListUserPolicies", &[user]).contains("stop"));
    office.desk.pass_ms(3_000);
    assert!(office.ask("ListUserPolicies", &[user]).contains("stop"));
}

#[test]
fn a_refused_change_leaves_nothing_to_be_late() {
    let mut office = office();
    office.ask("CreateUser", &[("UserName", "a")]);
    office.desk.pass_ms(2_000);
    assert!(office.say("DeleteUser", &[("UserName", "nobody")]).starts_with("404"));
    office.desk.pass_ms(1_000);
    assert!(office.ask("ListUsers", &[]).contains("<UserName>a<"));
}

#[test]
fn one_account_s_changes_are_late_in_no_other_and_reports_are_not() {
    let mut office = office();
    let other = office.desk.enter("tsubame-dev");
    office.ask("CreateUser", &[("UserName", "a")]);
    assert_eq!(office.say_as(&other, "CreateUser", &[("UserName", "b")]), "ok");
    assert_eq!(element(&office.ask("GenerateCredentialReport", &[]), "State"), "STARTED");
    assert_eq!(office.say("GetCredentialReport", &[]), "ok");
    let arn = format!("arn:aws:iam::{}:user/a", office.account);
    let job = element(&office.ask("GenerateServiceLastAccessedDetails", &[("Arn", &arn)]), "JobId");
    assert_eq!(office.say("GetServiceLastAccessedDetails", &[("JobId", &job)]), "ok");
    office.desk.pass_ms(3_000);
    let told = other.query(&mut office.desk.sandbox, office.desk.now, "ListUsers", &[]).text();
    assert!(told.contains("<UserName>b<") && !told.contains("<UserName>a<"), "{told}");
    assert!(office.ask("ListUsers", &[]).contains("<UserName>a<"));
}

#[test]
fn accounts_and_their_tags_lag_each_for_itself() {
    let mut desk = desk();
    let (first, second) = (desk.account("minimo-dev"), desk.account("tsubame-dev"));
    let tag = |id: &str, value: &str| json!({"ResourceId": id, "Tags": [{"Key": "stage", "Value": value}]});
    let told = |desk: &mut Desk, id: &str| {
        let told = desk.org("ListTagsForResource", json!({"ResourceId": id})).unwrap();
        let tags = told["Tags"].as_array().unwrap().iter().find(|tag| tag["Key"] == "stage").cloned();
        tags.map_or_else(String::new, |tag| tag["Value"].as_str().unwrap().to_owned())
    };
    let before = told(&mut desk, &first);
    desk.org("TagResource", tag(&first, "new")).unwrap();
    desk.pass_ms(1_000);
    desk.org("TagResource", tag(&second, "newer")).unwrap();
    assert_eq!(told(&mut desk, &first), before);
    desk.pass_ms(2_000);
    assert_eq!((told(&mut desk, &first), told(&mut desk, &second) == "newer"), ("new".to_owned(), false));
    desk.pass_ms(1_000);
    assert_eq!(told(&mut desk, &second), "newer");
}

#[test]
fn units_and_policies_are_seen_late_and_written_at_once() {
    let mut desk = desk();
    let root = desk.org("ListRoots", json!({})).unwrap()["Roots"][0]["Id"].clone();
    let account = desk.account("minimo-dev");
    let parent =
        |desk: &mut Desk| desk.org("ListParents", json!({"ChildId": account})).unwrap()["Parents"][0]["Id"].clone();
    let old = parent(&mut desk);
    let made = desk.org("CreateOrganizationalUnit", json!({"ParentId": root, "Name": "new"})).unwrap();
    let unit = made["OrganizationalUnit"]["Id"].clone();
    let asked = json!({ "OrganizationalUnitId": unit });
    assert_eq!(
        desk.org("DescribeOrganizationalUnit", asked.clone()).unwrap_err(),
        "OrganizationalUnitNotFoundException"
    );
    let moving = json!({"AccountId": account, "SourceParentId": old, "DestinationParentId": unit});
    desk.org("MoveAccount", moving).unwrap();
    assert_eq!(parent(&mut desk), old, "a write sees the new unit, a read does not");
    let content =
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]});
    let policy =
        json!({"Name": "n", "Description": "", "Type": "SERVICE_CONTROL_POLICY", "Content": content.to_string()});
    let policy = desk.org("CreatePolicy", policy).unwrap()["Policy"]["PolicySummary"]["Id"].clone();
    desk.org("AttachPolicy", json!({"PolicyId": policy, "TargetId": unit})).unwrap();
    assert_eq!(desk.org("DescribePolicy", json!({"PolicyId": policy})).unwrap_err(), "PolicyNotFoundException");
    desk.pass_ms(3_000);
    assert_eq!(parent(&mut desk), unit);
    let inside = desk.org("ListAccountsForParent", json!({"ParentId": unit})).unwrap();
    assert_eq!(inside["Accounts"].as_array().unwrap().len(), 1);
    let filter = json!({"TargetId": unit, "Filter": "SERVICE_CONTROL_POLICY"});
    let attached = desk.org("ListPoliciesForTarget", filter).unwrap();
    assert!(attached["Policies"].as_array().unwrap().iter().any(|row| row["Id"] == policy), "{attached}");
    assert!(desk.org("DescribeOrganizationalUnit", asked).is_ok());
}

/// An account in a unit that readers do not know yet is not lost, and the tree is whole again afterwards.
#[test]
fn an_account_and_the_unit_it_went_to_may_show_in_either_order() {
    for seed in 0..12 {
        let mut desk = Desk::sample(Config { seed, lag: Span::milliseconds(0, 5_000), ..Config::calm() });
        let root = desk.org("ListRoots", json!({})).unwrap()["Roots"][0]["Id"].clone();
        let account = desk.account("minimo-dev");
        let asked = json!({ "ChildId": account });
        let old = desk.org("ListParents", asked.clone()).unwrap()["Parents"][0]["Id"].clone();
        let made = desk.org("CreateOrganizationalUnit", json!({"ParentId": root, "Name": "new"})).unwrap();
        let unit = made["OrganizationalUnit"]["Id"].clone();
        let moving = json!({"AccountId": account, "SourceParentId": old, "DestinationParentId": unit});
        desk.org("MoveAccount", moving).unwrap();
        for _ in 0..60 {
            let told = desk.org("DescribeAccount", json!({ "AccountId": account })).unwrap();
            assert_eq!(told["Account"]["Id"], account.as_str());
            let parent = desk.org("ListParents", asked.clone()).unwrap()["Parents"][0]["Id"].clone();
            assert!(parent == old || parent == unit);
            desk.pass_ms(100);
        }
        for (parent, expected) in [(&unit, true), (&old, false)] {
            let told =
                desk.all("AWSOrganizationsV20161128.ListAccountsForParent", &json!({"ParentId": parent}), "Accounts");
            assert_eq!(told.iter().any(|row| row["Id"] == account.as_str()), expected);
        }
    }
}

#[test]
fn an_account_made_or_closed_shows_later_than_its_request() {
    let mut desk = desk();
    let asked = json!({"AccountName": "fresh", "Email": "fresh@example.com"});
    let made = desk.org("CreateAccount", asked).unwrap();
    let request = json!({"CreateAccountRequestId": made["CreateAccountStatus"]["Id"]});
    desk.pass_ms(1);
    let told = desk.org("DescribeCreateAccountStatus", request).unwrap();
    assert_eq!(told["CreateAccountStatus"]["State"], "SUCCEEDED", "how a request stands is never late");
    let asked = json!({"AccountId": told["CreateAccountStatus"]["AccountId"]});
    let state =
        |desk: &mut Desk| desk.org("DescribeAccount", asked.clone()).map(|told| told["Account"]["State"].clone());
    assert_eq!(state(&mut desk).unwrap_err(), "AccountNotFoundException");
    desk.pass_ms(3_000);
    assert_eq!(state(&mut desk).unwrap(), "ACTIVE");
    desk.org("CloseAccount", asked.clone()).unwrap();
    assert_eq!(state(&mut desk).unwrap(), "ACTIVE");
    desk.pass_ms(3_001);
    assert_ne!(state(&mut desk).unwrap(), "ACTIVE");
}
