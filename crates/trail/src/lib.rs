//! CloudTrail bytes to evidence: what every principal and access key really does, at the speed at which the log can be
//! decompressed, in bounded memory.
//!
//! [`read_all`] takes objects from a [`Source`] with several threads. Each thread decompresses an object as a whole into a buffer
//! that it uses again, [`scan`](scan())s it, and adds every record to a [`Tally`] of its own; the tallies are added up at the
//! end. Two tallies are here: [`KeyTally`], the common core (one row per account, ARN and access key), and
//! [`EvidenceTally`](evidence::EvidenceTally), the whole [`Evidence`](evidence::Evidence) per principal.
//!
//! Nothing here opens a file, reads a clock or speaks to AWS.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::allow_attributes)
)]

pub mod athena;
mod bookmark;
mod dedupe;
pub mod digest;
pub mod evidence;
mod filter;
mod findings;
mod hash;
mod inflate;
mod input;
mod intern;
mod json;
mod keys;
mod layout;
mod path;
mod run;
mod scan;
pub mod selectors;
mod tally;
mod time;
mod visibility;

pub use bookmark::{Before, Bookmark, BookmarkError, RecordedFrom, Scope, SeenObjects, Unread};
pub use dedupe::SeenIds;
pub use filter::Filter;
pub use findings::{Findings, Flawed, Place};
pub use inflate::{InflateError, Inflater, gzip};
pub use keys::{KeyTally, Keys};
pub use layout::{Skipped, Step, Wanted, step};
pub use path::{ObjectKind, ObjectPath, Selection, select};
pub use run::{Observer, Options, Reader, Source, Unobserved, read_all, spread};
pub use scan::{Core, Flaw, Identity, More, Record, Resource, Sink, Speed, Text, scan};
pub use tally::{Order, Tally};
pub use visibility::{Visibility, visibility};
