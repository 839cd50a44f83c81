//! `sekisho drift`

use aws::ReadingMode;

use crate::cli::{DriftArguments, Format, PlanInputs};
use crate::commands::catalog_input::Loaded;
use crate::commands::desk::Desk;
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::render::drift;
use crate::render::plan_text::Fold;
use crate::wiring::StateUse;

pub(crate) async fn run(arguments: &DriftArguments, console: &Console) -> Result<Exit, CommandError> {
    let PlanInputs { catalog, aws, state, .. } = &arguments.inputs;
    let loaded = Loaded::read(&catalog.catalog, console)?;
    // Whole pairs, so that assignments of deleted principals show.
    let desk = Desk::with(loaded, aws, state, StateUse::Read, ReadingMode::PerPair, console).await?;
    let prepared = desk.prepare(&arguments.inputs.confirmed).await?;
    let named = desk.named(&prepared);
    let differences = drift::differences(&named);
    let differs = !differences.is_empty() || !prepared.plan.unresolved.is_empty();
    match arguments.format.format {
        Format::Text => {
            let fold = if arguments.full { Fold::FULL } else { Fold::NORMAL };
            console.lines(&drift::lines(&named, &differences, fold, &console.out))?;
        }
        Format::Json => console.json(&drift::v1(&named, differences))?,
    }
    Ok(if differs { Exit::ChangesPending } else { Exit::Done })
}
