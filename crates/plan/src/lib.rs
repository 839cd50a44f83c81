//! The planner and its checker: pure functions from what is declared and what was observed to a plan.
//!
//! - [`plan()`] makes a plan; [`check()`] reviews any plan, with code of its own: a bug has to get past both.
//! - [`simulate`] applies changes to an observation in memory.
//! - [`undo()`] makes the plan that takes a run back, as far as things are still as the run left them.
//! - [`access`] answers who can enter what, and why.
//!
//! No clock, no I/O, no randomness: the same input gives the same plan, byte for byte.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::allow_attributes)
)]

pub mod access;
mod check;
pub mod conversion;
pub mod iam_users;
mod japanese;
mod planner;
pub mod retirement;
mod seal;
mod simulation;
#[doc(hidden)]
pub mod testing;
mod undo;

pub use check::{RULES, Rule, check};
pub use japanese::japanese;
pub use planner::{PlanInput, plan};
pub use seal::{add_findings, seal};
pub use simulation::{Simulation, simulate};
pub use undo::{UndoInput, undo};
