//! What the benches share: how a figure, a goal and a table are printed.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::allow_attributes)
)]

pub mod figure;
pub mod goal;
pub mod table;
