//! What is imported declares exactly what was observed.

use std::collections::{BTreeMap, BTreeSet};

use catalog::{Diagnostic, import, parse, resolve};
use model::declared::Bindings;
use model::permission_set::Attributes;
use model::{
    Account, AccountId, AccountState, AssignmentTable, CustomerManagedPolicy, DeclaredPermissionSet, Group, GroupId,
    Observed, ObservedPermissionSet, Organization, OrganizationalUnit, PermissionSetName, PermissionsBoundary,
    PrincipalId, Reading, Rules, User, UserId,
};
use proptest::prelude::*;

use super::company::{self, account, group, known, set, user};

fn errors(diagnostics: &[Diagnostic]) -> Vec<&Diagnostic> {
    diagnostics.iter().filter(|found| found.is_error()).collect()
}

#[test]
fn a_small_company_is_readable() {
    let mut observed = company::observed();
    let (name, mut developer) = company::observed_set("Developer");
    developer.attributes.description = Some("developer rights: all of them".into());
    developer.attributes.session_duration = "PT8H".parse().unwrap();
    developer.managed_policies = known(
        [
            "arn:aws:iam::aws:policy/ReadOnlyAccess",
            "arn:aws:iam::aws:policy/job-function/Billing",
            "arn:aws:iam::aws:policy/NewerThanOurList",
        ]
        .map(|arn| arn.parse().unwrap())
        .into(),
    );
    developer.customer_managed_policies =
        known([CustomerManagedPolicy { name: "deploy".into(), path: "/team/".into() }].into());
    developer.inline_policy = known(Some(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#.into(),
    ));
    developer.tags = known(
        [("team".into(), "minimo".into()), (Rules::DEPLOYMENT_TAG.into(), "mixi".into()), ("aws:x".into(), "y".into())]
            .into(),
    );
    observed.permission_sets.insert(name, developer);
    let (name, mut unread) = company::observed_set("Half");
    unread.tags = Reading::unknown("AWS refused: AccessDenied");
    observed.permission_sets.insert(name, unread);
    let (name, reserved) = company::observed_set("AWSPowerUserAccess");
    observed.permission_sets.insert(name, reserved);
    let row = |name: &str, id: &str, principal: &PrincipalId| (set(name), account(id), principal.clone());
    let (dev, admins, all) = (group("g-minimo-dev"), group("g-platform-admins"), group("g-minimo-all"));
    let rows = [
        row("Developer", company::MINIMO_STG, &dev),
        row("Developer", company::MINIMO_DEV, &dev),
        row("ReadOnly", company::MINIMO_PROD, &dev),
        row("ReadOnly", company::MINIMO_STG, &dev),
        row("ReadOnly", company::MINIMO_DEV, &dev),
        row("ReadOnly", company::MINIMO_PROD, &all),
        row("ReadOnly", company::MINIMO_STG, &all),
        row("ReadOnly", company::MINIMO_DEV, &all),
        row("Admin", company::MINIMO_PROD, &admins),
        row("Admin", company::MANAGEMENT, &admins),
        row("Admin", "333344445555", &admins),
        row("Admin", "333344445555", &user("u-gone")),
        row("ReadOnly", "444455556666", &user("u-hanako")),
        row("ReadOnly", "999999999999", &user("u-jiro")),
        row("AWSPowerUserAccess", company::MINIMO_PROD, &admins),
    ];
    observed.assignments =
        AssignmentTable::from_names(rows.iter().map(|(set, account, principal)| (set, account, principal)));
    let files = import(&observed);
    let mut text = String::new();
    for (path, content) in files.files.iter().filter(|(path, _)| !path.starts_with('.')) {
        text.push_str(&format!("=== {path}\n{content}"));
    }
    insta::assert_snapshot!(text);
    check(&observed).unwrap();
}

