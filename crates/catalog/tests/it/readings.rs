//! Resolving when something could not be read, and resolving a lot.

use std::collections::BTreeMap;

use catalog::{CatalogFiles, Severity, parse};
use model::{Extent, Group, GroupId, Observed, Reading};

use super::case::{Case, codes, entry, footprints, only, rows};
use super::company::{self, MINIMO_DEV, MINIMO_PROD, MINIMO_STG, account, known, observed_set, set};

#[test]
fn a_reading_that_failed_is_no_error_and_freezes() {
    let text =
        entry("group:minimo-dev, user:taro, user-id:u-x", "ReadOnly", "\"ou:/service/**\", \"111122223333\"", "");
    let refused = |what: &str| format!("AWS refused {what}");
    let case = Case::new(&text)
        .before("group:minimo-dev", &["g-minimo-dev"])
        .before("ou:/service/**", &[MINIMO_PROD])
        .observed(|observed| observed.groups = Reading::unknown(refused("groups")));
    let resolved = case.resolve();
    assert!(
        !resolved.diagnostics.iter().any(|found| found.code == "unknown-principal" && found.message.contains("group"))
    );
    assert!(
        resolved.diagnostics.iter().any(|found| found.message == "the groups could not be read: AWS refused groups")
    );
    assert_eq!(footprints(&resolved)[0].principals, Extent::All);
    assert_eq!(resolved.declared.bindings.entries["group:minimo-dev"], ["g-minimo-dev".to_owned()].into());
    let resolved =
        Case { observed: Observed { organization: Reading::unknown("no"), ..company::observed() }, ..case }.resolve();
    assert_eq!(footprints(&resolved)[0].accounts, Extent::All);
    assert_eq!(rows(&resolved.declared), Vec::<String>::new());
    assert_eq!(resolved.declared.bindings.entries["ou:/service/**"], [MINIMO_PROD.to_owned()].into());
    // An id says which account is meant: only that one is frozen.
    let text = entry("group:minimo-dev", "ReadOnly", "\"111122223333\"", "");
    let resolved = Case::new(&text).observed(|observed| observed.organization = Reading::unknown("no")).resolve();
    assert_eq!(footprints(&resolved)[0].accounts, only(&[account(MINIMO_PROD)]));
}

#[test]
fn none_where_there_were_some_counts_as_unknown() {
    let text = entry("group:minimo-dev", "ReadOnly", "minimo-prod", "");
    let emptied = |observed: &mut Observed| observed.groups = known(BTreeMap::new());
    let case = Case::new(&text).before("group:minimo-dev", &["g-minimo-dev"]).observed(emptied);
    let resolved = case.resolve();
    assert_eq!(codes(&resolved), [(Severity::Warning, "unknown-reading")]);
    assert_eq!(footprints(&resolved)[0].principals, Extent::All);
    // Confirmed, it is an ordinary missing name.
    assert_eq!(codes(&case.confirm("groups").resolve()), [(Severity::Error, "unknown-principal")]);
    // So with accounts.
    let case = Case::new(&text).before("accounts", &[MINIMO_PROD]).observed(|observed| {
        observed.organization.value_mut().unwrap().accounts.clear();
    });
    assert_eq!(codes(&case.resolve()), [(Severity::Warning, "unknown-reading")]);
}

#[test]
fn sets_are_declared_or_in_aws_or_perhaps_not_read() {
    let text = entry("group:minimo-dev", "ReadOnly, Mine, Half, Unknown", "minimo-prod", "");
    let case = Case::new(&text)
        .file("permission-sets/mine.yaml", "name: Mine\n")
        .file("permission-sets/half.yaml", "name: Half\nsession_duration: 8\n");
    let resolved = case.resolve();
    assert_eq!(codes(&resolved), [(Severity::Error, "unknown-set")]);
    assert_eq!(
        rows(&resolved.declared),
        [format!("Mine {MINIMO_PROD} g-minimo-dev"), format!("ReadOnly {MINIMO_PROD} g-minimo-dev")]
    );
    assert_eq!(resolved.declared.frozen_sets.keys().map(ToString::to_string).collect::<Vec<_>>(), ["Half"]);
    let resolved = case.observed(|observed| observed.permission_set_listing = Reading::unknown("throttled")).resolve();
    assert_eq!(codes(&resolved), [(Severity::Warning, "unknown-reading")]);
    assert_eq!(footprints(&resolved)[0].sets, Extent::All);
    // A broken declaration of a set that is in AWS: its assignments go on.
    let case = Case::new(&entry("group:minimo-dev", "ReadOnly", "minimo-prod", ""))
        .file("permission-sets/r.yaml", "name: ReadOnly\nx: y\n");
    let resolved = case.resolve();
    assert_eq!(rows(&resolved.declared).len(), 1);
    assert!(resolved.declared.frozen_sets.contains_key(&set("ReadOnly")));
    // A file that does not even say which set it declares freezes all that nobody else declares.
    let case = Case::new("")
        .file("permission-sets/r.yaml", "description: x\n")
        .file("permission-sets/a.yaml", "name: Admin\n");
    assert_eq!(case.resolve().declared.frozen_sets.keys().map(ToString::to_string).collect::<Vec<_>>(), ["ReadOnly"]);
}

