//! # `declared`
//!
//! Nothing is taken away that the catalog grants: no declared assignment is withdrawn, no declared set is deleted, and of a declared set
//! nothing is taken that it is declared to have. It does not matter why it looked undeclared: a reading that failed, came short or
//! came empty, a name that could not be resolved, a plan that was out of date.

use sandbox::{Deed, Request, SetState};

use super::Found;
use crate::evidence::{Evidence, is_sekisho};
use crate::scenario::Scenario;
use crate::wish::SetWish;

pub(super) fn check(evidence: &Evidence<'_>, _: &Scenario) -> Found {
    for asked in evidence.asked_by_sekisho() {
        let Request::Withdraw(row) = &asked.request else { continue };
        let Some(attempt) = evidence.attempt_at(asked.at) else { continue };
        if attempt.rows.contains(row) {
            return Err(format!("{} was withdrawn, and the catalog grants it", evidence.words(row)));
        }
    }
    for effect in evidence.effects.iter().filter(|effect| is_sekisho(&effect.by)) {
        let Some(attempt) = evidence.attempt_at(effect.at) else { continue };
        match &effect.deed {
            Deed::SetDeleted(set) if attempt.wish.sets.contains_key(&set.name) => {
                return Err(format!("the set {} was deleted, and the catalog declares it", set.name));
            }
            Deed::SetChanged { before, after } => {
                if let Some(wish) = attempt.wish.sets.get(&after.name)
                    && let Some(lost) = lost(wish, before, after)
                {
                    return Err(format!("{lost} was taken from {}, and the catalog declares it", after.name));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// What the set lost of what it is declared to have.
fn lost(wish: &SetWish, before: &SetState, after: &SetState) -> Option<String> {
    let policy = wish
        .managed_arns()
        .into_iter()
        .find(|policy| before.managed_policies.contains(policy) && !after.managed_policies.contains(policy));
    let inline = || {
        let wanted = wish.inline.is_some() && before.inline_policy.is_some() && after.inline_policy.is_none();
        wanted.then(|| "the inline policy".to_owned())
    };
    let tag = || {
        let tag = wish.tags.iter().find(|(key, value)| {
            let has = |set: &SetState| set.tags.iter().any(|(found, is)| found == *key && is == *value);
            has(before) && !has(after)
        });
        tag.map(|(key, _)| format!("the tag {key}"))
    };
    policy.or_else(inline).or_else(tag)
}
