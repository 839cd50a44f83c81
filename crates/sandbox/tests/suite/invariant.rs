//! Whatever happens, the parts of the state agree with each other.

use std::collections::BTreeSet;

use sandbox::{Company, Config, Sandbox, Start};
use serde_json::json;

use crate::support::{Desk, timed};

/// The reserved roles that IAM lists in an account.
fn roles_in(desk: &mut Desk, account: &str) -> BTreeSet<String> {
    let client = desk.enter(account);
    let fields = [("PathPrefix", "/aws-reserved/"), ("MaxItems", "1000")];
    let text = client.query(&mut desk.sandbox, desk.now, "ListRoles", &fields).text();
    text.split("<RoleName>").skip(1).filter_map(|part| part.split_once('<')).map(|(name, _)| name.to_owned()).collect()
}

#[test]
fn pairs_roles_and_listings_agree_after_any_history() {
    for seed in 0..6 {
        let company = Company::synthetic(6, 4, 5, 6, 20, seed);
        let config = Config { seed, ..timed(2_000, 3_000) };
        let mut desk = Desk::of(config, &company, Start::Declared);
        let mut rng = fastrand::Rng::with_seed(seed);
        for step in 0..400 {
            desk.pass_ms(rng.i64(0..2_500));
            act(&mut desk, &mut rng, step);
        }
        desk.pass_ms(600_000);
        desk.sandbox.advance(desk.now);
        check(&mut desk);
    }
}

fn act(desk: &mut Desk, rng: &mut fastrand::Rng, step: usize) {
    let account = format!("account-{:05}", rng.usize(0..6));
    let set = format!("Set{:04}", rng.usize(0..5));
    let group = format!("group:group-{:05}", rng.usize(0..5));
    if desk.sandbox.permission_set_arn(&set).is_none() {
        desk.sso("CreatePermissionSet", json!({"Name": set})).unwrap();
        return;
    }
    if desk.sandbox.principal(&group).is_none() {
        desk.ids("CreateGroup", json!({"DisplayName": group.trim_start_matches("group:")})).unwrap();
        return;
    }
    let arn = desk.set(&set);
    match rng.u8(0..12) {
        0..=4 => drop(desk.assign(&account, &set, &group)),
        5..=7 => drop(desk.withdraw(&account, &set, &group)),
        8 => {
            let hours = step % 12 + 1;
            let edit = json!({"PermissionSetArn": arn, "SessionDuration": format!("PT{hours}H")});
            desk.sso("UpdatePermissionSet", edit).unwrap();
        }
        9 => {
            drop(desk.sso(
                "ProvisionPermissionSet",
                json!({"PermissionSetArn": arn, "TargetType": "ALL_PROVISIONED_ACCOUNTS"}),
            ))
        }
        10 => drop(desk.sso("DeletePermissionSet", json!({"PermissionSetArn": arn}))),
        _ => {
            let id = desk.principal(&group);
            desk.ids("DeleteGroup", json!({"GroupId": id})).unwrap();
        }
    }
}

fn check(desk: &mut Desk) {
    let facts = desk.sandbox.provisioned();
    for number in 1..6 {
        let account = format!("account-{number:05}");
        let paired: BTreeSet<String> =
            facts.iter().filter(|fact| fact.account == account).map(|fact| fact.role.clone()).collect();
        assert_eq!(roles_in(desk, &account), paired, "roles of {account}");
    }
    let rows = desk.sandbox.assigned();
    for row in &rows {
        let paired = facts.iter().any(|fact| fact.account == row.account && fact.permission_set == row.permission_set);
        assert!(paired, "{row:?} has no role");
    }
    for number in 0..5 {
        let name = format!("group:group-{number:05}");
        let Some(group) = desk.sandbox.principal(&name) else { continue };
        let body = json!({"InstanceArn": desk.sandbox.instance_arn(), "PrincipalId": group.id.to_string(), "PrincipalType": "GROUP"});
        let listed = desk.all("SWBExternalService.ListAccountAssignmentsForPrincipal", &body, "AccountAssignments");
        assert_eq!(listed.len(), rows.iter().filter(|row| row.principal == name).count(), "{name}");
    }
}

#[test]
fn a_clone_is_the_same_world_and_goes_its_own_way() {
    let mut desk = Desk::of(Config::calm(), &Company::sample(), Start::Declared);
    let before: Sandbox = desk.sandbox.clone();
    desk.sso("CreatePermissionSet", json!({"Name": "Probe"})).unwrap();
    assert!(before.permission_set_arn("Probe").is_none());
    assert_eq!(before.assigned(), desk.sandbox.assigned());
}