#[test]
fn unknown_tags_leave_an_account_as_it_is() {
    let text = entry("group:minimo-dev", "ReadOnly", "tag:env=staging", "");
    let unread = |observed: &mut Observed| {
        let organization = observed.organization.value_mut().unwrap();
        organization.accounts.get_mut(&account(MINIMO_STG)).unwrap().tags = Reading::unknown("throttled");
    };
    let resolved = Case::new(&text).before("tag:env=staging", &[MINIMO_STG, "333344446666"]).observed(unread).resolve();
    assert_eq!(codes(&resolved), [(Severity::Warning, "unknown-reading")]);
    assert_eq!(footprints(&resolved)[0].accounts, only(&[account(MINIMO_STG)]));
    assert_eq!(rows(&resolved.declared), ["ReadOnly 333344446666 g-minimo-dev"]);
    assert_eq!(resolved.declared.bindings.entries["tag:env=staging"].len(), 2);
    // Under `except` as well.
    let text = entry("group:minimo-dev", "ReadOnly", "\"ou:/service/**\"", "tag:env=staging");
    let resolved = Case::new(&text).observed(unread).resolve();
    assert_eq!(footprints(&resolved)[0].accounts, only(&[account(MINIMO_STG)]));
    assert_eq!(rows(&resolved.declared).len(), 2);
}

/// 300 sets × 834 accounts × 4 principals.
#[test]
fn a_million_assignments_resolve_in_seconds() {
    let mut observed = company::observed();
    observed.permission_sets = (0..300).map(|at| observed_set(&format!("Set-{at}"))).collect();
    let organization = observed.organization.value_mut().unwrap();
    let template = organization.accounts[&account(MINIMO_DEV)].clone();
    organization.accounts.clear();
    for at in 0..834 {
        let id = account(&format!("{at:012}"));
        organization
            .accounts
            .insert(id.clone(), model::Account { id, name: format!("account-{at}"), ..template.clone() });
    }
    let groups = |at: usize| GroupId::new(format!("g{at}")).unwrap();
    observed.groups =
        known((0..40).map(|at| (groups(at), Group { id: groups(at), display_name: format!("group-{at}") })).collect());
    let mut text = String::new();
    for at in 0..300 {
        let principals: Vec<String> = (0..4).map(|group| format!("group:group-{}", (at + group) % 40)).collect();
        text.push_str(&entry(&principals.join(", "), &format!("Set-{at}"), "\"ou:/service/**\"", ""));
    }
    let case = Case { observed, ..Case::new(&text) };
    let started = std::time::Instant::now();
    let resolved = case.resolve();
    assert_eq!(resolved.declared.assignments.rows().len(), 300 * 834 * 4);
    assert_eq!(resolved.declared.assignment_sources.len(), 300 * 834 * 4);
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}

#[test]
fn settings_that_cannot_be_read_stop_everything() {
    let parsed = parse(&CatalogFiles::new([("sekisho.yaml", "deployment: x\nprotectd: {}\n")]));
    let rules = catalog::rules(&parsed.catalog);
    assert_eq!(rules.ownership[0].mode, model::rules::OwnershipMode::Observe);
    let text = "deployment: x\nregion: ap-northeast-1\nstate: sqlite://state.db\nguards: {max_withdrawals: 5}\nlockout:\n  - principals: [group:a]\n    permission_sets: [Admin]\n";
    let parsed = parse(&CatalogFiles::new([("sekisho.yaml", text)]));
    assert_eq!(parsed.diagnostics, []);
    let rules = catalog::rules(&parsed.catalog);
    assert_eq!(
        (rules.deployment.as_str(), rules.guards.max_withdrawals, rules.guards.max_withdrawals_percent),
        ("x", 5, 10)
    );
    assert_eq!(rules.lockout[0].accounts[0].as_str(), "*");
    assert_eq!(parsed.catalog.settings().state_url.as_deref(), Some("sqlite://state.db"));
}

