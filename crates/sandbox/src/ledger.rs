//! What was called, by whom: for benches, and to prove that an IAM policy is sufficient.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;

use crate::authorize::table;
use crate::faults::FaultKind;
use crate::state::id::AccountId;
use crate::wire::route::Service;

/// Counters and the log of calls.
#[derive(Debug, Clone, Default)]
pub struct Calls {
    counts: BTreeMap<(Service, String), u64>,
    log: VecDeque<CallRecord>,
    limit: usize,
}

/// One call, as it ended.
#[derive(Debug, Clone)]
pub struct CallRecord {
    /// Its number, from 1.
    pub number: u64,
    /// When it came in.
    pub at: Timestamp,
    /// The service asked.
    pub service: Service,
    /// The operation asked for.
    pub operation: String,
    /// Who asked; `None` before authentication succeeded.
    pub caller: Option<CallerRecord>,
    /// ARNs the call acts on, where the request names any.
    pub resources: Vec<String>,
    /// AWS's error code; `None` where it succeeded.
    pub error: Option<String>,
    /// Faults that struck it.
    pub faults: Vec<FaultKind>,
    /// Whether the caller got an answer that it could read.
    pub answered: bool,
}

/// The caller of a record.
#[derive(Debug, Clone)]
pub struct CallerRecord {
    /// The caller's account.
    pub account: AccountId,
    /// The ARN of GetCallerIdentity.
    pub arn: String,
}

impl CallRecord {
    /// The IAM action an allow statement needs for the call (`sso:CreatePermissionSet`).
    pub fn action(&self) -> String {
        let row = table::of(self.service, &self.operation);
        row.map_or_else(|| format!("{}:{}", self.service.signing_name(), self.operation), |row| row.action.to_owned())
    }
}

impl Calls {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }

    pub(crate) fn add(&mut self, record: CallRecord) {
        *self.counts.entry((record.service, record.operation.clone())).or_default() += 1;
        if self.limit == 0 {
            return;
        }
        if self.log.len() >= self.limit {
            self.log.pop_front();
        }
        self.log.push_back(record);
    }

    /// All calls, refused ones included.
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// Calls of one operation of a service.
    pub fn count(&self, service: Service, operation: &str) -> u64 {
        self.counts.get(&(service, operation.to_owned())).copied().unwrap_or(0)
    }

    /// Calls by service and operation.
    pub fn counts(&self) -> impl Iterator<Item = (Service, &str, u64)> {
        self.counts.iter().map(|((service, operation), count)| (*service, operation.as_str(), *count))
    }

    /// The latest calls, oldest first.
    pub fn log(&self) -> impl Iterator<Item = &CallRecord> {
        self.log.iter()
    }

    /// Forgets everything, for instance after a warm-up.
    pub fn clear(&mut self) {
        self.counts.clear();
        self.log.clear();
    }
}
