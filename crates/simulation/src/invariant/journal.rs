//! # `journal`, and `known-end` at the end
//!
//! Nothing is sent that is not in the journal before, and the journal is a chain. When all is at rest every run in it has ended, and every
//! operation that was begun has come to an end that is known.

use model::journal::JournalEntry;
use model::{Change, Lane};
use sandbox::{Deed, Request};

use super::Found;
use crate::evidence::{Evidence, Told, is_sekisho, row_of};
use crate::scenario::Scenario;

pub(super) fn check(evidence: &Evidence<'_>, _: &Scenario) -> Found {
    chained(evidence.journal)?;
    for asked in evidence.asked_by_sekisho() {
        let fits = |told: &Told<'_>| {
            told.started.is_some_and(|at| at <= asked.at)
                && told.change.is_some_and(|change| asks(change, &asked.request))
        };
        if !evidence.operations.iter().any(fits) {
            return Err(format!("{:?} was asked for, and the journal had not said so before", asked.request));
        }
    }
    for effect in evidence.effects.iter().filter(|effect| is_sekisho(&effect.by)) {
        let set = match &effect.deed {
            Deed::SetCreated(set) | Deed::SetDeleted(set) => &set.name,
            Deed::SetChanged { after, .. } => &after.name,
            _ => continue,
        };
        let fits = |told: &Told<'_>| {
            told.started.is_some_and(|at| at <= effect.at)
                && told.change.is_some_and(|change| {
                    change.lane() == Lane::Direct && change.set().is_some_and(|of| of.name.as_str() == set)
                })
        };
        if !evidence.operations.iter().any(fits) {
            return Err(format!("{set} was changed, and the journal had not said so before"));
        }
    }
    Ok(())
}

fn asks(change: &Change, request: &Request) -> bool {
    match (change, request) {
        (Change::Assign { .. }, Request::Assign(row)) | (Change::Withdraw { .. }, Request::Withdraw(row)) => {
            row_of(change).as_ref() == Some(row)
        }
        (Change::Provision { set, account }, Request::Provision { set: asked, account: place }) => {
            set.name.as_str() == asked && place.is_some_and(|place| place.to_string() == account.as_str())
        }
        _ => false,
    }
}

fn chained(journal: &[JournalEntry]) -> Found {
    let mut previous = "";
    for (entry, number) in journal.iter().zip(1_u64..) {
        let hash = JournalEntry::compute_hash(previous, entry.sequence, entry.at, &entry.instance, &entry.event);
        if entry.sequence != number || entry.previous != previous || hash.ok().as_deref() != Some(&entry.hash) {
            return Err(format!("entry {number} of the journal does not follow from the one before"));
        }
        previous = &entry.hash;
    }
    Ok(())
}

/// Every run has ended, and so has every operation that was begun.
pub(super) fn check_at_rest(evidence: &Evidence<'_>, unfinished: usize) -> Found {
    if unfinished > 0 {
        return Err(format!("{unfinished} runs have no end in the journal"));
    }
    let open = evidence.operations.iter().find(|told| told.started.is_some() && !told.ended);
    if let Some(open) = open {
        let what = open.change.map(|change| format!("{} {}", change.kind(), change.identity())).unwrap_or_default();
        return Err(format!("{what} of {} was begun and has no end", open.run));
    }
    Ok(())
}
