//! Tests of the catalog as its users see it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may fail loudly"
)]

mod it {
    mod broken;
    pub(crate) mod case;
    pub(crate) mod company;
    mod format;
    mod import;
    mod never_withdraws;
    mod readings;
    mod resolve;
    mod schema;
}
