//! A second organization, and accounts that go from one to the other without standing alone between.

use std::collections::{BTreeMap, BTreeSet};

use sandbox::{Client, Company, Config, Sandbox, Start};
use serde_json::{Value, json};

use crate::support::{Desk, Told, timed};

fn of(desk: &mut Desk, client: &Client, operation: &str, body: Value) -> Told {
    desk.ask(client, &format!("AWSOrganizationsV20161128.{operation}"), body)
}

/// A standalone account makes an organization of its own.
fn found(desk: &mut Desk, name: &str) -> Client {
    let (client, id) = (desk.enter(name), desk.account(name));
    desk.org("RemoveAccountFromOrganization", json!({"AccountId": id})).unwrap();
    of(desk, &client, "CreateOrganization", json!({"FeatureSet": "ALL"})).unwrap();
    client
}

fn invite(desk: &mut Desk, from: &Client, account: &str) -> String {
    let body = json!({"Target": {"Type": "ACCOUNT", "Id": account}, "Tags": [{"Key": "from", "Value": "invitation"}]});
    let told = of(desk, from, "InviteAccountToOrganization", body).unwrap();
    told["Handshake"]["Id"].as_str().unwrap().to_owned()
}

fn accept(desk: &mut Desk, client: &Client, handshake: &str) -> Told {
    of(desk, client, "AcceptHandshake", json!({"HandshakeId": handshake}))
}

fn members(desk: &mut Desk, client: &Client) -> BTreeMap<String, Value> {
    let (mut found, mut token) = (BTreeMap::new(), Value::Null);
    loop {
        let mut body = json!({});
        if !token.is_null() {
            body["NextToken"] = token;
        }
        let page = of(desk, client, "ListAccounts", body).unwrap();
        let accounts = page["Accounts"].as_array().unwrap().iter().cloned();
        found.extend(accounts.map(|account| (account["Id"].as_str().unwrap().to_owned(), account)));
        token = page["NextToken"].clone();
        if token.is_null() {
            return found;
        }
    }
}

fn organization(desk: &mut Desk, client: &Client) -> Told {
    Ok(of(desk, client, "DescribeOrganization", json!({}))?["Organization"]["Id"].clone())
}

fn reserved_roles(desk: &mut Desk, client: &Client) -> usize {
    let text = client.query(&mut desk.sandbox, desk.now, "ListRoles", &[("PathPrefix", "/aws-reserved/sso")]).text();
    text.matches("<RoleName>").count()
}

#[test]
fn an_account_goes_over_and_comes_back() {
    let mut desk = Desk::calm();
    let (mine, account) = (desk.management.clone(), desk.account("minimo-prod"));
    let inside = desk.enter("minimo-prod");
    let second = found(&mut desk, "corporate-site");
    let (here, there) = (organization(&mut desk, &mine).unwrap(), organization(&mut desk, &second).unwrap());
    assert_ne!(here, there);
    assert!(reserved_roles(&mut desk, &inside) > 0);
    assert!(desk.sandbox.assigned().iter().any(|row| row.account == "minimo-prod"));

    let handshake = invite(&mut desk, &second, &account);
    let received = of(&mut desk, &inside, "ListHandshakesForAccount", json!({})).unwrap();
    assert_eq!(received["Handshakes"][0]["Id"], handshake.as_str());
    assert_eq!(received["Handshakes"][0]["Parties"][0]["Id"], there.as_str().unwrap().trim_start_matches("o-"));
    desk.pass_ms(5_000);
    let told = accept(&mut desk, &inside, &handshake).unwrap();
    assert_eq!(told["Handshake"]["State"], "ACCEPTED");

    assert_eq!(organization(&mut desk, &inside).unwrap(), there);
    assert!(!members(&mut desk, &mine).contains_key(&account));
    let listed = members(&mut desk, &second)[&account].clone();
    assert_eq!((&listed["JoinedMethod"], &listed["State"]), (&json!("INVITED"), &json!("ACTIVE")));
    assert_eq!(listed["JoinedTimestamp"].as_f64().unwrap(), desk.now.as_second() as f64);
    assert!(listed["Arn"].as_str().unwrap().contains(there.as_str().unwrap()));
    let root = of(&mut desk, &second, "ListRoots", json!({})).unwrap()["Roots"][0]["Id"].clone();
    let parents = of(&mut desk, &second, "ListParents", json!({"ChildId": account})).unwrap();
    assert_eq!(parents["Parents"][0]["Id"], root);
    let tags = of(&mut desk, &second, "ListTagsForResource", json!({"ResourceId": account})).unwrap();
    assert_eq!(tags["Tags"], json!([{"Key": "from", "Value": "invitation"}]), "those of the old one are gone");
    // nothing of Identity Center is left, and nobody is assigned there any more
    assert_eq!(reserved_roles(&mut desk, &inside), 0);
    assert!(desk.sandbox.assigned().iter().all(|row| row.account != "minimo-prod" && row.account != account));
    let asked = json!({"AccountId": account});
    let told = desk.sso("ListPermissionSetsProvisionedToAccount", asked.clone());
    assert_eq!(told.unwrap_err(), "ResourceNotFoundException");
    assert_eq!(desk.org("DescribeAccount", asked).unwrap_err(), "AccountNotFoundException");
    let told = desk.ask(&second, "SWBExternalService.ListInstances", json!({})).unwrap();
    assert_eq!(told["Instances"], json!([]));

    let back = invite(&mut desk, &mine, &account);
    accept(&mut desk, &inside, &back).unwrap();
    assert_eq!(organization(&mut desk, &inside).unwrap(), here);
    assert!(!members(&mut desk, &second).contains_key(&account));
    assert_eq!(members(&mut desk, &mine)[&account]["Name"], "minimo-prod");
    assert!(desk.sandbox.assigned().iter().all(|row| row.account != "minimo-prod"), "assignments do not come back");
}

