//! Evidence of each day in a file of its own, written while the log is read, so that memory does not grow with days.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use trail::evidence::{Evidences, Period, Spill, StoreError, read_parts, write_part, write_period};

use super::day;
use super::files::EVIDENCE;
use crate::error::CommandError;

/// Files in a folder, one for each day. Until [`Self::finish`] they have another name.
#[derive(Debug)]
pub(super) struct DayFiles {
    folder: PathBuf,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    files: BTreeMap<Option<i64>, (PathBuf, File)>,
    /// The first error; what comes after it is not written.
    failed: Option<StoreError>,
}

impl Spill for DayFiles {
    fn take(&self, part: Evidences) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        for (number, period) in part.periods {
            if open.failed.is_none()
                && let Err(error) = open.append(&self.folder, number, &period)
            {
                open.failed = Some(error);
            }
        }
    }
}

impl Open {
    fn append(&mut self, folder: &Path, number: Option<i64>, period: &Period) -> Result<(), StoreError> {
        if !self.files.contains_key(&number) {
            let path = folder.join(format!("{}.partial", name(number)));
            let file = File::create(&path)?;
            self.files.insert(number, (path, file));
        }
        if let Some((_, file)) = self.files.get_mut(&number) {
            write_part(period, file)?;
        }
        Ok(())
    }
}

fn name(number: Option<i64>) -> String {
    number.map_or_else(|| "earlier".to_owned(), day)
}

impl DayFiles {
    /// Files in this folder, which is made where it is missing.
    pub(super) fn create(folder: &Path) -> Result<Self, CommandError> {
        fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
        Ok(Self { folder: folder.to_owned(), open: Mutex::default() })
    }

    /// Adds up the parts of each day and gives the file its name; hands on each day. Each file is whole or not there. How many
    /// days there are.
    pub(super) fn finish(&self, mut take: impl FnMut(&Period)) -> Result<usize, CommandError> {
        let open = std::mem::take(&mut *self.open.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(error) = open.failed {
            return Err(failed(&self.folder, &error));
        }
        let days = open.files.len();
        for (number, (partial, file)) in open.files {
            drop(file);
            let parts = fs::read(&partial).map_err(|error| failed(&self.folder, &error))?;
            let (period, _) = read_parts(&parts).map_err(|error| failed(&self.folder, &error))?;
            drop(parts);
            let bytes = write_period(&period).map_err(|error| failed(&self.folder, &error))?;
            let whole = self.folder.join(format!("{}.whole", name(number)));
            let written =
                File::create(&whole).and_then(|mut file| file.write_all(&bytes).and_then(|()| file.sync_all()));
            let named =
                written.and_then(|()| fs::rename(&whole, self.folder.join(format!("{}.{EVIDENCE}", name(number)))));
            named.and_then(|()| fs::remove_file(&partial)).map_err(|error| failed(&self.folder, &error))?;
            take(&period);
        }
        Ok(days)
    }
}

fn failed(folder: &Path, error: &(dyn std::error::Error + 'static)) -> CommandError {
    CommandError::new(format!("cannot write evidence to `{}`", folder.display())).because(error)
}
