//! `sekisho iam-users export`

use super::{limits, stock};
use crate::cli::iam_users::{ExportFormat, ExportIamUsersArguments, PageLanguage};
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::folder::write_private;
use crate::render::iam_users::words::Words;
use crate::render::iam_users::{Stocktaking, csv, html, json};

pub(super) async fn run(arguments: &ExportIamUsersArguments, console: &Console) -> Result<Exit, CommandError> {
    if arguments.bom && arguments.format != ExportFormat::Csv {
        return Err(CommandError::new("`--bom` is for CSV only"));
    }
    let stock = stock::get(&arguments.inventory, console).await?;
    let taking = Stocktaking { stock: &stock, limits: limits(&arguments.limits) };
    let words = match arguments.language {
        PageLanguage::En => Words::english(),
        PageLanguage::Ja => Words::japanese(),
    };
    let text = match arguments.format {
        ExportFormat::Csv => csv::table(&taking, arguments.bom),
        ExportFormat::Html => html::page(&taking, &words),
        ExportFormat::Json => {
            let text = serde_json::to_string_pretty(&json::v1(&taking))
                .map_err(|error| CommandError::new("cannot write the list as JSON").because(&error))?;
            format!("{text}\n")
        }
    };
    match &arguments.output {
        Some(path) => {
            write_private(path, |out| out.write_all(text.as_bytes()))?;
            console.note(format!("the list is in `{}`", path.display()));
        }
        None => console.data(&text)?,
    }
    Ok(stock::exit(&taking, console))
}