#[test]
fn versions_follow_the_texts() {
    let version = |text: &str| {
        parse(&CatalogFiles::new([("assignments/a.yaml", text), (".schema/x.json", "{}")])).catalog.version().to_owned()
    };
    assert_eq!(version("[]"), version("[]"));
    assert_ne!(version("[]"), version("[] #"));
}

#[test]
fn merged_policies_are_one_document() {
    let policy = |action: &str| {
        format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Sid": "A", "Effect": "Allow", "Action": "{action}", "Resource": "*"}}}}"#
        )
    };
    let case = Case::new("")
        .file("permission-sets/a.yaml", "name: A\ninline_policies:\n  - policies/one.json\n  - Version: 2012-10-17\n    Statement:\n      - {Effect: Deny, Action: 's3:*', Resource: '*', Condition: {Bool: {'aws:MultiFactorAuthPresent': false}, NumericLessThan: {'s3:max-keys': 10}}}\n")
        .file("policies/one.json", &policy("s3:GetObject"));
    assert_eq!(parse(&case.files).diagnostics, []);
    let declared = case.resolve().declared;
    assert_eq!(
        declared.permission_sets[&set("A")].inline_policy.as_deref(),
        Some(
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"},{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":false},"NumericLessThan":{"s3:max-keys":10}}}]}"#
        )
    );
}

#[test]
fn policies_that_are_too_large_together_are_merged_with_proof() {
    let all = |service: &str, from: usize| {
        let actions = policy::catalogue::actions(service).iter().skip(from);
        let names: Vec<String> = actions.map(|action| format!("\"{service}:{}\"", action.name)).collect();
        let names = names.join(",");
        format!(r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":[{names}],"Resource":"*"}}]}}"#)
    };
    let read = |one: &str, two: &str| {
        let case = Case::new("")
            .file("permission-sets/a.yaml", "name: A\ninline_policies: [policies/one.json, policies/two.json]\n")
            .file("policies/one.json", one)
            .file("policies/two.json", two);
        let diagnostics = parse(&case.files).diagnostics;
        let text = case.resolve().declared.permission_sets[&set("A")].inline_policy.clone().unwrap();
        assert!(policy::size_without_whitespace(&text) <= policy::PERMISSION_SET_INLINE_LIMIT, "{}", text.len());
        let sources = [one, two].map(|text| policy::parse(text).into_result().unwrap());
        assert!(policy::concatenate(&sources).unwrap().size() > policy::PERMISSION_SET_INLINE_LIMIT);
        let compared = policy::compare(&sources, &[policy::parse(&text).into_result().unwrap()]);
        (diagnostics, compared)
    };
    // Together 12 kB that say most of it twice: nothing needs to be told, because it is equal for all actions there will ever be.
    let (diagnostics, compared) = read(&all("s3", 0), &all("s3", 9));
    assert_eq!(diagnostics, []);
    assert_eq!(compared.all_strings.relation, policy::Relation::Equal);
    // With the 17 kB of EC2 only wildcards help, and this is said.
    let (diagnostics, compared) = read(&all("ec2", 0), &all("s3", 9));
    let codes: Vec<(Severity, &str)> = diagnostics.iter().map(|one| (one.severity, one.code.as_str())).collect();
    assert_eq!(codes, [(Severity::Warning, "inline-policy-wildcards")]);
    assert!(diagnostics[0].help.as_deref().unwrap().contains("ec2:"), "{diagnostics:?}");
    assert_eq!(compared.catalogue.relation, policy::Relation::Equal);
    assert_eq!(compared.all_strings.relation, policy::Relation::Broader);
}

#[test]
fn short_names_of_policies_are_those_of_the_partition() {
    let case = Case::new("")
        .file("permission-sets/a.yaml", "name: A\nmanaged_policies: [ReadOnlyAccess, arn:aws-cn:iam::aws:policy/Billing]\npermissions_boundary: ReadOnlyAccess\n")
        .observed(|observed| observed.instance.partition = "aws-cn".into());
    let declared = case.resolve().declared;
    let set = &declared.permission_sets[&set("A")];
    let arns: Vec<&str> = set.managed_policies.iter().map(model::ManagedPolicyArn::as_str).collect();
    assert_eq!(arns, ["arn:aws-cn:iam::aws:policy/Billing", "arn:aws-cn:iam::aws:policy/ReadOnlyAccess"]);
    assert_eq!(set.permissions_boundary.as_ref().unwrap().to_string(), "arn:aws-cn:iam::aws:policy/ReadOnlyAccess");
}
