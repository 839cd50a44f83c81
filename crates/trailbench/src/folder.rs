//! A folder of files as a source of objects.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use trail::Source;

/// Files below a folder.
pub(crate) struct Folder {
    files: Vec<(PathBuf, String, u64)>,
}

impl Folder {
    /// All `*.json.gz` below this folder, listed by so many threads.
    pub(crate) fn open(root: &Path, threads: usize) -> Result<Self, String> {
        let mut files = Vec::new();
        let mut open = vec![root.to_owned()];
        while !open.is_empty() {
            for listed in trail::spread(std::mem::take(&mut open), threads, |folder: PathBuf| list(&folder)) {
                let (found, folders) = listed.map_err(|error| format!("{}: {error}", root.display()))?;
                files.extend(found);
                open.extend(folders);
            }
        }
        Ok(Self { files })
    }
}

/// Files in a folder, and folders.
type Listed = (Vec<(PathBuf, String, u64)>, Vec<PathBuf>);

fn list(folder: &Path) -> std::io::Result<Listed> {
    let mut listed = Listed::default();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            listed.1.push(path);
        } else if path.extension().is_some_and(|extension| extension == "gz") {
            let name = path.to_string_lossy().into_owned();
            listed.0.push((path, name, entry.metadata()?.len()));
        }
    }
    Ok(listed)
}

impl Source for Folder {
    fn count(&self) -> usize {
        self.files.len()
    }
    fn name(&self, number: usize) -> &str {
        self.files.get(number).map_or("", |(_, name, _)| name)
    }
    fn size_bytes(&self, number: usize) -> u64 {
        self.files.get(number).map_or(0, |(_, _, size)| *size)
    }
    fn read(&self, number: usize, into: &mut Vec<u8>) -> Result<(), String> {
        let (path, ..) = self.files.get(number).ok_or("no such object")?;
        let read = File::open(path).and_then(|mut file| file.read_to_end(into));
        read.map(|_| ()).map_err(|error| error.to_string())
    }
}
