//! `sekisho runs`

use jiff::Timestamp;
use model::journal::StepState;
use ports::RunRecord;
use serde::Serialize;

use crate::cli::{Format, RunsArguments};
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::folder;
use crate::render::layout::{Line, table};
use crate::render::style::{Ink, Text};
use crate::render::words::count;
use crate::wiring::{Wiring, state_error};

pub(crate) async fn run(arguments: &RunsArguments, console: &Console) -> Result<Exit, CommandError> {
    let root = &arguments.catalog.catalog;
    // The journal can be read without a catalog; with one, its settings say where the journal is.
    let settings = match root.is_dir() {
        true => catalog::parse(&folder::load(root)?).catalog.settings().clone(),
        false => catalog::Settings::default(),
    };
    let wiring = Wiring {
        aws: arguments.aws.clone(),
        state: Some(arguments.state.clone()),
        settings,
        reading: aws::ReadingMode::Auto,
        account_tags: false,
    };
    let (instance, store) = wiring.journal(console).await?;
    let runs = match &store {
        Some(store) => store
            .runs(&instance, arguments.limit)
            .await
            .map_err(|error| state_error("cannot read the journal", &error))?,
        None => Vec::new(),
    };
    match arguments.format.format {
        Format::Json => console.json(&RunsV1 { schema_version: 1, runs: runs.iter().map(v1).collect() })?,
        Format::Text if runs.is_empty() => console.say(Text::plain("no run in the journal yet")),
        Format::Text => console.lines(&lines(&runs, console))?,
    }
    Ok(Exit::Done)
}

fn lines(runs: &[RunRecord], console: &Console) -> Vec<Line> {
    let rows = runs.iter().map(|run| {
        let (verified, failed) = tally(run);
        let outcome = match (&run.outcome, run.finished) {
            (Some(outcome), _) => outcome.clone(),
            (None, None) => "not finished: the next `sekisho apply` finds out what was done".to_owned(),
            (None, Some(_)) => String::new(),
        };
        let ink = if failed > 0 || run.finished.is_none() { Ink::Warning } else { Ink::Plain };
        vec![
            Text::new().with(Ink::Strong, run.run.as_str()),
            Text::plain(console.out.time(run.started)),
            Text::plain(format!("{verified} of {}", count(run.plan.operations.len(), "operation"))),
            Text::new().with(ink, outcome),
            Text::new().with(Ink::Faint, &run.who),
        ]
    });
    table(rows.collect(), 0)
}

/// Operations verified, and failed or contradicted.
fn tally(run: &RunRecord) -> (usize, usize) {
    let states = || run.steps.iter().filter_map(|step| step.state.as_ref());
    let verified = states().filter(|state| matches!(state, StepState::Verified { .. })).count();
    let failed =
        states().filter(|state| matches!(state, StepState::Failed { .. } | StepState::Contradicted { .. })).count();
    (verified, failed)
}

#[derive(Serialize)]
struct RunsV1 {
    schema_version: u32,
    runs: Vec<RunV1>,
}

#[derive(Serialize)]
struct RunV1 {
    run: String,
    started: Timestamp,
    finished: Option<Timestamp>,
    who: String,
    plan_id: String,
    operations: usize,
    verified: usize,
    failed: usize,
    outcome: Option<String>,
}

fn v1(run: &RunRecord) -> RunV1 {
    let (verified, failed) = tally(run);
    RunV1 {
        run: run.run.to_string(),
        started: run.started,
        finished: run.finished,
        who: run.who.clone(),
        plan_id: run.plan.id.to_string(),
        operations: run.plan.operations.len(),
        verified,
        failed,
        outcome: run.outcome.clone(),
    }
}
