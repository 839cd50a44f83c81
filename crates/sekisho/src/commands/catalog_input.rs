//! The catalog as a command reads it: mistakes are shown, and refuse it.

use std::path::Path;

use catalog::{Catalog, CatalogFiles, Diagnostic, RenderOptions, Severity};

use crate::console::Console;
use crate::error::CommandError;
use crate::folder;
use crate::render::words::count;

/// A catalog without mistakes.
pub(crate) struct Loaded {
    /// Its files, for messages that come later.
    pub(crate) files: CatalogFiles,
    /// What they say.
    pub(crate) catalog: Catalog,
    /// The folder as the reader knows it.
    pub(crate) folder: String,
}

impl Loaded {
    /// Reads a folder. Mistakes are shown and end the command.
    pub(crate) fn read(root: &Path, console: &Console) -> Result<Self, CommandError> {
        let files = folder::load(root)?;
        let parsed = catalog::parse(&files);
        let loaded = Self { files, catalog: parsed.catalog, folder: folder::shown(root) };
        console.message(&loaded.rendered(&parsed.diagnostics, console));
        loaded.refuse(&parsed.diagnostics)?;
        Ok(loaded)
    }

    /// Diagnostics as people read them.
    pub(crate) fn rendered(&self, diagnostics: &[Diagnostic], console: &Console) -> String {
        rendered(diagnostics, &self.files, &self.folder, console)
    }

    /// `2 problems in 1 of 31 files; nothing was changed`
    fn refuse(&self, diagnostics: &[Diagnostic]) -> Result<(), CommandError> {
        match problems(diagnostics, &self.files) {
            Some(told) => Err(CommandError::new(format!("{told}; nothing was changed"))),
            None => Ok(()),
        }
    }
}

/// Diagnostics as people read them.
pub(crate) fn rendered(diagnostics: &[Diagnostic], files: &CatalogFiles, folder: &str, console: &Console) -> String {
    if diagnostics.is_empty() {
        return String::new();
    }
    let options = RenderOptions {
        color: console.messages.color,
        unicode: true,
        width: console.messages.width,
        path_prefix: if folder.is_empty() { String::new() } else { format!("{folder}/") },
    };
    let text = catalog::render(diagnostics, files, &options);
    // Its last line sums up as if the catalog were refused; here each command says what became of it.
    let end = text.trim_end().rfind('\n').map_or(0, |at| at + 1);
    text.get(..end).unwrap_or_default().to_owned()
}

/// `2 problems in 1 of 31 files`; none when there is no error among them.
pub(crate) fn problems(diagnostics: &[Diagnostic], files: &CatalogFiles) -> Option<String> {
    let errors: Vec<&Diagnostic> =
        diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).collect();
    let wrong: std::collections::BTreeSet<&str> = errors.iter().map(|error| error.file.as_str()).collect();
    (!errors.is_empty()).then(|| {
        format!("{} in {} of {}", count(errors.len(), "problem"), wrong.len(), count(files.files.len(), "file"))
    })
}
