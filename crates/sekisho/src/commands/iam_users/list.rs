//! `sekisho iam-users list`

use super::{limits, stock};
use crate::cli::Format;
use crate::cli::iam_users::ListIamUsersArguments;
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::render::iam_users::{Stocktaking, json, text};

pub(super) async fn run(arguments: &ListIamUsersArguments, console: &Console) -> Result<Exit, CommandError> {
    let stock = stock::get(&arguments.inventory, console).await?;
    let taking = Stocktaking { stock: &stock, limits: limits(&arguments.limits) };
    match arguments.format.format {
        Format::Text => console.lines(&text::list(&taking, &console.out))?,
        Format::Json => console.json(&json::v1(&taking))?,
    }
    Ok(stock::exit(&taking, console))
}
