//! Which AWS managed policies say the same as this, or contain it; which policies are nearly the same.

use std::sync::LazyLock;

use crate::action_set::ActionSet;
use crate::compare::{Difference, Relation, gained, loses_nothing};
use crate::managed::{self, ManagedPolicy};
use crate::policy::Policy;

/// An AWS managed policy that allows all that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedMatch {
    /// Which one.
    pub managed: ManagedPolicy,
    /// What it is relative to what was asked for: equal or broader, over all texts.
    pub relation: Relation,
    /// How many actions of the catalogue it adds (actions only: it may also reach further resources).
    pub extra_actions: usize,
}

struct Entry {
    managed: ManagedPolicy,
    policy: Policy,
    possible: ActionSet,
}

/// All managed policies, read. The first use takes a moment.
static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let entry = |managed: &ManagedPolicy| {
        let policy = managed.policy()?;
        let possible = ActionSet::possible(std::slice::from_ref(&policy));
        Some(Entry { managed: *managed, policy, possible })
    };
    managed::all().iter().filter_map(entry).collect()
});

/// At most so many candidates are compared; those with the fewest further actions come first.
const MAX_CANDIDATES: usize = 24;

/// Bound on the work for one candidate.
const MAX_STEPS: usize = 60_000;

/// The AWS managed policies that are proven to allow all that these policies allow: equal ones first, then by how much they add. At
/// most `limit`.
#[must_use]
pub fn match_managed(policies: &[Policy], limit: usize) -> Vec<ManagedMatch> {
    let wanted = ActionSet::certain(policies);
    let own = ActionSet::possible(policies);
    let mut candidates: Vec<(usize, &Entry)> = ENTRIES
        .iter()
        .filter(|entry| wanted.is_subset(&entry.possible))
        .map(|entry| (entry.possible.without(&own).len(), entry))
        .collect();
    candidates.sort_by_key(|(extra, entry)| (*extra, entry.managed.name));
    let mut matches: Vec<ManagedMatch> = Vec::new();
    for (extra_actions, entry) in candidates.into_iter().take(MAX_CANDIDATES) {
        let candidate = std::slice::from_ref(&entry.policy);
        // most candidates fall out here, and need not be compared in full
        let mut steps = MAX_STEPS;
        if !loses_nothing(policies, candidate, &mut steps) {
            continue;
        }
        let relation = match gained(policies, candidate) {
            Difference::Never => Relation::Equal,
            Difference::Witness(_) => Relation::Broader,
            // that it allows more or the same is proven, but not which
            Difference::Possibly { .. } | Difference::Unknown { .. } => continue,
        };
        matches.push(ManagedMatch { managed: entry.managed, relation, extra_actions });
        if matches.len() == limit {
            break;
        }
    }
    matches.sort_by_key(|found| (found.relation != Relation::Equal, found.extra_actions));
    matches
}

/// Pairs of policies (by their numbers) whose actions differ by at most `most` actions of the catalogue, nearest first. Pairs that are
/// equal in text are at distance 0.
#[must_use]
pub fn near_identical(policies: &[Policy], most: usize) -> Vec<(usize, usize, usize)> {
    let sets: Vec<ActionSet> =
        policies.iter().map(|policy| ActionSet::possible(std::slice::from_ref(policy))).collect();
    let mut pairs = Vec::new();
    for (left, one) in sets.iter().enumerate() {
        for (right, other) in sets.iter().enumerate().skip(left + 1) {
            let distance = one.without(other).len() + other.without(one).len();
            if distance <= most {
                pairs.push((left, right, distance));
            }
        }
    }
    pairs.sort_by_key(|(left, right, distance)| (*distance, *left, *right));
    pairs
}
