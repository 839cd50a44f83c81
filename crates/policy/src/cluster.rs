//! From what many principals hold to a few permission sets, with what each of them would gain or lose.

use crate::action_set::ActionSet;
use crate::catalogue::AccessLevel;
use crate::compare::{Comparison, compare};
use crate::merge::{Level, Merged, merge_at};
use crate::policy::Policy;

/// A principal and what it holds.
#[derive(Debug, Clone, PartialEq)]
pub struct PrincipalPolicies {
    /// For a reader.
    pub name: String,
    /// All identity policies: attached, inline, through groups.
    pub policies: Vec<Policy>,
}

/// How many actions of each kind a member may gain by sharing a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExtraLimits {
    /// `List` and `Read`.
    pub reading: usize,
    /// `Write` and `Tagging`.
    pub writing: usize,
    /// `Permissions management`.
    pub permissions: usize,
}

/// One principal in a proposed set.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Number of the principal, counted from 0.
    pub principal: usize,
    /// The set compared with what the principal holds: `gained` and `lost` are proven.
    pub change: Comparison,
    /// Actions of the catalogue that the principal does not hold in any form today.
    pub extra: ActionSet,
}

/// A permission set that several principals could share.
#[derive(Debug, Clone, PartialEq)]
pub struct ProposedSet {
    /// Its policy, proven to be what all members hold together.
    pub merged: Merged,
    /// Who would hold it.
    pub members: Vec<Member>,
}

struct Group {
    members: Vec<usize>,
    actions: ActionSet,
}

/// Proposes permission sets: starting with one per principal, joins again and again the two that add the fewest actions, as long as no
/// member gains more than the limits allow. Principals whose policies cannot be merged with proof stay out (second result).
#[must_use]
pub fn cluster(principals: &[PrincipalPolicies], limits: &ExtraLimits) -> (Vec<ProposedSet>, Vec<usize>) {
    let own: Vec<ActionSet> = principals.iter().map(|principal| ActionSet::possible(&principal.policies)).collect();
    let alone = |(number, actions): (usize, &ActionSet)| Group { members: vec![number], actions: actions.clone() };
    let mut groups: Vec<Group> = own.iter().enumerate().map(alone).collect();
    while let Some((left, right)) = best_pair(&groups, &own, limits) {
        let joined = groups.remove(right);
        if let Some(group) = groups.get_mut(left) {
            group.actions = group.actions.union(&joined.actions);
            group.members.extend(joined.members);
        }
    }
    let mut sets = Vec::new();
    let mut left_out = Vec::new();
    for group in groups {
        match propose(&group, principals, &own) {
            Some(set) => sets.push(set),
            None => left_out.extend(group.members),
        }
    }
    left_out.sort_unstable();
    (sets, left_out)
}

/// The two groups whose union adds least to their members, within the limits.
fn best_pair(groups: &[Group], own: &[ActionSet], limits: &ExtraLimits) -> Option<(usize, usize)> {
    let mut best: Option<(usize, usize, usize)> = None;
    for (left, one) in groups.iter().enumerate() {
        for (right, other) in groups.iter().enumerate().skip(left + 1) {
            let union = one.actions.union(&other.actions);
            let members = one.members.iter().chain(&other.members).filter_map(|member| own.get(*member));
            let extras: Vec<ActionSet> = members.map(|held| union.without(held)).collect();
            let added: usize = extras.iter().map(ActionSet::len).sum();
            let better = best.is_none_or(|(least, _, _)| added < least);
            if better && extras.iter().all(|extra| within(extra, limits)) {
                best = Some((added, left, right));
            }
        }
    }
    best.map(|(_, left, right)| (left, right))
}

fn within(extra: &ActionSet, limits: &ExtraLimits) -> bool {
    if extra.is_empty() {
        return true;
    }
    let counts = extra.by_level();
    let of = |levels: &[AccessLevel]| levels.iter().filter_map(|level| counts.get(level)).sum::<usize>();
    of(&[AccessLevel::List, AccessLevel::Read]) <= limits.reading
        && of(&[AccessLevel::Write, AccessLevel::Tagging]) <= limits.writing
        && of(&[AccessLevel::PermissionsManagement]) <= limits.permissions
}

fn propose(group: &Group, principals: &[PrincipalPolicies], own: &[ActionSet]) -> Option<ProposedSet> {
    let held = |member: &usize| principals.get(*member).map(|principal| principal.policies.as_slice());
    let sources: Vec<Policy> = group.members.iter().filter_map(held).flatten().cloned().collect();
    let merged = merge_at(&sources, Level::L0).ok()?;
    let member = |number: &usize| {
        let change = compare(held(number)?, std::slice::from_ref(&merged.policy));
        Some(Member { principal: *number, change, extra: group.actions.without(own.get(*number)?) })
    };
    let members = group.members.iter().filter_map(member).collect();
    Some(ProposedSet { members, merged })
}
