//! Who can enter what, and why.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    AccountId, AccountState, AssignmentKey, Declared, GroupId, Observed, PermissionSetName, PrincipalId, Source, UserId,
};
use serde::Serialize;

/// One way from a person to an account: person → (group →) permission set → account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccessPath {
    /// Who the assignment is for: the person, or a group.
    pub principal: PrincipalId,
    /// The person. None when the assignment's group is deleted, empty, or its members are not known.
    pub user: Option<UserId>,
    /// The group between, if there is one.
    pub via: Option<GroupId>,
    /// With which rights.
    pub set: PermissionSetName,
    /// Where.
    pub account: AccountId,
    /// What the catalog says about it; none when nobody declares it.
    pub declared: Option<Source>,
    /// Whether the account has the set: none when that could not be read.
    pub provisioned: Option<bool>,
    /// Whether it has the newest version of the set: none when that could not be read.
    pub latest: Option<bool>,
    /// Whether the principal of the assignment exists: none when the directory could not be read.
    pub principal_exists: Option<bool>,
    /// State of the account: none when the organization could not be read, or does not hold it.
    pub account_state: Option<AccountState>,
    /// What about this path could not be read, for people.
    pub unknown: Option<String>,
}

impl AccessPath {
    /// Whether somebody can enter this way now, as far as was read: the principal exists, the account is in use and has
    /// the set.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.user.is_some()
            && self.principal_exists != Some(false)
            && self.provisioned != Some(false)
            && self.account_state.is_none_or(AccountState::is_active)
    }
}

/// Everybody who can enter the account, each way on its own, sorted by set, then principal, then person.
#[must_use]
pub fn who(observed: &Observed, declared: &Declared, account: &AccountId) -> Vec<AccessPath> {
    let mut paths = Vec::new();
    for (set, row) in rows_of(observed, account) {
        let Some((_, _, principal)) = observed.assignments.names(row) else { continue };
        let path = bare_path(observed, declared, set, account, principal);
        match principal {
            PrincipalId::User(user) => paths.push(AccessPath { user: Some(user.clone()), ..path }),
            PrincipalId::Group(group) => match members(observed, group) {
                Ok(members) if members.is_empty() => {
                    paths.push(AccessPath { via: Some(group.clone()), ..path });
                }
                Ok(members) => {
                    paths.extend(members.into_iter().map(|user| AccessPath {
                        user: Some(user.clone()),
                        via: Some(group.clone()),
                        ..path.clone()
                    }));
                }
                Err(reason) => {
                    paths.push(AccessPath { via: Some(group.clone()), unknown: Some(reason), ..path });
                }
            },
        }
    }
    paths
}

/// Every way of one person into the account. Groups whose members are not known are named by [`unknown`], not here.
#[must_use]
pub fn why(observed: &Observed, declared: &Declared, user: &UserId, account: &AccountId) -> Vec<AccessPath> {
    let groups = groups_of(observed, user);
    let mut paths = Vec::new();
    for (set, row) in rows_of(observed, account) {
        let Some((_, _, principal)) = observed.assignments.names(row) else { continue };
        let via = match principal {
            PrincipalId::User(assigned) if assigned == user => None,
            PrincipalId::Group(group) if groups.contains(group) => Some(group.clone()),
            _ => continue,
        };
        let path = bare_path(observed, declared, set, account, principal);
        paths.push(AccessPath { user: Some(user.clone()), via, ..path });
    }
    paths
}

/// What the answers about this account leave open, one line each; empty when they are complete.
#[must_use]
pub fn unknown(observed: &Observed, account: &AccountId) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(reason) = observed.permission_set_listing.reason() {
        lines.push(format!("the list of permission sets could not be read: {reason}"));
    }
    for (arn, reason) in &observed.unreadable_sets {
        lines.push(format!("permission set {arn} could not be read: {reason}"));
    }
    for set in observed.permission_sets.keys() {
        if let Err(reason) = observed.pair_complete(set, account) {
            lines.push(format!("who is assigned with {set} is not known in full: {reason}"));
        }
    }
    let mut groups = BTreeSet::new();
    for (_, row) in rows_of(observed, account) {
        if let Some((_, _, PrincipalId::Group(group))) = observed.assignments.names(row)
            && groups.insert(group)
            && let Err(reason) = members(observed, group)
        {
            let label = observed.principal_label(&PrincipalId::Group(group.clone()));
            lines.push(format!("the members of {label} could not be read: {reason}"));
        }
    }
    lines
}

/// The groups a person is known to be in.
#[must_use]
pub fn groups_of<'o>(observed: &'o Observed, user: &UserId) -> BTreeSet<&'o GroupId> {
    observed
        .memberships
        .iter()
        .filter(|(_, members)| members.value().is_some_and(|members| members.contains(user)))
        .map(|(group, _)| group)
        .collect()
}

fn rows_of<'o>(
    observed: &'o Observed,
    account: &AccountId,
) -> impl Iterator<Item = (&'o PermissionSetName, AssignmentKey)> {
    let table = &observed.assignments;
    table.sets().iter().flat_map(move |set| table.pair(set, account).iter().map(move |row| (set, *row)))
}

/// Members by id; a deleted group has none.
fn members<'o>(observed: &'o Observed, group: &GroupId) -> Result<BTreeSet<&'o UserId>, String> {
    match observed.memberships.get(group) {
        Some(reading) => match (reading.value(), reading.reason()) {
            (Some(members), _) => Ok(members.iter().collect()),
            (None, reason) => Err(reason.unwrap_or_default().to_owned()),
        },
        None => match observed.groups.reason() {
            Some(reason) => Err(reason.to_owned()),
            None if observed.group(group).is_none() => Ok(BTreeSet::new()),
            None => Err("the members were not read".to_owned()),
        },
    }
}

fn bare_path(
    observed: &Observed,
    declared: &Declared,
    set: &PermissionSetName,
    account: &AccountId,
    principal: &PrincipalId,
) -> AccessPath {
    let provisioned = observed.permission_sets.get(set).and_then(|found| found.provisioned.value());
    let entry = provisioned.map(|accounts| accounts.iter().find(|entry| entry.account == *account));
    AccessPath {
        principal: principal.clone(),
        user: None,
        via: None,
        set: set.clone(),
        account: account.clone(),
        declared: source_of(declared, set, account, principal),
        provisioned: entry.map(|entry| entry.is_some()),
        latest: entry.map(|entry| entry.is_some_and(|entry| entry.latest)),
        principal_exists: observed.principal_exists(principal),
        account_state: observed.account(account).map(|found| found.state),
        unknown: None,
    }
}

fn source_of(
    declared: &Declared,
    set: &PermissionSetName,
    account: &AccountId,
    principal: &PrincipalId,
) -> Option<Source> {
    let row = declared.assignments.find(set, account, principal)?;
    let at = declared.assignments.rows().binary_search(&row).ok()?;
    declared.assignment_source(at).cloned()
}

/// Paths by person, for an answer that lists people: sorted by user id; those without a person under none.
#[must_use]
pub fn by_person(paths: Vec<AccessPath>) -> BTreeMap<Option<UserId>, Vec<AccessPath>> {
    let mut people: BTreeMap<Option<UserId>, Vec<AccessPath>> = BTreeMap::new();
    for path in paths {
        people.entry(path.user.clone()).or_default().push(path);
    }
    people
}
