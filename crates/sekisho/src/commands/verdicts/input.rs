//! Reading inventory, evidence and people.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use catalog::CatalogFiles;
use engine::iam_evidence::IamEvidence;
use jiff::Timestamp;
use model::iam_user::{IamInventory, IamUserRef};
use model::key_use::IamUse;
use model::{AccountId, Reading};
use plan::conversion::Memberships;
use plan::iam_users::directory::Settled;
use plan::iam_users::{
    Directory, DirectoryPerson, EarlierUse, OwnerFinding, Settings, Standing, UserVerdict, VerdictInput, find_owners,
    judge,
};
use policy::{did_you_mean, nearest};

use crate::cli::verdicts::VerdictInputs;
use crate::commands::catalog_input::{problems, rendered};
use crate::commands::trail::evidence_of_days;
use crate::console::Console;
use crate::error::CommandError;
use crate::render::words::count;

/// Largest file that is read, in bytes.
const MOST_BYTES: u64 = 4 << 30;

/// All that verdicts need.
pub(in crate::commands) struct Known {
    pub(in crate::commands) inventory: IamInventory,
    /// Names of accounts, as far as the inventory knows them.
    pub(in crate::commands) account_names: BTreeMap<AccountId, String>,
    pub(in crate::commands) used: IamUse,
    /// What earlier inventories tell.
    pub(in crate::commands) earlier: EarlierUse,
    pub(in crate::commands) owners: BTreeMap<IamUserRef, OwnerFinding>,
    /// Who is in which group of the directory.
    pub(in crate::commands) memberships: Memberships,
    pub(in crate::commands) now: Timestamp,
}

impl Known {
    /// What is to be thought of each user.
    pub(in crate::commands) fn judged(&self) -> Vec<UserVerdict> {
        let input = VerdictInput {
            inventory: &self.inventory,
            used: &self.used,
            owners: &self.owners,
            earlier: &self.earlier,
            now: self.now,
        };
        judge(&input, &Settings::default())
    }
}

pub(in crate::commands) fn read(inputs: &VerdictInputs, console: &Console) -> Result<Known, CommandError> {
    let (inventory, account_names) = inventory(&inputs.inventory)?;
    let now = taken(&inventory).ok_or_else(|| {
        CommandError::new(format!("`{}` holds no account that could be read", inputs.inventory.display()))
            .hint("make it again: `sekisho iam-users list --save FILE`")
    })?;
    let earlier = earlier(&inputs.earlier, console)?;
    let directory = directory(inputs, console)?;
    let mut evidence = IamEvidence::of(&inventory);
    let bookmark = evidence_of_days(&inputs.evidence, &mut |part| match part {
        Some((day, period)) => evidence.add(day, &period),
        // Somebody wrote meanwhile.
        None => evidence = IamEvidence::of(&inventory),
    })?;
    let used = evidence.finish(&bookmark);
    if directory.people.is_empty() {
        console.note("no people are known, so that nobody's users are found: give `--people FILE`, or a catalog with people.yaml");
    }
    let owners = find_owners(&inventory, &directory);
    let memberships = Memberships::of(&directory.people);
    Ok(Known { inventory, account_names, used, earlier, owners, memberships, now })
}

fn text(path: &Path) -> Result<String, CommandError> {
    let unreadable =
        |error: &std::io::Error| CommandError::new(format!("cannot read `{}`", path.display())).because(error);
    let size = fs::metadata(path).map_err(|error| unreadable(&error))?.len();
    if size > MOST_BYTES {
        return Err(CommandError::new(format!("`{}` is larger than {} GiB", path.display(), MOST_BYTES >> 30)));
    }
    fs::read_to_string(path).map_err(|error| unreadable(&error))
}

/// The file of `--save`, or the bare inventory in it.
pub(in crate::commands) fn inventory(path: &Path) -> Result<(IamInventory, BTreeMap<AccountId, String>), CommandError> {
    #[derive(serde::Deserialize)]
    struct Saved {
        schema_version: Option<u32>,
        #[serde(default)]
        account_names: BTreeMap<AccountId, String>,
        inventory: IamInventory,
    }
    let text = text(path)?;
    let refused = |error: &serde_json::Error| {
        CommandError::new(format!("`{}` is no inventory", path.display()))
            .because(error)
            .hint("`sekisho iam-users list --save FILE` writes one")
    };
    match serde_json::from_str::<Saved>(&text) {
        Ok(saved) if saved.schema_version.is_some_and(|version| version != 1) => {
            Err(CommandError::new(format!("`{}` was written by another version of Sekisho", path.display()))
                .hint("make it again: `sekisho iam-users list --save FILE`"))
        }
        Ok(saved) => Ok((saved.inventory, saved.account_names)),
        Err(error) => serde_json::from_str::<IamInventory>(&text)
            .map(|inventory| (inventory, BTreeMap::new()))
            .map_err(|_| refused(&error)),
    }
}

