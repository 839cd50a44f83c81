//! The IAM policy language: read with places, check, print, compare.
//!
//! | to … | see |
//! |---|---|
//! | read a text, with several problems at once | [`parse`] |
//! | print, measure, recognise a policy | [`Policy::to_json_pretty`], [`Policy::size`], [`Policy::fingerprint`] |
//! | check grammar, find mistakes, review | [`check`], [`lint()`], [`review`]; for machines [`sarif`] |
//! | decide over a request, with the statement that decides | [`Prepared`], [`Permissions::evaluate`] |
//! | compare what policies allow, with proof or witness | [`compare`], [`compare_denies`], [`OpenQuestion`] |
//! | make one policy of several, with proof | [`merge`] |
//! | carry a user's policies over to a role | [`translate`] |
//! | say it in plain words, English or Japanese | [`explain()`](explain::explain), [`explain::misses`] |
//! | find the managed policy that says the same; shared sets | [`match_managed`], [`cluster`] |
//! | AWS's managed policies and actions | [`managed`], [`catalogue`] |
//!
//! Everything here is a pure function of its arguments and of the embedded data (`data/README.md`): no clock, no files, no network.
//!
//! ```
//! let parsed = policy::parse(r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resorce": "*"}}"#);
//! assert_eq!(parsed.problems[0].message, "unknown element `Resorce` in the statement");
//! assert_eq!(parsed.problems[0].help.as_deref(), Some("did you mean `Resource`?"));
//! ```
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::allow_attributes)
)]

mod action_set;
pub mod catalogue;
mod catalogue_file;
mod cluster;
mod compare;
mod concatenate;
mod condition;
mod data;
mod evaluate;
pub mod explain;
mod fingerprint;
pub mod glob;
mod json;
pub mod lint;
pub mod managed;
mod matching;
pub mod merge;
mod nearest;
mod open_question;
mod operator;
mod parse;
mod pattern;
mod policy;
mod prepare;
mod print;
mod problem;
mod request;
mod sarif;
mod size;
mod span;
pub mod translate;
pub mod value;

pub use action_set::ActionSet;
pub use cluster::{ExtraLimits, Member, PrincipalPolicies, ProposedSet, cluster};
pub use compare::{Comparison as PolicyComparison, Difference, Relation, Verdict, compare, compare_denies};
pub use concatenate::{ConcatenateError, concatenate};
pub use evaluate::{Decider, Decision, Layer, Permissions};
pub use fingerprint::Fingerprint;
pub use json::{MAX_DEPTH, MAX_TEXT_BYTES};
pub use lint::{Kind, Subject, check, lint, review};
pub use matching::{ManagedMatch, match_managed, near_identical};
pub use nearest::{did_you_mean, nearest};
pub use open_question::OpenQuestion;
pub use operator::{Comparison, Operator, Quantifier};
pub use parse::{Parsed, PolicyTextError, parse};
pub use pattern::Reading;
pub use policy::{Clause, Condition, Effect, Policy, Principal, PrincipalClause, Scalar, Statement, Version};
pub use prepare::Prepared;
pub use problem::{Problem, Severity};
pub use request::{Context, Request};
pub use sarif::{Checked, problems_json, sarif};
pub use size::{
    MANAGED_POLICY_LIMIT, PERMISSION_SET_INLINE_LIMIT, PERMISSION_SET_INLINE_RAW_LIMIT, ROLE_INLINE_LIMIT,
    size_without_whitespace,
};
pub use span::{Place, Span, Spanned, Text, line_column};
