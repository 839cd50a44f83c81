//! `sekisho iam-users verdicts`, `assign-owner`, `replacement`.

mod assign;
pub(super) mod input;
mod replacement;

use plan::iam_users::UserVerdict;

use crate::cli::Format;
use crate::cli::iam_users::PageLanguage;
use crate::cli::verdicts::{VerdictsArguments, VerdictsCommand};
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::render::verdicts::{Language, Shown, VerdictsV1, lines};

pub(crate) fn run(command: &VerdictsCommand, console: &Console) -> Result<Exit, CommandError> {
    match command {
        VerdictsCommand::Verdicts(arguments) => verdicts(arguments, console),
        VerdictsCommand::AssignOwner(arguments) => assign::run(arguments, console),
        VerdictsCommand::Replacement(arguments) => replacement::run(arguments, console),
    }
}

fn verdicts(arguments: &VerdictsArguments, console: &Console) -> Result<Exit, CommandError> {
    let known = input::read(&arguments.inputs, console)?;
    let verdicts = known.judged();
    let wanted = |one: &&UserVerdict| {
        let is_asked = arguments.user.as_deref().is_none_or(|wanted| input::is_called(one, wanted));
        is_asked && (arguments.only.is_empty() || arguments.only.contains(&one.verdict))
    };
    let chosen: Vec<&UserVerdict> = verdicts.iter().filter(wanted).collect();
    if let (Some(user), true) = (&arguments.user, chosen.is_empty()) {
        return Err(input::unknown_user(user, &known.inventory));
    }
    let shown = Shown {
        chosen,
        all: &verdicts,
        owners: &known.owners,
        inventory: &known.inventory,
        used: &known.used,
        now: known.now,
    };
    let language = match arguments.language {
        PageLanguage::En => Language::English,
        PageLanguage::Ja => Language::Japanese,
    };
    match arguments.format.format {
        Format::Json => console.json(&VerdictsV1::new(&shown))?,
        Format::Text => console.lines(&lines(&shown, language))?,
    }
    // What could not be read is not judged, and a script must notice.
    Ok(if known.inventory.unread().next().is_some() { Exit::Failed } else { Exit::Done })
}
