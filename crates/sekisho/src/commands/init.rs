//! `sekisho init`

use std::collections::BTreeMap;

use crate::cli::InitArguments;
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::folder;
use crate::render::style::{Ink, Text};

pub(super) fn run(arguments: &InitArguments, console: &Console) -> Result<Exit, CommandError> {
    let mut files = catalog::template().files;
    files.extend(schemas());
    folder::write_new(&arguments.folder, &files)?;
    let shown = arguments.folder.display().to_string();
    console.say(Text::new().with(Ink::Good, "✓ ").and(format!("wrote a catalog to start from into {shown}")));
    console.say(Text::plain(format!("  next: edit the files, then `sekisho plan --catalog {shown}`")));
    console.say(Text::plain("  to start from what Identity Center holds today: `sekisho import DIR`"));
    Ok(Exit::Done)
}

/// The JSON Schema files that editors check the catalog with, as `.schema/NAME.json` beside it.
pub(crate) fn schemas() -> BTreeMap<String, String> {
    catalog::schemas()
        .into_iter()
        .map(|(name, text)| (format!(".schema/{name}.json"), format!("{}\n", text.trim_end())))
        .collect()
}
