//! A local AWS that behaves like IAM Identity Center: Organizations, the identity store, permission sets, asynchronous
//! assignments, per-account roles, throttling and refusals, over the real wire protocols.
//!
//! [`Sandbox`] is a state machine without sockets, clock or threads: [`Sandbox::handle`] takes the time and a request and
//! gives an answer. [`serve`] and [`SandboxServer`] put it on a loopback socket with a [`SpeedClock`].
//!
//! ```
//! use sandbox::{Client, Company, Config, Sandbox, Start};
//! use serde_json::json;
//!
//! let config = Config::calm();
//! let client = Client::new(&config.administrator, &config.region);
//! let mut sandbox = Sandbox::with_company(config, &Company::sample(), Start::Declared)?;
//! let now = jiff::Timestamp::UNIX_EPOCH;
//! let answer = client.json(&mut sandbox, now, "SWBExternalService.ListInstances", json!({}));
//! assert_eq!(answer.status, 200);
//! # Ok::<(), sandbox::CompanyError>(())
//! ```
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::allow_attributes)
)]

mod account_access;
mod athena;
mod authorize;
mod call;
mod client;
mod cloudtrail;
mod company;
mod config;
mod coverage;
mod effect;
mod error;
mod facts;
mod faults;
mod iam;
mod identity_store;
mod ledger;
mod machine;
mod organizations;
mod page;
mod refusal;
mod resource;
mod rival;
mod s3;
mod server;
mod shape;
mod sign_in;
mod sso_admin;
mod state;
mod sts;
mod throttle;
mod validate;
pub mod wild;
mod wire;

pub use athena::query_records;
pub use client::Client;
pub use company::{
    Assigned, Company, CompanyAccount, CompanyError, CustomerPolicy, Grant, Part, Person, SetDeclaration, Start, Team,
};
pub use config::{Config, KeyPair, Latency, Quotas, Rate, Rates, Span, TrailSettings};
pub use coverage::coverage;
pub use effect::{Assignment, Deed, Effect, RIVAL, SetState};
pub use facts::{Asked, Fact, Request};
pub use faults::{FaultError, FaultKind, FaultRate, Faults, Stroke};
pub use ledger::{CallRecord, CallerRecord, Calls};
pub use machine::Sandbox;
pub use server::{SandboxServer, ServerError, SpeedClock, StateFileError, read_state, serve};
pub use sign_in::SignInError;
pub use state::center::{Principal, PrincipalKind};
pub use state::file::StateError;
pub use state::id::{AccountId, SetId, Uuid};
pub use wire::route::Service;
pub use wire::{Delivery, WireRequest, WireResponse};
