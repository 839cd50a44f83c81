//! The doors of the shell: what the engine needs from the world, as traits. `aws` and `store` stand behind them; a
//! simulation puts something else there.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::allow_attributes)
)]

pub mod athena;
pub mod aws;
pub mod clock;
pub mod iam;
pub mod objects;
pub mod store;

pub use athena::{AthenaQueries, AthenaQuery, QueryPage, QueryProgress, QueryState};
pub use aws::{AwsError, AwsErrorKind, AwsRead, AwsWrite, CloudProgress, PollResult, RequestPage, Started, StatusList};
pub use clock::{Clock, TokioClock};
pub use iam::{IamDepth, IamDoor, IamProgress, IamRead, ListedAccount};
pub use objects::{
    ListObjects, ListedObject, ObjectPage, ObjectStorage, SigningKey, StoredObject, TrailDescription, TrailRead,
};
pub use store::{Lease, RunRecord, StateStore, StepRecord, StoreError};
