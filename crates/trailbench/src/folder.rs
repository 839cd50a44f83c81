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
    /// All `*.json.gz` below this folder.
    pub(crate) fn open(root: &Path) -> Result<Self, String> {
        let mut files = Vec::new();
        let mut open = vec![root.to_owned()];
        while let Some(folder) = open.pop() {
            let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
            for entry in entries {
                let entry = entry.map_err(|error| error.to_string())?;
                let path = entry.path();
                let metadata = entry.metadata().map_err(|error| error.to_string())?;
                if metadata.is_dir() {
                    open.push(path);
                } else if path.extension().is_some_and(|extension| extension == "gz") {
                    let name = path.to_string_lossy().into_owned();
                    files.push((path, name, metadata.len()));
                }
            }
        }
        Ok(Self { files })
    }
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
