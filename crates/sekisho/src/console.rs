//! Standard output and error: data on the first, everything else on the second.

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::cli::ColorWhen;
use crate::error::CommandError;
use crate::render::layout::{self, Line};
use crate::render::style::{Ink, Screen, Text};
use crate::wiring::environment;

/// Both streams, and how each is looked at.
#[derive(Debug)]
pub(crate) struct Console {
    /// Standard output.
    pub(crate) out: Screen,
    /// Standard error.
    pub(crate) messages: Screen,
    /// Whether somebody can answer a question.
    pub(crate) can_ask: bool,
    /// Whoever read standard output has stopped; the rest is not for anybody.
    closed: AtomicBool,
}

impl Console {
    /// The streams of this process.
    pub(crate) fn new(color: ColorWhen) -> Self {
        let out = screen(&io::stdout(), color);
        let messages = screen(&io::stderr(), color);
        let can_ask = io::stdin().is_terminal() && messages.terminal;
        Self { out, messages, can_ask, closed: AtomicBool::new(false) }
    }

    /// Writes data.
    pub(crate) fn data(&self, text: &str) -> Result<(), CommandError> {
        if self.closed.load(Ordering::Relaxed) {
            return Ok(());
        }
        let mut stdout = io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed.store(true, Ordering::Relaxed);
                Ok(())
            }
            Err(error) => Err(CommandError::new("cannot write to standard output").because(&error)),
        }
    }

    /// Whether whoever read standard output has stopped.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// Writes lines of data.
    pub(crate) fn lines(&self, lines: &[Line]) -> Result<(), CommandError> {
        self.data(&layout::write(lines, &self.out))
    }

    /// Writes data as JSON.
    pub(crate) fn json(&self, value: &impl serde::Serialize) -> Result<(), CommandError> {
        let text = serde_json::to_string_pretty(value)
            .map_err(|error| CommandError::new("cannot write the answer as JSON").because(&error))?;
        self.data(&format!("{text}\n"))
    }

    /// Writes a message as it is.
    pub(crate) fn message(&self, text: &str) {
        // Nobody is left to be told when this fails.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    /// Writes a message of one line.
    pub(crate) fn say(&self, text: Text) {
        self.message(&layout::write(&[Line::from(text)], &self.messages));
    }

    /// `note: …`
    pub(crate) fn note(&self, text: impl AsRef<str>) {
        let line = Line::from(Text::new().with(Ink::Strong, "note: ").and(text)).hanging(6);
        self.message(&layout::write(&[line], &self.messages));
    }

    /// `warning: …`
    pub(crate) fn warn(&self, text: impl AsRef<str>) {
        let line = Line::from(Text::new().with(Ink::Warning, "warning: ").and(text)).hanging(9);
        self.message(&layout::write(&[line], &self.messages));
    }

    /// An error with causes and hints.
    pub(crate) fn error(&self, error: &CommandError) {
        let mut lines = vec![Line::from(Text::new().with(Ink::Error, "error: ").and(error.to_string())).hanging(7)];
        lines.extend(
            error
                .causes()
                .iter()
                .map(|cause| Line::from(Text::plain("  ").with(Ink::Faint, "because: ").and(cause)).hanging(11)),
        );
        lines.extend(
            error
                .hints()
                .iter()
                .map(|hint| Line::from(Text::plain("  ").with(Ink::Strong, "help: ").and(hint)).hanging(8)),
        );
        self.message(&layout::write(&lines, &self.messages));
    }

    /// Who runs this, for the journal: the credentials, and whose hands they are in as far as that is known.
    pub(crate) fn who(&self, arn: &str) -> String {
        match environment("GITHUB_ACTOR").or_else(|| environment("USER")).or_else(|| environment("LOGNAME")) {
            Some(user) => format!("{arn} ({user})"),
            None => arn.to_owned(),
        }
    }

    /// Asks for the word `yes`. Anything else, and the end of input, is a no.
    pub(crate) fn ask(&self, question: &str) -> bool {
        let painted = self.messages.paint(&Text::new().with(Ink::Strong, question).and(" Type `yes` to go on:"));
        // At once: what is typed between two pieces would stand between them.
        self.message(&format!("{painted} "));
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).is_ok() && answer.trim() == "yes"
    }
}

fn screen(stream: &(impl anstream::stream::RawStream + IsTerminal + AsFd), color: ColorWhen) -> Screen {
    let terminal = std::io::IsTerminal::is_terminal(stream);
    let color = match color {
        ColorWhen::Always => true,
        ColorWhen::Never => false,
        ColorWhen::Auto => terminal && anstream::AutoStream::choice(stream) != anstream::ColorChoice::Never,
    };
    let width = if terminal { columns(stream) } else { None };
    Screen {
        color,
        width: width.unwrap_or(120).clamp(40, 160),
        wrap: terminal,
        terminal,
        zone: jiff::tz::TimeZone::system(),
    }
}

fn columns(stream: &impl AsFd) -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(stream)?;
    Some(usize::from(width.0))
}
