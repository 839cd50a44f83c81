//! The organization: tree, pages, tags, new accounts.

use std::collections::BTreeSet;

use sandbox::Config;
use serde_json::json;

use crate::support::{Desk, timed};

#[test]
fn the_tree_holds_every_account_once() {
    let mut desk = Desk::sample(Config { empty_page_chance: 0.5, ..Config::calm() });
    let root = desk.org("ListRoots", json!({})).unwrap()["Roots"][0]["Id"].as_str().unwrap().to_owned();
    let mut parents = vec![root];
    let mut seen = BTreeSet::new();
    while let Some(parent) = parents.pop() {
        let body = json!({"ParentId": parent, "MaxResults": 2});
        let units =
            desk.all("AWSOrganizationsV20161128.ListOrganizationalUnitsForParent", &body, "OrganizationalUnits");
        parents.extend(units.iter().map(|unit| unit["Id"].as_str().unwrap().to_owned()));
        for account in desk.all("AWSOrganizationsV20161128.ListAccountsForParent", &body, "Accounts") {
            assert!(seen.insert(account["Name"].as_str().unwrap().to_owned()));
            let above = desk.org("ListParents", json!({"ChildId": account["Id"]})).unwrap();
            assert_eq!(above["Parents"][0]["Id"], parent.as_str());
        }
        let children = json!({"ParentId": parent, "ChildType": "ORGANIZATIONAL_UNIT"});
        assert_eq!(desk.all("AWSOrganizationsV20161128.ListChildren", &children, "Children").len(), units.len());
    }
    assert_eq!(seen.len(), 40);
}

#[test]
fn pages_hold_twenty_and_some_come_empty() {
    let mut desk = Desk::sample(Config { empty_page_chance: 0.5, ..Config::calm() });
    let over = desk.org("ListAccounts", json!({"MaxResults": 21}));
    assert_eq!(over.unwrap_err(), "InvalidInputException");
    let (mut token, mut empty, mut seen) = (None, 0, 0);
    for _ in 0..200 {
        let body = token.take().map_or(json!({"MaxResults": 1}), |token| json!({"MaxResults": 1, "NextToken": token}));
        let page = desk.org("ListAccounts", body).unwrap();
        match page["Accounts"].as_array().unwrap().len() {
            0 => empty += 1,
            more => seen += more,
        }
        match page.get("NextToken") {
            Some(next) => token = Some(next.clone()),
            None => break,
        }
    }
    assert_eq!(seen, 40);
    assert!(empty > 5, "{empty} pages were empty");
}

#[test]
fn an_account_tells_state_and_the_retired_status() {
    let mut desk = Desk::calm();
    let account = |name: &str| json!({"AccountId": desk.account(name)});
    let (asked, suspended) = (account("minimo-prod"), account("legacy-shop"));
    let told = desk.org("DescribeAccount", asked).unwrap()["Account"].clone();
    assert_eq!((&told["State"], &told["Status"]), (&json!("ACTIVE"), &json!("ACTIVE")));
    assert_eq!(told["Email"], "aws+minimo-prod@example.com");
    let told = desk.org("DescribeAccount", suspended).unwrap()["Account"].clone();
    assert_eq!((&told["State"], &told["Status"]), (&json!("SUSPENDED"), &json!("SUSPENDED")));
    let unknown = desk.org("DescribeAccount", json!({"AccountId": "000000000001"}));
    assert_eq!(unknown.unwrap_err(), "AccountNotFoundException");
}

#[test]
fn tags_are_read_and_written() {
    let mut desk = Desk::calm();
    let id = desk.account("minimo-prod");
    let listed = desk.org("ListTagsForResource", json!({"ResourceId": id})).unwrap();
    assert_eq!(listed["Tags"][0], json!({"Key": "env", "Value": "production"}));
    desk.org("TagResource", json!({"ResourceId": id, "Tags": [{"Key": "cost", "Value": "42"}]})).unwrap();
    desk.org("UntagResource", json!({"ResourceId": id, "TagKeys": ["env"]})).unwrap();
    let listed = desk.org("ListTagsForResource", json!({"ResourceId": id})).unwrap();
    assert_eq!(listed["Tags"][0], json!({"Key": "cost", "Value": "42"}));
    let unknown = desk.org("ListTagsForResource", json!({"ResourceId": "999999999999"}));
    assert_eq!(unknown.unwrap_err(), "TargetNotFoundException");
}

#[test]
fn units_are_made_and_accounts_moved() {
    let mut desk = Desk::calm();
    let root = desk.org("ListRoots", json!({})).unwrap()["Roots"][0]["Id"].clone();
    let made = desk.org("CreateOrganizationalUnit", json!({"ParentId": root, "Name": "closed"})).unwrap();
    let unit = made["OrganizationalUnit"]["Id"].clone();
    let again = desk.org("CreateOrganizationalUnit", json!({"ParentId": root, "Name": "closed"}));
    assert_eq!(again.unwrap_err(), "DuplicateOrganizationalUnitException");
    let id = desk.account("legacy-shop");
    let from = desk.org("ListParents", json!({"ChildId": id})).unwrap()["Parents"][0]["Id"].clone();
    let wrong = json!({"AccountId": id, "SourceParentId": root, "DestinationParentId": unit});
    assert_eq!(desk.org("MoveAccount", wrong).unwrap_err(), "SourceParentNotFoundException");
    desk.org("MoveAccount", json!({"AccountId": id, "SourceParentId": from, "DestinationParentId": unit})).unwrap();
    let listed = desk.org("ListAccountsForParent", json!({"ParentId": unit})).unwrap();
    assert_eq!(listed["Accounts"][0]["Name"], "legacy-shop");
}

