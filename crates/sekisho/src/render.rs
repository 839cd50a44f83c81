//! From facts to text: everything that people or programs read of a command's answer.

pub(crate) mod announcement;
pub(crate) mod apply_progress;
pub(crate) mod cli_reference;
pub(crate) mod drift;
pub(crate) mod iam_progress;
pub(crate) mod iam_users;
pub(crate) mod layout;
pub(crate) mod markup;
pub(crate) mod people;
pub(crate) mod plan_json;
pub(crate) mod plan_markdown;
pub(crate) mod plan_text;
pub(crate) mod plan_view;
pub(crate) mod policy_change;
pub(crate) mod policy_words;
pub(crate) mod progress;
pub(crate) mod questions;
pub(crate) mod retirement;
pub(crate) mod style;
pub(crate) mod summary;
pub(crate) mod verdicts;
pub(crate) mod words;

#[cfg(test)]
mod plan_tests;
#[cfg(test)]
pub(crate) mod world;
