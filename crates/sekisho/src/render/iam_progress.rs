//! How far the farewell to IAM users has come, as text, JSON, or a page with charts.

mod chart;
mod page;
pub(crate) mod stages;

use engine::iam_users::Standing;
use model::retirement_history::RetirementProgress;
use serde::Serialize;

use crate::render::layout::{Line, table};
use crate::render::style::{Ink, Text};
use crate::render::words::count;

pub(crate) use page::{PageWords, page};

/// The answer for programs.
#[derive(Debug, Serialize)]
pub(crate) struct ProgressV1<'a> {
    pub(crate) schema_version: u32,
    /// Each inventory, the earliest first.
    pub(crate) standings: &'a [Standing],
    /// What the journal tells of the retirement, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) retirement: Option<&'a RetirementProgress>,
}

/// A figure and its value on one day.
type Figure = (&'static str, fn(&Standing) -> Value);

/// What is told of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Value {
    Number(usize),
    /// Something that it is made of was not read.
    Unknown,
    /// Nobody asked for it.
    NotAsked,
}

impl Value {
    fn shown(self, unknown: &str) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Unknown => unknown.to_owned(),
            Self::NotAsked => String::new(),
        }
    }
}

/// The figures of a row; none where it was never asked for.
fn row(standings: &[Standing], value: fn(&Standing) -> Value) -> Option<Vec<Value>> {
    let values: Vec<Value> = standings.iter().map(value).collect();
    values.iter().any(|value| *value != Value::NotAsked).then_some(values)
}

fn in_production(one: &Standing) -> Value {
    match one.in_production {
        Some(number) => Value::Number(number),
        None if one.production_unread > 0 => Value::Unknown,
        None => Value::NotAsked,
    }
}

/// All figures of the table, in order.
const FIGURES: [Figure; 19] = [
    ("users of the first day that can sign in", |one| Value::Number(one.stages.usable)),
    ("… switched off", |one| Value::Number(one.stages.switched_off)),
    ("… deleted", |one| Value::Number(one.stages.deleted)),
    ("… not known", |one| Value::Number(one.stages.unknown)),
    ("users that came later", |one| Value::Number(one.new_users)),
    ("… perhaps (account unread on the first day)", |one| Value::Number(one.users_without_first_day)),
    ("users that can enter production", in_production),
    ("users", |one| Value::Number(one.summary.users)),
    ("… with a password", |one| Value::Number(one.summary.with_password)),
    ("… with a password and no MFA", |one| Value::Number(one.summary.with_password_without_mfa)),
    ("active keys", |one| Value::Number(one.summary.active_keys)),
    ("… up to 90 days old", |one| Value::Number(one.key_ages[0])),
    ("… up to a year", |one| Value::Number(one.key_ages[1])),
    ("… up to three years", |one| Value::Number(one.key_ages[2])),
    ("… older", |one| Value::Number(one.key_ages[3])),
    ("inactive keys", |one| Value::Number(one.summary.other_keys)),
    ("other credentials", |one| Value::Number(one.summary.other_credentials)),
    ("accounts whose root has no MFA", |one| Value::Number(one.summary.root_without_mfa)),
    ("accounts not read", |one| Value::Number(one.summary.unread_accounts)),
];

/// A column for each day.
pub(crate) fn lines(standings: &[Standing], day: impl Fn(jiff::Timestamp) -> String) -> Vec<Line> {
    let mut lines = Vec::new();
    if let (Some(first), Some(last)) = (standings.first(), standings.last()) {
        let total = first.stages.usable + first.stages.switched_off + first.stages.deleted + first.stages.unknown;
        let unknown = match last.stages.unknown {
            0 => String::new(),
            some => format!("; not known, because it could not be read: {some}"),
        };
        let told = format!(
            "Of {} on {}, {} can still sign in on {}; switched off: {}, deleted: {}{unknown}",
            count(total, "IAM user"),
            day(first.as_of),
            last.stages.usable,
            day(last.as_of),
            last.stages.switched_off,
            last.stages.deleted,
        );
        lines.push(Line::from(Text::new().with(Ink::Strong, told)));
        lines.push(Line::from(Text::new()));
    }
    let faint = |text: String| Text::new().with(Ink::Faint, text);
    let head = std::iter::once(String::new()).chain(standings.iter().map(|one| day(one.as_of))).map(faint).collect();
    let rows = FIGURES.iter().filter_map(|(name, value)| {
        let cells = row(standings, *value)?.into_iter().map(|value| Text::plain(value.shown("unknown")));
        Some(std::iter::once(Text::plain(*name)).chain(cells).collect::<Vec<_>>())
    });
    lines.extend(table(std::iter::once(head).chain(rows).collect(), 0));
    lines
}

#[cfg(test)]
mod tests;
