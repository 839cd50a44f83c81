//! How far the farewell to IAM users has come, as text, JSON, or a page with charts.

mod chart;
mod page;

use engine::iam_users::Standing;
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
}

/// A figure and its value on one day; none where it was not asked for.
type Figure = (&'static str, fn(&Standing) -> Option<usize>);

/// All figures of the table, in order.
const FIGURES: [Figure; 18] = [
    ("users of the first day that can sign in", |one| Some(one.stages.usable)),
    ("… switched off", |one| Some(one.stages.switched_off)),
    ("… deleted", |one| Some(one.stages.deleted)),
    ("… not known", |one| Some(one.stages.unknown)),
    ("users that came later", |one| Some(one.new_users)),
    ("users that can enter production", |one| one.in_production),
    ("users", |one| Some(one.summary.users)),
    ("… with a password", |one| Some(one.summary.with_password)),
    ("… with a password and no MFA", |one| Some(one.summary.with_password_without_mfa)),
    ("active keys", |one| Some(one.summary.active_keys)),
    ("… up to 90 days old", |one| Some(one.key_ages[0])),
    ("… up to a year", |one| Some(one.key_ages[1])),
    ("… up to three years", |one| Some(one.key_ages[2])),
    ("… older", |one| Some(one.key_ages[3])),
    ("inactive keys", |one| Some(one.summary.other_keys)),
    ("other credentials", |one| Some(one.summary.other_credentials)),
    ("accounts whose root has no MFA", |one| Some(one.summary.root_without_mfa)),
    ("accounts not read", |one| Some(one.summary.unread_accounts)),
];

/// A column for each day.
pub(crate) fn lines(standings: &[Standing], day: impl Fn(jiff::Timestamp) -> String) -> Vec<Line> {
    let mut lines = Vec::new();
    if let (Some(first), Some(last)) = (standings.first(), standings.last()) {
        let total = first.stages.usable + first.stages.switched_off + first.stages.deleted + first.stages.unknown;
        let unknown = match last.stages.unknown {
            0 => String::new(),
            some => format!("; {some} not known, because the account was not read"),
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
        let values: Option<Vec<usize>> = standings.iter().map(value).collect();
        let cells = values?.into_iter().map(|value| Text::plain(value.to_string()));
        Some(std::iter::once(Text::plain(*name)).chain(cells).collect::<Vec<_>>())
    });
    lines.extend(table(std::iter::once(head).chain(rows).collect(), 0));
    lines
}

#[cfg(test)]
mod tests;
