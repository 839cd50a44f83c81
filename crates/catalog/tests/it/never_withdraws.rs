//! For random organisations and whatever happens to them between two runs of the same catalog: an assignment that is no
//! longer declared is frozen. Names and selectors never withdraw.

use std::collections::{BTreeMap, BTreeSet};

use catalog::{CatalogFiles, parse, resolve};
use model::declared::Bindings;
use model::{
    Account, AccountState, Declared, Group, GroupId, Observed, Organization, OrganizationalUnit, Reading, User, UserId,
};
use proptest::prelude::*;

use super::company::{self, account, known, observed_set};

/// What an organisation looks like on one day.
#[derive(Debug, Clone)]
struct Day {
    /// id → name, OU, tag, state; `tags` none where they could not be read.
    accounts: BTreeMap<u8, (u8, u8, Option<u8>, bool)>,
    /// OU → name, parent.
    units: BTreeMap<u8, (u8, u8)>,
    /// id → name, e-mail.
    users: BTreeMap<u8, (u8, u8)>,
    groups: BTreeMap<u8, u8>,
    sets: BTreeSet<u8>,
    unknown: (bool, bool, bool, bool),
}

fn account_facts() -> impl Strategy<Value = (u8, u8, Option<u8>, bool)> {
    (0_u8..5, 0_u8..4, proptest::option::weighted(0.9, 0_u8..3), proptest::bool::weighted(0.9))
}

fn day() -> impl Strategy<Value = Day> {
    let rarely = || proptest::bool::weighted(0.05);
    (
        proptest::collection::btree_map(0_u8..8, account_facts(), 0..8),
        proptest::collection::btree_map(1_u8..4, (0_u8..3, 0_u8..4), 0..4),
        proptest::collection::btree_map(0_u8..6, (0_u8..4, 0_u8..4), 0..5),
        proptest::collection::btree_map(0_u8..6, 0_u8..4, 0..5),
        proptest::collection::btree_set(0_u8..3, 0..4),
        (rarely(), rarely(), rarely(), rarely()),
    )
        .prop_map(|(accounts, units, users, groups, sets, unknown)| Day {
            accounts,
            units,
            users,
            groups,
            sets,
            unknown,
        })
}

/// The next day: most is as it was, some of it as on another day.
fn two_days() -> impl Strategy<Value = (Day, Day)> {
    (day(), day(), any::<u64>()).prop_map(|(first, other, mask)| {
        fn mix<V: Clone>(one: &BTreeMap<u8, V>, other: &BTreeMap<u8, V>, mask: u64) -> BTreeMap<u8, V> {
            let keys: BTreeSet<u8> = one.keys().chain(other.keys()).copied().collect();
            let pick = |key: &u8| if mask >> (key % 8) & 1 == 1 { other.get(key) } else { one.get(key) };
            keys.iter().filter_map(|key| Some((*key, pick(key)?.clone()))).collect()
        }
        let next = Day {
            accounts: mix(&first.accounts, &other.accounts, mask),
            units: mix(&first.units, &other.units, mask >> 8),
            users: mix(&first.users, &other.users, mask >> 16),
            groups: mix(&first.groups, &other.groups, mask >> 24),
            sets: if mask >> 32 & 7 == 0 { other.sets } else { first.sets.clone() },
            unknown: other.unknown,
        };
        (first, next)
    })
}

fn observed(day: &Day) -> Observed {
    let mut observed = company::observed();
    let unit_id = |at: u8| if at == 0 { "r-ab12".to_owned() } else { format!("ou-ab12-{at}") };
    let mut organization =
        Organization { management_account: Some(account("000000000000")), ..Organization::default() };
    let mut add = |at: u8, name: String, parent: Option<u8>| {
        let id: model::OrganizationalUnitId = unit_id(at).parse().unwrap();
        let parent = parent.map(|parent| unit_id(parent).parse().unwrap());
        organization.units.insert(id.clone(), OrganizationalUnit { id, name, parent });
    };
    add(0, "Root".into(), None);
    for (at, (name, parent)) in &day.units {
        // A parent that is not there, or a circle, is a damaged tree: that must not matter either.
        add(*at, format!("unit{name}"), Some(*parent));
    }
    for (at, (name, parent, tag, active)) in &day.accounts {
        let id = account(&format!("{at:012}"));
        let tags = match tag {
            Some(0) => known(BTreeMap::new()),
            Some(tag) => known([("env".to_owned(), format!("e{tag}"))].into()),
            None => Reading::unknown("throttled"),
        };
        let state = if *active { AccountState::Active } else { AccountState::Suspended };
        let facts = Account {
            id: id.clone(),
            name: format!("a{name}"),
            email: "x".into(),
            state,
            parent: unit_id(*parent).parse().unwrap(),
            tags,
        };
        organization.accounts.insert(id, facts);
    }
    observed.organization = if day.unknown.0 { Reading::unknown("no") } else { known(organization) };
    let users = day.users.iter().map(|(at, (name, email))| {
        let id = UserId::new(format!("u{at}")).unwrap();
        (id.clone(), User { id, user_name: format!("n{name}"), display_name: None, email: Some(format!("m{email}@x")) })
    });
    observed.users = if day.unknown.1 { Reading::unknown("no") } else { known(users.collect()) };
    let groups = day.groups.iter().map(|(at, name)| {
        let id = GroupId::new(format!("g{at}")).unwrap();
        (id.clone(), Group { id, display_name: format!("g{name}") })
    });
    observed.groups = if day.unknown.2 { Reading::unknown("no") } else { known(groups.collect()) };
    observed.permission_sets = day.sets.iter().map(|at| observed_set(&format!("s{at}"))).collect();
    if day.unknown.3 {
        observed.permission_set_listing = Reading::unknown("no");
    }
    observed
}

