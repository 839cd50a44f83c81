//! The simulation itself. Thousands of seeds are run by `cargo xtask simulate`, optimised; here are a few.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::allow_attributes,
    reason = "tests may fail loudly"
)]

use simulation::{Mutation, Scenario, names, shrink, simulate};

#[test]
fn a_seed_is_the_same_every_time() {
    for seed in [3, 8] {
        let (one, other) = (simulate(&Scenario::of(seed)), simulate(&Scenario::of(seed)));
        assert_eq!((one.digest, one.calls, &one.strokes), (other.digest, other.calls, &other.strokes), "seed {seed}");
        assert!(one.history == other.history, "seed {seed}");
    }
}

#[test]
fn a_few_seeds_hold() {
    for seed in 0..4 {
        let outcome = simulate(&Scenario::of(seed));
        assert_eq!(outcome.violation, None, "seed {seed}: {}", outcome.history.join("\n"));
    }
}
