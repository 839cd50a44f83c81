//! Companies of any size, for benches.

use super::{Company, CompanyAccount, Grant, Part, Person, SetDeclaration, Team};

/// How large a synthetic company is.
#[derive(Debug, Clone, Copy)]
struct Size {
    accounts: usize,
    sets: usize,
    groups: usize,
    users: usize,
}

impl Company {
    /// A company of these numbers with assignments spread at random: groups mostly, a user now and then. Nothing is
    /// granted in the management account. The number of assignments is exact as long as there is room for them.
    pub fn synthetic(accounts: usize, sets: usize, groups: usize, users: usize, assignments: usize, seed: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let size = Size { accounts: accounts.max(3), sets: sets.max(1), groups: groups.max(1), users: users.max(1) };
        Self {
            accounts: (0..size.accounts).map(account).collect(),
            people: (0..size.users).map(|number| person(number, size.groups, &mut rng)).collect(),
            groups: (0..size.groups).map(group).collect(),
            permission_sets: (0..size.sets).map(set).collect(),
            customer_policies: Vec::new(),
            grants: grants(size, assignments, &mut rng),
        }
    }
}

fn account(number: usize) -> CompanyAccount {
    let environment = ["production", "staging", "development"].get(number % 3).copied().unwrap_or("production");
    let part = match number {
        0 => Part::Management,
        1 => Part::Delegated,
        _ => Part::Member,
    };
    let unit = if number < 2 { "/admin".to_owned() } else { format!("/service/product-{:04}", number / 3) };
    CompanyAccount {
        id: format!("{:012}", 100_000_000_000_u64 + number as u64 * 7_919),
        name: format!("account-{number:05}"),
        unit,
        suspended: false,
        part,
        tags: vec![("env".to_owned(), environment.to_owned())],
    }
}

fn group(number: usize) -> Team {
    Team { name: format!("group-{number:05}"), description: String::new() }
}

fn person(number: usize, groups: usize, rng: &mut fastrand::Rng) -> Person {
    let mut names: Vec<String> = (0..rng.usize(1..=3)).map(|_| group(rng.usize(0..groups)).name).collect();
    names.sort();
    names.dedup();
    Person {
        user_name: format!("person-{number:06}@example.com"),
        family_name: "社員".to_owned(),
        given_name: format!("{number}"),
        groups: names,
    }
}

fn set(number: usize) -> SetDeclaration {
    SetDeclaration {
        name: format!("Set{number:04}"),
        title: String::new(),
        description: format!("Synthetic set {number}"),
        session_duration: format!("PT{}H", number % 12 + 1),
        managed_policies: vec!["ReadOnlyAccess".to_owned()],
        ..SetDeclaration::default()
    }
}

/// One grant for each (account, set) drawn, with as many principals as fell on it.
fn grants(size: Size, assignments: usize, rng: &mut fastrand::Rng) -> Vec<Grant> {
    let room = (size.accounts - 1) * size.sets * (size.groups + size.users);
    let mut rows = std::collections::BTreeSet::new();
    while rows.len() < assignments.min(room / 2) {
        let principal = if rng.u8(..) < 240 {
            format!("group:{}", group(rng.usize(0..size.groups)).name)
        } else {
            format!("user:person-{:06}@example.com", rng.usize(0..size.users))
        };
        rows.insert((rng.usize(1..size.accounts), rng.usize(0..size.sets), principal));
    }
    let mut grants: Vec<Grant> = Vec::new();
    let mut last = None;
    for (account, set, principal) in rows {
        match grants.last_mut().filter(|_| last == Some((account, set))) {
            Some(grant) => grant.principals.push(principal),
            None => grants.push(Grant {
                principals: vec![principal],
                permission_sets: vec![format!("Set{set:04}")],
                accounts: vec![format!("account-{account:05}")],
                except: Vec::new(),
            }),
        }
        last = Some((account, set));
    }
    grants
}
