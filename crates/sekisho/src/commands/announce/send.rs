//! Letters are handed to a program that sends them, one at a time; what was sent is in the journal before the next one goes.

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use engine::{ApplyOptions, Engine, Urgency};
use model::letter::{Letter, LetterReader};
use model::observed::InstanceKey;
use ports::Clock;

use crate::commands::engine_error;
use crate::commands::interrupt::interruptible;
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::render::style::{Ink, Text, harmless};
use crate::render::words::count;

/// How often it is looked whether the program has ended.
const LOOK: Duration = Duration::from_millis(20);
/// Most people who are named.
const NAMED: usize = 20;

/// A letter, ready to go.
pub(super) struct Outgoing {
    pub(super) letter: Letter,
    /// Name as people read it.
    pub(super) shown: String,
    /// E-mail addresses; none where nobody knows any.
    pub(super) addresses: Vec<String>,
    pub(super) subject: String,
    pub(super) format: &'static str,
    pub(super) text: String,
}

/// Who sends, and where that is noted.
pub(super) struct Post<'a> {
    pub(super) program: &'a Path,
    pub(super) limit: Duration,
    pub(super) engine: &'a Engine,
    pub(super) instance: &'a InstanceKey,
    pub(super) who: String,
    pub(super) console: &'a Console,
}

/// Who did not get a letter, and why.
type Unsent = Vec<(String, String)>;

impl Post<'_> {
    /// Those that were not sent before; all with `again`.
    pub(super) async fn unsent(&self, letters: Vec<Outgoing>, again: bool) -> Result<Vec<Outgoing>, CommandError> {
        let sent = self.engine.letters(self.instance).await.map_err(|error| engine_error(&error))?;
        let all = letters.len();
        let is_open = |one: &Outgoing| again || !sent.iter().any(|(_, letter)| letter.is_same(&one.letter));
        let open: Vec<Outgoing> = letters.into_iter().filter(is_open).collect();
        if open.len() < all {
            let before = count(all - open.len(), "letter");
            self.console.note(format!("{before} sent before (`--send-again` sends them once more)"));
        }
        Ok(open)
    }

    /// Hands over one after the other. One that fails keeps no other back.
    pub(super) async fn send(&self, letters: Vec<Outgoing>) -> Result<Exit, CommandError> {
        let options = ApplyOptions { who: self.who.clone(), ..ApplyOptions::default() };
        let cancellation = options.cancellation.clone();
        let work = self.all(letters, &options);
        let (sent, unsent) = interruptible(&cancellation, self.console, work).await?;
        if sent > 0 {
            let text = format!("{} sent, and noted in the journal", count(sent, "letter"));
            self.console.say(Text::new().with(Ink::Good, "✓ ").and(text));
        }
        if unsent.is_empty() {
            return Ok(Exit::Done);
        }
        let error = CommandError::new(format!("{} not sent", count(unsent.len(), "letter")));
        let error = unsent.iter().take(NAMED).fold(error, |error, (name, why)| error.hint(format!("{name}: {why}")));
        let error = match unsent.len().checked_sub(NAMED).filter(|more| *more > 0) {
            Some(more) => error.hint(format!("and {more} more")),
            None => error,
        };
        Err(error.hint("run the command again: it sends what was not sent"))
    }

    async fn all(&self, letters: Vec<Outgoing>, options: &ApplyOptions) -> Result<(usize, Unsent), CommandError> {
        let (mut sent, mut unsent) = (0, Vec::new());
        for one in letters {
            let name = harmless(&one.letter.name);
            if options.cancellation.urgency() > Urgency::None {
                unsent.push((name, "stopped before".to_owned()));
                continue;
            }
            if one.addresses.is_empty() {
                unsent.push((name, "no e-mail address is known".to_owned()));
                continue;
            }
            match hand_over(self.program, self.limit, &one, self.engine.clock.as_ref()).await {
                Ok(()) => {}
                Err(why) => {
                    unsent.push((name, why));
                    continue;
                }
            }
            let noted = self.engine.note_letter(self.instance, options, one.letter).await;
            // Whoever is not noted would be written to once more.
            noted.map_err(|error| {
                engine_error(&error)
                    .hint(format!("the letter to {name} was sent, and could not be noted; nobody after was written to"))
            })?;
            sent += 1;
        }
        Ok((sent, unsent))
    }
}

/// Starts the program, gives it the letter, and waits for its end. Its standard output is nobody's; what it says of errors is shown.
async fn hand_over(program: &Path, limit: Duration, one: &Outgoing, clock: &dyn Clock) -> Result<(), String> {
    let reader = match one.letter.reader {
        LetterReader::Person => "person",
        LetterReader::Team => "team",
    };
    let mut command = Command::new(program);
    command
        .env("SEKISHO_RECIPIENT", one.addresses.join(","))
        .env("SEKISHO_READER", reader)
        .env("SEKISHO_PERSON", &one.letter.name)
        .env("SEKISHO_NAME", &one.shown)
        .env("SEKISHO_SUBJECT", &one.subject)
        .env("SEKISHO_LANGUAGE", &one.letter.language)
        .env("SEKISHO_AUDIENCE", &one.letter.audience)
        .env("SEKISHO_FORMAT", one.format)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::inherit());
    let mut child = command.spawn().map_err(|error| format!("the program did not start: {error}"))?;
    if let Some(mut input) = child.stdin.take() {
        let text = one.text.clone();
        // It may read slowly, or nothing of it: nobody waits for that.
        std::thread::spawn(move || {
            let _ = input.write_all(text.as_bytes());
        });
    }
    let began = clock.now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return ended(status),
            Ok(None) => {}
            Err(error) => {
                end(&mut child);
                return Err(format!("how the program ended is not known: {error}"));
            }
        }
        let passed = Duration::try_from(clock.now().duration_since(began)).unwrap_or_default();
        if passed >= limit {
            end(&mut child);
            return Err(format!("the program had not ended after {} s, and was ended", limit.as_secs()));
        }
        clock.sleep(LOOK).await;
    }
}

fn ended(status: ExitStatus) -> Result<(), String> {
    match status.code() {
        Some(0) => Ok(()),
        Some(code) => Err(format!("the program ended with {code}")),
        None => Err("the program was killed".to_owned()),
    }
}

fn end(child: &mut Child) {
    // It may have ended by itself meanwhile.
    let _ = child.kill();
    let _ = child.wait();
}
