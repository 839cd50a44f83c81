use std::collections::BTreeMap;

use model::iam_user::{AccessKey, IamGroup, Password};

use super::*;

const NOW: &str = "2026-11-22T00:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn known<T>(value: T) -> Reading<T> {
    Reading::known(value, at(NOW))
}

fn user() -> IamUser {
    IamUser {
        id: "AIDAEXAMPLE".into(),
        name: "taro".into(),
        arn: "arn:aws:iam::111122223333:user/taro".into(),
        path: "/".into(),
        created: at("2020-01-01T00:00:00Z"),
        tags: BTreeMap::new(),
        groups: Vec::new(),
        attached_policies: Vec::new(),
        inline_policies: BTreeMap::new(),
        permissions_boundary: None,
        password: known(None),
        access_keys: known(Vec::new()),
        mfa_devices: known(Vec::new()),
        other_credentials: known(Vec::new()),
        services_last_accessed: known(BTreeMap::new()),
    }
}

fn key(id: &str, created: &str, last_use: LastUse) -> AccessKey {
    let status = AccessKeyStatus::Active;
    AccessKey { id: id.into(), status, created: at(created), last_use, last_region: None, last_service: None }
}

fn said(user: &IamUser) -> Vec<Remark> {
    remarks(user, &IamAccount::default(), at(NOW), Thresholds::default(), true)
}

#[test]
fn ninety_days_are_not_more_than_ninety() {
    let made = |created: &str, last_use| IamUser { access_keys: known(vec![key("K", created, last_use)]), ..user() };
    let used = LastUse::At { at: at("2026-08-24T00:00:00Z") };
    assert_eq!(said(&made("2026-08-24T00:00:00Z", used)), []);
    assert_eq!(said(&made("2026-08-23T00:00:00Z", used)), [Remark::OldKey { key: "K".into(), days: 91 }]);
    let long_ago = LastUse::At { at: at("2026-08-22T12:00:00Z") };
    assert_eq!(
        said(&made("2026-08-01T00:00:00Z", long_ago)),
        [Remark::OldKey { key: "K".into(), days: 113 }, Remark::UnusedKey { key: "K".into(), days: 91 }]
    );
}

#[test]
fn what_aws_does_not_tell_is_never_called_unused() {
    let with = |last_use| IamUser {
        password: known(Some(Password { changed: Some(at("2020-01-01T00:00:00Z")), last_use })),
        mfa_devices: known(vec!["serial".into()]),
        access_keys: known(vec![key("K", "2026-11-01T00:00:00Z", last_use)]),
        ..user()
    };
    assert_eq!(said(&with(LastUse::NotTold)), []);
    assert_eq!(said(&with(LastUse::Never)), [Remark::NeverUsedPassword]);
}

#[test]
fn what_is_unknown_is_a_gap_and_nothing_else() {
    let unknown = || "because".to_owned();
    let user = IamUser {
        password: Reading::unknown(unknown()),
        access_keys: Reading::unknown(unknown()),
        mfa_devices: Reading::unknown(unknown()),
        services_last_accessed: Reading::unknown(unknown()),
        ..user()
    };
    let found = said(&user);
    assert_eq!(found.len(), 4);
    assert!(found.iter().all(|remark| matches!(remark, Remark::NotRead { .. })), "{found:?}");
    let not_asked = remarks(&user, &IamAccount::default(), at(NOW), Thresholds::default(), false);
    assert_eq!(not_asked.len(), 3);
    // a password whose second factor is unknown is not without one
    let half = IamUser { password: known(Some(Password { changed: None, last_use: LastUse::NotTold })), ..user };
    assert!(!said(&half).contains(&Remark::PasswordWithoutMfa));
}

#[test]
fn administrators_are_found_through_groups_as_well() {
    let arn = "arn:aws:iam::aws:policy/AdministratorAccess".to_owned();
    let mut account = IamAccount::default();
    account.groups.insert("admins".into(), IamGroup { attached_policies: vec![arn], ..IamGroup::default() });
    let user = IamUser { groups: vec!["admins".into()], ..user() };
    let found = remarks(&user, &account, at(NOW), Thresholds::default(), true);
    assert_eq!(found, [Remark::Administrator, Remark::NoCredentials]);
    assert_eq!(said(&user), [Remark::NoCredentials]);
}

#[test]
fn two_keys_and_root() {
    let keys = ["A", "B"].map(|id| key(id, "2026-11-01T00:00:00Z", LastUse::Never)).to_vec();
    assert_eq!(said(&IamUser { access_keys: known(keys), ..user() }), [Remark::TwoActiveKeys]);
    let root = RootUser {
        mfa: false,
        access_keys: true,
        password: Some(true),
        password_last_use: LastUse::At { at: at("2026-11-20T00:00:00Z") },
        key_last_use: LastUse::Never,
    };
    let found = root_remarks(&known(root.clone()), at(NOW), Thresholds::default());
    assert_eq!(found, [RootRemark::WithoutMfa, RootRemark::AccessKeys, RootRemark::UsedLately { days: 2 }]);
    assert_eq!(root_remarks(&Reading::unknown("no"), at(NOW), Thresholds::default()), []);
    // central root management took everything away: there is nothing that a second factor would guard
    let bare = RootUser { access_keys: false, password: Some(false), password_last_use: LastUse::NotTold, ..root };
    assert_eq!(root_remarks(&known(bare.clone()), at(NOW), Thresholds::default()), []);
    let not_told = RootUser { password: None, ..bare };
    assert_eq!(root_remarks(&known(not_told), at(NOW), Thresholds::default()), [RootRemark::WithoutMfa]);
}
