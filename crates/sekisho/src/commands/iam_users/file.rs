//! Files with an inventory, and files that are made of one. They tell a lot about a company: nobody else of the machine may read them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use model::iam_user::IamStock;
use serde::Deserialize;

use crate::error::CommandError;

/// Largest inventory that is read, in bytes: ten thousand users take about fifty million.
const MOST_BYTES: u64 = 4 << 30;

/// Writes a file as a whole or not at all.
pub(super) fn write(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), CommandError> {
    let failed = |error: &io::Error| {
        CommandError::new(format!("cannot write `{}`; nothing was changed there", path.display())).because(error)
    };
    let beside = beside(path);
    let written =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside).and_then(|file| {
            let mut file = io::BufWriter::new(file);
            write(&mut file)?;
            file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
            fs::rename(&beside, path)
        });
    written.map_err(|error| {
        let _ = fs::remove_file(&beside);
        failed(&error)
    })
}

/// A name of its own in the same folder.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    path.with_file_name(name)
}

/// Writes an inventory.
pub(super) fn save(path: &Path, stock: &IamStock) -> Result<(), CommandError> {
    write(path, |out| {
        serde_json::to_writer_pretty(&mut *out, stock).map_err(io::Error::from)?;
        out.write_all(b"\n")
    })
}

#[derive(Deserialize)]
#[serde(expecting = "an inventory")]
struct Version {
    schema_version: u32,
}

/// Reads an inventory.
pub(super) fn load(path: &Path) -> Result<IamStock, CommandError> {
    let shown = path.display();
    let unreadable = |error: &io::Error| CommandError::new(format!("cannot read `{shown}`")).because(error);
    let mut text = String::new();
    let file = File::open(path).map_err(|error| unreadable(&error))?;
    let read = file.take(MOST_BYTES + 1).read_to_string(&mut text).map_err(|error| unreadable(&error))?;
    if u64::try_from(read).is_ok_and(|read| read > MOST_BYTES) {
        return Err(CommandError::new(format!("`{shown}` is larger than any inventory")));
    }
    let none = |error: &serde_json::Error| {
        let told = CommandError::new(format!("`{shown}` is no inventory")).because(error);
        told.hint("`sekisho iam-users list --save FILE` writes one")
    };
    let version: Version = serde_json::from_str(&text).map_err(|error| none(&error))?;
    if version.schema_version != IamStock::SCHEMA_VERSION {
        let told = CommandError::new(format!(
            "`{shown}` is an inventory of version {}, and this program reads version {}",
            version.schema_version,
            IamStock::SCHEMA_VERSION
        ));
        return Err(told.hint("take stock again: `sekisho iam-users list --save FILE`"));
    }
    serde_json::from_str(&text).map_err(|error| none(&error))
}