#[test]
fn a_new_account_takes_its_time_and_can_be_entered() {
    let mut desk = Desk::sample(timed(0, 0));
    let asked = json!({"Email": "probe@example.com", "AccountName": "probe"});
    let made = desk.org("CreateAccount", asked.clone()).unwrap()["CreateAccountStatus"].clone();
    assert_eq!(made["State"], "IN_PROGRESS");
    let twice = desk.org("CreateAccount", asked).unwrap()["CreateAccountStatus"].clone();
    assert_eq!(twice["FailureReason"], "EMAIL_ALREADY_EXISTS");
    desk.pass_ms(30_000);
    let status = json!({"CreateAccountRequestId": made["Id"]});
    let told = desk.org("DescribeCreateAccountStatus", status).unwrap()["CreateAccountStatus"].clone();
    assert_eq!(told["State"], "SUCCEEDED");
    assert_eq!(told["AccountId"], desk.account("probe").as_str());
    desk.enter("probe");
}

#[test]
fn the_delegated_administrator_is_registered() {
    let mut desk = Desk::calm();
    let asked = json!({"ServicePrincipal": "sso.amazonaws.com"});
    let told = desk.org("ListDelegatedAdministrators", asked).unwrap();
    assert_eq!(told["DelegatedAdministrators"][0]["Name"], "identity");
    let services = json!({"AccountId": desk.account("identity")});
    let told = desk.org("ListDelegatedServicesForAccount", services).unwrap();
    assert_eq!(told["DelegatedServices"][0]["ServicePrincipal"], "sso.amazonaws.com");
    let other = json!({"AccountId": desk.account("minimo-dev")});
    let told = desk.org("ListDelegatedServicesForAccount", other);
    assert_eq!(told.unwrap_err(), "AccountNotRegisteredException");
}

/// The region's account of Identity Center's other API.
fn entitled(desk: &mut Desk, client: &sandbox::Client) -> u16 {
    let request = client.rest_request(desk.now, "account-access", ("POST", "/applications-list"), &[], b"{}".to_vec());
    desk.sandbox.handle(desk.now, &request).status
}

#[test]
fn account_access_is_for_those_who_administer_identity_center() {
    let mut desk = Desk::calm();
    let (management, delegated) = (desk.management.clone(), desk.delegated.clone());
    assert_eq!((entitled(&mut desk, &management), entitled(&mut desk, &delegated)), (200, 200));
    // another account administers something else
    let account = desk.account("minimo-dev");
    desk.org("EnableAWSServiceAccess", json!({"ServicePrincipal": "config.amazonaws.com"})).unwrap();
    let asked = json!({"AccountId": account, "ServicePrincipal": "config.amazonaws.com"});
    desk.org("RegisterDelegatedAdministrator", asked).unwrap();
    let other = desk.enter("minimo-dev");
    assert_eq!(entitled(&mut desk, &other), 403);
}

#[test]
fn a_closed_account_stays_closed() {
    for closing in [false, true] {
        let mut desk = Desk::sample(Config { latency: crate::support::timed(1, 1).latency, ..Config::calm() });
        let account = desk.account("minimo-dev");
        let inside = desk.enter("minimo-dev");
        let trust = json!({"AccountId": account});
        desk.org("CloseAccount", trust.clone()).unwrap();
        if !closing {
            desk.pass_ms(60_000);
            let told = inside.query(&mut desk.sandbox, desk.now, "GetCallerIdentity", &[]);
            assert_eq!(told.status, 403, "its sessions have ended");
        }
        assert_eq!(desk.org("RemoveAccountFromOrganization", trust).unwrap_err(), "ConstraintViolationException");
        let left = desk.ask(&inside, "AWSOrganizationsV20161128.LeaveOrganization", json!({})).unwrap_err();
        let wanted = if closing { "ConstraintViolationException" } else { "UnrecognizedClientException" };
        assert_eq!(left, wanted);
        let asked = json!({"Target": {"Type": "ACCOUNT", "Id": account}});
        assert!(desk.org("InviteAccountToOrganization", asked).is_err(), "it is still a member");
        desk.pass_ms(60_000);
        let told = desk.org("DescribeAccount", json!({"AccountId": account})).unwrap();
        assert_eq!(told["Account"]["State"], "SUSPENDED");
        let arn = format!("arn:aws:iam::{account}:role/OrganizationAccountAccessRole");
        let client = desk.management.clone();
        let fields = [("RoleArn", arn.as_str()), ("RoleSessionName", "test")];
        assert_eq!(client.query(&mut desk.sandbox, desk.now, "AssumeRole", &fields).status, 403);
    }
}