fn tags_of(tags: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let own = tags.iter().filter(|(key, _)| !key.starts_with("aws:") && *key != Rules::DEPLOYMENT_TAG);
    own.map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn same_set(observed: &ObservedPermissionSet, declared: &DeclaredPermissionSet) -> bool {
    let policy =
        |text: &Option<String>| text.as_ref().map(|text| text.parse::<policy::Policy>().unwrap().fingerprint());
    declared.name == observed.name
        && declared.attributes == observed.attributes
        && Some(&declared.managed_policies) == observed.managed_policies.value()
        && Some(&declared.customer_managed_policies) == observed.customer_managed_policies.value()
        && policy(&declared.inline_policy) == policy(observed.inline_policy.value().unwrap())
        && Some(&declared.permissions_boundary) == observed.permissions_boundary.value()
        && declared.tags == tags_of(observed.tags.value().unwrap())
}

/// Imports, reads back, and compares.
fn check(observed: &Observed) -> Result<(), TestCaseError> {
    let files = import(observed);
    let parsed = parse(&files);
    prop_assert_eq!(errors(&parsed.diagnostics), Vec::<&Diagnostic>::new(), "{:#?}", files);
    let resolved = resolve(&parsed.catalog, observed, &Bindings::default(), &BTreeSet::new());
    prop_assert_eq!(errors(&resolved.diagnostics), Vec::<&Diagnostic>::new(), "{:#?}", files);
    prop_assert_eq!(&resolved.declared.unresolved, &Vec::new(), "{:#?}", files);
    let wanted: Vec<_> = observed.assignments.iter().filter(|(set, _, _)| !set.is_reserved()).collect();
    let found: Vec<_> = resolved.declared.assignments.iter().collect();
    prop_assert_eq!(found, wanted, "{:#?}", files);
    for (name, set) in &observed.permission_sets {
        let readable = set.tags.is_known() && !name.is_reserved();
        match resolved.declared.permission_sets.get(name) {
            Some(declared) => prop_assert!(readable && same_set(set, declared), "{declared:?} {set:?}"),
            None => prop_assert!(!readable, "{name}"),
        }
    }
    for (path, text) in files.files.iter().filter(|(path, _)| !path.starts_with('.')) {
        let formatted = catalog::format(path, text);
        prop_assert_eq!(formatted.as_ref().ok(), Some(text), "{}", path);
    }
    // The same twice gives the same.
    prop_assert_eq!(import(observed), files);
    Ok(())
}

fn nasty_name() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[a-c]{1,3}(-(prod|stg))?",
        1 => Just("111122223333".to_owned()),
        1 => Just("ou:/service/**".to_owned()),
        1 => Just("name:*".to_owned()),
        1 => Just("*".to_owned()),
        1 => Just("a: b # c".to_owned()),
        1 => Just("- x".to_owned()),
        1 => Just("開発 [本番], \"新\"".to_owned()),
        1 => Just(" spaced ".to_owned()),
        1 => Just("true".to_owned()),
        1 => Just("/service".to_owned()),
        1 => Just("tab\tand\u{7f}\u{202e}".to_owned()),
        1 => Just("ou-ab12-cdefghij".to_owned()),
        1 => "[ -~]{1,10}",
    ]
}

fn text(pattern: &'static str) -> impl Strategy<Value = Option<String>> {
    proptest::option::of(pattern.prop_filter("not blank", |text: &String| !text.trim().is_empty()))
}

fn permission_set() -> impl Strategy<Value = ObservedPermissionSet> {
    let managed = prop_oneof![
        Just("arn:aws:iam::aws:policy/ReadOnlyAccess"),
        Just("arn:aws:iam::aws:policy/job-function/Billing"),
        Just("arn:aws:iam::aws:policy/Billing"),
        Just("arn:aws:iam::aws:policy/service-role/Nothing_Like+It"),
        Just("arn:aws-cn:iam::aws:policy/ReadOnlyAccess"),
    ];
    let customer = ("[a-zA-Z0-9_+=,.@-]{1,6}", prop_oneof![Just("/"), Just("/team/a.b@c/")])
        .prop_map(|(name, path)| CustomerManagedPolicy { name, path: path.into() });
    let inline = prop_oneof![
        Just(
            r#"{"Version":"2012-10-17","Id":"x","Statement":{"Sid":"A","Effect":"Deny","NotAction":"s3:*","Resource":"*"}}"#
        ),
        Just(
            "{\n\"Version\":\"2008-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"s3:Get*\"],\"Resource\":[\"arn:aws:s3:::b/\\u65e5\"],\"Condition\":{\"NumericLessThan\":{\"s3:max-keys\":10}}}]}"
        ),
    ];
    let boundary = prop_oneof![
        managed.clone().prop_map(|arn| PermissionsBoundary::Managed(arn.parse().unwrap())),
        customer.clone().prop_map(PermissionsBoundary::CustomerManaged),
    ];
    let tags =
        proptest::collection::btree_map("[a-zA-Z0-9_.:/=+@ -]{1,8}|aws:x|開発", "[a-zA-Z0-9_.:/=+@ -]{0,8}|本番", 0..4);
    let tags = tags.prop_filter("a blank key or value is refused by the catalog", |tags| {
        tags.iter().all(|(key, value)| !key.trim().is_empty() && (value.is_empty() || !value.trim().is_empty()))
    });
    (
        text("[ -~¡-ÿ\t\n]{1,20}"),
        60_u16..=720,
        text("https://[a-z0-9&$@#/%?=~'\"|!:,.;*+\\[\\](){} -]{0,20}"),
        proptest::collection::btree_set(managed.prop_map(|arn| arn.parse().unwrap()), 0..3),
        proptest::collection::btree_set(customer, 0..3),
        proptest::option::of(inline.prop_map(str::to_owned)),
        proptest::option::of(boundary),
        (tags, proptest::bool::weighted(0.1)),
    )
        .prop_map(|(description, minutes, relay_state, managed, customer, inline, boundary, (tags, unread))| {
            let (_, mut set) = company::observed_set("x");
            let session_duration = model::SessionDuration::from_minutes(minutes).unwrap();
            set.attributes = Attributes { description, session_duration, relay_state };
            set.managed_policies = known(managed);
            set.customer_managed_policies = known(customer);
            set.inline_policy = known(inline);
            set.permissions_boundary = known(boundary);
            set.tags = if unread { Reading::unknown("no") } else { known(tags) };
            set
        })
}

