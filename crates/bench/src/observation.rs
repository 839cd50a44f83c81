//! What reading everything costs the product, measured.

use std::collections::BTreeMap;
use std::time::Duration;

use aws::ReadingMode;
use model::Observed;
use ports::AwsRead;

use crate::local_aws::{Executor, LocalAws};

/// Operations that list assignments.
const LISTS: [&str; 2] = ["ListAccountAssignments", "ListAccountAssignmentsForPrincipal"];

/// Calls of one observation, and how long it took at AWS's rates.
pub(crate) struct Cost {
    calls: BTreeMap<(&'static str, &'static str), u64>,
    pub(crate) throttled: u64,
    pub(crate) elapsed: Duration,
}

impl Cost {
    /// Calls that list assignments.
    pub(crate) fn lists(&self) -> u64 {
        let of = |operation: &str| self.calls.get(&("sso", operation)).copied().unwrap_or(0);
        LISTS.into_iter().map(of).sum()
    }

    /// Calls of IAM Identity Center, which share one rate.
    pub(crate) fn identity_center(&self) -> u64 {
        self.calls.iter().filter(|((service, _), _)| *service == "sso").map(|(_, count)| count).sum()
    }

    /// Calls of every service.
    pub(crate) fn total(&self) -> u64 {
        self.calls.values().sum()
    }

    /// Whether assignments were listed by principal.
    pub(crate) fn is_per_principal(&self) -> bool {
        self.calls.contains_key(&("sso", "ListAccountAssignmentsForPrincipal"))
    }
}

/// Reads everything once, and makes sure that everything was read.
pub(crate) async fn observe(local: &LocalAws, executor: Executor) -> Result<(Observed, Cost), String> {
    let client = local.client(executor, ReadingMode::Auto).await?;
    let observed = client.observe(&()).await.map_err(|error| error.to_string())?;
    let (_, throttled) = client.call_totals();
    let cost = Cost { calls: client.calls(), throttled, elapsed: Duration::from_millis(observed.cost.elapsed_ms) };
    let there = local.sandbox().assigned().len();
    let read = observed.assignments.rows().len();
    if read != there {
        return Err(format!("the sandbox holds {there} assignments, {read} were read"));
    }
    // Read by principal, no pair is known in full: that is said of each, and nothing else may be missing.
    let missing: Vec<String> = Observed { incomplete_pairs: Vec::new(), ..observed.clone() }.unknown_parts();
    if let Some(first) = missing.first() {
        return Err(format!("{} parts could not be read, one of them is {first}", missing.len()));
    }
    if !cost.is_per_principal() && !observed.incomplete_pairs.is_empty() {
        return Err(format!("{} pairs could not be read in full", observed.incomplete_pairs.len()));
    }
    Ok((observed, cost))
}
