//! `sekisho check`

use std::collections::BTreeSet;
use std::path::Path;

use catalog::{CatalogFiles, Diagnostic, Severity};
use model::declared::Bindings;
use serde::Serialize;

use crate::cli::{CheckArguments, Format};
use crate::commands::catalog_input;
use crate::commands::desk;
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::folder;
use crate::render::style::{Ink, Text};
use crate::render::words::count;
use crate::wiring::{StateUse, Wiring};

pub(crate) async fn run(arguments: &CheckArguments, console: &Console) -> Result<Exit, CommandError> {
    let root = &arguments.catalog.catalog;
    let files = folder::load(root)?;
    let parsed = catalog::parse(&files);
    let mut diagnostics = parsed.diagnostics;
    if arguments.online {
        diagnostics.extend(online(arguments, &parsed.catalog, console).await?);
    }
    let problems = catalog_input::problems(&diagnostics, &files);
    match arguments.format.format {
        Format::Text => {
            let (notes, worth): (Vec<_>, Vec<_>) =
                diagnostics.iter().cloned().partition(|one| one.severity == Severity::Note);
            show(&worth, &files, root, console);
            for note in &notes {
                let place = format!("  {}/{}:{}", folder::shown(root), note.file, note.line);
                console.say(Text::new().with(Ink::Strong, "note: ").and(&note.message).with(Ink::Faint, place));
            }
            if problems.is_none() {
                let sets = parsed.catalog.permission_set_names().count();
                let told = format!(
                    "no mistake in {}: {}, {}",
                    count(files.files.len(), "file"),
                    count(sets, "permission set"),
                    count(parsed.catalog.assignment_entries(), "entry")
                );
                console.say(Text::new().with(Ink::Good, "✓ ").and(told));
            }
        }
        Format::Json => console.json(&v1(&diagnostics, &files, root))?,
    }
    match problems {
        Some(told) => Err(CommandError::new(told)),
        None => Ok(Exit::Done),
    }
}

/// Names that mean nothing, or another thing than before, in AWS.
async fn online(
    arguments: &CheckArguments,
    catalog: &catalog::Catalog,
    console: &Console,
) -> Result<Vec<Diagnostic>, CommandError> {
    let wiring = Wiring {
        aws: arguments.aws.clone(),
        state: Some(arguments.state.clone()),
        settings: catalog.settings().clone(),
        reading: aws::ReadingMode::Auto,
        account_tags: catalog.names_account_tags(),
    };
    let engine = wiring.engine(StateUse::Read, console).await?;
    let observed = desk::observe(&engine, console).await?;
    let previous = match &engine.store {
        Some(store) => store
            .bindings(&observed.instance)
            .await
            .map_err(|error| crate::wiring::state_error("cannot read the state", &error))?,
        None => Bindings::default(),
    };
    Ok(catalog::resolve(catalog, &observed, &previous, &BTreeSet::new()).diagnostics)
}

/// Shows diagnostics on standard error.
pub(crate) fn show(diagnostics: &[Diagnostic], files: &CatalogFiles, root: &Path, console: &Console) {
    console.message(&catalog_input::rendered(diagnostics, files, &folder::shown(root), console));
}

#[derive(Serialize)]
struct CheckV1<'a> {
    schema_version: u32,
    folder: String,
    files: usize,
    errors: usize,
    diagnostics: &'a [Diagnostic],
}

fn v1<'a>(diagnostics: &'a [Diagnostic], files: &CatalogFiles, root: &Path) -> CheckV1<'a> {
    CheckV1 {
        schema_version: 1,
        folder: folder::shown(root),
        files: files.files.len(),
        errors: diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count(),
        diagnostics,
    }
}
