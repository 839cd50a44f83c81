//! The engine: everything a run needs, behind traits.

use std::sync::Arc;

use ports::{AwsRead, AwsWrite, Clock, StateStore};

use crate::limits::Limits;

/// Who may change what.
#[derive(Clone)]
pub struct Executors {
    /// Operations of scope `delegated`.
    pub delegated: Arc<dyn AwsWrite>,
    /// Operations of scope `management`, where an executor of the management account runs.
    pub management: Option<Arc<dyn AwsWrite>>,
}

/// Observes, plans, applies.
#[derive(Clone)]
pub struct Engine {
    /// Looks at AWS.
    pub read: Arc<dyn AwsRead>,
    /// Changes AWS.
    pub write: Executors,
    /// The journal. Without one nothing is removed additively, nothing is taken back, and nothing keeps two runs apart.
    pub store: Option<Arc<dyn StateStore>>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// How much at once, how often, how long.
    pub limits: Limits,
    /// Version of Sekisho, written into plans.
    pub version: String,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Engine")
            .field("management_executor", &self.write.management.is_some())
            .field("journal", &self.store.is_some())
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
