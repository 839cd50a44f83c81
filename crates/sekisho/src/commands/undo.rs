//! `sekisho undo`

use std::collections::BTreeSet;

use engine::{ApplyError, Prepared};

use crate::cli::{Format, UndoArguments};
use crate::commands::apply::{self, Outcome, Way};
use crate::commands::desk::Desk;
use crate::commands::{engine_error, plan};
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::render::plan_text::{self, Fold};
use crate::render::plan_view::Named;
use crate::render::progress::Progress;
use crate::render::style::{Ink, Text};
use crate::wiring::StateUse;

pub(crate) async fn run(arguments: &UndoArguments, console: &Console) -> Result<Exit, CommandError> {
    let way = Way { format: arguments.format.format, full: arguments.full, yes: arguments.yes, kept: false };
    if arguments.out.is_none() {
        apply::refuse_to_ask_nobody(&way, console)?;
    }
    let root = &arguments.catalog.catalog;
    let desk = Desk::open(root, &arguments.aws, &arguments.state, StateUse::Write, console).await?;
    let prepared = take_back(&desk, &arguments.run).await?;
    if let Some(file) = &arguments.out {
        plan::write(file, &prepared.plan)?;
        let named = Named { plan: &prepared.plan, observed: &prepared.observed, folder: &desk.loaded.folder };
        let fold = if arguments.full { Fold::FULL } else { Fold::NORMAL };
        let next = format!("Apply with: sekisho apply {}", file.display());
        let next = (!plan::is_refused(&prepared.plan)).then_some(next.as_str());
        if way.format == Format::Text {
            console.data(&plan_text::render(&named, fold, next, &console.out))?;
        }
        return Ok(if plan::is_refused(&prepared.plan) {
            Exit::Refused
        } else if prepared.plan.is_empty() {
            Exit::Done
        } else {
            Exit::ChangesPending
        });
    }
    match apply::carry_out(&desk, &prepared, &way).await? {
        Outcome::Ended(exit) => {
            if exit == Exit::Done && way.format == Format::Text && !prepared.plan.is_empty() {
                let text =
                    "  the catalog still declares what was taken back: change it, or the next apply does it again";
                console.say(Text::new().with(Ink::Faint, text));
            }
            Ok(exit)
        }
        Outcome::PlanAgain => {
            Err(CommandError::new("an earlier run was interrupted, and what it had left in flight is settled only now")
                .hint("run `sekisho undo` again; nothing else was changed"))
        }
    }
}

/// The plan that takes a run back.
async fn take_back(desk: &Desk<'_>, run: &str) -> Result<Prepared, CommandError> {
    let run = run.parse().map_err(|error: model::ParseIdError| CommandError::new("this is no run").because(&error))?;
    let progress = Progress::start("Reading AWS", &desk.console.messages);
    let prepared = desk.engine.undo_plan(&run, &desk.loaded.catalog, &BTreeSet::new(), &progress).await;
    progress.finish();
    prepared.map_err(|error: ApplyError| engine_error(&error))
}
