//! The real program against the sandbox: what people and scripts see of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::allow_attributes,
    clippy::disallowed_methods,
    clippy::print_stderr,
    missing_docs,
    reason = "tests may fail loudly"
)]

mod announce;
mod bucket;
mod moto;
mod site;

mod catalog;
mod commands;
mod convert;
mod crash;
mod demo;
mod drift;
mod iam_users;
mod plan_and_apply;
mod policy;
mod questions;
mod reduce;
mod retire;
mod retire_again;
mod sandbox_state;
mod terminal;
mod trail;
mod trail_athena;
mod trail_bucket;
mod trail_sandbox;
mod trail_sandbox_athena;
mod trail_verify;
mod transfer;
mod wild;
