//! # `quiet`
//!
//! Nothing is written but by a run that applies a plan: looking, planning, being refused and being stale change nothing.

use super::Found;
use crate::evidence::{Evidence, is_sekisho, is_write};
use crate::scenario::Scenario;

pub(super) fn check(evidence: &Evidence<'_>, _: &Scenario) -> Found {
    for call in evidence.sandbox.calls().log().filter(|call| is_write(call)) {
        let ours = call.caller.as_ref().is_some_and(|caller| is_sekisho(&caller.arn));
        let applying = evidence.attempts.iter().any(|attempt| {
            attempt.applying.is_some_and(|since| since <= call.at)
                && call.at <= attempt.ended
                && attempt.plan.as_ref().is_some_and(|plan| !plan.is_empty())
        });
        if ours && !applying {
            return Err(format!("{} was called while no plan was applied", call.operation));
        }
    }
    Ok(())
}
