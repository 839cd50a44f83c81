//! Names and selectors never withdraw: the rules for declarations, one by one.

use std::collections::BTreeSet;

use catalog::Severity;
use model::{AccountState, AssignmentTable, Extent, Footprint, Observed, PrincipalId, User, UserId};

use super::case::{Case, codes, entry, footprints, only, rows};
use super::company::{MANAGEMENT, MINIMO_DEV, MINIMO_PROD, MINIMO_STG, account, group, set, user};

#[test]
fn names_and_selectors_become_ids() {
    let resolved = Case::new(&entry(
        "group:minimo-dev, user:taro@example.com",
        "ReadOnly",
        "\"ou:/service/**\"",
        "tag:env=production",
    ))
    .resolve();
    assert_eq!(
        rows(&resolved.declared),
        [
            format!("ReadOnly {MINIMO_STG} u-taro"),
            format!("ReadOnly {MINIMO_STG} g-minimo-dev"),
            format!("ReadOnly {MINIMO_DEV} u-taro"),
            format!("ReadOnly {MINIMO_DEV} g-minimo-dev"),
        ]
    );
    assert_eq!(codes(&resolved), []);
    assert_eq!(resolved.declared.assignment_source(0).unwrap().to_string(), "assignments/a.yaml:1");
    let bindings: Vec<(&str, Vec<&str>)> = resolved
        .declared
        .bindings
        .entries
        .iter()
        .filter(|(name, _)| *name != "accounts")
        .map(|(name, ids)| (name.as_str(), ids.iter().map(String::as_str).collect()))
        .collect();
    assert_eq!(
        bindings,
        [
            ("except:tag:env=production", vec![MINIMO_PROD, "222233334444", "333344445555"]),
            ("group:minimo-dev", vec!["g-minimo-dev"]),
            ("ou:/service/**", vec![MINIMO_PROD, MINIMO_STG, MINIMO_DEV]),
            ("user:taro@example.com", vec!["u-taro"]),
        ]
    );
}

#[test]
fn one_level_and_all_levels() {
    let accounts = |selector: &str| {
        let resolved = Case::new(&entry("group:minimo-dev", "ReadOnly", selector, "")).resolve();
        resolved.declared.assignments.accounts().len()
    };
    assert_eq!(accounts("ou:/"), 1);
    assert_eq!(accounts("\"ou:/*\""), 1);
    assert_eq!(accounts("ou:/service"), 0);
    assert_eq!(accounts("ou:/service/minimo"), 3);
    assert_eq!(accounts("ou-id:ou-ab12-service/**"), 3);
    assert_eq!(accounts("ou-id:ou-ab12-minimo"), 3);
    // All but the suspended one.
    assert_eq!(accounts("ou:/**"), 7);
    assert_eq!(accounts("name:minimo-*"), 3);
    assert_eq!(accounts("tag:env=staging"), 2);
}

#[test]
fn the_first_entry_that_declares_an_assignment_is_its_source() {
    let text = format!(
        "{}{}",
        entry("group:minimo-dev", "ReadOnly", "minimo-prod", ""),
        entry("group:minimo-dev", "ReadOnly", "ou:/service/minimo", "")
    );
    let declared = Case::new(&text).resolve().declared;
    let sources: Vec<String> = (0..3).map(|at| declared.assignment_source(at).unwrap().to_string()).collect();
    assert_eq!(sources, ["assignments/a.yaml:1", "assignments/a.yaml:5", "assignments/a.yaml:5"]);
}

#[test]
fn an_unresolved_principal_freezes_all_principals_of_its_entry() {
    let resolved =
        Case::new(&entry("group:minimo-dev, group:gone", "ReadOnly", "minimo-prod, minimo-stg", "")).resolve();
    assert_eq!(codes(&resolved), [(Severity::Error, "unknown-principal")]);
    let wanted = Footprint {
        sets: only(&[set("ReadOnly")]),
        accounts: only(&[account(MINIMO_PROD), account(MINIMO_STG)]),
        principals: Extent::All,
    };
    assert_eq!(footprints(&resolved), [&wanted]);
    assert_eq!(resolved.declared.unresolved[0].message, "no group named `gone`");
}

#[test]
fn an_unresolved_account_or_except_freezes_all_accounts_of_its_entry() {
    for (accounts, except) in [("minimo-prod, gone", ""), ("minimo-prod", "gone")] {
        let resolved = Case::new(&entry("group:minimo-dev", "ReadOnly", accounts, except)).resolve();
        assert_eq!(codes(&resolved), [(Severity::Error, "unknown-account")]);
        let wanted = Footprint {
            sets: only(&[set("ReadOnly")]),
            accounts: Extent::All,
            principals: only(&[group("g-minimo-dev")]),
        };
        assert_eq!(footprints(&resolved), [&wanted]);
    }
}

