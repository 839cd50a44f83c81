//! Everything here goes through the public interface only.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests may fail loudly"
)]

#[path = "aimed/aimed.rs"]
mod aimed;
#[path = "it/anything.rs"]
mod anything;
#[path = "it/compare.rs"]
mod compare;
#[path = "it/conditions.rs"]
mod conditions;
#[path = "it/corpus.rs"]
mod corpus;
#[path = "it/evaluate.rs"]
mod evaluate;
#[path = "it/fingerprints.rs"]
mod fingerprints;
#[path = "it/matching.rs"]
mod matching;
#[path = "it/merge.rs"]
mod merge;
#[path = "it/output.rs"]
mod output;
#[path = "it/problems.rs"]
mod problems;
#[path = "it/reference.rs"]
mod reference;
#[path = "it/replay.rs"]
mod replay;
#[path = "it/review.rs"]
mod review;
#[path = "it/round_trip.rs"]
mod round_trip;
#[path = "it/sizes.rs"]
mod sizes;
#[path = "it/strategy.rs"]
mod strategy;
#[path = "it/translate.rs"]
mod translate;
