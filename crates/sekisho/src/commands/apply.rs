//! `sekisho apply`

use engine::{ApplyError, ApplyOptions, Prepared, RunSummary};
use model::Plan;
use model::change::Change;

use crate::cli::{ApplyArguments, Format};
use crate::commands::desk::Desk;
use crate::commands::interrupt::interruptible;
use crate::commands::{engine_error, plan};
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::render::apply_progress::ApplyBar;
use crate::render::plan_text::{self, Fold};
use crate::render::plan_view::Named;
use crate::render::style::{Ink, Text};
use crate::render::summary;
use crate::render::words::count;
use crate::wiring::StateUse;

/// How often a plan is made again because an earlier run had left something in flight.
const REPLANS: u32 = 3;

pub(crate) async fn run(arguments: &ApplyArguments, console: &Console) -> Result<Exit, CommandError> {
    let given = arguments.file.as_deref().map(plan::read).transpose()?;
    let way = Way {
        format: arguments.format.format,
        full: arguments.full,
        yes: arguments.yes || given.is_some(),
        kept: given.is_some(),
    };
    refuse_to_ask_nobody(&way, console)?;
    let desk = Desk::for_plan(&arguments.inputs, StateUse::Write, console).await?;
    for attempt in 1.. {
        let prepared = match &given {
            Some(plan) => desk.revalidate(plan, &arguments.inputs.confirmed).await?,
            None => desk.prepare(&arguments.inputs.confirmed).await?,
        };
        match carry_out(&desk, &prepared, &way).await? {
            Outcome::Ended(exit) => return Ok(exit.unless(mistakes(&prepared))),
            Outcome::PlanAgain if given.is_none() && attempt < REPLANS => {
                console.note("an earlier run was interrupted; what it had left in flight is settled now, and the plan is made again");
            }
            Outcome::PlanAgain => break,
        }
    }
    Err(CommandError::new(
        "an earlier run was interrupted, and what it had left in flight is settled only now; nothing else was changed",
    )
    .hint("make the plan again: it may look different"))
}

/// Whether the catalog names something that means nothing: the rest goes through, and still it is a mistake.
fn mistakes(prepared: &Prepared) -> bool {
    prepared.diagnostics.iter().any(catalog::Diagnostic::is_error)
}

/// How a plan is carried out.
pub(crate) struct Way {
    pub(crate) format: Format,
    pub(crate) full: bool,
    pub(crate) yes: bool,
    /// The plan comes from a file: it was looked at then.
    pub(crate) kept: bool,
}

/// What came of carrying out a plan.
pub(crate) enum Outcome {
    /// It is over.
    Ended(Exit),
    /// The plan has to be made again; nothing of it was done.
    PlanAgain,
}

/// A question needs somebody to answer it.
pub(crate) fn refuse_to_ask_nobody(way: &Way, console: &Console) -> Result<(), CommandError> {
    if way.yes || console.can_ask {
        return Ok(());
    }
    Err(CommandError::new("there is no terminal to ask on; nothing was changed")
        .hint("`--yes` applies without asking")
        .hint("`sekisho plan --out plan.json`, then `sekisho apply plan.json`, applies exactly what was looked at"))
}

/// Shows the plan, asks, applies it, tells what became of it.
pub(crate) async fn carry_out(desk: &Desk<'_>, prepared: &Prepared, way: &Way) -> Result<Outcome, CommandError> {
    let console = desk.console;
    let plan = &prepared.plan;
    if way.format == Format::Text && !way.kept && !plan.is_empty() {
        let named = Named { plan, observed: &prepared.observed, folder: &desk.loaded.folder };
        let fold = if way.full { Fold::FULL } else { Fold::NORMAL };
        console.data(&plan_text::render(&named, fold, None, &console.out))?;
    }
    if plan::is_refused(plan) {
        return Err(refused(plan));
    }
    if !way.yes && !plan.is_empty() && !console.ask(&question(plan)) {
        console.say(Text::plain("nothing was changed"));
        return Ok(Outcome::Ended(Exit::Failed));
    }
    let bar = ApplyBar::start(plan, desk.engine.limits.calls_per_second, &console.messages);
    let options =
        ApplyOptions { who: console.who(&prepared.observed.caller.arn), kept: way.kept, ..ApplyOptions::default() };
    let applied = interruptible(&options.cancellation.clone(), console, desk.engine.apply(plan, &options, &bar)).await;
    bar.finish();
    match applied {
        Ok(summary) => tell(&summary, way, console).map(Outcome::Ended),
        Err(ApplyError::PlanAgain { .. }) => Ok(Outcome::PlanAgain),
        Err(error) => Err(engine_error(&error)),
    }
}

fn refused(plan: &Plan) -> CommandError {
    let refusals = || plan.findings.iter().filter(|finding| finding.severity == model::Severity::Refusal);
    let first = refusals().next().map(|finding| finding.message.clone()).unwrap_or_default();
    let error = CommandError::guard(format!("the plan is refused, and nothing was changed: {first}"));
    refusals().filter_map(|finding| finding.help.clone()).fold(error, CommandError::hint)
}

/// The question names what will be lost.
fn question(plan: &Plan) -> String {
    let number = |pick: fn(&Change) -> bool| plan.operations.iter().filter(|operation| pick(&operation.change)).count();
    let withdrawn = number(|change| matches!(change, Change::Withdraw { .. }));
    let deleted = number(|change| matches!(change, Change::DeletePermissionSet { .. }));
    let narrowed = number(|change| change.is_removal()) - withdrawn - deleted;
    let mut lost = Vec::new();
    if withdrawn > 0 {
        lost.push(count(withdrawn, "assignment"));
    }
    if deleted > 0 {
        lost.push(count(deleted, "permission set"));
    }
    if narrowed > 0 {
        lost.push(format!("{} of permission sets", count(narrowed, "part")));
    }
    let all = count(plan.operations.len(), "operation");
    if lost.is_empty() {
        format!("Apply {all}? Nothing is taken away.")
    } else {
        format!("Apply {all}? This takes away or replaces {}.", lost.join(", "))
    }
}

/// Shows the summary.
fn tell(summary: &RunSummary, way: &Way, console: &Console) -> Result<Exit, CommandError> {
    match way.format {
        Format::Json => console.json(&summary::v1(summary))?,
        Format::Text if summary.operations.is_empty() => {
            console.say(Text::new().with(Ink::Good, "✓ ").and("nothing to do: AWS is as declared"));
        }
        Format::Text => {
            console.lines(&summary::lines(summary))?;
            if summary.counts.verified > 0 {
                console.say(Text::new().with(Ink::Faint, format!("  take it back with: sekisho undo {}", summary.run)));
            }
        }
    }
    Ok(if summary.is_complete() { Exit::Done } else { Exit::Failed })
}
