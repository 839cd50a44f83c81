//! `sekisho why`

use crate::cli::{Format, WhyArguments};
use crate::commands::people;
use crate::commands::who::Asked;
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::render::questions;

pub(crate) async fn run(arguments: &WhyArguments, console: &Console) -> Result<Exit, CommandError> {
    let asked = Asked::about(&arguments.inputs, console).await?;
    let account = people::find_account(&asked.observed, &arguments.account)?;
    let person = people::find_person(&asked.observed, &arguments.person)?;
    let paths = plan::access::why(&asked.observed, &asked.declared, &person, &account);
    match arguments.format.format {
        Format::Text => console.lines(&questions::why(asked.facts(), &person, &account, &paths, &console.out))?,
        Format::Json => console.json(&questions::access_v1(asked.facts(), &account, &paths))?,
    }
    Ok(Exit::Done)
}
