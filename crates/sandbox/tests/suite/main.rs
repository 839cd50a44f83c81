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
mod athena;
mod authorization;
mod cloudtrail;
mod company;
mod control_policy;
mod coverage;
mod directory;
mod faults;
mod iam;
mod iam_policy;
mod iam_report;
mod iam_user;
mod invariant;
mod lag;
mod organization;
mod permission_set;
mod provisioning;
mod records;
mod rights;
mod server;
mod sign_in;
mod state_file;
mod storage;
mod sts;
mod support;
mod transfer;
mod wire;