#[test]
fn an_unresolved_set_freezes_all_sets_of_its_entry() {
    let resolved = Case::new(&entry("group:minimo-dev", "ReadOnly, Develper", "minimo-prod", "")).resolve();
    assert_eq!(codes(&resolved), [(Severity::Error, "unknown-set")]);
    let wanted = Footprint {
        sets: Extent::All,
        accounts: only(&[account(MINIMO_PROD)]),
        principals: only(&[group("g-minimo-dev")]),
    };
    assert_eq!(footprints(&resolved), [&wanted]);
}

#[test]
fn what_cannot_be_read_in_a_file_freezes() {
    let resolved = Case::new(
        "- principals: [group:minimo-dev]\n  permission_sets: [ReadOnly]\n  accounts: [minimo-prod]\n- [oops\n",
    )
    .resolve();
    let everything = Footprint { sets: Extent::All, accounts: Extent::All, principals: Extent::All };
    assert_eq!(footprints(&resolved), [&everything]);
    let resolved = Case::new(&entry("minimo-dev", "ReadOnly", "minimo-prod", "")).resolve();
    assert_eq!(footprints(&resolved)[0].principals, Extent::All);
    assert_eq!(footprints(&resolved)[0].accounts, only(&[account(MINIMO_PROD)]));
    let resolved =
        Case::new(&entry("group:minimo-dev", "ReadOnly", "minimo-prod", "").replace("except", "exept")).resolve();
    assert_eq!(footprints(&resolved)[0].accounts, Extent::All);
}

#[test]
fn a_name_given_to_another_freezes_both_until_confirmed() {
    let case =
        Case::new(&entry("group:minimo-dev", "ReadOnly", "minimo-prod", "")).before("group:minimo-dev", &["g-older"]);
    let resolved = case.resolve();
    assert_eq!(codes(&resolved), [(Severity::Warning, "rebound")]);
    assert_eq!(rows(&resolved.declared), Vec::<String>::new());
    assert_eq!(footprints(&resolved)[0].principals, only(&[group("g-older"), group("g-minimo-dev")]));
    assert_eq!(resolved.declared.bindings.entries["group:minimo-dev"], ["g-older".to_owned()].into());
    let resolved = case.confirm("group:minimo-dev").resolve();
    assert_eq!(codes(&resolved), []);
    assert_eq!(resolved.declared.unresolved, []);
    assert_eq!(resolved.declared.bindings.entries["group:minimo-dev"], ["g-minimo-dev".to_owned()].into());
    assert_eq!(rows(&resolved.declared).len(), 1);
}

#[test]
fn a_recreated_account_freezes_both_until_confirmed() {
    let case = Case::new(&entry("group:minimo-dev", "ReadOnly", "minimo-prod", ""))
        .before("account:minimo-prod", &["555566667777"]);
    let resolved = case.resolve();
    assert_eq!(codes(&resolved), [(Severity::Warning, "rebound")]);
    assert_eq!(footprints(&resolved)[0].accounts, only(&[account("555566667777"), account(MINIMO_PROD)]));
    assert_eq!(rows(&resolved.declared), Vec::<String>::new());
    assert_eq!(rows(&case.confirm("account:minimo-prod").resolve().declared).len(), 1);
}

#[test]
fn a_selector_that_shrinks_freezes_what_it_lost_until_confirmed() {
    let case = Case::new(&entry("group:minimo-dev", "ReadOnly", "\"ou:/service/minimo/**\"", ""))
        .before("ou:/service/minimo/**", &[MINIMO_PROD, MINIMO_STG, MINIMO_DEV, "333344445555", "999999999999"]);
    let resolved = case.resolve();
    assert_eq!(codes(&resolved), [(Severity::Warning, "selection-changed")]);
    assert_eq!(footprints(&resolved)[0].accounts, only(&[account("333344445555"), account("999999999999")]));
    assert_eq!(rows(&resolved.declared).len(), 3);
    assert_eq!(resolved.declared.bindings.entries["ou:/service/minimo/**"].len(), 5);
    let resolved = case.confirm("ou:/service/minimo/**").resolve();
    assert_eq!(codes(&resolved), []);
    assert_eq!(resolved.declared.unresolved, []);
    assert_eq!(resolved.declared.bindings.entries["ou:/service/minimo/**"].len(), 3);
}

