//! Log files as objects to read.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use trail::{Filter, Selection, Source, select};

use crate::error::CommandError;

/// Extension of the files that `trail scan --out` writes.
pub(super) const EVIDENCE: &str = "skev";

/// Larger files are read in pieces. CloudTrail's own are a few megabytes.
const WHOLE_BYTES: u64 = 24 << 20;

/// Files in the order in which they were found.
#[derive(Debug, Default)]
pub(super) struct Files {
    logs: Vec<LogFile>,
    /// Evidence written before.
    pub(super) evidence: Vec<PathBuf>,
}

#[derive(Debug)]
struct LogFile {
    name: String,
    /// None for standard input.
    path: Option<PathBuf>,
    size_bytes: u64,
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
        let mut open = vec![root.to_owned()];
        while let Some(folder) = open.pop() {
            let refused = |error: std::io::Error| {
                CommandError::new(format!("cannot list `{}`", folder.display())).because(&error)
            };
            let mut entries =
                fs::read_dir(&folder).and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(refused)?;
            entries.sort_by_key(fs::DirEntry::file_name);
            for entry in entries {
                // A link to a folder is not followed: it could lead in a circle.
                let kind = entry.file_type().map_err(refused)?;
                if kind.is_dir() {
                    open.push(entry.path());
                } else if let Ok(metadata) = fs::metadata(entry.path())
                    && metadata.is_file()
                {
                    self.add(entry.path(), metadata.len());
                }
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

    /// Keeps the logs that can hold what counts, each once.
    pub(super) fn select(&mut self, filter: &Filter) -> Selection {
        let selection = select(self.logs.iter().map(|log| log.name.as_str()), filter);
        let mut chosen: Vec<Option<LogFile>> = std::mem::take(&mut self.logs).into_iter().map(Some).collect();
        self.logs = selection.numbers.iter().filter_map(|number| chosen.get_mut(*number)?.take()).collect();
        selection
    }

    /// Size of all logs.
    pub(super) fn total_bytes(&self) -> u64 {
        self.logs.iter().map(|log| log.size_bytes).sum()
    }
}

impl Source for Files {
    fn count(&self) -> usize {
        self.logs.len()
    }

    fn name(&self, number: usize) -> &str {
        self.logs.get(number).map_or("", |log| &log.name)
    }

    fn size_bytes(&self, number: usize) -> u64 {
        self.logs.get(number).map_or(0, |log| log.size_bytes)
    }

    fn open(&self, number: usize) -> Result<Option<Box<dyn Read + '_>>, String> {
        let log = self.logs.get(number).ok_or("no such file")?;
        match &log.path {
            None => Ok(Some(Box::new(std::io::stdin().lock()))),
            Some(path) if log.size_bytes > WHOLE_BYTES => {
                let file = File::open(path).map_err(|error| error.to_string())?;
                Ok(Some(Box::new(file)))
            }
            Some(_) => Ok(None),
        }
    }

    fn read(&self, number: usize, into: &mut Vec<u8>) -> Result<(), String> {
        let log = self.logs.get(number).ok_or("no such file")?;
        let read = match &log.path {
            Some(path) => File::open(path).and_then(|mut file| file.read_to_end(into)),
            None => std::io::stdin().lock().read_to_end(into),
        };
        read.map(|_| ()).map_err(|error| error.to_string())
    }
}
