//! The engine against a cloud in memory and in virtual time: faults, crashes at every step, throughput.
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
    pub(crate) mod cloud;
    pub(crate) mod scene;

    mod applying;
    pub(crate) mod crashes;
    mod faults;
    mod stopping;
    mod throughput;
}

pub(crate) use it::{cloud, scene};
