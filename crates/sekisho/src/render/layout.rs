//! Lines with a right-hand column, and long texts broken to the width of the screen.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::style::{Ink, Screen, Text};

/// One line: what it says, and optionally an aside that stands in a column of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    left: Text,
    right: Option<Text>,
    hanging: usize,
}

impl From<Text> for Line {
    fn from(left: Text) -> Self {
        Self { left, right: None, hanging: 0 }
    }
}

impl Line {
    /// An empty line.
    pub(crate) fn empty() -> Self {
        Text::new().into()
    }

    /// The line with an aside.
    #[must_use]
    pub(crate) fn aside(mut self, right: Option<Text>) -> Self {
        self.right = right.filter(|text| text.width() > 0);
        self
    }

    /// The line with its continuation lines indented.
    #[must_use]
    pub(crate) fn hanging(mut self, columns: usize) -> Self {
        self.hanging = columns;
        self
    }
}

/// Gap before the right-hand column.
const GAP: usize = 3;

/// Writes lines: asides stand under each other as far as the width allows.
pub(crate) fn write(lines: &[Line], screen: &Screen) -> String {
    let with_aside =
        || lines.iter().filter_map(|line| line.right.as_ref().map(|right| (line.left.width(), right.width())));
    let widest_right = with_aside().map(|(_, right)| right).max().unwrap_or(0);
    let limit = screen.width.saturating_sub(widest_right);
    let column = with_aside().map(|(left, _)| left + GAP).filter(|end| *end <= limit).max().unwrap_or(0);
    let mut out = String::new();
    for line in lines {
        match &line.right {
            Some(right) => {
                let mut text = line.left.clone().padded(column);
                if line.left.width() + 2 > column {
                    text = line.left.clone().and("  ");
                }
                text.append(right.clone());
                out.push_str(&screen.paint(&text));
                out.push('\n');
            }
            None if screen.wrap && line.left.width() > screen.width => {
                let hanging = if line.hanging == 0 { line.left.indent() + 2 } else { line.hanging };
                for part in broken(&line.left, screen.width, hanging) {
                    out.push_str(&screen.paint(&part));
                    out.push('\n');
                }
            }
            None => {
                out.push_str(&screen.paint(&line.left));
                out.push('\n');
            }
        }
    }
    out
}

/// Breaks a line at spaces (or anywhere, where there is none) so that no part is wider than `width`.
fn broken(text: &Text, width: usize, hanging: usize) -> Vec<Text> {
    let hanging = if hanging + 16 > width { 0 } else { hanging };
    let mut parts = Vec::new();
    let mut part = Text::new();
    let mut used = 0;
    for (ink, piece) in text.pieces() {
        for word in words(piece) {
            if used + word.trim_end().width() > width && used > hanging {
                parts.push(std::mem::take(&mut part));
                part = part.and(" ".repeat(hanging));
                used = hanging;
                if word.trim().is_empty() {
                    continue;
                }
            }
            for chunk in chunks(word, width.saturating_sub(hanging).max(2)) {
                let wide = chunk.width();
                if used + chunk.trim_end().width() > width && used > hanging {
                    parts.push(std::mem::take(&mut part));
                    part = part.and(" ".repeat(hanging));
                    used = hanging;
                }
                part = part.with(*ink, chunk);
                used += wide;
            }
        }
    }
    parts.push(part);
    parts
}

/// Words with the blanks behind them.
fn words(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let word = rest.find(' ').unwrap_or(rest.len());
        let blanks = rest.get(word..).map_or(0, |tail| tail.len() - tail.trim_start_matches(' ').len());
        let (head, tail) = rest.split_at(word + blanks);
        found.push(head);
        rest = tail;
    }
    found
}

/// Pieces of a word no wider than `width`.
fn chunks(word: &str, width: usize) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = word;
    while rest.trim_end().width() > width {
        let mut used = 0;
        let end = rest
            .char_indices()
            .find(|(_, character)| {
                used += character.width().unwrap_or(0);
                used > width
            })
            .map_or(rest.len(), |(at, _)| at);
        if end == 0 {
            break;
        }
        let (head, tail) = rest.split_at(end);
        found.push(head);
        rest = tail;
    }
    found.push(rest);
    found
}

/// Rows of cells in columns, each as wide as its widest cell; the last is not padded.
pub(crate) fn table(rows: Vec<Vec<Text>>, indent: usize) -> Vec<Line> {
    let mut widths: Vec<usize> = Vec::new();
    for row in &rows {
        for (at, cell) in row.iter().enumerate() {
            match widths.get_mut(at) {
                Some(width) => *width = (*width).max(cell.width()),
                None => widths.push(cell.width()),
            }
        }
    }
    rows.into_iter()
        .map(|row| {
            let last = row.len().saturating_sub(1);
            let mut line = Text::plain(" ".repeat(indent));
            for (at, cell) in row.into_iter().enumerate() {
                let width = widths.get(at).copied().unwrap_or(0);
                line.append(if at == last { cell } else { cell.padded(width + 2) });
            }
            Line::from(line)
        })
        .collect()
}

/// A warning under what it is about.
pub(crate) fn warning(indent: usize, text: &str) -> Line {
    Line::from(Text::plain(" ".repeat(indent)).with(Ink::Warning, "! ").and(text)).hanging(indent + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asides_stand_under_each_other() {
        let lines = [
            Line::from(Text::plain("short")).aside(Some(Text::plain("a:1"))),
            Line::from(Text::plain("a longer one")).aside(Some(Text::plain("b:2"))),
            Line::from(Text::plain("no aside")),
        ];
        assert_eq!(write(&lines, &Screen::paper()), "short          a:1\na longer one   b:2\nno aside\n");
    }

    #[test]
    fn long_lines_are_broken_by_display_width() {
        let screen = Screen { width: 20, wrap: true, ..Screen::paper() };
        let line = Line::from(Text::plain("! one two three four five 許可セットの割り当て")).hanging(2);
        for part in write(std::slice::from_ref(&line), &screen).lines() {
            assert!(part.width() <= 20, "{part}");
        }
        assert!(write(&[line], &screen).starts_with("! one two three four\n  five"));
    }
}