#[test]
fn each_organization_s_callers_see_their_own() {
    let mut desk = Desk::calm();
    let mine = desk.management.clone();
    let second = found(&mut desk, "corporate-site");
    let (ours, theirs) = (members(&mut desk, &mine), members(&mut desk, &second));
    assert_eq!(theirs.len(), 1);
    assert!(theirs.keys().all(|id| !ours.contains_key(id)));
    let root = of(&mut desk, &second, "ListRoots", json!({})).unwrap()["Roots"][0].clone();
    assert_eq!(root["PolicyTypes"], json!([{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]));
    let (root, member) = (root["Id"].clone(), desk.account("minimo-dev"));
    let unit = json!({"ParentId": root, "Name": "theirs"});
    assert_eq!(desk.org("CreateOrganizationalUnit", unit.clone()).unwrap_err(), "ParentNotFoundException");
    of(&mut desk, &second, "CreateOrganizationalUnit", unit).unwrap();
    let refused = [
        ("DescribeAccount", json!({"AccountId": member}), "AccountNotFoundException"),
        ("ListParents", json!({"ChildId": member}), "ChildNotFoundException"),
        ("ListTagsForResource", json!({"ResourceId": member}), "TargetNotFoundException"),
        ("RemoveAccountFromOrganization", json!({"AccountId": member}), "AccountNotFoundException"),
        ("CloseAccount", json!({"AccountId": member}), "AccountNotFoundException"),
        ("DescribeEffectivePolicy", json!({"PolicyType": "TAG_POLICY", "TargetId": member}), "TargetNotFoundException"),
        ("DescribeEffectivePolicy", json!({"PolicyType": "TAG_POLICY"}), "EffectivePolicyNotFoundException"),
        ("CreateOrganization", json!({}), "AlreadyInOrganizationException"),
    ];
    for (operation, body, error) in refused {
        assert_eq!(of(&mut desk, &second, operation, body).unwrap_err(), error, "{operation}");
    }
    let sent = of(&mut desk, &second, "ListHandshakesForOrganization", json!({})).unwrap();
    assert_eq!(sent["Handshakes"], json!([]));
    let administrators = of(&mut desk, &second, "ListDelegatedAdministrators", json!({})).unwrap();
    assert_eq!(administrators["DelegatedAdministrators"], json!([]));
    // an account that is made there is of that organization, and asked after there alone
    let asked = json!({"Email": "theirs@example.com", "AccountName": "theirs"});
    let made = of(&mut desk, &second, "CreateAccount", asked).unwrap()["CreateAccountStatus"]["Id"].clone();
    desk.pass_ms(600_000);
    let asked = json!({"CreateAccountRequestId": made});
    let told = of(&mut desk, &second, "DescribeCreateAccountStatus", asked.clone()).unwrap();
    let account = told["CreateAccountStatus"]["AccountId"].as_str().unwrap().to_owned();
    assert_eq!(desk.org("DescribeCreateAccountStatus", asked).unwrap_err(), "CreateAccountStatusNotFoundException");
    assert!(members(&mut desk, &second).contains_key(&account));
    assert!(!members(&mut desk, &mine).contains_key(&account));
    let arn = format!("arn:aws:iam::{account}:role/OrganizationAccountAccessRole");
    let fields = [("RoleArn", arn.as_str()), ("RoleSessionName", "test")];
    assert_eq!(second.query(&mut desk.sandbox, desk.now, "AssumeRole", &fields).status, 200);
    assert_eq!(mine.query(&mut desk.sandbox, desk.now, "AssumeRole", &fields).status, 403);
}

#[test]
fn control_policies_are_those_of_the_organization_an_account_is_in() {
    let mut desk = Desk::calm();
    let (mine, account, inside) = (desk.management.clone(), desk.account("minimo-dev"), desk.enter("minimo-dev"));
    let second = found(&mut desk, "corporate-site");
    let deny = |action: &str| {
        let text =
            json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": action, "Resource": "*"}]});
        json!({"Name": "No", "Description": "", "Type": "SERVICE_CONTROL_POLICY", "Content": text.to_string()})
    };
    for (client, action) in [(&mine, "iam:ListUsers"), (&second, "iam:ListGroups")] {
        let policy = of(&mut desk, client, "CreatePolicy", deny(action)).unwrap();
        let policy = policy["Policy"]["PolicySummary"]["Id"].clone();
        let root = of(&mut desk, client, "ListRoots", json!({})).unwrap()["Roots"][0]["Id"].clone();
        of(&mut desk, client, "AttachPolicy", json!({"PolicyId": policy, "TargetId": root})).unwrap();
    }
    let may = |desk: &mut Desk| {
        ["ListUsers", "ListGroups"].map(|name| inside.query(&mut desk.sandbox, desk.now, name, &[]).status == 200)
    };
    assert_eq!(may(&mut desk), [false, true]);
    let handshake = invite(&mut desk, &second, &account);
    accept(&mut desk, &inside, &handshake).unwrap();
    assert_eq!(may(&mut desk), [true, false]);
    of(&mut desk, &inside, "LeaveOrganization", json!({})).unwrap();
    assert_eq!(may(&mut desk), [true, true]);
}

#[test]
fn who_may_not_go_is_refused_and_stays() {
    let mut desk = Desk::sample(Config { latency: timed(1, 1).latency, ..Config::calm() });
    let mine = desk.management.clone();
    let (delegated, closing) = (desk.delegated.clone(), desk.enter("minimo-dev"));
    let outsider = desk.enter("tsubame-dev");
    let second = found(&mut desk, "corporate-site");
    let management = of(&mut desk, &mine, "DescribeOrganization", json!({})).unwrap();
    let management = management["Organization"]["MasterAccountId"].as_str().unwrap().to_owned();
    let before = members(&mut desk, &mine).len();

    // the management account neither sees the invitation nor can follow it
    let handshake = invite(&mut desk, &second, &management);
    assert_eq!(of(&mut desk, &mine, "ListHandshakesForAccount", json!({})).unwrap()["Handshakes"], json!([]));
    let asked = json!({"HandshakeId": handshake});
    assert_eq!(of(&mut desk, &mine, "DescribeHandshake", asked.clone()).unwrap_err(), "AccessDeniedException");
    assert_eq!(accept(&mut desk, &mine, &handshake).unwrap_err(), "MasterCannotLeaveOrganizationException");
    assert_eq!(accept(&mut desk, &outsider, &handshake).unwrap_err(), "AccessDeniedException");
    assert_eq!(
        of(&mut desk, &mine, "CancelHandshake", asked).unwrap_err(),
        "AccessDeniedException",
        "it is not theirs"
    );

    let (administrator, closed) = (desk.account("identity"), desk.account("minimo-dev"));
    let handshake = invite(&mut desk, &second, &administrator);
    let told = delegated.json(
        &mut desk.sandbox,
        desk.now,
        "AWSOrganizationsV20161128.AcceptHandshake",
        json!({"HandshakeId": handshake}),
    );
    assert_eq!(told.json()["__type"], "ConstraintViolationException");
    assert_eq!(told.json()["Reason"], "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG");

    let handshake = invite(&mut desk, &second, &closed);
    desk.org("CloseAccount", json!({"AccountId": closed})).unwrap();
    assert_eq!(accept(&mut desk, &closing, &handshake).unwrap_err(), "ConstraintViolationException");
    assert_eq!(members(&mut desk, &mine).len(), before);

    // an invitation ends with its time, and with the one who sent it
    let account = desk.account("tsubame-dev");
    let handshake = invite(&mut desk, &second, &account);
    let mut later = Desk {
        sandbox: desk.sandbox.clone(),
        now: desk.now + jiff::SignedDuration::from_hours(15 * 24),
        management: mine.clone(),
        delegated: delegated.clone(),
    };
    let late = later.enter("tsubame-dev");
    let told = of(&mut later, &late, "DescribeHandshake", json!({"HandshakeId": handshake})).unwrap();
    assert_eq!(told["Handshake"]["State"], "EXPIRED");
    assert_eq!(accept(&mut later, &late, &handshake).unwrap_err(), "InvalidHandshakeTransitionException");
    of(&mut desk, &second, "DeleteOrganization", json!({})).unwrap();
    assert_eq!(accept(&mut desk, &outsider, &handshake).unwrap_err(), "HandshakeNotFoundException");
}

#[test]
fn an_organization_is_made_by_who_stands_alone_and_deleted_when_it_is_empty() {
    let mut desk = Desk::calm();
    let (member, account) = (desk.enter("minimo-dev"), desk.account("minimo-dev"));
    assert_eq!(of(&mut desk, &member, "CreateOrganization", json!({})).unwrap_err(), "AlreadyInOrganizationException");
    assert_eq!(of(&mut desk, &member, "DeleteOrganization", json!({})).unwrap_err(), "AccessDeniedException");
    assert_eq!(desk.org("DeleteOrganization", json!({})).unwrap_err(), "OrganizationNotEmptyException");
    let second = found(&mut desk, "corporate-site");
    let handshake = invite(&mut desk, &second, &account);
    accept(&mut desk, &member, &handshake).unwrap();
    assert_eq!(of(&mut desk, &member, "DeleteOrganization", json!({})).unwrap_err(), "AccessDeniedException");
    assert_eq!(of(&mut desk, &second, "DeleteOrganization", json!({})).unwrap_err(), "OrganizationNotEmptyException");
    of(&mut desk, &member, "LeaveOrganization", json!({})).unwrap();
    of(&mut desk, &second, "DeleteOrganization", json!({})).unwrap();
    for operation in ["DescribeOrganization", "ListAccounts", "DeleteOrganization", "LeaveOrganization"] {
        assert_eq!(of(&mut desk, &second, operation, json!({})).unwrap_err(), "AWSOrganizationsNotInUseException");
    }
    let billing = of(&mut desk, &second, "CreateOrganization", json!({"FeatureSet": "CONSOLIDATED_BILLING"}));
    assert_eq!(billing.unwrap_err(), "InvalidInputException");
    let made = of(&mut desk, &second, "CreateOrganization", json!({})).unwrap();
    assert_eq!(made["Organization"]["FeatureSet"], "ALL");
    assert_eq!(made["Organization"]["MasterAccountEmail"], "aws+corporate-site@example.com");
}

#[test]
fn the_old_organization_can_forbid_it() {
    let mut desk = Desk::calm();
    let (mine, inside) = (desk.management.clone(), desk.enter("minimo-dev"));
    let second = found(&mut desk, "corporate-site");
    // by its owner's address this time
    let target = json!({"Target": {"Type": "EMAIL", "Id": "AWS+minimo-dev@example.com"}});
    let made = of(&mut desk, &second, "InviteAccountToOrganization", target).unwrap()["Handshake"].clone();
    let handshake = made["Id"].as_str().unwrap().to_owned();
    // the invitation is a resource of who sent it
    let text = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Action": "organizations:AcceptHandshake", "Resource": made["Arn"]},
    ]});
    let body =
        json!({"Name": "Stay", "Description": "", "Type": "SERVICE_CONTROL_POLICY", "Content": text.to_string()});
    let policy = of(&mut desk, &mine, "CreatePolicy", body).unwrap()["Policy"]["PolicySummary"]["Id"].clone();
    let root = of(&mut desk, &mine, "ListRoots", json!({})).unwrap()["Roots"][0]["Id"].clone();
    of(&mut desk, &mine, "AttachPolicy", json!({"PolicyId": policy, "TargetId": root})).unwrap();
    assert_eq!(accept(&mut desk, &inside, &handshake).unwrap_err(), "AccessDeniedException");
    of(&mut desk, &mine, "DetachPolicy", json!({"PolicyId": policy, "TargetId": root})).unwrap();
    accept(&mut desk, &inside, &handshake).unwrap();
}

