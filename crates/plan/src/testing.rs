//! Worlds for tests and benches, made from seeds: the same seed, the same world. Not part of the product.

mod random;
mod synthetic;
mod text;
mod world;

pub use random::{Random, RandomShape, blind, owned_after, random_world};
pub use synthetic::{Size, synthetic};
pub use text::text;
pub use world::{Row, World, managed_policy, place_declared};
