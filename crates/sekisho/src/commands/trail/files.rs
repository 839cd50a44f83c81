//! Log files as objects to read.

use std::fs;
use std::path::{Path, PathBuf};

use trail::{Filter, Selection, select};

use super::remote::Location;
use super::walk::{Listed, walk};
use crate::error::CommandError;

/// Extension of the files that `trail scan --out` writes.
pub(super) const EVIDENCE: &str = "skev";

/// Files in the order in which they were found.
#[derive(Debug, Default)]
pub(super) struct Files {
    logs: Vec<LogFile>,
    /// Evidence written before: single files.
    pub(super) evidence: Vec<PathBuf>,
    /// Whole folders of evidence, with a bookmark.
    pub(super) folders: Vec<PathBuf>,
    /// Buckets, or parts of them.
    pub(super) buckets: Vec<Location>,
}

/// A file of the log.
#[derive(Debug)]
pub(super) struct LogFile {
    pub(super) name: String,
    /// None for standard input.
    pub(super) path: Option<PathBuf>,
    pub(super) size_bytes: u64,
}

impl Files {
    /// Everything below these paths.
    pub(super) fn find(paths: &[PathBuf]) -> Result<Self, CommandError> {
        let mut files = Self::default();
        for path in paths {
            if path.as_os_str() == "-" {
                files.logs.push(LogFile { name: "-".to_owned(), path: None, size_bytes: 0 });
                continue;
            }
            if let Some(location) = Location::parse(path) {
                files.buckets.push(location?);
                continue;
            }
            let refused =
                |error: std::io::Error| CommandError::new(format!("cannot read `{}`", path.display())).because(&error);
            let metadata = fs::metadata(path).map_err(refused)?;
            if metadata.is_dir() {
                files.walk(path)?;
            } else {
                files.add(path.clone(), metadata.len());
            }
        }
        Ok(files)
    }

    fn walk(&mut self, root: &Path) -> Result<(), CommandError> {
        let mut found = walk(root)?;
        let mut open = vec![root.to_owned()];
        while let Some(folder) = open.pop() {
            match found.remove(&folder) {
                Some(Listed::Log { files, folders }) => {
                    for (path, size_bytes) in files {
                        self.add(path, size_bytes);
                    }
                    open.extend(folders);
                }
                Some(Listed::Evidence) => self.folders.push(folder),
                Some(Listed::Unfinished) | None => {}
            }
        }
        Ok(())
    }

    fn add(&mut self, path: PathBuf, size_bytes: u64) {
        if path.extension().is_some_and(|extension| extension == EVIDENCE) {
            self.evidence.push(path);
        } else {
            self.logs.push(LogFile { name: path.to_string_lossy().into_owned(), path: Some(path), size_bytes });
        }
    }

    /// All files of the log.
    pub(super) fn into_logs(self) -> Vec<LogFile> {
        self.logs
    }

    /// Whether there is evidence that was written before.
    pub(super) fn has_evidence(&self) -> bool {
        !self.evidence.is_empty() || !self.folders.is_empty()
    }

    /// Whether standard input is among them.
    pub(super) fn has_standard_input(&self) -> bool {
        self.logs.iter().any(|log| log.path.is_none())
    }

    /// The logs that can hold what counts, each once.
    pub(super) fn select(&mut self, filter: &Filter) -> (Vec<LogFile>, Selection) {
        let selection = select(self.logs.iter().map(|log| log.name.as_str()), filter);
        let mut chosen: Vec<Option<LogFile>> = std::mem::take(&mut self.logs).into_iter().map(Some).collect();
        let logs = selection.numbers.iter().filter_map(|number| chosen.get_mut(*number)?.take()).collect();
        (logs, selection)
    }
}
