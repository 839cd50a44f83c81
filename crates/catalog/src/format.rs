//! Tidying a file without losing anything.
//!
//! Each pass is taken only if the file still means the same and has the same comments, and passes are repeated until
//! nothing changes: so formatting twice is formatting once, by construction.

mod indent;
mod json;
mod key_order;
mod spacing;
mod whitespace;

use crate::diagnostic::{Diagnostic, SourceFile};
use crate::files::FileKind;
use crate::yaml::{self, Document};

pub(crate) use json::pretty as pretty_json;

/// Rounds after which a file that still changes is left as it is.
const MAX_ROUNDS: usize = 8;

/// The file, tidied: spaces, blank lines, indentation, quotes only where needed, keys of sets and assignments in their
/// customary order. Comments stay, and the file means the same. Formatting again changes nothing.
///
/// # Errors
/// What is wrong with the file, when it cannot be read as YAML (or JSON, for `.json`).
pub fn format(path: &str, text: &str) -> Result<String, Vec<Diagnostic>> {
    if path.ends_with(".json") {
        return json::format(path, text);
    }
    let original = text;
    let mut text = text.to_owned();
    read(path, &text)?;
    for _ in 0..MAX_ROUNDS {
        let next = round(path, &text);
        if next == text {
            return Ok(text);
        }
        text = next;
    }
    Ok(original.to_owned())
}

/// Rewrites a text; none where it does not apply.
type Pass<'a> = dyn Fn(&str, &Document) -> Option<String> + 'a;

fn round(path: &str, text: &str) -> String {
    let kind = FileKind::of(path);
    let passes: [&Pass<'_>; 4] =
        [&whitespace::tidy, &spacing::tidy, &|text, document| key_order::tidy(text, document, kind?), &indent::tidy];
    let mut text = text.to_owned();
    for pass in passes {
        let Ok(before) = read(path, &text) else { return text };
        if let Some(next) = pass(&text, &before)
            && next != text
            && same(path, &text, &before, &next)
        {
            text = next;
        }
    }
    text
}

fn read(path: &str, text: &str) -> Result<Document, Vec<Diagnostic>> {
    let mut diagnostics = Vec::new();
    let document = yaml::read(&SourceFile::new(path, text), &mut diagnostics);
    if diagnostics.is_empty() { Ok(document) } else { Err(diagnostics) }
}

/// Whether both texts mean the same and have the same comments.
fn same(path: &str, text: &str, before: &Document, next: &str) -> bool {
    let Ok(after) = read(path, next) else { return false };
    let means = match (&before.root, &after.root) {
        (Some(before), Some(after)) => before.means(after),
        (None, None) => true,
        _ => false,
    };
    means && comments(text, before) == comments(next, &after)
}

fn comments<'t>(text: &'t str, document: &Document) -> Vec<&'t str> {
    let comments = document.comments.iter().filter_map(|span| text.get(span.start..span.end));
    let mut comments: Vec<&str> = comments.map(str::trim_end).collect();
    comments.sort_unstable();
    comments
}
