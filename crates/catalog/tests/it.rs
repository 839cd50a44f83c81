//! Tests of the catalog as its users see it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may fail loudly"
)]

mod it {
    pub(crate) mod company;
    mod broken;
    mod format;
    mod import;
    mod schema;
}
