//! # `access`
//!
//! Nobody whom the catalog grants a set in an account ever loses it through a withdrawal of Sekisho's: not for a moment, also where it
//! comes another way from then on (through a group instead of by oneself). What a rival took before is the rival's doing.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sandbox::{Asked, Assignment, Deed, Request, Uuid};

use super::Found;
use crate::evidence::{Evidence, is_sekisho};
use crate::scenario::Scenario;

pub(super) fn check(evidence: &Evidence<'_>, _: &Scenario) -> Found {
    for effect in evidence.effects.iter().filter(|effect| is_sekisho(&effect.by)) {
        let Deed::Withdrawn(row) = &effect.deed else { continue };
        let Some(asked) = request(evidence, row, effect.at) else { continue };
        let Some(attempt) = evidence.attempt_at(asked.at) else { continue };
        for person in evidence.people_of(row.principal) {
            let ways = ways(evidence, person, row);
            let granted: Vec<&Assignment> = ways.iter().filter(|way| attempt.rows.contains(way)).collect();
            let kept = ways.iter().any(|way| evidence.was_there(way, effect.at));
            if granted.is_empty() || kept || taken_by_rival(evidence, &granted, effect.at) {
                continue;
            }
            return Err(format!(
                "through the withdrawal of {} somebody lost what the catalog grants by {}",
                evidence.words(row),
                granted.first().map(|way| evidence.words(way)).unwrap_or_default()
            ));
        }
    }
    Ok(())
}

/// The request behind an effect.
fn request<'e>(evidence: &'e Evidence<'_>, row: &Assignment, at: Timestamp) -> Option<&'e Asked> {
    evidence.asked_by_sekisho().find(|asked| {
        matches!(&asked.request, Request::Withdraw(found) if found == row)
            && asked.ended.as_ref().is_some_and(|(ended, _)| *ended == at)
    })
}

/// Everything through which the person may hold the same.
fn ways(evidence: &Evidence<'_>, person: Uuid, row: &Assignment) -> BTreeSet<Assignment> {
    let principals = evidence.principals_of(person).into_iter();
    principals.map(|principal| Assignment { principal, ..row.clone() }).collect()
}

fn taken_by_rival(evidence: &Evidence<'_>, ways: &[&Assignment], at: Timestamp) -> bool {
    ways.iter().any(|way| {
        let last = evidence.turns(way).iter().rfind(|turn| turn.at <= at);
        last.is_some_and(|turn| !turn.there && !turn.by_sekisho)
    })
}
