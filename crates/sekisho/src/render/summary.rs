//! What became of a run, for people and for programs.

use engine::{OperationOutcome, Outcome, Recovered, RunSummary};
use jiff::Timestamp;
use serde::Serialize;

use super::layout::Line;
use super::style::{Ink, Text};
use super::words::{count, duration_ms, thousands};

/// Failures shown one by one.
const SHOWN: usize = 20;
/// Failures compared with each other: more than anybody reads, few enough to compare each with each.
const COMPARED: usize = 2_000;

/// The summary. Failures were told when they happened; here they stand together, alike ones as one.
pub(crate) fn lines(summary: &RunSummary) -> Vec<Line> {
    let mut lines = vec![headline(summary)];
    lines.extend(recovered(&summary.recovered));
    let problems: Vec<&OperationOutcome> = summary.problems().collect();
    let mut alike: Vec<(&Outcome, Vec<&OperationOutcome>)> = Vec::new();
    for problem in problems.iter().take(COMPARED) {
        match alike.iter_mut().find(|(outcome, _)| **outcome == problem.outcome) {
            Some((_, members)) => members.push(problem),
            None => alike.push((&problem.outcome, vec![problem])),
        }
    }
    for (outcome, members) in alike.iter().take(SHOWN) {
        lines.extend(problem_lines(outcome, members));
    }
    if alike.len() > SHOWN {
        lines.push(Line::from(Text::plain(format!("  … and {} more reasons", alike.len() - SHOWN))));
    }
    if let Some(reason) = &summary.stopped {
        let text = Text::plain("  ").with(Ink::Warning, "! ").and(format!("stopped: {reason}"));
        lines.push(Line::from(text));
        lines.push(Line::from(Text::plain("    `sekisho apply` goes on from here: nothing is done twice")));
    }
    lines
}

fn headline(summary: &RunSummary) -> Line {
    let counts = &summary.counts;
    let good = number(counts.verified + counts.already_so);
    let all = number(counts.operations);
    let took = summary.finished.duration_since(summary.started).as_millis();
    let took = duration_ms(u64::try_from(took).unwrap_or(0));
    let run = format!("  {}", summary.run);
    let text = if summary.is_complete() {
        let all_of_them = if all == 1 { "the operation is" } else { "all are" };
        Text::new()
            .with(Ink::Good, "✓ ")
            .with(Ink::Strong, format!("{} done", count(all, "operation")))
            .and(format!(" in {took}; {all_of_them} verified by reading again"))
    } else {
        let problems = number(counts.problems());
        Text::new()
            .with(Ink::Error, "✗ ")
            .with(Ink::Strong, format!("{} of {} not done", thousands(problems), count(all, "operation")))
            .and(format!("; the other {} done and verified in {took}", are(good)))
    };
    text.with(Ink::Faint, run).into()
}

fn are(number: usize) -> String {
    if number == 1 { "1 is".to_owned() } else { format!("{} are", thousands(number)) }
}

fn number(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn recovered(recovered: &[Recovered]) -> Vec<Line> {
    let lines = recovered.iter().map(|earlier| {
        let all = earlier.operations.len();
        let open = earlier.still_in_flight().count();
        let ended = format!("{} of run {} that did not end", count(all, "operation"), earlier.run);
        let told = match open {
            0 => format!("looked into {ended}: all are settled"),
            open => format!("looked into {ended}: {} still in flight", are(open)),
        };
        Line::from(Text::plain("  ").with(Ink::Faint, told))
    });
    lines.collect()
}

/// What happened to some operations for the same reason, and what to do.
fn problem_lines(outcome: &Outcome, members: &[&OperationOutcome]) -> Vec<Line> {
    let (said, help) = words(outcome);
    let named = members.iter().take(3).map(|member| member.what.as_str()).collect::<Vec<_>>().join("; ");
    let more = match members.len() {
        0..=3 => String::new(),
        several => format!(" … and {} more", thousands(several - 3)),
    };
    let text = Text::plain("  ").with(Ink::Error, "✗ ").and(format!("{named}{more}: {said}"));
    let mut lines = vec![Line::from(text).hanging(4)];
    lines.extend(help.map(|help| Line::from(Text::plain("      ").with(Ink::Faint, help)).hanging(6)));
    lines
}

/// One operation that went wrong, as soon as it did.
pub(crate) fn failure(what: &str, outcome: &Outcome) -> Option<Text> {
    if outcome.is_good() || matches!(outcome, Outcome::NotStarted { .. }) {
        return None;
    }
    Some(Text::new().with(Ink::Error, "✗ ").and(format!("{what}: {}", words(outcome).0)))
}

/// What is said of an outcome, and what to do.
fn words(outcome: &Outcome) -> (String, Option<String>) {
    match outcome {
        Outcome::Verified => ("done and verified".to_owned(), None),
        Outcome::AlreadySo => ("was so already".to_owned(), None),
        Outcome::Failed { reason, advice, .. } => (format!("AWS refused: {reason}"), advice.clone()),
        Outcome::Contradicted { found } => (
            format!("AWS says it is done, but reading it again shows otherwise: {found}"),
            Some("`sekisho apply` plans it again".to_owned()),
        ),
        Outcome::Skipped { reason } => {
            (format!("not sent: {reason}"), Some("`sekisho apply` plans it again".to_owned()))
        }
        Outcome::InFlight { reason } => (
            format!("sent, and its end is not known: {reason}"),
            Some("the next `sekisho apply` looks into it first".to_owned()),
        ),
        Outcome::NotStarted { reason } => (format!("not begun: {reason}"), None),
    }
}

/// A run for programs: `schema_version` 1.
#[derive(Debug, Serialize)]
pub(crate) struct RunV1<'a> {
    schema_version: u32,
    run: &'a str,
    plan_id: &'a str,
    started: Timestamp,
    finished: Timestamp,
    complete: bool,
    counts: engine::Counts,
    stopped: Option<&'a str>,
    operations: &'a [OperationOutcome],
    recovered: &'a [Recovered],
}

/// The run in version 1.
pub(crate) fn v1(summary: &RunSummary) -> RunV1<'_> {
    RunV1 {
        schema_version: 1,
        run: summary.run.as_str(),
        plan_id: summary.plan.as_str(),
        started: summary.started,
        finished: summary.finished,
        complete: summary.is_complete(),
        counts: summary.counts,
        stopped: summary.stopped.as_deref(),
        operations: &summary.operations,
        recovered: &summary.recovered,
    }
}