/// Events of this name that the caller's account can look up: AWS's API reference of AcceptHandshake tells each management account its own.
fn told(desk: &mut Desk, client: &Client, name: &str) -> Vec<Value> {
    let body = json!({"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": name}]});
    let page = desk.ask(&client.in_region("us-east-1"), "CloudTrail_20131101.LookupEvents", body).unwrap();
    let texts = page["Events"].as_array().unwrap().iter().map(|event| event["CloudTrailEvent"].as_str().unwrap());
    texts.map(|text| serde_json::from_str::<Value>(text).unwrap()).collect()
}

#[test]
fn both_management_accounts_are_told() {
    let mut desk = Desk::calm();
    let (mine, inside, account) = (desk.management.clone(), desk.enter("minimo-dev"), desk.account("minimo-dev"));
    let second = found(&mut desk, "corporate-site");
    let handshake = invite(&mut desk, &second, &account);
    accept(&mut desk, &inside, &handshake).unwrap();
    desk.pass_ms(900_000);
    let departed = told(&mut desk, &mine, "AccountDepartedOrganization");
    let ways: Vec<&str> =
        departed.iter().map(|event| event["serviceEventDetails"]["departureMethod"].as_str().unwrap()).collect();
    assert_eq!(ways, ["LEFT", "REMOVED"], "the newest first");
    assert_eq!(departed[0]["eventType"], "AwsServiceEvent");
    let joined = told(&mut desk, &second, "AccountJoinedOrganization");
    assert_eq!(joined.len(), 1);
    assert_eq!(joined[0]["serviceEventDetails"]["joinedMethod"], "INVITED");
    assert_eq!(joined[0]["serviceEventDetails"]["accountId"], account.as_str());
    assert_eq!(told(&mut desk, &inside, "AcceptHandshake").len(), 1);
    assert!(told(&mut desk, &mine, "AcceptHandshake").is_empty());
    assert!(told(&mut desk, &mine, "AccountJoinedOrganization").is_empty());
}

