//! A folder of evidence: a file for each day, and a bookmark that says what was read and which files count.
//!
//! What is written becomes valid at one instant, when the new bookmark takes the place of the old one: files of days are written under
//! new names before it and the old ones removed after it. Whatever ends the program in between leaves the folder as it was
//! before or as it is after.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use trail::evidence::{Period, read_period, write_period};
use trail::{Bookmark, Scope};

use super::day;
use super::files::EVIDENCE;
use super::packed::{PackedDays, unpack};
use crate::error::CommandError;

/// Names the files that count.
pub(super) const BOOKMARK: &str = "bookmark.skbm";
/// Held by whoever writes.
pub(super) const LOCK: &str = "scan.lock";
/// What is being written.
const PARTIAL: &str = "partial";
/// A reader that finds a file gone begins again: somebody wrote meanwhile.
const READINGS: usize = 10;

/// A folder that this process writes to; nobody else does as long.
#[derive(Debug)]
pub(super) struct EvidenceFolder {
    path: PathBuf,
    /// What it holds.
    pub(super) bookmark: Bookmark,
    _lock: File,
}

/// One step of writing. In a list, so that a test can stop behind each of them.
#[derive(Debug)]
enum Step {
    Write(String, Vec<u8>),
    Rename(String, String),
    /// What was renamed before is safe from here on.
    Settle,
    Remove(String),
}

fn refused(path: &Path, what: &str, error: &(dyn std::error::Error + 'static)) -> CommandError {
    CommandError::new(format!("cannot {what} `{}`", path.display())).because(error)
}

impl EvidenceFolder {
    /// Opens a folder to add to it, or makes one.
    pub(super) fn open(path: &Path, scope: Scope) -> Result<Self, CommandError> {
        fs::create_dir_all(path).map_err(|error| refused(path, "make", &error))?;
        let lock_path = path.join(LOCK);
        Self::look(path)?;
        let lock = File::create(&lock_path).map_err(|error| refused(&lock_path, "write", &error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(CommandError::new(format!(
                    "another scan writes to `{}`; nothing was read",
                    path.display()
                ))
                .hint("wait for it, or name another folder"));
            }
            Err(TryLockError::Error(error)) => return Err(refused(&lock_path, "lock", &error)),
        }
        // Looked for once the lock is held: what another scan wrote until now counts.
        let bookmark = if path.join(BOOKMARK).exists() {
            read_bookmark(path)?
        } else {
            Bookmark { scope: scope.clone(), ..Bookmark::default() }
        };
        if bookmark.scope != scope {
            return Err(CommandError::new(format!(
                "`{}` holds evidence of another part of the log; nothing was read",
                path.display()
            ))
            .cause(differences(&bookmark.scope, &scope))
            .hint("give the same --account, --region, --since, --until and --ranges as before, or name a new folder"));
        }
        let folder = Self { path: path.to_owned(), bookmark, _lock: lock };
        folder.tidy()?;
        Ok(folder)
    }

    /// An error where there are other things than ours.
    fn look(path: &Path) -> Result<(), CommandError> {
        if path.join(BOOKMARK).exists() {
            return Ok(());
        }
        let entries = fs::read_dir(path).map_err(|error| refused(path, "list", &error))?;
        for entry in entries {
            let name = entry.map_err(|error| refused(path, "list", &error))?.file_name();
            let is_left_over =
                name == LOCK || Path::new(&name).extension().is_some_and(|extension| extension == PARTIAL);
            // A first scan that was ended before its first bookmark leaves files of days, and a lock.
            let is_unfinished = is_evidence(&name) && path.join(LOCK).exists();
            if !is_left_over && !is_unfinished {
                return Err(CommandError::new(format!("`{}` is not empty; nothing was read", path.display()))
                    .hint("it is no folder that `trail scan --out` wrote, or one without bookmark: name a new one"));
            }
        }
        Ok(())
    }

    /// Removes what an ended scan left behind: files of which the bookmark says that others took their place, and nothing else. (What it
    /// had begun to write is written over.)
    fn tidy(&self) -> Result<(), CommandError> {
        let mut superseded = self.bookmark.superseded.iter();
        superseded
            .try_for_each(|name| remove(&self.path.join(name)))
            .map_err(|error| refused(&self.path, "tidy", &error))
    }

    /// Adds evidence, and writes it down together with the bookmark.
    pub(super) fn commit(&mut self, days: PackedDays) -> Result<(), CommandError> {
        let steps = self.steps(days)?;
        for step in &steps {
            self.take(step).map_err(|error| refused(&self.path, "write evidence to", &error))?;
        }
        Ok(())
    }

    fn steps(&mut self, days: PackedDays) -> Result<Vec<Step>, CommandError> {
        let path = self.path.clone();
        let failed = |error: &(dyn std::error::Error + 'static)| refused(&path, "write evidence to", error);
        self.bookmark.generation += 1;
        let generation = self.bookmark.generation;
        let mut steps = Vec::new();
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        self.bookmark.superseded.clear();
        for (number, parts) in days {
            let mut period = unpack(&parts).map_err(|error| failed(&error))?;
            drop(parts);
            let day = number.map_or_else(|| "earlier".to_owned(), day);
            let name =
                if generation == 1 { format!("{day}.{EVIDENCE}") } else { format!("{day}~{generation}.{EVIDENCE}") };
            if let Some(held) = self.bookmark.files.insert(number, name.clone()) {
                period.merge(&read_file(&self.path.join(&held))?);
                self.bookmark.superseded.push(held);
            }
            let partial = format!("{name}.{PARTIAL}");
            steps.push(Step::Write(partial.clone(), write_period(period, threads).map_err(|error| failed(&error))?));
            steps.push(Step::Rename(partial, name));
        }
        let partial = format!("{BOOKMARK}.{PARTIAL}");
        steps.push(Step::Settle);
        steps.push(Step::Write(partial.clone(), self.bookmark.write().map_err(|error| failed(&error))?));
        steps.push(Step::Rename(partial, BOOKMARK.to_owned()));
        steps.push(Step::Settle);
        steps.extend(self.bookmark.superseded.iter().cloned().map(Step::Remove));
        Ok(steps)
    }

    fn take(&self, step: &Step) -> io::Result<()> {
        match step {
            Step::Write(name, bytes) => {
                let mut file = File::create(self.path.join(name))?;
                file.write_all(bytes)?;
                file.sync_all()
            }
            Step::Rename(from, to) => fs::rename(self.path.join(from), self.path.join(to)),
            Step::Settle => File::open(&self.path)?.sync_all(),
            Step::Remove(name) => remove(&self.path.join(name)),
        }
    }
}

/// Somebody else may have removed it.
fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn is_evidence(name: &std::ffi::OsStr) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == EVIDENCE)
}

