//! The client against canned answers and against the sandbox, in one process and in virtual time.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::allow_attributes,
    reason = "tests may fail loudly"
)]

mod canned;
mod cut_answers;
mod iam_policy;
mod iam_users;
mod instance;
mod local_aws;
mod observing;
mod reading;
mod retrying;
mod writing;
