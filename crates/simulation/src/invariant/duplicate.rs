//! # `duplicate`
//!
//! Nothing is asked for a second time that was done the first time, as long as Sekisho heard of the first and nobody undid it.

use jiff::Timestamp;
use sandbox::{Asked, Deed, Request};

use super::Found;
use crate::evidence::{Evidence, was_answered};
use crate::scenario::Scenario;

pub(super) fn check(evidence: &Evidence<'_>, _: &Scenario) -> Found {
    let asked: Vec<&Asked> = evidence.asked_by_sekisho().collect();
    for (at, first) in asked.iter().enumerate() {
        let Some((ended, None)) = &first.ended else { continue };
        let Some(second) = asked.iter().skip(at + 1).find(|other| other.request == first.request) else { continue };
        if second.at < *ended || undone(evidence, &first.request, *ended, second.at) || !heard(evidence, first, second)
        {
            continue;
        }
        return Err(format!("asked for twice: {:?}", first.request));
    }
    Ok(())
}

/// Whether it could have been worth asking again.
fn undone(evidence: &Evidence<'_>, request: &Request, from: Timestamp, to: Timestamp) -> bool {
    match request {
        Request::Assign(row) => evidence.was_ever(row, false, from, to),
        Request::Withdraw(row) => evidence.was_ever(row, true, from, to),
        // a role gets old with every change of its set, and goes with its last assignment
        Request::Provision { set, .. } => evidence.effects.iter().any(|effect| {
            effect.at >= earlier_than(from)
                && effect.at <= to
                && match &effect.deed {
                    Deed::SetChanged { after, .. } => after.name == *set,
                    Deed::SetCreated(other) | Deed::SetDeleted(other) => other.name == *set,
                    Deed::Unprovisioned { set: other, .. } => other == set,
                    _ => false,
                }
        }),
    }
}

/// What was changed while a role was being renewed may not be in it.
fn earlier_than(at: Timestamp) -> Timestamp {
    crate::evidence::earlier(at, 3_600)
}

/// Whether Sekisho knows of the first: it had the answer and lived, or the journal names the request.
fn heard(evidence: &Evidence<'_>, first: &Asked, second: &Asked) -> bool {
    if evidence.operations.iter().any(|told| told.request == Some(first.id.as_str())) {
        return true;
    }
    let call = evidence.sandbox.calls().log().find(|call| call.number == first.call);
    let crashed = evidence
        .attempts
        .iter()
        .any(|attempt| attempt.crashed && attempt.ended >= first.at && attempt.ended <= second.at);
    call.is_some_and(was_answered) && !crashed
}
