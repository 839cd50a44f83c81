//! How often what was called.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::api::Api;

/// Calls by operation, retries and throttled ones included.
#[derive(Debug, Default)]
pub(crate) struct Counter {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    calls: BTreeMap<(&'static str, &'static str), u64>,
    total: u64,
    throttled: u64,
}

impl Counter {
    /// A call goes out.
    pub(crate) fn called(&self, api: &Api) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state.calls.entry((api.service.prefix(), api.operation)).or_default() += 1;
        state.total += 1;
    }

    /// AWS asked to slow down.
    pub(crate) fn throttled(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).throttled += 1;
    }

    /// All calls, and those that were throttled.
    pub(crate) fn totals(&self) -> (u64, u64) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        (state.total, state.throttled)
    }

    /// Calls by service prefix and operation.
    pub(crate) fn calls(&self) -> BTreeMap<(&'static str, &'static str), u64> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).calls.clone()
    }
}
