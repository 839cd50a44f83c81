//! `sekisho import`

use crate::cli::ImportArguments;
use crate::commands::{desk, init};
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::folder;
use crate::render::style::{Ink, Text};
use crate::render::words::count;
use crate::wiring::{StateUse, Wiring};

pub(crate) async fn run(arguments: &ImportArguments, console: &Console) -> Result<Exit, CommandError> {
    // Before AWS is asked for minutes.
    folder::refuse_filled(&arguments.folder)?;
    let wiring = Wiring {
        aws: arguments.aws.clone(),
        state: None,
        settings: catalog::Settings::default(),
        reading: aws::ReadingMode::PerPair,
        account_tags: false,
    };
    let engine = wiring.engine(StateUse::Read, console).await?;
    let observed = desk::observe(&engine, console).await?;
    let unknown = observed.unknown_parts();
    let mut files = catalog::import(&observed).files;
    let written = files.len();
    files.extend(init::schemas());
    folder::write_new(&arguments.folder, &files)?;
    let shown = folder::shown(&arguments.folder);
    let told = format!(
        "wrote {} and {} as {} into {shown}/",
        count(observed.permission_sets.len(), "permission set"),
        count(observed.assignments.rows().len(), "assignment"),
        count(written, "file")
    );
    console.say(Text::new().with(Ink::Good, "✓ ").and(told));
    for part in &unknown {
        console.warn(format!("not read, and so not written: {part}"));
    }
    let catalog = if shown == "access" { String::new() } else { format!(" --catalog {shown}") };
    let empty = match stale(&observed) {
        0 => "is empty".to_owned(),
        stale => format!(
            "only provisions {} that AWS has not brought to the newest version of a set",
            count(stale, "account")
        ),
    };
    console.say(Text::plain(format!("  next: `sekisho plan{catalog}` {empty}; commit the folder, then change a line")));
    // What was left out must not look like a whole.
    Ok(if unknown.is_empty() { Exit::Done } else { Exit::Failed })
}

/// Pairs that hold an older version of their set: no catalog can say that this is wanted.
fn stale(observed: &model::Observed) -> usize {
    let sets = observed.permission_sets.values().filter_map(|set| set.provisioned.value());
    sets.flatten().filter(|provisioned| !provisioned.latest).count()
}
