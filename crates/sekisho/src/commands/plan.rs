//! `sekisho plan`

use std::path::Path;

use model::Plan;
use model::finding::Severity;

use crate::cli::{PlanArguments, PlanFormat};
use crate::commands::desk::Desk;
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::folder;
use crate::render::plan_text::Fold;
use crate::render::{plan_json, plan_markdown, plan_text};
use crate::wiring::StateUse;

pub(crate) async fn run(arguments: &PlanArguments, console: &Console) -> Result<Exit, CommandError> {
    let desk = Desk::for_plan(&arguments.inputs, StateUse::Read, console).await?;
    let prepared = desk.prepare(&arguments.inputs.confirmed).await?;
    if let Some(file) = &arguments.out {
        write(file, &prepared.plan)?;
    }
    let named = desk.named(&prepared);
    match arguments.format {
        PlanFormat::Text => {
            let fold = arguments.fold.unwrap_or(if arguments.full { Fold::FULL } else { Fold::NORMAL });
            let next = next_step(&prepared.plan, arguments);
            console.data(&plan_text::render(&named, fold, next.as_deref(), &console.out))?;
        }
        PlanFormat::Markdown => console.data(&plan_markdown::render(&named))?,
        PlanFormat::Json => console.json(&plan_json::v1(&named))?,
    }
    Ok(exit(&prepared.plan, &prepared.diagnostics))
}

/// A refusal weighs more than a mistake, a mistake more than pending changes.
fn exit(plan: &Plan, diagnostics: &[catalog::Diagnostic]) -> Exit {
    if is_refused(plan) {
        Exit::Refused
    } else if diagnostics.iter().any(catalog::Diagnostic::is_error) {
        Exit::Failed
    } else if plan.is_empty() {
        Exit::Done
    } else {
        Exit::ChangesPending
    }
}

/// Whether a guard refuses the plan.
pub(crate) fn is_refused(plan: &Plan) -> bool {
    plan.findings.iter().any(|finding| finding.severity == Severity::Refusal)
}

fn next_step(plan: &Plan, arguments: &PlanArguments) -> Option<String> {
    if is_refused(plan) {
        return Some("Refused: nothing of it can be applied until the guard or the catalog is changed.".to_owned());
    }
    if plan.is_empty() {
        return None;
    }
    let folder = &arguments.inputs.catalog.catalog;
    let catalog =
        if folder == Path::new("access") { String::new() } else { format!(" --catalog {}", folder.display()) };
    Some(match &arguments.out {
        Some(file) => format!("Apply with: sekisho apply {}{catalog}", file.display()),
        None => format!("Apply with: sekisho apply{catalog}"),
    })
}

/// Writes a plan file.
pub(crate) fn write(file: &Path, plan: &Plan) -> Result<(), CommandError> {
    let text = serde_json::to_string_pretty(plan)
        .map_err(|error| CommandError::new("cannot write the plan as JSON").because(&error))?;
    folder::write_file(file, &format!("{text}\n"))
}

/// Reads a plan file. One that was changed by hand is refused: its id is the hash of its content.
pub(crate) fn read(file: &Path) -> Result<Plan, CommandError> {
    let shown = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|error| CommandError::new(format!("cannot read the plan `{shown}`")).because(&error))?;
    let plan: Plan = serde_json::from_str(&text).map_err(|error| {
        CommandError::new(format!("`{shown}` is no plan file"))
            .because(&error)
            .hint("`sekisho plan --out FILE` writes one; `--format json` is for programs and cannot be applied")
    })?;
    if plan.format_version != Plan::FORMAT_VERSION {
        let message =
            format!("`{shown}` has version {} of the plan format, not {}", plan.format_version, Plan::FORMAT_VERSION);
        return Err(CommandError::new(message).hint("make a new plan with this version of Sekisho"));
    }
    let content = plan
        .content_id()
        .map_err(|error| CommandError::new(format!("cannot check the plan `{shown}`")).because(&error))?;
    if content != plan.id {
        return Err(CommandError::new(format!("`{shown}` was changed after it was made; nothing was applied"))
            .hint("a plan file is applied as it was looked at; change the catalog and make a new one"));
    }
    Ok(plan)
}