fn selectors() -> impl Strategy<Value = String> {
    prop_oneof![
        (0_u8..5).prop_map(|at| format!("a{at}")),
        (0_u8..8).prop_map(|at| format!("\"{at:012}\"")),
        Just("name:a*".to_owned()),
        Just("name:*[13]".replace("[13]", "1")),
        Just("\"ou:/**\"".to_owned()),
        (0_u8..3).prop_map(|at| format!("ou:/unit{at}/**")),
        (0_u8..3, 0_u8..3).prop_map(|(one, other)| format!("ou:/unit{one}/unit{other}")),
        (1_u8..4).prop_map(|at| format!("ou-id:ou-ab12-{at}/**")),
        (1_u8..3).prop_map(|at| format!("tag:env=e{at}")),
    ]
}

fn catalog_text() -> impl Strategy<Value = String> {
    let principal = prop_oneof![
        (0_u8..4).prop_map(|at| format!("group:g{at}")),
        (0_u8..4).prop_map(|at| format!("user:n{at}")),
        (0_u8..4).prop_map(|at| format!("user:m{at}@x")),
        (0_u8..6).prop_map(|at| format!("user-id:u{at}")),
        (0_u8..6).prop_map(|at| format!("group-id:g{at}")),
    ];
    let entry = (
        proptest::collection::vec(principal, 1..3),
        proptest::collection::btree_set(0_u8..3, 1..3),
        proptest::collection::vec(selectors(), 1..3),
        proptest::collection::vec(selectors(), 0..2),
    );
    proptest::collection::vec(entry, 1..5).prop_map(|entries| {
        let mut text = String::new();
        for (principals, sets, accounts, except) in entries {
            let sets: Vec<String> = sets.into_iter().map(|at| format!("s{at}")).collect();
            text.push_str(&format!(
                "- principals: [{}]\n  permission_sets: [{}]\n  accounts: [{}]\n  except: [{}]\n",
                principals.join(", "),
                sets.join(", "),
                accounts.join(", "),
                except.join(", ")
            ));
        }
        text
    })
}

