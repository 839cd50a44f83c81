//! `sekisho iam-users show`

use model::iam_user::{IamAccount, IamStock, IamUser};
use model::id::AccountId;
use policy::{did_you_mean, nearest};

use super::{limits, stock};
use crate::cli::Format;
use crate::cli::iam_users::ShowIamUserArguments;
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::render::iam_users::{Stocktaking, json, text};
use crate::render::layout::Line;
use crate::render::words::count;

pub(super) async fn run(arguments: &ShowIamUserArguments, console: &Console) -> Result<Exit, CommandError> {
    let stock = stock::get(&arguments.inventory, console).await?;
    let found = find(&stock, &arguments.user);
    if found.is_empty() {
        return Err(nobody(&stock, &arguments.user));
    }
    let taking = Stocktaking { stock: &stock, limits: limits(&arguments.limits) };
    match arguments.format.format {
        Format::Json => console.json(&json::users_v1(&taking, &found))?,
        Format::Text => {
            for (number, (id, account, user)) in found.iter().enumerate() {
                if number > 0 {
                    console.lines(&[Line::empty()])?;
                }
                console.lines(&text::page(&taking, id, account, user, &console.out))?;
            }
        }
    }
    let users: Vec<&IamUser> = found.iter().map(|(_, _, user)| *user).collect();
    let incomplete = stock::tell_gaps(&stock, &users, console);
    // One of the same name may be where nobody could look.
    Ok(stock::exit_with_unread(&stock, console).unless(incomplete))
}

/// All users that are meant: a name is unique in its account only.
fn find<'a>(stock: &'a IamStock, wanted: &str) -> Vec<(&'a AccountId, &'a IamAccount, &'a IamUser)> {
    let accounts = stock.inventory.accounts.iter().filter_map(|(id, account)| Some((id, account.value()?)));
    let users = accounts.flat_map(|(id, account)| account.users.values().map(move |user| (id, account, user)));
    let all: Vec<_> = users.collect();
    let exactly = |user: &IamUser| {
        let has_key = user.access_keys.value().is_some_and(|keys| keys.iter().any(|key| key.id == wanted));
        user.name == wanted || user.arn == wanted || user.id == wanted || has_key
    };
    let found: Vec<_> = all.iter().filter(|(_, _, user)| exactly(user)).copied().collect();
    if !found.is_empty() {
        return found;
    }
    // IAM keeps names apart without looking at their case.
    all.into_iter().filter(|(_, _, user)| user.name.eq_ignore_ascii_case(wanted)).collect()
}

fn nobody(stock: &IamStock, wanted: &str) -> CommandError {
    let accounts = stock.inventory.accounts.values().filter(|account| account.is_known()).count();
    let told = CommandError::new(format!("no IAM user `{wanted}` in {}", count(accounts, "account")));
    let told = stock
        .inventory
        .unread()
        .fold(told, |told, (id, reason)| told.cause(format!("{} could not be read: {reason}", stock.label(id))));
    let mut names: Vec<&str> = stock.inventory.users().map(|(_, user)| user.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    match did_you_mean(&nearest(wanted, names, 3)) {
        Some(hint) => told.hint(hint),
        None => told.hint("a user is found by name, ARN, id, or the id of an access key"),
    }
}
