//! Files with an inventory. They tell a lot about a company: nobody else of the machine may read them.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use model::iam_user::IamStock;
use serde::Deserialize;

use crate::error::CommandError;
use crate::folder::write_private;

/// Largest inventory that is read, in bytes: ten thousand users take about fifty million.
const MOST_BYTES: u64 = 4 << 30;

/// Writes an inventory.
pub(super) fn save(path: &Path, stock: &IamStock) -> Result<(), CommandError> {
    write_private(path, |out| {
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
