//! What every store must do, and what is particular to databases.
#![allow(
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "tests may fail loudly"
)]

mod it {
    pub(crate) mod support;

    mod conformance;
    mod files;
}

pub(crate) use it::support;