#[test]
fn readers_of_the_old_organization_see_it_late() {
    let lag = sandbox::Span { least: std::time::Duration::from_secs(5), most: std::time::Duration::from_secs(5) };
    let mut desk = Desk::sample(Config { lag, ..Config::calm() });
    let (mine, inside, account) = (desk.management.clone(), desk.enter("minimo-dev"), desk.account("minimo-dev"));
    let second = found(&mut desk, "corporate-site");
    let handshake = invite(&mut desk, &second, &account);
    accept(&mut desk, &inside, &handshake).unwrap();
    assert!(members(&mut desk, &mine).contains_key(&account));
    assert!(members(&mut desk, &second).contains_key(&account), "only the first organization's readers lag");
    desk.pass_ms(6_000);
    assert!(!members(&mut desk, &mine).contains_key(&account));
}

#[test]
fn both_organizations_outlive_a_restart() {
    let mut desk = Desk::calm();
    let (mine, inside, account) = (desk.management.clone(), desk.enter("minimo-dev"), desk.account("minimo-dev"));
    let (second, alone) = (found(&mut desk, "corporate-site"), desk.enter("tsubame-dev"));
    let id = desk.account("tsubame-dev");
    desk.org("RemoveAccountFromOrganization", json!({"AccountId": id})).unwrap();
    let handshake = invite(&mut desk, &second, &account);
    let (ours, theirs) = (members(&mut desk, &mine), members(&mut desk, &second));
    let bytes = desk.sandbox.save().unwrap();
    desk.sandbox = Sandbox::restore(desk.sandbox.config().clone(), &bytes).unwrap();
    assert_eq!((members(&mut desk, &mine), members(&mut desk, &second)), (ours, theirs));
    accept(&mut desk, &inside, &handshake).unwrap();
    assert!(members(&mut desk, &second).contains_key(&account));
    of(&mut desk, &alone, "CreateOrganization", json!({})).unwrap();

    // a state of the first format kept the accounts that had left in the organization
    let mut old: Value = serde_json::from_slice(&bytes).unwrap();
    old["sekisho_sandbox_state"] = json!(1);
    let world = old["world"].as_object_mut().unwrap();
    let (standalone, _) = (world.remove("standalone").unwrap(), world.remove("others").unwrap());
    assert_eq!(standalone.as_object().unwrap().len(), 1);
    world["organization"]["former"] = standalone;
    desk.sandbox = Sandbox::restore(desk.sandbox.config().clone(), old.to_string().as_bytes()).unwrap();
    assert_eq!(organization(&mut desk, &alone).unwrap_err(), "AWSOrganizationsNotInUseException");
    let back = invite(&mut desk, &mine, &id);
    accept(&mut desk, &alone, &back).unwrap();
}

