//! What to do when one policy does not hold it all.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::{MergeError, Merged, merge};
use crate::fingerprint::Fingerprint;
use crate::managed::{self, ManagedPolicy};
use crate::policy::{Effect, Policy};

/// A source that need not be in the inline policy: it says what an AWS managed policy says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Which source, counted from 0.
    pub source: usize,
    /// What to attach instead.
    pub managed: ManagedPolicy,
}

/// A way out.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// Sources to attach as AWS managed policies, to any of the sets.
    pub attachments: Vec<Attachment>,
    /// The rest, as one inline policy per permission set: which sources, and their merged form with the Denies of all sources.
    pub sets: Vec<(Vec<usize>, Merged)>,
    /// Sources that do not fit even alone, or could not be proven: each needs a customer managed policy of its own.
    pub left: Vec<usize>,
}

/// The managed policy with this very text, however laid out.
static BY_FINGERPRINT: LazyLock<HashMap<Fingerprint, ManagedPolicy>> = LazyLock::new(|| {
    let readable = managed::all().iter().filter_map(|entry| Some((entry.policy()?.fingerprint(), *entry)));
    readable.collect()
});

fn only_denies(policy: &Policy) -> Policy {
    let mut denies = policy.clone();
    denies.statements.retain(|statement| statement.effect.value == Effect::Deny);
    denies
}

/// Proposes attachments for sources that are AWS managed policies, and as few inline policies of at most `limit` bytes without
/// whitespace as first-fit finds for the rest.
#[must_use]
pub fn propose(sources: &[Policy], limit: usize) -> Proposal {
    // whoever signs in to one set is not bound by what another denies: every set carries all Denies
    let denies: Vec<Policy> = sources.iter().map(only_denies).filter(|policy| !policy.statements.is_empty()).collect();
    let mut proposal = Proposal { attachments: Vec::new(), sets: Vec::new(), left: Vec::new() };
    for (source, policy) in sources.iter().enumerate() {
        if let Some(managed) = BY_FINGERPRINT.get(&policy.fingerprint()) {
            proposal.attachments.push(Attachment { source, managed: *managed });
            continue;
        }
        let fits = |members: &[usize]| -> Result<Merged, MergeError> {
            let chosen = members.iter().filter_map(|member| sources.get(*member));
            let together: Vec<Policy> = chosen.chain(&denies).cloned().collect();
            merge(&together, limit)
        };
        let place = proposal.sets.iter().enumerate().find_map(|(number, (members, _))| {
            let members: Vec<usize> = members.iter().copied().chain([source]).collect();
            Some((number, fits(&members).ok()?, members))
        });
        match place {
            Some((number, merged, members)) => {
                if let Some(slot) = proposal.sets.get_mut(number) {
                    *slot = (members, merged);
                }
            }
            None => match fits(&[source]) {
                Ok(merged) => proposal.sets.push((vec![source], merged)),
                Err(_) => proposal.left.push(source),
            },
        }
    }
    proposal
}
