//! The plan: all operations of a run, in order, with what they were made from.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::declared::{Bindings, Unresolved};
use crate::finding::Finding;
use crate::id::{PlanId, short_hash};
use crate::observed::{Caller, InstanceKey, ReadingCost};
use crate::operation::Operation;

/// What a plan was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservationSummary {
    /// When reading began.
    pub as_of: Timestamp,
    /// Who read.
    pub caller: Caller,
    /// Accounts in use, none when unknown.
    pub accounts: Option<u64>,
    /// Assignments seen.
    pub assignments: u64,
    /// What reading cost.
    pub cost: ReadingCost,
    /// What could not be read, one line each; empty for a complete observation.
    pub unknown: Vec<String>,
}

/// A difference that the plan leaves alone, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frozen {
    /// What would have been done, in words: "assign group:minimo-dev to minimo-prod with Developer".
    pub what: String,
    /// Why it is not.
    pub reason: String,
}

/// A difference from what is declared that is nobody's to remove: drift that is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undeclared {
    /// What AWS has, in words.
    pub what: String,
    /// Why it stays: additive ownership, reserved name, protected.
    pub reason: String,
}

/// A plan. It is one JSON file: `id` is the hash of all the rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Version of this format.
    pub format_version: u32,
    /// Hash of the content.
    pub id: PlanId,
    /// Version of Sekisho that made it.
    pub sekisho_version: String,
    /// Commit or hash of the catalog.
    pub catalog_version: String,
    /// When it was made.
    pub created: Timestamp,
    /// The instance it is for.
    pub instance: InstanceKey,
    /// What it was made from.
    pub observation: ObservationSummary,
    /// Operations; every operation comes after those it needs.
    pub operations: Vec<Operation>,
    /// Declarations that could not be resolved.
    pub unresolved: Vec<Unresolved>,
    /// Differences left alone because something is unknown or unresolved.
    pub frozen: Vec<Frozen>,
    /// What AWS has, nobody declares, and Sekisho does not own.
    pub undeclared: Vec<Undeclared>,
    /// Warnings of the planner and findings of the checker.
    pub findings: Vec<Finding>,
    /// Bindings to record once the plan is applied.
    pub bindings: Bindings,
}

/// A plan without its id: what the id is the hash of. The fields of [`Plan`] in their order.
#[derive(Serialize)]
struct PlanContent<'a> {
    format_version: u32,
    sekisho_version: &'a str,
    catalog_version: &'a str,
    created: Timestamp,
    instance: &'a InstanceKey,
    observation: &'a ObservationSummary,
    operations: &'a [Operation],
    unresolved: &'a [Unresolved],
    frozen: &'a [Frozen],
    undeclared: &'a [Undeclared],
    findings: &'a [Finding],
    bindings: &'a Bindings,
}

impl Plan {
    /// Version of the format written by this code.
    pub const FORMAT_VERSION: u32 = 1;

    /// The hash of everything but `id`, as `plan-…`.
    ///
    /// # Errors
    /// When the plan cannot be written as JSON, which its types rule out.
    pub fn content_id(&self) -> Result<PlanId, serde_json::Error> {
        let text = serde_json::to_string(&PlanContent {
            format_version: self.format_version,
            sekisho_version: &self.sekisho_version,
            catalog_version: &self.catalog_version,
            created: self.created,
            instance: &self.instance,
            observation: &self.observation,
            operations: &self.operations,
            unresolved: &self.unresolved,
            frozen: &self.frozen,
            undeclared: &self.undeclared,
            findings: &self.findings,
            bindings: &self.bindings,
        })?;
        PlanId::new(format!("plan-{}", short_hash([text.as_str()])))
            .map_err(|error| serde::ser::Error::custom(error.to_string()))
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }
}
