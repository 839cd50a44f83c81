//! What is seen while something takes time: a bar on a terminal, a plain line now and then elsewhere.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::style::{Ink, Screen, Text};
use super::words::duration_ms;

/// Longest time between plain lines.
const PLAIN_EVERY: Duration = Duration::from_secs(5);
/// Shortest time between plain lines, however fast it goes.
const PLAIN_PAUSE: Duration = Duration::from_secs(2);
/// Nothing is shown of what is done sooner.
const PATIENCE: Duration = Duration::from_secs(1);

/// One thing that takes time.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    screen: Screen,
    title: String,
    begun: Instant,
    done: AtomicU64,
    total: AtomicU64,
    plain: Mutex<Plain>,
    /// What of each kind of thing is read.
    parts: Mutex<BTreeMap<String, (u64, u64)>>,
}

#[derive(Debug)]
struct Plain {
    told: Instant,
    tenth: u64,
    aside: String,
}

impl Progress {
    /// Shows progress on standard error from now on.
    pub(crate) fn start(title: impl Into<String>, screen: &Screen) -> Self {
        let title = title.into();
        let begun = now();
        let bar = screen.terminal.then(|| {
            let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(12));
            let template = if screen.color {
                "{prefix}  {bar:28.green/dim} {pos:>5}/{len}   {wide_msg}"
            } else {
                "{prefix}  {bar:28} {pos:>5}/{len}   {wide_msg}"
            };
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style.progress_chars("━╸ "));
            }
            bar.set_prefix(title.clone());
            bar.enable_steady_tick(Duration::from_millis(250));
            bar
        });
        Self {
            bar,
            screen: screen.clone(),
            title,
            begun,
            done: AtomicU64::new(0),
            total: AtomicU64::new(0),
            plain: Mutex::new(Plain { told: begun, tenth: 0, aside: String::new() }),
            parts: Mutex::default(),
        }
    }

    /// `done` of `total`; `aside` is what else is worth telling.
    pub(crate) fn update(&self, done: u64, total: u64, aside: &str) {
        self.update_with(done, total, aside, self.remaining(done, total));
    }

    /// The same with a time left that is known better.
    pub(crate) fn update_with(&self, done: u64, total: u64, aside: &str, remaining: Option<String>) {
        self.done.store(done, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
        match &self.bar {
            Some(bar) => {
                bar.set_length(total);
                bar.set_position(done);
                bar.set_message(match remaining {
                    Some(eta) => format!("ETA {eta}   {aside}"),
                    None => aside.to_owned(),
                });
            }
            None => self.tell_plainly(done, total, aside, remaining),
        }
    }

    /// A line that stays, above the bar.
    pub(crate) fn line(&self, text: &Text) {
        let painted = self.screen.paint(text);
        match &self.bar {
            Some(bar) => bar.suspend(|| write_line(&painted)),
            None => write_line(&painted),
        }
    }

    /// Ends the bar and leaves nothing of it.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Milliseconds since the beginning.
    pub(crate) fn elapsed_ms(&self) -> u64 {
        u64::try_from(now().duration_since(self.begun).as_millis()).unwrap_or(u64::MAX)
    }

    /// From the rate so far; none before it means something.
    fn remaining(&self, done: u64, total: u64) -> Option<String> {
        let elapsed_ms = self.elapsed_ms();
        if done == 0 || done >= total || elapsed_ms < 1_500 {
            return None;
        }
        Some(duration_ms(elapsed_ms.saturating_mul(total - done) / done))
    }

    fn tell_plainly(&self, done: u64, total: u64, aside: &str, remaining: Option<String>) {
        let Ok(mut plain) = self.plain.lock() else { return };
        let at = now();
        let tenth = (done * 10).checked_div(total).unwrap_or(0);
        let quiet = at.duration_since(plain.told);
        let due = quiet >= PLAIN_EVERY || (quiet >= PLAIN_PAUSE && tenth > plain.tenth);
        let changed = tenth != plain.tenth || plain.aside != aside;
        if !due || !changed || at.duration_since(self.begun) < PATIENCE {
            return;
        }
        *plain = Plain { told: at, tenth, aside: aside.to_owned() };
        drop(plain);
        let eta = remaining.map(|eta| format!("  ETA {eta}")).unwrap_or_default();
        let aside = if aside.is_empty() { String::new() } else { format!("  {aside}") };
        let text = Text::plain(format!("{}  {done}/{total}", self.title)).with(Ink::Faint, format!("{eta}{aside}"));
        write_line(&self.screen.paint(&text));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}

impl ports::CloudProgress for Progress {
    fn reading(&self, what: &str, done: u64, total: u64) {
        // Several things are read at once: the bar shows them together.
        let Ok(mut parts) = self.parts.lock() else { return };
        parts.insert(what.to_owned(), (done, total));
        let (done, total) = parts.values().fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1.max(part.0)));
        drop(parts);
        self.update(done, total, what);
    }
}

fn now() -> Instant {
    Instant::now()
}

fn write_line(text: &str) {
    use std::io::Write;
    // Nobody is left to be told when this fails.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