/// What differs, in words.
fn differences(held: &Scope, asked: &Scope) -> String {
    let list = |list: &[String]| if list.is_empty() { "all".to_owned() } else { list.join(", ") };
    let time = |time: Option<i64>| time.map_or_else(|| "open".to_owned(), |time| super::at(time).to_string());
    let mut told = Vec::new();
    for (name, held, asked) in [
        ("accounts", list(&held.accounts), list(&asked.accounts)),
        ("regions", list(&held.regions), list(&asked.regions)),
        ("since", time(held.since_s), time(asked.since_s)),
        ("until", time(held.until_s), time(asked.until_s)),
    ] {
        if held != asked {
            told.push(format!("{name}: {held} there, {asked} here"));
        }
    }
    if held.ranges != asked.ranges {
        told.push("other ranges of addresses".to_owned());
    }
    told.join("; ")
}

fn read_bookmark(path: &Path) -> Result<Bookmark, CommandError> {
    let file = path.join(BOOKMARK);
    let bytes = fs::read(&file).map_err(|error| refused(&file, "read", &error))?;
    Bookmark::read(&bytes).map_err(|error| refused(&file, "read", &error))
}

/// Evidence of one file.
pub(super) fn read_file(path: &Path) -> Result<Period, CommandError> {
    let file = fs::read(path).map_err(|error| refused(path, "read", &error))?;
    read_period(&file).map_err(|error| refused(path, "read", &error))
}

/// Everything a folder holds, as of one instant; somebody may write to it meanwhile.
pub(super) fn read(path: &Path) -> Result<(Period, Bookmark), CommandError> {
    let mut total = Period::default();
    let bookmark = read_days(path, &mut |part| match part {
        Some((_, period)) => total.merge(&period),
        None => total = Period::default(),
    })?;
    Ok((total, bookmark))
}

/// A day's evidence; none: what was given before does not count, it begins again.
type Part = Option<(Option<i64>, Period)>;

/// Everything a folder holds, day by day, as of one instant; somebody may write to it meanwhile.
pub(in crate::commands) fn read_days(path: &Path, each: &mut dyn FnMut(Part)) -> Result<Bookmark, CommandError> {
    let mut last = None;
    'again: for _ in 0..READINGS {
        let bookmark = read_bookmark(path)?;
        each(None);
        for (day, name) in &bookmark.files {
            let file = path.join(name);
            match fs::read(&file) {
                Ok(bytes) => each(Some((*day, read_period(&bytes).map_err(|error| refused(&file, "read", &error))?))),
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    last = Some(refused(&file, "read", &error));
                    continue 'again;
                }
                Err(error) => return Err(refused(&file, "read", &error)),
            }
        }
        return Ok(bookmark);
    }
    Err(last.unwrap_or_else(|| CommandError::new(format!("cannot read `{}`", path.display()))))
}

#[cfg(test)]
mod tests;
