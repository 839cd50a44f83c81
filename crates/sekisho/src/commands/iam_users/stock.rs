//! Where an inventory comes from: AWS, or a file.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use catalog::{Catalog, Severity};
use engine::iam_users::{
    AccountsError, KnownDoor, Selection, StockSummary, Wish, gaps_of, is_incomplete, select, take_stock,
};
use model::iam_user::{IamStock, IamUser};
use policy::{did_you_mean, nearest};
use ports::{AwsError, AwsErrorKind, Clock, IamDepth, IamDoor, TokioClock};

use super::file;
use crate::cli::iam_users::{InventoryFlags, ReachFlags};
use crate::commands::catalog_input;
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::folder;
use crate::render::iam_users::Stocktaking;
use crate::render::iam_users::words::Words;
use crate::render::progress::Progress;
use crate::render::words::{count, list};

/// Files of a catalog that say something about how accounts are entered.
const FILES: [&str; 2] = ["sekisho.yaml", "accounts.yaml"];
/// Reasons told of accounts that could not be read; the list has all of them.
const TOLD: usize = 5;

/// The inventory that is asked for: read from a file, or taken now.
pub(super) async fn get(flags: &InventoryFlags, console: &Console) -> Result<IamStock, CommandError> {
    let stock = match &flags.from {
        Some(path) => only(file::load(path)?, &flags.accounts)?,
        None => take(flags, console).await?,
    };
    if let Some(path) = &flags.save {
        file::save(path, &stock)?;
        console.note(format!("the inventory is in `{}`", path.display()));
    }
    Ok(stock)
}

async fn take(flags: &InventoryFlags, console: &Console) -> Result<IamStock, CommandError> {
    let catalog = catalog(&flags.catalog.catalog, console)?;
    let known = catalog.accounts().iter().map(|account| KnownDoor {
        id: account.id.clone(),
        name: account.name.clone(),
        door: account.role.clone().map(IamDoor::RoleArn).or_else(|| account.profile.clone().map(IamDoor::Profile)),
    });
    let wish = Wish {
        accounts: flags.accounts.clone(),
        role: flags.role.clone().or_else(|| catalog.settings().inspection_role.clone()),
        known: known.collect(),
    };
    let clock: Arc<dyn Clock> = Arc::new(TokioClock::system());
    let client = connect(&flags.reach, catalog.settings().region.clone(), &clock).await?;
    let selection = select(&client, &wish).await.map_err(|error| unselected(&error))?;
    tell(&selection, console);
    let depth = IamDepth { services_last_accessed: !flags.skip_services };
    let progress = Progress::start("Reading IAM", &console.messages);
    let stock = take_stock(&client, clock.as_ref(), &selection, depth, &progress).await;
    progress.finish();
    Ok(stock)
}

/// What the catalog says of accounts, if there is one. Mistakes elsewhere in it do not matter here.
fn catalog(root: &Path, console: &Console) -> Result<Catalog, CommandError> {
    if !root.is_dir() {
        return Ok(catalog::parse(&catalog::CatalogFiles::default()).catalog);
    }
    let files = folder::load(root)?;
    let parsed = catalog::parse(&files);
    let ours = parsed.diagnostics.iter().filter(|one| FILES.contains(&one.file.as_str()));
    let wrong: Vec<_> = ours.filter(|one| one.severity == Severity::Error).cloned().collect();
    if wrong.is_empty() {
        return Ok(parsed.catalog);
    }
    console.message(&catalog_input::rendered(&wrong, &files, &folder::shown(root), console));
    Err(CommandError::new(format!(
        "{} in what the catalog says of accounts; nothing was read",
        count(wrong.len(), "mistake")
    )))
}

async fn connect(
    reach: &ReachFlags,
    region: Option<String>,
    clock: &Arc<dyn Clock>,
) -> Result<aws::Client, CommandError> {
    let mut options = aws::Options::new(Arc::clone(clock));
    options.profile.clone_from(&reach.profile);
    options.region = reach.region.clone().or(region);
    options.endpoint_url.clone_from(&reach.endpoint_url);
    options.rate_factor = reach.rate_factor.unwrap_or(1.0);
    match aws::Client::connect(options.clone()).await {
        Ok(client) => Ok(client),
        // IAM has no Regions: where none is configured any will do.
        Err(_) if options.region.is_none() => {
            options.region = Some("us-east-1".to_owned());
            aws::Client::connect(options).await.map_err(|error| aws_error("cannot reach AWS", &error))
        }
        Err(error) => Err(aws_error("cannot reach AWS", &error)),
    }
}

