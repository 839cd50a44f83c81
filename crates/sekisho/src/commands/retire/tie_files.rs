//! Files that may name users: states, stacks, policies of resources.

use std::fs;
use std::path::Path;

use plan::retirement::TieFiles;
use serde_json::Value;

use crate::cli::retire::TieFlags;
use crate::error::CommandError;

/// Largest file that is read, in bytes.
const MOST_BYTES: u64 = 256 << 20;

/// Reads all of them. One that cannot be read ends the command: whom it names would be touched.
pub(super) fn read(flags: &TieFlags) -> Result<TieFiles, CommandError> {
    let mut files = TieFiles::default();
    for path in &flags.terraform_states {
        let state = json(path)?;
        if state.get("resources").is_none() || state.get("version").and_then(Value::as_u64) != Some(4) {
            return Err(CommandError::new(format!("`{}` is no state of Terraform in format 4", path.display()))
                .hint("`terraform state pull > FILE` writes one"));
        }
        files.terraform_states.push((path.display().to_string(), state));
    }
    for path in &flags.stack_resources {
        let listed = json(path)?;
        if listed.get("StackResources").is_none() && listed.get("StackResourceSummaries").is_none() {
            return Err(CommandError::new(format!("`{}` is no list of stack resources", path.display()))
                .hint("`aws cloudformation describe-stack-resources --stack-name NAME > FILE` writes one"));
        }
        files.stack_resources.push((path.display().to_string(), listed));
    }
    for folder in &flags.policies {
        policies(folder, &mut files)?;
    }
    Ok(files)
}

fn policies(folder: &Path, files: &mut TieFiles) -> Result<(), CommandError> {
    let unreadable =
        |error: std::io::Error| CommandError::new(format!("cannot read `{}`", folder.display())).because(&error);
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            paths.push(path);
        }
    }
    if paths.is_empty() {
        return Err(CommandError::new(format!("`{}` holds no JSON file", folder.display())));
    }
    paths.sort();
    for path in paths {
        files.policies.push((path.display().to_string(), json(&path)?));
    }
    Ok(())
}

fn json(path: &Path) -> Result<Value, CommandError> {
    let unreadable =
        |error: &std::io::Error| CommandError::new(format!("cannot read `{}`", path.display())).because(error);
    let size = fs::metadata(path).map_err(|error| unreadable(&error))?.len();
    if size > MOST_BYTES {
        return Err(CommandError::new(format!("`{}` is larger than {} MiB", path.display(), MOST_BYTES >> 20)));
    }
    let text = fs::read_to_string(path).map_err(|error| unreadable(&error))?;
    serde_json::from_str(&text)
        .map_err(|error| CommandError::new(format!("`{}` is no JSON", path.display())).because(&error))
}
