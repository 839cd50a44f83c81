//! The lines a diagnostic is about, with what is wrong underlined.

use super::RenderOptions;
use super::palette::Palette;
use super::text::{character_width, visible_character, width, without_password, wrap};
use crate::diagnostic::{Severity, Span};

/// A marked place on one line, in columns of the shown text.
struct Mark<'a> {
    from: usize,
    to: usize,
    label: Option<&'a str>,
    primary: bool,
}

/// Lines of one file to be shown, by number from 0, with marks.
pub(super) struct Snippet<'a> {
    lines: Vec<(usize, String, Vec<Mark<'a>>)>,
    /// Line and column of the first mark, from 1.
    at: (usize, usize),
}

impl<'a> Snippet<'a> {
    pub(super) fn new(text: &str, starts: &[usize], marks: &[(Span, Option<&'a str>, bool)]) -> Self {
        let line_of = |at: usize| starts.partition_point(|start| *start <= at).saturating_sub(1);
        let mut wanted: Vec<usize> = marks
            .iter()
            .flat_map(|(span, _, _)| {
                let line = line_of(span.start);
                [line.saturating_sub(1), line, line + 1]
            })
            .filter(|line| *line < starts.len())
            .collect();
        wanted.sort_unstable();
        wanted.dedup();
        // The line after the last line break holds nothing.
        wanted.retain(|line| starts.get(*line).is_none_or(|start| *start < text.len() || text.is_empty()));
        let lines = wanted
            .into_iter()
            .map(|line| {
                let start = starts.get(line).copied().unwrap_or_default();
                let end = starts.get(line + 1).copied().unwrap_or(text.len());
                let source = text.get(start..end).unwrap_or_default().trim_end_matches(['\n', '\r']);
                let own = marks.iter().filter(|(span, _, _)| line_of(span.start) == line);
                let own = own.map(|(span, label, primary)| mark(source, start, *span, *label, *primary)).collect();
                (line, shown(source), own)
            })
            .collect();
        let first = marks.first().map(|(span, _, _)| span.start).unwrap_or_default();
        let line = line_of(first);
        let before = text.get(starts.get(line).copied().unwrap_or_default()..first).unwrap_or_default();
        let column = before.chars().filter(|character| *character != '\u{feff}').count();
        Self { lines, at: (line + 1, column + 1) }
    }

    /// Draws it; answers the width of the gutter.
    pub(super) fn draw(
        &self,
        out: &mut String,
        path: &str,
        severity: Severity,
        palette: &Palette,
        options: &RenderOptions,
    ) -> usize {
        let signs = if options.unicode { &UNICODE } else { &ASCII };
        let last = self.lines.last().map_or(1, |(line, _, _)| line + 1);
        let gutter = last.to_string().len();
        let (line, column) = self.at;
        let corner = palette.dim(signs.open);
        out.push_str(&format!("{:gutter$} {corner}[{path}:{line}:{column}]\n", ""));
        let mut before: Option<usize> = None;
        for (line, text, marks) in &self.lines {
            if before.is_some_and(|before| before + 1 < *line) {
                out.push_str(&format!("{:gutter$} {}\n", "", palette.dim(signs.skip)));
            }
            before = Some(*line);
            let room = options.width.clamp(40, 400).saturating_sub(gutter + 3);
            let (text, shift) = window(text, marks, room, signs.ellipsis);
            let number = palette.dim(&format!("{:>gutter$} {}", line + 1, signs.bar));
            out.push_str(format!("{number} {text}").trim_end());
            out.push('\n');
            for mark in marks {
                let lead = format!("{:gutter$} {}", "", palette.dim(signs.dot));
                draw_mark(out, &lead, mark, shift, room, signs, severity, palette);
            }
        }
        out.push_str(&format!("{:gutter$} {}\n", "", palette.dim(signs.close)));
        gutter
    }
}

struct Signs {
    open: &'static str,
    close: &'static str,
    bar: &'static str,
    dot: &'static str,
    skip: &'static str,
    line: char,
    tee: char,
    hook: &'static str,
    ellipsis: &'static str,
}

static UNICODE: Signs = Signs {
    open: "╭─",
    close: "╰────",
    bar: "│",
    dot: "·",
    skip: "⋮",
    line: '─',
    tee: '┬',
    hook: "╰── ",
    ellipsis: "…",
};
static ASCII: Signs = Signs {
    open: ",-",
    close: "`----",
    bar: "|",
    dot: ".",
    skip: ":",
    line: '^',
    tee: '^',
    hook: "`-- ",
    ellipsis: "...",
};

fn shown(source: &str) -> String {
    without_password(source).chars().map(visible_character).collect()
}

fn columns(source: &str) -> usize {
    source.chars().map(|character| visible_character(character).chars().map(character_width).sum::<usize>()).sum()
}

fn mark<'a>(source: &str, start: usize, span: Span, label: Option<&'a str>, primary: bool) -> Mark<'a> {
    let from = span.start.saturating_sub(start).min(source.len());
    let to = span.end.saturating_sub(start).clamp(from, source.len());
    let before = columns(source.get(..from).unwrap_or_default());
    let inside = columns(source.get(from..to).unwrap_or_default()).max(1);
    Mark { from: before, to: before + inside, label, primary }
}

/// The part of a long line that shows its first mark, and how many columns were cut off on the left.
fn window(text: &str, marks: &[Mark<'_>], room: usize, ellipsis: &str) -> (String, usize) {
    if width(text) <= room {
        return (text.to_owned(), 0);
    }
    let (from, to) = marks.first().map_or((0, 0), |mark| (mark.from, mark.to));
    let skip = if to + 2 <= room { 0 } else { from.saturating_sub(room / 4) };
    let mut out = String::new();
    let mut column = 0;
    let mut shift = 0;
    for character in text.chars() {
        let next = column + character_width(character);
        if next > skip {
            if out.is_empty() && skip > 0 {
                out.push_str(ellipsis);
                shift = column.saturating_sub(width(ellipsis));
            }
            if next - shift > room.saturating_sub(width(ellipsis)) {
                out.push_str(ellipsis);
                break;
            }
            out.push(character);
        }
        column = next;
    }
    (out, shift)
}

#[expect(clippy::too_many_arguments, reason = "everything a line of the picture is made of")]
fn draw_mark(
    out: &mut String,
    lead: &str,
    mark: &Mark<'_>,
    shift: usize,
    room: usize,
    signs: &Signs,
    severity: Severity,
    palette: &Palette,
) {
    let from = mark.from.saturating_sub(shift);
    let to = mark.to.saturating_sub(shift).min(room).max(from + 1);
    let paint = |text: &str| if mark.primary { palette.severity(severity, text) } else { palette.help(text) };
    // The label hangs from the middle, or from the left end of a long mark.
    let hook = ((to - from) / 2).min(12);
    let under: String =
        (from..to).map(|at| if at == from + hook && mark.label.is_some() { signs.tee } else { signs.line }).collect();
    out.push_str(&format!("{lead} {:from$}{}\n", "", paint(&under)));
    let Some(label) = mark.label else { return };
    let indent = from + hook;
    let lines = wrap(label, room.saturating_sub(indent + width(signs.hook)));
    for (at, line) in lines.iter().enumerate() {
        let begin = if at == 0 { paint(signs.hook.trim_end()) } else { " ".repeat(width(signs.hook) - 1) };
        out.push_str(&format!("{lead} {:indent$}{begin} {line}\n", ""));
    }
}