fn tell(selection: &Selection, console: &Console) {
    if let Some(reason) = &selection.without_organization {
        let accounts = count(selection.accounts.len(), "account");
        console.note(format!("the accounts of an organization are not listed ({reason}); {accounts} will be read"));
    }
    let mut reasons: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (id, (name, reason)) in &selection.left_out {
        let label = name.as_ref().map_or_else(|| id.to_string(), |name| format!("{name} ({id})"));
        reasons.entry(reason).or_default().push(label);
    }
    for (reason, accounts) in reasons {
        let names = list(accounts.iter().map(String::as_str), TOLD);
        console.note(format!("{} left out: {reason}: {names}", count(accounts.len(), "account")));
    }
}

/// Why no accounts were chosen, with what to do.
fn unselected(error: &AccountsError) -> CommandError {
    match error {
        AccountsError::Caller(cause) => aws_error(&error.to_string(), cause),
        AccountsError::Listing(cause) => aws_error(&error.to_string(), cause)
            .hint("name accounts by id: `--account 111122223333`, or write them with a role or profile each into accounts.yaml"),
        AccountsError::NoSuchAccount { wanted, names } => {
            let told = CommandError::new(error.to_string());
            match did_you_mean(&nearest(wanted, names.iter().map(String::as_str), 3)) {
                Some(hint) => told.hint(hint),
                None => told,
            }
        }
        AccountsError::Ambiguous { ids, .. } => {
            ids.iter().fold(CommandError::new(error.to_string()), |told, id| told.hint(format!("`--account {id}`")))
        }
        AccountsError::NoRole { own, .. } => CommandError::new(error.to_string())
            .hint("name it: `--role NAME`, or `inspection_role` in sekisho.yaml; `sekisho iam-policy --scope inventory-role` prints what it needs")
            .hint(format!("the account of these credentials needs none: `--account {own}`")),
    }
}

fn aws_error(what: &str, error: &AwsError) -> CommandError {
    if error.kind == AwsErrorKind::AccessDenied {
        let told = CommandError::new(what).because(error);
        return told.hint("`sekisho iam-policy --scope inventory` prints the rights that are needed");
    }
    crate::wiring::aws_error(what, error)
}

/// The part of a stored inventory that is about these accounts.
fn only(mut stock: IamStock, wanted: &[String]) -> Result<IamStock, CommandError> {
    if wanted.is_empty() {
        return Ok(stock);
    }
    let mut chosen = std::collections::BTreeSet::new();
    for text in wanted {
        let ids: Vec<_> = (stock.inventory.accounts.keys())
            .filter(|id| id.as_str() == text || stock.account_names.get(*id) == Some(text))
            .cloned()
            .collect();
        if ids.is_empty() {
            let told = CommandError::new(format!("no account `{text}` in the inventory"));
            let names = stock.account_names.values().map(String::as_str);
            return Err(match did_you_mean(&nearest(text, names, 3)) {
                Some(hint) => told.hint(hint),
                None => told,
            });
        }
        chosen.extend(ids);
    }
    stock.inventory.accounts.retain(|id, _| chosen.contains(id));
    stock.left_out.clear();
    stock.without_organization = None;
    Ok(stock)
}

/// Done, if all was read that was asked for; else says what was not.
pub(super) fn exit(taking: &Stocktaking<'_>, console: &Console) -> Exit {
    let sum = StockSummary::of(taking.stock, taking.limits);
    if sum.is_complete() {
        return Exit::Done;
    }
    let unread = exit_with_unread(taking.stock, console);
    let users: Vec<&IamUser> = taking.stock.inventory.users().map(|(_, user)| user).collect();
    tell_gaps(taking.stock, &users, console);
    if sum.root_unknown > 0 {
        let accounts = count(sum.root_unknown, "account");
        console.error(&CommandError::new(format!("of {accounts} it could not be read what root is like")));
    }
    unread.unless(true)
}

/// Says what of these users could not be read, if that is anything.
pub(super) fn tell_gaps(stock: &IamStock, users: &[&IamUser], console: &Console) -> bool {
    let incomplete = users.iter().filter(|user| is_incomplete(user, stock.services_asked)).count();
    if incomplete == 0 {
        return false;
    }
    let told = CommandError::new(format!("{} could not be read in full", count(incomplete, "user")));
    let gaps = gaps_of(stock, users.iter().copied());
    let told = gaps.iter().take(TOLD).fold(told, |told, (part, reason, users)| {
        told.cause(format!("{} of {}: {reason}", Words::english().part(*part), count(*users, "user")))
    });
    console.error(&told);
    true
}

/// The same about accounts only.
pub(super) fn exit_with_unread(stock: &IamStock, console: &Console) -> Exit {
    let unread: Vec<_> = stock.inventory.unread().collect();
    if unread.is_empty() {
        return Exit::Done;
    }
    let told = CommandError::new(format!("{} could not be read", count(unread.len(), "account")));
    let told =
        unread.iter().take(TOLD).fold(told, |told, (id, reason)| told.cause(format!("{}: {reason}", stock.label(id))));
    let told = match unread.len().saturating_sub(TOLD) {
        0 => told,
        hidden => told.cause(format!("… and {hidden} more")),
    };
    console.error(&told);
    Exit::Failed
}
