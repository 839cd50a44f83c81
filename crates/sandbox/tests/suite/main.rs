//! The sandbox through its wire, in-process and in virtual time.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::allow_attributes,
    unreachable_pub,
    reason = "tests may fail loudly"
)]

mod assignment;
mod authorization;
mod company;
mod directory;
mod faults;
mod iam;
mod invariant;
mod organization;
mod permission_set;
mod provisioning;
mod server;
mod support;
mod wire;
