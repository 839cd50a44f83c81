//! What lies in folders, listed with several threads: a log is very many small files, and each has to be asked for its size.

use std::collections::BTreeMap;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::{fs, mem, thread};

use super::folder::{BOOKMARK, LOCK};
use crate::error::CommandError;

/// What lies in one folder.
#[derive(Debug)]
pub(super) enum Listed {
    /// Files of a log with their sizes, and folders to look into; each by name.
    Log { files: Vec<(PathBuf, u64)>, folders: Vec<PathBuf> },
    /// Evidence, with its bookmark.
    Evidence,
    /// Evidence that a scan has only begun to write.
    Unfinished,
}

/// A folder and all that are below it.
pub(super) fn walk(root: &Path) -> Result<BTreeMap<PathBuf, Listed>, CommandError> {
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let mut found = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while !open.is_empty() {
        let folders = mem::take(&mut open);
        for (listed, folder) in trail::spread(folders, threads, |folder| (list(&folder), folder)) {
            let listed = listed
                .map_err(|error| CommandError::new(format!("cannot list `{}`", folder.display())).because(&error))?;
            if let Listed::Log { folders, .. } = &listed {
                open.extend(folders.iter().cloned());
            }
            found.insert(folder, listed);
        }
    }
    Ok(found)
}

fn list(folder: &Path) -> io::Result<Listed> {
    let mut entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    if entries.iter().any(|entry| entry.file_name() == BOOKMARK) {
        return Ok(Listed::Evidence);
    }
    if entries.iter().any(|entry| entry.file_name() == LOCK) {
        return Ok(Listed::Unfinished);
    }
    entries.sort_by_cached_key(fs::DirEntry::file_name);
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    for entry in entries {
        let kind = entry.file_type()?;
        // A link to a folder is not followed: it could lead in a circle.
        if kind.is_dir() {
            folders.push(entry.path());
            continue;
        }
        let path = entry.path();
        let metadata = if kind.is_symlink() { fs::metadata(&path) } else { entry.metadata() };
        // Gone since, or a link to nowhere: not there.
        if let Ok(metadata) = metadata
            && metadata.is_file()
        {
            files.push((path, metadata.len()));
        }
    }
    Ok(Listed::Log { files, folders })
}
