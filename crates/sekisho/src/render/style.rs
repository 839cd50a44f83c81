//! Text with meaning instead of colours; colour is added when it is painted, and only on a terminal that wants it.

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

/// What a piece of text is. Every meaning is told by words or signs, too; the colour only helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    /// Nothing special.
    Plain,
    /// A heading or a name that the eye shall find.
    Strong,
    /// Places, ids, asides.
    Faint,
    /// What comes.
    Add,
    /// What goes.
    Remove,
    /// What changes.
    Change,
    /// Worth a second look.
    Warning,
    /// What went wrong.
    Error,
    /// What went well.
    Good,
}

impl Ink {
    fn style(self) -> Style {
        let coloured = |colour: AnsiColor| Style::new().fg_color(Some(colour.into()));
        match self {
            Self::Plain => Style::new(),
            Self::Strong => Style::new().bold(),
            Self::Faint => Style::new().dimmed(),
            Self::Add | Self::Good => coloured(AnsiColor::Green),
            Self::Remove => coloured(AnsiColor::Red),
            Self::Change | Self::Warning => coloured(AnsiColor::Yellow),
            Self::Error => coloured(AnsiColor::Red).bold(),
        }
    }
}

/// One line of text in pieces.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Text {
    pieces: Vec<(Ink, String)>,
}

impl Text {
    /// An empty line.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A line of one plain piece.
    pub(crate) fn plain(text: impl AsRef<str>) -> Self {
        Self::new().with(Ink::Plain, text)
    }

    /// The line with a piece behind it. Control characters, which a name may hold, become visible here: no text can
    /// steer the terminal.
    #[must_use]
    pub(crate) fn with(mut self, ink: Ink, text: impl AsRef<str>) -> Self {
        let text = harmless(text.as_ref());
        match self.pieces.last_mut() {
            Some((last, piece)) if *last == ink => piece.push_str(&text),
            _ if text.is_empty() => {}
            _ => self.pieces.push((ink, text)),
        }
        self
    }

    /// The line with a plain piece behind it.
    #[must_use]
    pub(crate) fn and(self, text: impl AsRef<str>) -> Self {
        self.with(Ink::Plain, text)
    }

    /// The line filled with spaces up to a display width; unchanged if it is longer.
    #[must_use]
    pub(crate) fn padded(self, width: usize) -> Self {
        let missing = width.saturating_sub(self.width());
        self.and(" ".repeat(missing))
    }

    /// Columns it takes on a terminal: a kanji takes two.
    pub(crate) fn width(&self) -> usize {
        self.pieces.iter().map(|(_, text)| text.width()).sum()
    }

    /// Spaces at its beginning.
    pub(crate) fn indent(&self) -> usize {
        let text: String = self.pieces.iter().map(|(_, text)| text.as_str()).collect();
        text.len() - text.trim_start_matches(' ').len()
    }

    /// The pieces in order.
    pub(crate) fn pieces(&self) -> &[(Ink, String)] {
        &self.pieces
    }

    /// Puts the pieces of another line behind this one's.
    pub(crate) fn append(&mut self, other: Self) {
        self.pieces.extend(other.pieces);
    }
}

/// Makes control characters and those that turn the direction of writing visible.
pub(crate) fn harmless(text: &str) -> String {
    let risky = |character: char| {
        character.is_control()
            || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(risky) {
        return text.to_owned();
    }
    text.chars()
        .map(|character| match character {
            '\n' | '\r' | '\t' => ' ',
            risk if risky(risk) => '\u{fffd}',
            other => other,
        })
        .collect()
}

/// Where text is shown.
#[derive(Debug, Clone)]
pub(crate) struct Screen {
    /// Whether colour is wanted.
    pub(crate) color: bool,
    /// Columns.
    pub(crate) width: usize,
    /// Whether long texts are broken into lines; not when a program may read them.
    pub(crate) wrap: bool,
    /// Whether somebody watches: bars may move, questions may be asked.
    pub(crate) terminal: bool,
    /// The reader's time zone.
    pub(crate) zone: jiff::tz::TimeZone,
}

impl Screen {
    /// A screen for tests and files: no colour, 120 columns, UTC.
    #[cfg(test)]
    pub(crate) fn paper() -> Self {
        Self { color: false, width: 120, wrap: false, terminal: false, zone: jiff::tz::TimeZone::UTC }
    }

    /// The line as it is written, without a line break and without blanks at its end.
    pub(crate) fn paint(&self, text: &Text) -> String {
        let mut painted = String::new();
        let mut pieces = text.pieces().to_vec();
        while let Some((_, last)) = pieces.last_mut() {
            last.truncate(last.trim_end_matches(' ').len());
            if !last.is_empty() {
                break;
            }
            pieces.pop();
        }
        for (ink, piece) in &pieces {
            let style = ink.style();
            if self.color && *ink != Ink::Plain {
                painted.push_str(&format!("{style}{piece}{style:#}"));
            } else {
                painted.push_str(piece);
            }
        }
        painted
    }

    /// An instant in the reader's zone, to the minute: `2026-12-01 18:00 JST`.
    pub(crate) fn time(&self, at: jiff::Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string()
    }

    /// A day in the reader's zone.
    pub(crate) fn day(&self, at: jiff::Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d").to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kanji_take_two_columns() {
        assert_eq!(Text::plain("山田 花子").width(), 9);
        assert_eq!(Text::plain("a").padded(4).width(), 4);
    }

    #[test]
    fn nothing_steers_the_terminal() {
        let text = Text::plain("a\u{1b}[31mb\u{202e}c\nd");
        assert_eq!(Screen::paper().paint(&text), "a\u{fffd}[31mb\u{fffd}c d");
    }

    #[test]
    fn colour_only_when_wanted() {
        let text = Text::new().with(Ink::Add, "+").and(" x  ");
        assert_eq!(Screen::paper().paint(&text), "+ x");
        assert!(Screen { color: true, ..Screen::paper() }.paint(&text).contains('\u{1b}'));
    }
}
