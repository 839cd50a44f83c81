//! `sekisho iam-users progress`

use std::collections::BTreeSet;

use engine::iam_users::progress;
use model::iam_user::IamStock;
use model::id::AccountId;
use model::retirement_history::{RetirementHistory, RetirementProgress};
use plan::retirement::RetirementSettings;
use ports::{Clock as _, TokioClock};

use super::{file, limits};
use crate::cli::iam_users::{PageLanguage, ProgressArguments, ProgressFormat};
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::folder::{self, write_private};
use crate::render::iam_progress::{PageWords, ProgressV1, lines, page, stages};
use crate::render::layout::Line;
use crate::wiring::{Wiring, state_error};

pub(super) async fn run(arguments: &ProgressArguments, console: &Console) -> Result<Exit, CommandError> {
    let mut stocks = Vec::new();
    for path in &arguments.inventories {
        stocks.push(file::load(path)?);
    }
    let production = production(&stocks, &arguments.production)?;
    let standings = progress(&stocks, &production, limits(&arguments.limits));
    let retirement = match arguments.journal {
        true => Some(of_journal(arguments, console).await?),
        false => None,
    };
    let retirement = retirement.as_ref();
    let day = |at: jiff::Timestamp| console.out.day(at);
    let text = match arguments.format {
        ProgressFormat::Text => {
            let mut told = if standings.is_empty() { Vec::new() } else { lines(&standings, day) };
            if let Some(retirement) = retirement {
                if !told.is_empty() {
                    told.push(Line::empty());
                }
                told.extend(stages::lines(retirement, stages::Words::of(arguments.language), day));
            }
            console.lines(&told)?;
            return Ok(Exit::Done);
        }
        ProgressFormat::Json => {
            console.json(&ProgressV1 { schema_version: 1, standings: &standings, retirement })?;
            return Ok(Exit::Done);
        }
        ProgressFormat::Html => {
            let words = match arguments.language {
                PageLanguage::En => PageWords::english(),
                PageLanguage::Ja => PageWords::japanese(),
            };
            page(&standings, retirement, &words, day)
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

/// What the journal tells.
async fn of_journal(arguments: &ProgressArguments, console: &Console) -> Result<RetirementProgress, CommandError> {
    let root = &arguments.catalog.catalog;
    // The journal can be read without a catalog; with one, its settings say where it is and how long users are watched.
    let settings = match root.is_dir() {
        true => catalog::parse(&folder::load(root)?).catalog.settings().clone(),
        false => catalog::Settings::default(),
    };
    let quiet_days = settings.retirement.quiet_days.unwrap_or(RetirementSettings::default().quiet_days);
    let wiring = Wiring {
        aws: arguments.aws.clone(),
        state: Some(arguments.state.clone()),
        settings,
        reading: aws::ReadingMode::Auto,
        account_tags: false,
    };
    let (instance, store) = wiring.journal(console).await?;
    let history = match &store {
        Some(store) => engine::retirement_history(store.as_ref(), &instance)
            .await
            .map_err(|error| state_error("cannot read the journal", &error))?,
        None => RetirementHistory::default(),
    };
    Ok(history.progress(quiet_days, TokioClock::system().now()))
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
