//! `sekisho iam-users assign-owner`

use std::fs;

use catalog::{CatalogFiles, IamUserOwner};
use model::AccountId;

use crate::cli::verdicts::AssignOwnerArguments;
use crate::commands::catalog_input::{problems, rendered};
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::folder;
use crate::render::style::{Ink, Text, harmless};

const FILE: &str = "iam-users.yaml";
const HEADER: &str = "# yaml-language-server: $schema=.schema/iam-users.json\n# Whose IAM users are, where name, tags and addresses do not tell it.\n";

pub(super) fn run(arguments: &AssignOwnerArguments, console: &Console) -> Result<Exit, CommandError> {
    let account = match arguments.account.as_deref().map(AccountId::new).transpose() {
        Ok(account) => account,
        Err(error) => return Err(CommandError::new("the account is named by its id").because(&error)),
    };
    let wanted = IamUserOwner {
        user: arguments.user.clone(),
        account,
        owner: arguments.owner.clone().filter(|_| !arguments.system),
        note: arguments.note.clone(),
    };
    if wanted.owner.as_deref() == Some("system") {
        return Err(CommandError::new("`system` is nobody's name").hint("write `--system` where it is nobody's"));
    }
    let root = &arguments.catalog.catalog;
    if !root.is_dir() {
        return Err(CommandError::new(format!("there is no catalog at `{}`", root.display()))
            .hint("`sekisho init DIR` writes one; `--catalog DIR` names another folder"));
    }
    let path = root.join(FILE);
    let before = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => HEADER.to_owned(),
        Err(error) => return Err(CommandError::new(format!("cannot read `{}`", path.display())).because(&error)),
    };
    let held = parsed(&before, root, console)?;
    let same = |entry: &&IamUserOwner| entry.user.eq_ignore_ascii_case(&wanted.user) && entry.account == wanted.account;
    if let Some(entry) = held.iter().find(same) {
        if entry.owner == wanted.owner {
            console.say(Text::plain(format!("nothing to do: `{}` says so already", path.display())));
            return Ok(Exit::Done);
        }
        return Err(CommandError::new(format!(
            "`{}` says something else of `{}`; nothing was changed",
            path.display(),
            wanted.user
        ))
        .cause(entry.line().trim_end())
        .hint(format!("change that line into `{}`", wanted.line().trim_end())));
    }
    let newline = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
    let after = format!("{before}{newline}{}", wanted.line());
    // A list in brackets, or one that ends in the middle of something, does not take another line.
    if parsed(&after, root, console)
        .ok()
        .is_none_or(|read| read.len() != held.len() + 1 || read.last() != Some(&wanted))
    {
        return Err(CommandError::new(format!("`{}` cannot be added to; nothing was changed", path.display()))
            .hint(format!("add this line by hand: `{}`", wanted.line().trim_end())));
    }
    folder::write_file(&path, &after)?;
    let owner = wanted.owner.as_deref().unwrap_or("nobody: a system");
    console.say(Text::new().with(Ink::Good, "✓ ").and(format!(
        "{} belongs to {}",
        harmless(&wanted.user),
        harmless(owner)
    )));
    console.say(Text::plain(format!("  written into {}", path.display())));
    Ok(Exit::Done)
}

/// The entries; mistakes are shown and end the command.
fn parsed(text: &str, folder: &std::path::Path, console: &Console) -> Result<Vec<IamUserOwner>, CommandError> {
    let files = CatalogFiles::new([(FILE, text)]);
    let parsed = catalog::parse(&files);
    match problems(&parsed.diagnostics, &files) {
        None => Ok(parsed.catalog.iam_user_owners().to_vec()),
        Some(problems) => {
            let told: Vec<_> = parsed.diagnostics.into_iter().filter(catalog::Diagnostic::is_error).collect();
            console.message(&rendered(&told, &files, &folder.display().to_string(), console));
            Err(CommandError::new(format!("{problems}; nothing was changed")))
        }
    }
}