#[test]
fn what_another_selector_still_selects_has_lost_nothing() {
    let resolved = Case::new(&entry("group:minimo-dev", "ReadOnly", "\"ou:/service/minimo/**\", tag:env=staging", ""))
        .before("tag:env=staging", &[MINIMO_STG, MINIMO_DEV, "333344446666"])
        .resolve();
    assert_eq!(codes(&resolved), []);
    assert_eq!(resolved.declared.unresolved, []);
}

#[test]
fn an_account_that_except_newly_matches_keeps_what_it_has_until_confirmed() {
    let case = Case::new(&entry("group:minimo-dev", "ReadOnly", "\"ou:/service/**\"", "tag:env=production"))
        .before("except:tag:env=production", &["222233334444"])
        .before("accounts", &[MINIMO_PROD, MINIMO_STG, MINIMO_DEV, "222233334444", "333344445555"]);
    let resolved = case.resolve();
    assert_eq!(codes(&resolved), [(Severity::Warning, "selection-changed")]);
    assert_eq!(footprints(&resolved)[0].accounts, only(&[account(MINIMO_PROD)]));
    assert_eq!(resolved.declared.bindings.entries["except:tag:env=production"], ["222233334444".to_owned()].into());
    for confirmed in ["except:tag:env=production", "tag:env=production"] {
        let mut case = Case::new(&entry("group:minimo-dev", "ReadOnly", "\"ou:/service/**\"", "tag:env=production"));
        case.previous = resolved.declared.bindings.clone();
        assert_eq!(case.confirm(confirmed).resolve().declared.unresolved, []);
    }
    // An account that was not there before cannot lose anything.
    let mut case = Case::new(&entry("group:minimo-dev", "ReadOnly", "\"ou:/service/**\"", "tag:env=production"))
        .before("except:tag:env=production", &["222233334444", "333344445555"]);
    case = case.before("accounts", &["222233334444", "333344445555"]);
    assert_eq!(case.resolve().declared.unresolved, []);
}

#[test]
fn except_that_matches_less_grants_nothing_new_until_confirmed() {
    let resolved = Case::new(&entry("group:minimo-dev", "ReadOnly", "\"ou:/service/**\"", "tag:env=production"))
        .before("except:tag:env=production", &[MINIMO_PROD, MINIMO_STG, "222233334444", "333344445555"])
        .resolve();
    assert_eq!(codes(&resolved), [(Severity::Warning, "selection-changed")]);
    assert_eq!(footprints(&resolved)[0].accounts, only(&[account(MINIMO_STG)]));
    assert_eq!(rows(&resolved.declared), [format!("ReadOnly {MINIMO_DEV} g-minimo-dev")]);
}

#[test]
fn a_selector_that_matches_nothing_freezes_what_it_matched_or_all() {
    let text = entry("group:minimo-dev", "ReadOnly", "tag:env=nothing", "");
    let resolved = Case::new(&text).resolve();
    assert_eq!(codes(&resolved), [(Severity::Warning, "selects-nothing")]);
    assert_eq!(footprints(&resolved)[0].accounts, Extent::All);
    assert!(!resolved.declared.bindings.entries.contains_key("tag:env=nothing"));
    let resolved = Case::new(&text).before("tag:env=nothing", &[MINIMO_PROD]).resolve();
    assert_eq!(codes(&resolved), [(Severity::Warning, "selection-changed")]);
    assert_eq!(footprints(&resolved)[0].accounts, only(&[account(MINIMO_PROD)]));
    let resolved = Case::new(&text).confirm("tag:env=nothing").resolve();
    assert_eq!((codes(&resolved), resolved.declared.unresolved.len()), (vec![], 0));
    let resolved = Case::new(&text).before("tag:env=nothing", &[]).resolve();
    assert_eq!((codes(&resolved), resolved.declared.unresolved.len()), (vec![], 0));
}

#[test]
fn an_ou_that_is_gone_is_an_error_and_freezes_what_it_held() {
    let text = entry("group:minimo-dev", "ReadOnly", "\"ou:/service/old/**\"", "");
    let resolved = Case::new(&text).resolve();
    assert_eq!(codes(&resolved), [(Severity::Error, "unknown-ou")]);
    assert_eq!(footprints(&resolved)[0].accounts, Extent::All);
    let resolved = Case::new(&text).before("ou:/service/old/**", &[MINIMO_PROD]).resolve();
    assert_eq!(codes(&resolved), [(Severity::Error, "unknown-ou")]);
    assert_eq!(footprints(&resolved)[0].accounts, only(&[account(MINIMO_PROD)]));
}