fn frozen(declared: &Declared, row: (&model::PermissionSetName, &model::AccountId, &model::PrincipalId)) -> bool {
    declared.frozen_by(row.0, row.1, row.2).is_some()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn names_never_withdraw(text in catalog_text(), (first, next) in two_days(), third in day()) {
        let parsed = parse(&CatalogFiles::new([("sekisho.yaml", "deployment: x\n"), ("assignments/a.yaml", &text)]));
        let none = BTreeSet::new();
        let mut previous = Bindings::default();
        let mut held: Option<Declared> = None;
        // What is declared and not frozen is what AWS holds the day after; what is frozen stays.
        for day in [&first, &next, &third] {
            let mut today = observed(day);
            if let Some(held) = &held {
                today.assignments = held.assignments.clone();
            }
            let declared = resolve(&parsed.catalog, &today, &previous, &none).declared;
            if let Some(held) = &held {
                for row in held.assignments.iter() {
                    let kept = declared.assignments.find(row.0, row.1, row.2).is_some();
                    prop_assert!(kept || frozen(&declared, row), "{row:?}\n{text}\n{declared:#?}");
                }
            }
            let mut rows: Vec<_> = declared.assignments.iter().filter(|row| !frozen(&declared, *row)).collect();
            let stayed: Vec<_> = held.iter().flat_map(|held| held.assignments.iter()).collect();
            rows.extend(stayed);
            let assignments = model::AssignmentTable::from_names(rows);
            previous = declared.bindings.clone();
            held = Some(Declared { assignments, ..declared });
        }
    }

    /// The same where only tags change: what `except` newly matches, and what a tag no longer selects.
    #[test]
    fn tags_never_withdraw(days in proptest::collection::vec(proptest::collection::vec(0_u8..3, 5), 2..4), by_tag: bool) {
        let accounts = if by_tag { "tag:env=e1, tag:env=e2" } else { "\"ou:/**\"" };
        let text = format!("- principals: [group:g1]\n  permission_sets: [s1]\n  accounts: [{accounts}]\n  except: [tag:env=e1]\n");
        let parsed = parse(&CatalogFiles::new([("sekisho.yaml", "deployment: x\n"), ("assignments/a.yaml", &text)]));
        let none = BTreeSet::new();
        let mut previous = Bindings::default();
        let mut held: Vec<(model::PermissionSetName, model::AccountId, model::PrincipalId)> = Vec::new();
        for tags in days {
            let accounts = (0_u8..).zip(tags).map(|(at, tag)| (at, (at, 0, Some(tag), true))).collect();
            let (units, users) = (BTreeMap::new(), BTreeMap::new());
            let today = Day { accounts, units, users, groups: [(1, 1)].into(), sets: [1].into(), unknown: (false, false, false, false) };
            let declared = resolve(&parsed.catalog, &observed(&today), &previous, &none).declared;
            for (set, account, principal) in &held {
                let kept = declared.assignments.find(set, account, principal).is_some();
                prop_assert!(kept || frozen(&declared, (set, account, principal)), "{account} {declared:#?}");
            }
            let new = declared.assignments.iter().filter(|row| !frozen(&declared, *row));
            held.extend(new.map(|(set, account, principal)| (set.clone(), account.clone(), principal.clone())));
            previous = declared.bindings;
        }
    }

    #[test]
    fn what_never_changes_stays_as_it_is(text in catalog_text(), day in day()) {
        let parsed = parse(&CatalogFiles::new([("sekisho.yaml", "deployment: x\n"), ("assignments/a.yaml", &text)]));
        let none = BTreeSet::new();
        let observed = observed(&day);
        let once = resolve(&parsed.catalog, &observed, &Bindings::default(), &none);
        let again = resolve(&parsed.catalog, &observed, &once.declared.bindings, &none);
        prop_assert_eq!(&again.declared.assignments, &once.declared.assignments);
        prop_assert_eq!(&again.declared.bindings, &once.declared.bindings);
        prop_assert_eq!(&again.declared.unresolved, &once.declared.unresolved);
    }

}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_parsed_resolved_and_shown(texts in proptest::collection::vec(any_text(), 1..3), json in "[\\PC\n]{0,60}") {
        let paths = ["assignments/a.yaml", "permission-sets/a.yaml", "sekisho.yaml", "people.yaml", "accounts.yaml"];
        let mut files = CatalogFiles::new([("policies/a.json", json)]);
        for (at, text) in texts.into_iter().enumerate() {
            for path in paths.iter().skip(at) {
                files.files.insert((*path).to_owned(), text.clone());
            }
        }
        let parsed = parse(&files);
        let resolved = resolve(&parsed.catalog, &company::observed(), &Bindings::default(), &BTreeSet::new());
        let mut diagnostics = parsed.diagnostics;
        diagnostics.extend(resolved.diagnostics);
        for options in [(true, false, 10), (false, true, 80)] {
            let options = catalog::RenderOptions { color: options.0, unicode: options.1, width: options.2, path_prefix: String::new() };
            let shown = catalog::render(&diagnostics, &files, &options);
            prop_assert_eq!(shown.is_empty(), diagnostics.is_empty());
        }
    }
}

fn any_text() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        Just("- "),
        Just("\n"),
        Just("  "),
        Just(": "),
        Just("["),
        Just("]"),
        Just("{"),
        Just("}"),
        Just("*a"),
        Just("&a "),
        Just("'"),
        Just("\""),
        Just("principals"),
        Just("accounts"),
        Just("permission_sets"),
        Just("name"),
        Just("group:minimo-dev"),
        Just("ReadOnly"),
        Just("ou:/**"),
        Just("# x"),
        Just("|"),
        Just("!t "),
        Just("日本"),
        Just("\t"),
        Just("\r\n"),
        Just("inline_policies"),
        Just("Statement"),
        Just("people"),
        Just("tags"),
        Just("policies/a.json"),
        Just(","),
        Just("---\n"),
        Just("\u{feff}"),
        Just("\\"),
    ];
    prop_oneof![proptest::collection::vec(pieces, 0..40).prop_map(|pieces| pieces.concat()), "\\PC{0,40}",]
}
