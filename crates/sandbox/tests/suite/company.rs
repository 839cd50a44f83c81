//! Starting states.

use std::collections::BTreeSet;

use sandbox::{Company, Config, Sandbox, Start};
use serde_json::json;

use crate::support::Desk;

#[test]
fn declared_is_exactly_what_is_declared() {
    let company = Company::sample();
    let sandbox = Sandbox::with_company(Config::calm(), &company, Start::Declared).unwrap();
    let declared: Vec<_> = company.assigned().unwrap().into_iter().collect();
    assert_eq!(sandbox.assigned(), declared);
    assert!(sandbox.provisioned().iter().all(|fact| fact.latest));
}

#[test]
fn before_the_migration_the_company_deviates() {
    let company = Company::sample();
    let mut desk = Desk::of(Config::calm(), &company, Start::BeforeMigration);
    let declared = company.assigned().unwrap();
    let found: BTreeSet<_> = desk.sandbox.assigned().into_iter().collect();
    let missing_sets: Vec<_> = company
        .permission_sets
        .iter()
        .filter(|set| desk.sandbox.permission_set_arn(&set.name).is_none())
        .map(|set| set.name.as_str())
        .collect();
    let extra: Vec<String> = found
        .difference(&declared)
        .map(|row| {
            let principal = if row.principal.starts_with("user-id:") { "a user who is gone" } else { &row.principal };
            format!("{} {} {principal}", row.account, row.permission_set)
        })
        .collect();
    let facts = desk.sandbox.provisioned();
    let stale = facts.iter().filter(|fact| !fact.latest);
    let stale: BTreeSet<_> = stale.map(|fact| fact.permission_set.clone()).collect();
    let stale_count = facts.iter().filter(|fact| !fact.latest).count();
    let developer = desk.set("Developer");
    let session = desk.sso("DescribePermissionSet", json!({"PermissionSetArn": developer})).unwrap();
    insta::assert_debug_snapshot!((
        ("declared", declared.len(), "found", found.len()),
        ("missing assignments", declared.difference(&found).count()),
        ("missing sets", missing_sets),
        ("undeclared", extra),
        ("stale", stale, stale_count),
        ("Developer", session["PermissionSet"]["SessionDuration"].clone()),
    ));
}

#[test]
fn empty_is_two_accounts_and_an_instance() {
    let config = Config::calm();
    let client = sandbox::Client::new(&config.delegated, &config.region);
    let mut sandbox = Sandbox::empty(config).unwrap();
    let now = "2026-11-22T00:00:00Z".parse().unwrap();
    let told = client.json(&mut sandbox, now, "AWSOrganizationsV20161128.ListAccounts", json!({}));
    assert_eq!(told.json()["Accounts"].as_array().unwrap().len(), 2);
    let told = client.json(&mut sandbox, now, "SWBExternalService.ListInstances", json!({}));
    assert_eq!(told.json()["Instances"].as_array().unwrap().len(), 1);
    assert_ne!(sandbox.management_account(), sandbox.delegated_account());
}

#[test]
fn a_declaration_that_contradicts_itself_is_refused() {
    let refused = |change: &dyn Fn(&mut Company)| {
        let mut company = Company::sample();
        change(&mut company);
        Sandbox::with_company(Config::calm(), &company, Start::Declared).unwrap_err().to_string()
    };
    let told = [
        refused(&|company| company.accounts[0].part = sandbox::Part::Member),
        refused(&|company| company.accounts[3].id = "12".to_owned()),
        refused(&|company| company.grants[0].permission_sets[0] = "Nothing".to_owned()),
        refused(&|company| company.grants[0].principals[0] = "sre".to_owned()),
        refused(&|company| company.grants[0].accounts[0] = "ou:/nowhere/**".to_owned()),
        refused(&|company| company.customer_policies.clear()),
    ];
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_synthetic_company_has_the_size_asked_for() {
    let company = Company::synthetic(50, 20, 30, 100, 1_000, 3);
    let sandbox = Sandbox::with_company(Config::calm(), &company, Start::Declared).unwrap();
    assert_eq!(sandbox.assigned().len(), 1_000);
    assert!(sandbox.assigned().iter().all(|row| row.account != "account-00000"), "nothing in the management account");
    let sandbox = Sandbox::with_company(Config::calm(), &company, Start::Untouched).unwrap();
    assert_eq!(sandbox.assigned().len(), 0);
}
