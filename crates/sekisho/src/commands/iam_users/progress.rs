//! `sekisho iam-users progress`

use std::collections::BTreeSet;

use engine::iam_users::progress;
use model::iam_user::IamStock;
use model::id::AccountId;

use super::{file, limits};
use crate::cli::iam_users::{PageLanguage, ProgressArguments, ProgressFormat};
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::folder::write_private;
use crate::render::iam_progress::{PageWords, ProgressV1, lines, page};

pub(super) fn run(arguments: &ProgressArguments, console: &Console) -> Result<Exit, CommandError> {
    let mut stocks = Vec::new();
    for path in &arguments.inventories {
        stocks.push(file::load(path)?);
    }
    let production = production(&stocks, &arguments.production)?;
    let standings = progress(&stocks, &production, limits(&arguments.limits));
    let day = |at: jiff::Timestamp| console.out.day(at);
    let text = match arguments.format {
        ProgressFormat::Text => {
            console.lines(&lines(&standings, day))?;
            return Ok(Exit::Done);
        }
        ProgressFormat::Json => {
            console.json(&ProgressV1 { schema_version: 1, standings: &standings })?;
            return Ok(Exit::Done);
        }
        ProgressFormat::Html => {
            let words = match arguments.language {
                PageLanguage::En => PageWords::english(),
                PageLanguage::Ja => PageWords::japanese(),
            };
            page(&standings, &words, day)
        }
    };
    match &arguments.output {
        Some(path) => {
            write_private(path, |out| out.write_all(text.as_bytes()))?;
            console.note(format!("the page is in `{}`", path.display()));
        }
        None => console.data(&text)?,
    }
    Ok(Exit::Done)
}

/// Accounts by name or id; one that no inventory knows is a mistake.
fn production(stocks: &[IamStock], wanted: &[String]) -> Result<BTreeSet<AccountId>, CommandError> {
    let mut found = BTreeSet::new();
    for wanted in wanted {
        let ids: BTreeSet<&AccountId> = stocks
            .iter()
            .flat_map(|stock| {
                let named = stock.account_names.iter().filter(|(_, name)| *name == wanted).map(|(id, _)| id);
                named.chain(stock.inventory.accounts.keys().filter(|id| id.as_str() == wanted))
            })
            .collect();
        if ids.is_empty() {
            return Err(CommandError::new(format!("no inventory has an account named `{wanted}`")));
        }
        found.extend(ids.into_iter().cloned());
    }
    Ok(found)
}