/// Inventories of earlier days, one after another: together they may be larger than memory.
fn earlier(paths: &[PathBuf], console: &Console) -> Result<EarlierUse, CommandError> {
    let mut earlier = EarlierUse::default();
    let mut read = 0;
    for path in paths {
        for file in files_of(path)? {
            earlier.add(&inventory(&file)?.0);
            read += 1;
        }
    }
    if read > 0 {
        console.note(format!("{} of earlier days", count(read, "inventory")));
    }
    Ok(earlier)
}

/// The file, or the JSON files in the folder, by name.
fn files_of(path: &Path) -> Result<Vec<PathBuf>, CommandError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let unreadable =
        |error: &std::io::Error| CommandError::new(format!("cannot read `{}`", path.display())).because(error);
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(|error| unreadable(&error))? {
        let file = entry.map_err(|error| unreadable(&error))?.path();
        if file.extension().is_some_and(|extension| extension == "json") {
            files.push(file);
        }
    }
    if files.is_empty() {
        return Err(CommandError::new(format!("the folder `{}` holds no inventory", path.display()))
            .hint("`sekisho iam-users list --save FILE` writes one: FILE ends with .json"));
    }
    files.sort();
    Ok(files)
}

/// When the last part of it was read.
fn taken(inventory: &IamInventory) -> Option<Timestamp> {
    let times = inventory.accounts.values().filter_map(|account| match account {
        Reading::Known { as_of, .. } => Some(*as_of),
        Reading::Unknown { .. } => None,
    });
    times.max()
}

fn directory(inputs: &VerdictInputs, console: &Console) -> Result<Directory, CommandError> {
    let root = &inputs.catalog.catalog;
    let mut directory = Directory::default();
    let mut files = BTreeMap::new();
    for name in ["people.yaml", "iam-users.yaml"] {
        let path = root.join(name);
        if path.is_file() && !(name == "people.yaml" && inputs.people.is_some()) {
            files.insert(name.to_owned(), text(&path)?);
        }
    }
    if let Some(path) = &inputs.people {
        let text = text(path)?;
        if path.extension().is_some_and(|extension| extension == "json") {
            let refused = |error: serde_json::Error| {
                CommandError::new(format!("`{}` is no list of people", path.display())).because(&error)
            };
            directory.people = serde_json::from_str(&text).map_err(refused)?;
        } else {
            files.insert("people.yaml".to_owned(), text);
        }
    }
    let files = CatalogFiles { files };
    let parsed = catalog::parse(&files);
    let told: Vec<_> = parsed.diagnostics.iter().filter(|one| one.code != "no-settings").cloned().collect();
    console.message(&rendered(&told, &files, &root.display().to_string(), console));
    if let Some(problems) = problems(&told, &files) {
        return Err(CommandError::new(format!("{problems}; nothing was judged")));
    }
    directory.people.extend(parsed.catalog.people().iter().map(person));
    directory.settled = parsed
        .catalog
        .iam_user_owners()
        .iter()
        .map(|entry| Settled {
            user: entry.user.clone(),
            account: entry.account.as_ref().map(AccountId::to_string),
            owner: entry.owner.clone(),
        })
        .collect();
    Ok(directory)
}

fn person(found: &catalog::Person) -> DirectoryPerson {
    DirectoryPerson {
        user_name: found.user_name.clone(),
        given_name: found.given_name.clone(),
        family_name: found.family_name.clone(),
        display_name: found.display_name.clone(),
        email: Some(found.email.clone()),
        standing: if found.left.is_some() { Standing::Left } else { Standing::Active },
        groups: found.groups.clone(),
    }
}

/// Whether somebody means this user: by name, ARN, or one of its keys.
pub(in crate::commands) fn is_called(verdict: &UserVerdict, wanted: &str) -> bool {
    verdict.user.name.eq_ignore_ascii_case(wanted)
        || verdict.arn == wanted
        || verdict.parts.iter().any(|part| part.credential == wanted)
}

pub(in crate::commands) fn unknown_user(wanted: &str, inventory: &IamInventory) -> CommandError {
    let names: std::collections::BTreeSet<String> = inventory.users().map(|(user, _)| user.name).collect();
    let close = nearest(wanted, names.iter().map(String::as_str), 3);
    let error = CommandError::new(format!("no IAM user or key `{wanted}` in the inventory"));
    match did_you_mean(&close) {
        Some(hint) => error.hint(hint),
        None => error,
    }
}