fn account_state() -> impl Strategy<Value = AccountState> {
    prop_oneof![5 => Just(AccountState::Active), 1 => Just(AccountState::Suspended), 1 => Just(AccountState::Closed)]
}

prop_compose! {
    fn random_observed()(
        units in proptest::collection::vec((nasty_name(), 0_usize..4), 0..4),
        accounts in proptest::collection::vec((nasty_name(), 0_usize..5, account_state()), 0..6),
        user_names in proptest::collection::vec(nasty_name(), 0..4),
        group_names in proptest::collection::vec(nasty_name(), 0..4),
        sets in proptest::collection::btree_map("[A-Ca-c0-9_+=,.@-]{1,4}|AWS[a-z]{1,3}|x{32}|[.]{1,2}", permission_set(), 0..5),
        rows in proptest::collection::vec((0_usize..6, 0_usize..8, 0_usize..10), 0..25),
    ) -> Observed {
        let mut organization = Organization { management_account: Some(account("000000000000")), ..Organization::default() };
        let unit_id = |at: usize| if at == 0 { "r-ab12".to_owned() } else { format!("ou-ab12-unit{at}") };
        let mut add = |at: usize, name: String, parent: Option<usize>| {
            let id: model::OrganizationalUnitId = unit_id(at).parse().unwrap();
            let parent = parent.map(|parent| unit_id(parent).parse().unwrap());
            organization.units.insert(id.clone(), OrganizationalUnit { id, name, parent });
        };
        add(0, "Root".into(), None);
        let unit_count = units.len();
        for (at, (name, parent)) in units.into_iter().enumerate() {
            add(at + 1, name, Some(parent.min(at)));
        }
        for (at, (name, parent, state)) in accounts.iter().enumerate() {
            let id = account(&format!("{at:012}"));
            organization.accounts.insert(id.clone(), Account {
                id, name: name.clone(), email: "a@b".into(), state: *state,
                parent: unit_id(*parent.min(&unit_count)).parse().unwrap(), tags: known(BTreeMap::new()),
            });
        }
        let mut observed = company::observed();
        observed.organization = known(organization);
        observed.users = known(user_names.into_iter().enumerate().map(|(at, user_name)| {
            let id = UserId::new(format!("u{at}")).unwrap();
            (id.clone(), User { id, user_name, display_name: None, email: Some("same@example.com".into()) })
        }).collect());
        observed.groups = known(group_names.into_iter().enumerate().map(|(at, display_name)| {
            let id = GroupId::new(format!("g{at}")).unwrap();
            (id.clone(), Group { id, display_name })
        }).collect());
        observed.permission_sets = sets.into_iter().map(|(name, mut set)| {
            set.name = PermissionSetName::new(&name).unwrap();
            (set.name.clone(), set)
        }).collect();
        let names: Vec<PermissionSetName> = observed.permission_sets.keys().cloned().collect();
        let rows: Vec<(PermissionSetName, AccountId, PrincipalId)> = rows.into_iter().filter_map(|(set, at, principal)| {
            let set = names.get(set)?.clone();
            let principal = if principal < 5 { user(&format!("u{principal}")) } else { group(&format!("g{}", principal - 5)) };
            Some((set, account(&format!("{at:012}")), principal))
        }).collect();
        observed.assignments = AssignmentTable::from_names(rows.iter().map(|(set, account, principal)| (set, account, principal)));
        observed
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn an_import_declares_what_was_observed(observed in random_observed()) {
        check(&observed)?;
    }
}
