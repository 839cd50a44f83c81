//! Worlds of any size, for benches.

use std::collections::BTreeMap;

use model::permission_set::ProvisionedAccount;
use model::rules::Rules;
use model::{
    AccountId, AccountState, AssignmentKey, AssignmentTable, Declared, Group, Observed, PermissionSetName, PrincipalId,
    Reading, Source, User,
};

use super::random::Random;
use super::world::{World, group_id, id, now, user_id};

/// How large a synthetic world is.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Accounts.
    pub accounts: u32,
    /// Permission sets.
    pub sets: u32,
    /// Sets in each account.
    pub sets_per_account: u32,
    /// Groups; the rest of the principals are users.
    pub groups: u32,
    /// Users.
    pub users: u32,
    /// Principals assigned in each pair.
    pub principals_per_pair: u32,
    /// Differences between declared and observed, of a thousand assignments; half of them additions, half removals.
    pub differences_per_mille: u32,
}

impl Size {
    /// A million assignments: 2,000 accounts, 300 sets, 50 in each account, 10 principals in each pair.
    #[must_use]
    pub fn million(differences_per_mille: u32) -> Self {
        Self {
            accounts: 2_000,
            sets: 300,
            sets_per_account: 50,
            groups: 2_000,
            users: 20_000,
            principals_per_pair: 10,
            differences_per_mille,
        }
    }
}

/// A world of that size under exclusive ownership, with what is declared nearly as it is observed.
#[must_use]
pub fn synthetic(size: &Size, seed: u64) -> (Observed, Declared, Rules) {
    let mut random = Random::new(seed);
    let mut world = World::empty();
    let accounts: Vec<AccountId> =
        (0..size.accounts).map(|at| id(&format!("{:012}", 100_000_000_000_u64 + u64::from(at)))).collect();
    for (account, at) in accounts.iter().zip(0..) {
        world.add_account(&format!("account-{at:05}"), account.as_str(), AccountState::Active);
    }
    let sets: Vec<PermissionSetName> = (0..size.sets).map(|at| id(&format!("Set{at:04}"))).collect();
    for set in &sets {
        world.observe_set(set.as_str());
    }
    let users: BTreeMap<_, _> = (0..size.users)
        .map(|at| {
            let name = format!("user-{at:06}");
            let email = Some(format!("{name}@example.com"));
            (user_id(&name), User { id: user_id(&name), user_name: name, display_name: None, email })
        })
        .collect();
    let groups: BTreeMap<_, _> = (0..size.groups)
        .map(|at| {
            let name = format!("group-{at:05}");
            (group_id(&name), Group { id: group_id(&name), display_name: name })
        })
        .collect();
    let principals: Vec<PrincipalId> =
        users.keys().cloned().map(PrincipalId::User).chain(groups.keys().cloned().map(PrincipalId::Group)).collect();
    for (group, at) in groups.keys().zip(0_u32..) {
        let members = (0..10).map(|offset| user_id(&format!("user-{:06}", (at * 10 + offset) % size.users.max(1))));
        world.observed.memberships.insert(group.clone(), Reading::known(members.collect(), now()));
    }
    world.observed.users = Reading::known(users, now());
    world.observed.groups = Reading::known(groups, now());

    let rows = rows(size, principals.len(), &mut random);
    for pairs in rows.observed.chunk_by(|one, other| (one.set, one.account) == (other.set, other.account)) {
        let Some(row) = pairs.first() else { continue };
        if let (Some(set), Some(account)) = (sets.get(row.set as usize), accounts.get(row.account as usize))
            && let Some(found) = world.observed.permission_sets.get_mut(set)
            && let Some(provisioned) = found.provisioned.value_mut()
        {
            provisioned.push(ProvisionedAccount { account: account.clone(), latest: true });
        }
    }
    for set in world.observed.permission_sets.values_mut() {
        if let Some(provisioned) = set.provisioned.value_mut() {
            provisioned.sort_by(|one, other| one.account.cmp(&other.account));
        }
    }
    world.declare_observed();
    world.exclusive();
    world.rules.management_executor = true;
    let World { mut observed, mut declared, rules, .. } = world;
    let table =
        |rows: &[AssignmentKey]| AssignmentTable::build(sets.clone(), accounts.clone(), principals.clone(), rows).0;
    observed.assignments = table(&rows.observed);
    declared.assignments = table(&rows.declared);
    declared.sources = vec![Source { origin: "assignments/all.yaml".into(), line: 1, column: 1 }];
    declared.assignment_sources = vec![0; declared.assignments.rows().len()];
    (observed, declared, rules)
}

struct Rows {
    observed: Vec<AssignmentKey>,
    declared: Vec<AssignmentKey>,
}

fn rows(size: &Size, principals: usize, random: &mut Random) -> Rows {
    let principals = u32::try_from(principals).unwrap_or(u32::MAX).max(1);
    let mut rows = Rows { observed: Vec::new(), declared: Vec::new() };
    for account in 0..size.accounts {
        let first = random.below(size.sets.max(1));
        for step in 0..size.sets_per_account.min(size.sets) {
            let set = (first + step) % size.sets;
            let start = random.below(principals);
            for offset in 0..size.principals_per_pair.min(principals) {
                let row = AssignmentKey { set, account, principal: (start + offset) % principals };
                match random.below(2_000) {
                    dice if dice < size.differences_per_mille => rows.observed.push(row),
                    dice if dice < 2 * size.differences_per_mille => rows.declared.push(row),
                    _ => {
                        rows.observed.push(row);
                        rows.declared.push(row);
                    }
                }
            }
        }
    }
    rows
}
