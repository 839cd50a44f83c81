//! Runs: observe → plan → check → apply → verify. Sees AWS and the state through [`ports`] only.
//!
//! - [`Engine::prepare`] makes a checked plan; [`Engine::revalidate`] accepts or refuses a plan that was kept;
//!   [`Engine::undo_plan`] makes the plan that takes a run back.
//! - [`Engine::retirement_cases`] and [`Engine::note_retirement`] read and write what the journal knows of IAM users that are
//!   retired; their plans are applied like any other.
//! - [`Engine::apply`] applies one: under a lease, every step written down before it is taken, verified by reading
//!   again. What a crashed run left in flight is settled first ([`Engine::recover`]).
//!
//! The executor makes no choices but the order within what the plan allows. After a crash anywhere the next run finds
//! out from the journal and from AWS what became of each operation in flight; nothing is done twice, nothing is lost.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::allow_attributes)
)]

mod advice;
mod apply;
mod cancellation;
mod context;
mod engine;
mod error;
mod executor;
mod gate;
pub mod iam_evidence;
pub mod iam_users;
mod journal;
mod lease;
mod letters;
mod limits;
pub mod objects;
mod pacing;
mod parts;
mod prepare;
mod progress;
mod recover;
mod retirement;
mod settlement;
mod summary;

pub use apply::ApplyOptions;
pub use cancellation::{Cancellation, Urgency};
pub use engine::{Engine, Executors};
pub use error::ApplyError;
pub use limits::Limits;
pub use prepare::Prepared;
pub use progress::{ApplyEvent, ApplyProgress, Counts, Snapshot};
pub use retirement::retirement_history;
pub use summary::{OperationOutcome, Outcome, Recovered, RunSummary};
