//! The usual ways to read assignments, each as the `ListAccountAssignments` calls it makes.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sandbox::{Client, Sandbox};
use serde_json::json;

/// Rows on a page: AWS's most.
const PAGE_SIZE: usize = 100;
/// Between two calls: AWS allows 20 a second.
const INTERVAL: SignedDuration = SignedDuration::from_millis(50);

/// Calls of a pattern.
pub(crate) struct Lists {
    pub(crate) calls: u64,
    /// Each call was made and answered by the sandbox; otherwise they were counted from what the sandbox holds.
    pub(crate) executed: bool,
}

/// What the sandbox holds: pairs by names of account and set, with the number of principals assigned in each.
pub(crate) struct Holdings {
    pub(crate) accounts: Vec<String>,
    pub(crate) sets: Vec<String>,
    pub(crate) pairs: BTreeMap<(String, String), usize>,
}

/// A way to read assignments.
#[derive(Clone, Copy)]
pub(crate) enum Pattern {
    /// Every set in every account, assigned or not.
    AccountsTimesSets,
    /// Terraform's provider: reading one `aws_ssoadmin_account_assignment` lists its pair.
    PerAssignment,
    /// One list for each set in each account that has it.
    PerPair,
}

impl Holdings {
    /// Looks into the state, not through the wire.
    pub(crate) fn of(sandbox: &Sandbox, accounts: Vec<String>, sets: Vec<String>) -> Self {
        let mut pairs: BTreeMap<(String, String), usize> =
            sandbox.provisioned().into_iter().map(|fact| ((fact.account, fact.permission_set), 0)).collect();
        for row in sandbox.assigned() {
            *pairs.entry((row.account, row.permission_set)).or_default() += 1;
        }
        Self { accounts, sets, pairs }
    }

    /// All assignments.
    pub(crate) fn assignments(&self) -> u64 {
        self.pairs.values().map(|count| *count as u64).sum()
    }

    /// Pages beyond the first of the pairs' lists.
    pub(crate) fn continuations(&self) -> u64 {
        self.pairs.values().map(|count| pages(*count) - 1).sum()
    }

    /// The pairs a pattern lists, as often as it does, with the principals in each.
    fn listed(&self, pattern: Pattern) -> Box<dyn Iterator<Item = ((&str, &str), usize)> + '_> {
        let pairs = self.pairs.iter().map(|((account, set), count)| ((account.as_str(), set.as_str()), *count));
        match pattern {
            Pattern::PerPair => Box::new(pairs),
            Pattern::PerAssignment => Box::new(pairs.flat_map(|pair| std::iter::repeat_n(pair, pair.1))),
            Pattern::AccountsTimesSets => Box::new(self.accounts.iter().flat_map(move |account| {
                self.sets.iter().map(move |set| {
                    let count = self.pairs.get(&(account.clone(), set.clone())).copied().unwrap_or(0);
                    ((account.as_str(), set.as_str()), count)
                })
            })),
        }
    }

    fn count(&self, pattern: Pattern) -> u64 {
        self.listed(pattern).map(|(_, count)| pages(count)).sum()
    }

    /// The calls of a pattern: made, where there are not more than `most`, or counted.
    pub(crate) fn lists(
        &self,
        pattern: Pattern,
        sandbox: &mut Sandbox,
        begin: Timestamp,
        most: u64,
    ) -> Result<Lists, String> {
        let counted = self.count(pattern);
        if counted > most {
            return Ok(Lists { calls: counted, executed: false });
        }
        let calls = self.execute(pattern, sandbox, begin)?;
        if calls == counted {
            return Ok(Lists { calls, executed: true });
        }
        Err(format!("a pattern made {calls} calls where {counted} were counted"))
    }

    fn execute(&self, pattern: Pattern, sandbox: &mut Sandbox, begin: Timestamp) -> Result<u64, String> {
        let client = Client::new(&sandbox.config().delegated, &sandbox.config().region);
        let instance = sandbox.instance_arn();
        let mut account_ids = BTreeMap::new();
        for account in &self.accounts {
            let id = sandbox.account_id(account).ok_or_else(|| format!("no account {account}"))?;
            account_ids.insert(account.as_str(), id.to_string());
        }
        let mut set_arns = BTreeMap::new();
        for set in &self.sets {
            let arn = sandbox.permission_set_arn(set).ok_or_else(|| format!("no permission set {set}"))?;
            set_arns.insert(set.as_str(), arn);
        }
        let (mut now, mut calls) = (begin, 0_u64);
        for ((account, set), _) in self.listed(pattern) {
            let mut token = None;
            loop {
                let mut body = json!({
                    "InstanceArn": instance,
                    "AccountId": account_ids.get(account),
                    "PermissionSetArn": set_arns.get(set),
                    "MaxResults": PAGE_SIZE,
                });
                if let (Some(token), Some(body)) = (token.take(), body.as_object_mut()) {
                    body.insert("NextToken".to_owned(), token);
                }
                let answer = client.json(sandbox, now, "SWBExternalService.ListAccountAssignments", body);
                if answer.status != 200 {
                    return Err(format!("ListAccountAssignments: {}", answer.text()));
                }
                now = now.checked_add(INTERVAL).map_err(|error| error.to_string())?;
                calls += 1;
                match answer.json().get_mut("NextToken").map(serde_json::Value::take) {
                    Some(next) if next.is_string() => token = Some(next),
                    _ => break,
                }
            }
        }
        Ok(calls)
    }
}

impl Lists {
    /// How the number was come by.
    pub(crate) fn source(&self) -> &'static str {
        if self.executed { "executed" } else { "counted" }
    }

    /// How long the calls take at 20 a second.
    pub(crate) fn time(&self) -> Duration {
        crate::figure::at_twenty_a_second(self.calls)
    }
}

/// Calls that list so many rows.
fn pages(rows: usize) -> u64 {
    rows.div_ceil(PAGE_SIZE).max(1) as u64
}
