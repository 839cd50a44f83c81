//! The catalog's folder on disk.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use catalog::CatalogFiles;

use crate::error::CommandError;

/// Largest file that is read, in bytes. A catalog of a million assignments stays below it in each file.
const MAX_FILE_BYTES: u64 = 16 << 20;
/// Most files.
const MAX_FILES: usize = 20_000;
/// Deepest folder.
const MAX_DEPTH: usize = 16;

/// Reads every `*.yaml`, `*.yml` and `policies/*.json` below a folder. Hidden folders are left out.
pub(crate) fn load(folder: &Path) -> Result<CatalogFiles, CommandError> {
    if !folder.is_dir() {
        let shown = folder.display();
        return Err(CommandError::new(format!("there is no catalog at `{shown}`"))
            .hint(format!("`sekisho import {shown}` writes what Identity Center holds; `sekisho init {shown}` writes one to start from"))
            .hint("`--catalog DIR` names another folder"));
    }
    let mut files = BTreeMap::new();
    collect(folder, "", 0, &mut files)?;
    if files.is_empty() {
        return Err(CommandError::new(format!("there is no catalog in `{}`: no file named *.yaml", folder.display()))
            .hint("`--catalog DIR` names another folder"));
    }
    Ok(CatalogFiles { files })
}

fn collect(
    folder: &Path,
    prefix: &str,
    depth: usize,
    files: &mut BTreeMap<String, String>,
) -> Result<(), CommandError> {
    let failed = |path: &Path, error: &std::io::Error| {
        CommandError::new(format!("cannot read `{}`", path.display())).because(error)
    };
    if depth > MAX_DEPTH {
        return Err(CommandError::new(format!("`{}` is nested deeper than {MAX_DEPTH} folders", folder.display())));
    }
    for entry in fs::read_dir(folder).map_err(|error| failed(folder, &error))? {
        let path = entry.map_err(|error| failed(folder, &error))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).map(str::to_owned);
        let Some(name) = name else {
            return Err(CommandError::new(format!("the file name `{}` is not UTF-8", path.display())));
        };
        if name.starts_with('.') {
            continue;
        }
        let relative = if prefix.is_empty() { name.clone() } else { format!("{prefix}/{name}") };
        let kind = fs::metadata(&path).map_err(|error| failed(&path, &error))?;
        if kind.is_dir() {
            collect(&path, &relative, depth + 1, files)?;
        } else if belongs(&relative) {
            if kind.len() > MAX_FILE_BYTES {
                return Err(CommandError::new(format!(
                    "`{}` is larger than {} MiB",
                    path.display(),
                    MAX_FILE_BYTES >> 20
                )));
            }
            if files.len() >= MAX_FILES {
                return Err(CommandError::new(format!("more than {MAX_FILES} files in the catalog")));
            }
            let bytes = fs::read(&path).map_err(|error| failed(&path, &error))?;
            let text = String::from_utf8(bytes).map_err(|error| {
                CommandError::new(format!("`{}` is not UTF-8 text", path.display())).because(&error.utf8_error())
            })?;
            files.insert(relative, text);
        }
    }
    Ok(())
}

fn belongs(relative: &str) -> bool {
    let ends = |suffix: &str| relative.len() > suffix.len() && relative.ends_with(suffix);
    ends(".yaml") || ends(".yml") || (relative.starts_with("policies/") && ends(".json"))
}

/// Writes files into a folder that does not exist or is empty: nothing is ever overwritten.
pub(crate) fn write_new(folder: &Path, files: &BTreeMap<String, String>) -> Result<(), CommandError> {
    refuse_filled(folder)?;
    for (path, text) in files {
        write_file(&folder.join(path), text)?;
    }
    Ok(())
}

/// An error unless the folder does not exist or is empty.
pub(crate) fn refuse_filled(folder: &Path) -> Result<(), CommandError> {
    match fs::read_dir(folder) {
        Ok(mut entries) => {
            if entries.next().is_some() {
                return Err(CommandError::new(format!("`{}` is not empty; nothing was written", folder.display()))
                    .hint("name a new folder, or empty this one first"));
            }
            Ok(())
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(CommandError::new(format!("cannot write into `{}`", folder.display())).because(&error)),
    }
}

/// Writes one file and the folders above it, whole or not at all: a crash leaves the old text or the new.
pub(crate) fn write_file(path: &Path, text: &str) -> Result<(), CommandError> {
    if let Some(above) = path.parent().filter(|above| !above.as_os_str().is_empty()) {
        fs::create_dir_all(above).map_err(|error| unwritten(path, &error))?;
    }
    let mut options = OpenOptions::new();
    replace(path, options.write(true).create(true).truncate(true), |out| out.write_all(text.as_bytes()))
}

/// Writes one file that nobody else of the machine may read into a folder that is there, whole or not at all.
pub(crate) fn write_private(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), CommandError> {
    let mut options = OpenOptions::new();
    replace(path, options.write(true).create(true).truncate(true).mode(0o600), write)
}

/// Writes a draft beside the file and puts it into its place.
fn replace(
    path: &Path,
    options: &OpenOptions,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), CommandError> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.tmp", std::process::id()));
    let draft: PathBuf = path.with_file_name(name);
    let written = options.open(&draft).and_then(|file| {
        let mut file = io::BufWriter::new(file);
        write(&mut file)?;
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(&draft, path)
    });
    written.map_err(|error| {
        // The draft is nobody's; that it stays behind is no second error.
        let _ = fs::remove_file(&draft);
        unwritten(path, &error)
    })
}

fn unwritten(path: &Path, error: &io::Error) -> CommandError {
    CommandError::new(format!("cannot write `{}`; nothing was changed there", path.display())).because(error)
}

/// How the folder is put before its files: as the reader wrote it.
pub(crate) fn shown(folder: &Path) -> String {
    let text = folder.display().to_string();
    let text = text.trim_end_matches('/');
    text.strip_prefix("./").unwrap_or(text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_catalogs_files_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str| write_file(&folder.path().join(path), "text").unwrap();
        for path in ["a.yaml", "assignments/b.yml", "policies/c.json", "README.md", "other/d.json", ".git/e.yaml"] {
            write(path);
        }
        let files = load(folder.path()).unwrap();
        assert_eq!(files.files.keys().collect::<Vec<_>>(), ["a.yaml", "assignments/b.yml", "policies/c.json"]);
        assert!(write_new(folder.path(), &files.files).is_err());
    }
}