/// After any history each account is in one organization at most, its callers are told which, and Identity Center has nothing outside of its own.
#[test]
fn no_account_is_in_two_organizations_and_none_is_lost() {
    let mut refusals = BTreeSet::new();
    for seed in 0..8 {
        let company = Company::synthetic(7, 3, 4, 5, 25, seed);
        let mut desk = Desk::of(Config { seed, ..timed(100, 100) }, &company, Start::Declared);
        let (mine, mut rng) = (desk.management.clone(), fastrand::Rng::with_seed(seed));
        let (listed, management) = (members(&mut desk, &mine), desk.sandbox.management_account().to_string());
        let everybody: BTreeMap<String, Client> = listed
            .iter()
            .filter(|(id, _)| **id != management)
            .map(|(id, account)| (id.clone(), desk.enter(account["Name"].as_str().unwrap())))
            .collect();
        let all: Vec<String> = everybody.keys().cloned().collect();
        for _ in 0..250 {
            desk.pass_ms(rng.i64(0..2_000));
            let (one, two) = (&all[rng.usize(..all.len())], &all[rng.usize(..all.len())]);
            let client = if rng.u8(..3) == 0 { mine.clone() } else { everybody[one].clone() };
            let target = json!({"Target": {"Type": "ACCOUNT", "Id": two}});
            let told = match rng.u8(..8) {
                0 => of(&mut desk, &client, "LeaveOrganization", json!({})),
                1 => of(&mut desk, &client, "RemoveAccountFromOrganization", json!({"AccountId": two})),
                2 => of(&mut desk, &client, "CreateOrganization", json!({})),
                3 => of(&mut desk, &client, "DeleteOrganization", json!({})),
                4 | 5 => of(&mut desk, &client, "InviteAccountToOrganization", target),
                _ => {
                    let received = of(&mut desk, &everybody[two], "ListHandshakesForAccount", json!({})).unwrap();
                    let open = received["Handshakes"].as_array().unwrap().iter().find(|one| one["State"] == "OPEN");
                    let Some(open) = open.map(|one| one["Id"].as_str().unwrap().to_owned()) else { continue };
                    accept(&mut desk, &everybody[two], &open)
                }
            };
            refusals.extend(told.err());
            if rng.u8(..20) == 0 {
                let bytes = desk.sandbox.save().unwrap();
                desk.sandbox = Sandbox::restore(desk.sandbox.config().clone(), &bytes).unwrap();
            }
        }
        let here = organization(&mut desk, &mine).unwrap();
        let first = members(&mut desk, &mine);
        let mut inside = 0;
        for (id, client) in &everybody {
            match organization(&mut desk, client) {
                Ok(own) if own == here => inside += 1,
                own => {
                    assert!(!first.contains_key(id), "{id}: {own:?}");
                    assert!(own.is_ok() || own.unwrap_err() == "AWSOrganizationsNotInUseException");
                    assert_eq!(reserved_roles(&mut desk, client), 0, "{id}");
                }
            }
            let management = of(&mut desk, client, "DescribeOrganization", json!({}));
            if management.is_ok_and(|told| told["Organization"]["MasterAccountId"] == id.as_str()) {
                for member in members(&mut desk, client).keys() {
                    assert!(!first.contains_key(member));
                    let own = organization(&mut desk, &everybody[member]).unwrap();
                    assert_eq!(own, organization(&mut desk, client).unwrap());
                }
            }
        }
        assert_eq!(first.len(), inside + 1);
        let names: BTreeSet<&str> = first.values().map(|account| account["Name"].as_str().unwrap()).collect();
        assert!(desk.sandbox.assigned().iter().all(|row| names.contains(row.account.as_str())));
    }
    for wanted in
        ["OrganizationNotEmptyException", "MasterCannotLeaveOrganizationException", "AlreadyInOrganizationException"]
    {
        assert!(refusals.contains(wanted), "{wanted} never came: {refusals:?}");
    }
}
