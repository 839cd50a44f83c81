//! `sekisho fmt`

use crate::cli::FmtArguments;
use crate::commands::check;
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::folder;
use crate::render::style::Text;
use crate::render::words::count;

pub(super) fn run(arguments: &FmtArguments, console: &Console) -> Result<Exit, CommandError> {
    let root = &arguments.catalog.catalog;
    let files = folder::load(root)?;
    let mut changed = Vec::new();
    let mut diagnostics = Vec::new();
    for (path, text) in &files.files {
        match catalog::format(path, text) {
            Ok(formatted) if formatted == *text => {}
            Ok(formatted) => changed.push((path, formatted)),
            Err(found) => diagnostics.extend(found),
        }
    }
    let unreadable = !diagnostics.is_empty();
    if unreadable {
        check::show(&diagnostics, &files, root, console);
    }
    for (path, text) in &changed {
        if !arguments.check {
            folder::write_file(&root.join(path), text)?;
        }
        console.data(&format!("{}/{path}\n", folder::shown(root)))?;
    }
    let (number, all) = (changed.len(), count(files.files.len(), "file"));
    let told = match (arguments.check, number) {
        (_, 0) => format!("{all} in their one form"),
        (false, number) => format!("{} of {all} changed", count(number, "file")),
        (true, number) => format!("{} of {all} would change; `sekisho fmt` does it", count(number, "file")),
    };
    console.say(Text::plain(told));
    Ok(if unreadable || (arguments.check && number > 0) { Exit::Failed } else { Exit::Done })
}
