//! Runs Sekisho against the sandbox through everything that can go wrong, from one seed, in virtual time: a company, a catalog that is
//! edited over several rounds, faults, crashes, plans that were kept too long, and somebody else who changes things meanwhile.
//!
//! It is Sekisho's own code that runs: the client, the planner, the checker, the engine and the journal. After every step what really happened
//! (the sandbox's ledger) is held against [`names`]' rules, which share no code with any of them. [`simulate`] runs one [`Scenario`];
//! [`shrink`] cuts one that fails down to what is needed to fail.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::allow_attributes)
)]

mod cloud;
mod edit;
mod evidence;
mod history;
mod invariant;
mod mutation;
mod organisation;
mod run;
mod scenario;
mod shrink;
mod wish;

pub use invariant::{Violation, names};
pub use mutation::Mutation;
pub use run::{Outcome, simulate};
pub use scenario::{Scenario, Size};
pub use shrink::{Shrunk, shrink};
