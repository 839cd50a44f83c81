//! The world: everything AWS would remember. No protocol in here.

pub(crate) mod application;
pub(crate) mod center;
pub(crate) mod credential;
pub(crate) mod directory;
pub(crate) mod entitlement;
pub(crate) mod file;
pub(crate) mod form;
pub(crate) mod former_account;
pub(crate) mod handshake;
pub(crate) mod iam;
pub(crate) mod iam_policy;
pub(crate) mod iam_provider;
pub(crate) mod iam_user;
pub(crate) mod id;
pub(crate) mod membership;
pub(crate) mod organization;
pub(crate) mod query;
pub(crate) mod sign_in;
pub(crate) mod storage;
pub(crate) mod task;
pub(crate) mod trail;
pub(crate) mod tree;
pub(crate) mod version;
pub(crate) mod world;
