//! # `guard`
//!
//! No run asks for more removals than the guards of its catalog allow: in all, in one account, from one principal, and of sets.

use std::collections::BTreeMap;

use sandbox::{Assignment, Deed, Request};

use super::Found;
use crate::evidence::{Evidence, is_sekisho};
use crate::run::Attempt;
use crate::scenario::Scenario;

pub(super) fn check(evidence: &Evidence<'_>, _: &Scenario) -> Found {
    for attempt in evidence.attempts {
        let Some(since) = attempt.applying else { continue };
        let during = |at: jiff::Timestamp| at >= since && at <= attempt.ended;
        let withdrawn = evidence.asked_by_sekisho().filter(|asked| during(asked.at));
        let withdrawn = withdrawn.filter_map(|asked| match &asked.request {
            Request::Withdraw(row) => Some(row),
            _ => None,
        });
        within(attempt, withdrawn)?;
        let deleted = evidence
            .effects
            .iter()
            .filter(|effect| during(effect.at) && is_sekisho(&effect.by) && matches!(effect.deed, Deed::SetDeleted(_)));
        let (deleted, most) = (deleted.count() as u64, attempt.wish.guards.deletions);
        if deleted > most {
            return Err(format!("{deleted} sets were deleted in one run, {most} are allowed"));
        }
    }
    Ok(())
}

fn within<'e>(attempt: &Attempt, withdrawn: impl Iterator<Item = &'e Assignment>) -> Found {
    let guards = &attempt.wish.guards;
    // one row counts once, however often it was asked for
    let rows: std::collections::BTreeSet<&Assignment> = withdrawn.collect();
    let mut accounts: BTreeMap<_, u64> = BTreeMap::new();
    let mut principals: BTreeMap<_, u64> = BTreeMap::new();
    for row in &rows {
        *accounts.entry(row.account).or_default() += 1;
        *principals.entry(row.principal).or_default() += 1;
    }
    let most = |counts: Vec<u64>| counts.into_iter().max().unwrap_or_default();
    for (what, count, allowed) in [
        ("in one run", rows.len() as u64, guards.withdrawals),
        ("in one account", most(accounts.into_values().collect()), guards.per_account),
        ("from one principal", most(principals.into_values().collect()), guards.per_principal),
    ] {
        if count > allowed {
            return Err(format!("{count} assignments were withdrawn {what}, {allowed} are allowed"));
        }
    }
    Ok(())
}
