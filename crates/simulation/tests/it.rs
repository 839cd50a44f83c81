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

/// Where each mutation is noticed first.
const NOTICED: [(Mutation, u64); 15] = [
    (Mutation::FailedPageAsEmpty, 39),
    (Mutation::UnreadableFileAsEmpty, 0),
    (Mutation::NoRecheck, 79),
    (Mutation::NoReread, 0),
    (Mutation::EarlySuccess, 0),
    (Mutation::GuardIgnored, 2),
    (Mutation::JournalForgotten, 0),
    (Mutation::UnownedRemoved, 0),
    (Mutation::ReservedAdopted, 1),
    (Mutation::StalePlanApplied, 39),
    (Mutation::RecoveryForgotten, 1),
    (Mutation::WithdrawnFirst, 18),
    (Mutation::SentTwice, 0),
    (Mutation::DriftOverlooked, 20),
    (Mutation::WritesWhileLooking, 0),
];

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

/// Each way to break Sekisho is noticed by the rule that is there for it. The seeds are where `cargo xtask simulate --mutations` finds them
/// when it begins with 0, at most 1,000 of them.
#[test]
fn each_mutation_is_noticed() {
    for (mutation, seed) in NOTICED {
        assert!(seed < 1_000);
        let outcome = simulate(&Scenario::of(seed).broken_by(mutation));
        let violation = outcome.violation.unwrap_or_else(|| panic!("{mutation} is not noticed at seed {seed}"));
        assert_eq!(violation.invariant, mutation.breaks(), "{mutation}: {violation}");
    }
}

#[test]
fn each_rule_has_a_mutation_that_breaks_it() {
    for rule in names() {
        assert!(NOTICED.iter().any(|(mutation, _)| mutation.breaks() == rule), "nothing breaks {rule}");
    }
    for mutation in Mutation::ALL {
        assert!(NOTICED.iter().any(|(noticed, _)| *noticed == mutation), "{mutation} has no seed");
    }
}

#[test]
fn what_fails_is_cut_down_and_fails_alike() {
    let scenario = Scenario::of(0).broken_by(Mutation::SentTwice);
    let before = simulate(&scenario);
    let shrunk = shrink(&scenario, 12);
    let violation = shrunk.outcome.violation.expect("it still fails");
    assert_eq!(violation.invariant, "duplicate");
    assert!(shrunk.runs <= 12 && shrunk.outcome.history.len() < before.history.len(), "{:?}", shrunk.scenario);
}
