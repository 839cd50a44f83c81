//! Diagnostics as people read them.

mod palette;
mod snippet;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostic, Severity, Span, count};
use crate::files::CatalogFiles;
use palette::Palette;
use snippet::Snippet;
use text::wrap;

/// How to show diagnostics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderOptions {
    /// ANSI colours.
    pub color: bool,
    /// Line drawing characters; else ASCII.
    pub unicode: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// Put before every path: `access/`.
    pub path_prefix: String,
}

impl Default for RenderOptions {
    fn default() -> Self {
        Self { color: false, unicode: true, width: 100, path_prefix: String::new() }
    }
}

/// All diagnostics with the lines they are about, and a summary as the last line. Empty without diagnostics.
#[must_use]
pub fn render(diagnostics: &[Diagnostic], files: &CatalogFiles, options: &RenderOptions) -> String {
    if diagnostics.is_empty() {
        return String::new();
    }
    let mut renderer =
        Renderer { files, options, palette: Palette::new(options.color), lines: BTreeMap::new(), out: String::new() };
    for diagnostic in diagnostics {
        renderer.diagnostic(diagnostic);
    }
    renderer.summary(diagnostics);
    renderer.out
}

/// Marked bytes, what stands under them, and whether they are what it is about.
type Mark<'a> = (Span, Option<&'a str>, bool);

struct Renderer<'a> {
    files: &'a CatalogFiles,
    options: &'a RenderOptions,
    palette: Palette,
    /// First bytes of the lines of files that were shown.
    lines: BTreeMap<String, Vec<usize>>,
    out: String,
}

impl Renderer<'_> {
    fn diagnostic(&mut self, diagnostic: &Diagnostic) {
        let name = self.palette.severity(diagnostic.severity, diagnostic.severity.name());
        let first = wrap(
            &text::visible(&diagnostic.message),
            self.width().saturating_sub(diagnostic.severity.name().len() + 2),
        );
        for (at, line) in first.iter().enumerate() {
            match at {
                0 => self.out.push_str(&format!("{name}: {}\n", self.palette.bold(line))),
                _ => self.out.push_str(&format!(
                    "{:indent$}{}\n",
                    "",
                    self.palette.bold(line),
                    indent = diagnostic.severity.name().len() + 2
                )),
            }
        }
        let mut gutter = 1;
        let mut own = Vec::new();
        let mut other: BTreeMap<&str, Vec<Mark<'_>>> = BTreeMap::new();
        own.push((diagnostic.span, diagnostic.label.as_deref(), true));
        for related in &diagnostic.related {
            let mark = (related.span, Some(related.label.as_str()), false);
            if related.file == diagnostic.file {
                own.push(mark);
            } else {
                other.entry(&related.file).or_default().push(mark);
            }
        }
        if diagnostic.line > 0 {
            gutter = self.snippet(&diagnostic.file, &own, diagnostic.severity);
        } else {
            let arrow = self.palette.dim(if self.options.unicode { "╭─" } else { ",-" });
            self.out.push_str(&format!("  {arrow}[{}]\n", self.path(&diagnostic.file)));
        }
        for (file, marks) in other {
            gutter = gutter.max(self.snippet(file, &marks, diagnostic.severity));
        }
        if let Some(help) = &diagnostic.help {
            let indent = gutter + 1;
            for (at, line) in wrap(&text::visible(help), self.width().saturating_sub(indent + 6)).iter().enumerate() {
                let lead = if at == 0 { self.palette.help("help:") } else { "     ".to_owned() };
                self.out.push_str(&format!("{:indent$}{lead} {line}\n", ""));
            }
        }
        self.out.push('\n');
    }

    fn width(&self) -> usize {
        self.options.width.clamp(40, 400)
    }

    fn path(&self, file: &str) -> String {
        text::visible(&format!("{}{file}", self.options.path_prefix))
    }

    /// Shows the lines with marks and those around them; answers the width of the gutter.
    fn snippet(&mut self, file: &str, marks: &[Mark<'_>], severity: Severity) -> usize {
        let Some(text) = self.files.files.get(file) else { return 1 };
        let starts = self.lines.entry(file.to_owned()).or_insert_with(|| crate::diagnostic::line_starts(text));
        let snippet = Snippet::new(text, starts, marks);
        let path = self.path(file);
        snippet.draw(&mut self.out, &path, severity, &self.palette, self.options)
    }

    fn summary(&mut self, diagnostics: &[Diagnostic]) {
        let worst = diagnostics.iter().map(|diagnostic| diagnostic.severity).min().unwrap_or(Severity::Note);
        let counted = diagnostics.iter().filter(|diagnostic| diagnostic.severity == worst);
        let files: BTreeSet<&str> = counted.clone().map(|diagnostic| diagnostic.file.as_str()).collect();
        let number = counted.count();
        let all = self.files.visible().count();
        let what = match worst {
            Severity::Error => count(number, "problem"),
            Severity::Warning => count(number, "warning"),
            Severity::Note => count(number, "note"),
        };
        let place = format!("in {} of {}", files.len(), count(all, "file"));
        let rest = [(Severity::Warning, "warning"), (Severity::Note, "note")];
        let rest: Vec<String> = rest
            .iter()
            .filter(|(severity, _)| *severity > worst)
            .filter_map(|(severity, noun)| {
                let number = diagnostics.iter().filter(|diagnostic| diagnostic.severity == *severity).count();
                (number > 0).then(|| count(number, noun))
            })
            .collect();
        let rest = if rest.is_empty() { String::new() } else { format!(" (and {})", rest.join(", ")) };
        let name = self.palette.severity(worst, worst.name());
        let end = if worst == Severity::Error { "; nothing was changed" } else { "" };
        self.out.push_str(&format!("{name}: {what} {place}{rest}{end}\n"));
    }
}
