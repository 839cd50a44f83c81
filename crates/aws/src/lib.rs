//! AWS as the rest of Sekisho sees it: [`Client`] reads everything through [`ports::AwsRead`] and changes it through
//! [`ports::AwsWrite`]. The only crate that knows the AWS SDK.
//!
//! Between a call and the SDK stand, from the outside in: retries ([`Retries`]), rates ([`Rates`]), counters
//! ([`Client::calls`]). The SDK's own retries are off, so that the number of calls is what the counters say.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::allow_attributes)
)]

mod api;
mod athena;
mod client;
mod counter;
mod cut_answer;
mod empty_answer;
mod error;
mod iam_policy;
mod iam_users;
#[cfg(feature = "in-process")]
mod in_process;
mod inspection;
mod instance;
mod limiter;
mod observe;
mod options;
mod page;
mod part;
mod permission_set;
mod request;
mod retry;
mod sdk_clock;
mod status;
mod storage;
mod trails;
mod write;

pub use aws_credential_types::Credentials;
pub use aws_smithy_runtime_api::client::http::SharedHttpClient;

pub use client::Client;
pub use iam_policy::{
    InventoryPart, PolicyOptions, iam_actions, iam_policy, inventory_policy, log_policy, retirement_policy,
};
pub use iam_users::NewAccessKey;
#[cfg(feature = "in-process")]
pub use in_process::{ArrivesAfter, InProcessHttp};
pub use options::{Doors, Options, Rate, Rates, ReadingMode, Retries};
pub use storage::Storage;
pub use trails::{is_signed, read_signing_keys};
