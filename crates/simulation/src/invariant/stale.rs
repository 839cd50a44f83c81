//! # `stale`
//!
//! A removal is begun only on what is still as its plan saw it: what it relies on was true at some time within the age that a reading may
//! have. And a plan that was kept is held against the catalog of the day it is applied (`declared` sees that).

use model::{Change, Claim};
use sandbox::SetState;

use super::Found;
use crate::evidence::{Evidence, earlier, row_of};
use crate::scenario::Scenario;

/// How old a reading may be that a removal rests on (30 s), with the time a slow answer may take and that of writing the journal.
const FRESH_S: i64 = 30 + 45;

pub(super) fn check(evidence: &Evidence<'_>, scenario: &Scenario) -> Found {
    let lag_s = i64::try_from(scenario.lag.as_secs()).unwrap_or(i64::MAX).saturating_add(1);
    for told in &evidence.operations {
        let (Some(change), Some(started)) = (told.change, told.started) else { continue };
        if !change.is_removal() {
            continue;
        }
        let from = earlier(started, FRESH_S.saturating_add(lag_s));
        for claim in told.before {
            let held = match claim {
                Claim::Assigned { assigned, .. } => match (change, row_of(change)) {
                    (Change::Withdraw { .. }, Some(row)) => evidence.was_ever(&row, *assigned, from, started),
                    _ => true,
                },
                Claim::ManagedPolicy { set, policy, attached } => {
                    let has = |state: &SetState| state.managed_policies.iter().any(|found| found == policy.as_str());
                    let states = evidence.states(set.name.as_str(), from, started);
                    states.into_iter().flatten().any(|state| has(state) == *attached)
                }
                Claim::InlinePolicyIs { set, document } => {
                    let states = evidence.states(set.name.as_str(), from, started);
                    states.into_iter().flatten().any(|state| same(state.inline_policy.as_deref(), document.as_deref()))
                }
                _ => true,
            };
            if !held {
                return Err(format!(
                    "{} {} was begun on what was not so any more: {claim:?}",
                    change.kind(),
                    change.identity()
                ));
            }
        }
    }
    Ok(())
}

/// Whether two documents are the same JSON.
fn same(left: Option<&str>, right: Option<&str>) -> bool {
    let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    left.and_then(read) == right.and_then(read)
}