fn assign(rows: &[(&str, &str, PrincipalId)]) -> AssignmentTable {
    let rows: Vec<_> = rows.iter().map(|(name, id, principal)| (set(name), account(id), principal.clone())).collect();
    AssignmentTable::from_names(rows.iter().map(|(set, account, principal)| (set, account, principal)))
}

#[test]
fn where_aws_assigns_nothing_what_is_there_stays() {
    let existing = |observed: &mut Observed| {
        observed.assignments = assign(&[
            ("ReadOnly", "444455556666", group("g-minimo-dev")),
            ("ReadOnly", MINIMO_PROD, user("u-gone")),
            ("ReadOnly", "999999999999", group("g-minimo-dev")),
        ]);
    };
    let text = entry("group:minimo-dev, user-id:u-gone", "ReadOnly", "old-site, minimo-prod, \"999999999999\"", "");
    let resolved = Case::new(&text).observed(existing).resolve();
    assert_eq!(
        rows(&resolved.declared),
        [
            format!("ReadOnly {MINIMO_PROD} u-gone"),
            format!("ReadOnly {MINIMO_PROD} g-minimo-dev"),
            "ReadOnly 444455556666 g-minimo-dev".to_owned(),
            "ReadOnly 999999999999 g-minimo-dev".to_owned(),
        ]
    );
    let found: BTreeSet<_> = codes(&resolved).into_iter().collect();
    let warning = Severity::Warning;
    assert_eq!(
        found,
        [(warning, "deleted-principal"), (warning, "departed-account"), (warning, "inactive-account")].into()
    );
    let resolved = Case::new(&entry("group:minimo-dev", "ReadOnly", "ou:/business", "")).observed(existing).resolve();
    assert_eq!(rows(&resolved.declared).len(), 3);
    assert_eq!(codes(&resolved), [(Severity::Note, "inactive-left-out")]);
}

#[test]
fn the_management_account_is_noted_once() {
    let text = entry("group:platform-admins", "Admin", "ou:/**", "").repeat(2);
    let resolved = Case::new(&text).resolve();
    assert!(resolved.declared.assignments.accounts().contains(&account(MANAGEMENT)));
    assert_eq!(codes(&resolved), [(Severity::Note, "inactive-left-out"), (Severity::Note, "management-account")]);
}

#[test]
fn a_management_account_that_is_left_out_is_not_noted() {
    let text = entry("group:platform-admins", "Admin", "ou:/**", &format!("\"{MANAGEMENT}\""));
    let resolved = Case::new(&text).resolve();
    assert!(!resolved.declared.assignments.accounts().contains(&account(MANAGEMENT)));
    assert_eq!(codes(&resolved), [(Severity::Note, "inactive-left-out")]);
}

#[test]
fn a_closed_account_does_not_stand_in_the_way_of_its_successor() {
    let text = entry("group:minimo-dev", "ReadOnly", "shared", "");
    let close = |observed: &mut Observed| {
        let organization = observed.organization.value_mut().unwrap();
        organization.accounts.get_mut(&account("333344445555")).unwrap().state = AccountState::Suspended;
    };
    let resolved = Case::new(&text).observed(close).resolve();
    assert_eq!(rows(&resolved.declared), ["ReadOnly 333344446666 g-minimo-dev"]);
    // Whoever was meant before stays frozen until somebody looks.
    let resolved = Case::new(&text).before("account:shared", &["333344445555"]).observed(close).resolve();
    assert_eq!(codes(&resolved), [(Severity::Warning, "rebound")]);
}

#[test]
fn people_with_the_same_address_are_told_apart() {
    let resolved = Case::new(&entry("user:info@example.com", "ReadOnly", "minimo-prod", "")).resolve();
    assert_eq!(codes(&resolved), [(Severity::Error, "unknown-principal")]);
    assert_eq!(resolved.diagnostics[0].help.as_deref(), Some("write one of `user:jiro`, `user:saburo`"));
    // A user name comes before an address.
    let resolved = Case::new(&entry("user:info@example.com", "ReadOnly", "minimo-prod", ""))
        .observed(|observed| {
            let id = UserId::new("u-info").unwrap();
            let info = User { id: id.clone(), user_name: "info@example.com".into(), display_name: None, email: None };
            observed.users.value_mut().unwrap().insert(id, info);
        })
        .resolve();
    assert_eq!(rows(&resolved.declared), [format!("ReadOnly {MINIMO_PROD} u-info")]);
}
