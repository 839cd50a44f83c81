//! `sekisho policy catalogue`

use ::policy::catalogue::{self, CatalogueFile};
use ports::{Clock, TokioClock};
use serde::Serialize;

use super::input::{self, Reader};
use super::reference;
use crate::cli::Format;
use crate::cli::policy::{CatalogueCommand, CatalogueShowArguments, CatalogueUpdateArguments};
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::folder;
use crate::render::style::{Ink, Text};
use crate::render::words::{count, thousands};

/// How many services are told one by one.
const SERVICES_SHOWN: usize = 20;

pub(super) fn run(command: &CatalogueCommand, console: &Console) -> Result<Exit, CommandError> {
    match command {
        CatalogueCommand::Update(arguments) => update(arguments, console),
        CatalogueCommand::Show(arguments) => show(arguments, console),
    }
}

fn update(arguments: &CatalogueUpdateArguments, console: &Console) -> Result<Exit, CommandError> {
    input::use_catalogue(&arguments.catalogue)?;
    let mut reader = Reader::default();
    let mut services = Vec::new();
    for argument in &arguments.files {
        let source = reader.large(argument)?;
        services.extend(reference::read(&source.name, &source.text)?);
    }
    let date = match arguments.date {
        Some(date) => date.to_string(),
        None => TokioClock::system().now().strftime("%Y-%m-%d").to_string(),
    };
    let mut file = CatalogueFile::current();
    if file.date() > date.as_str() {
        return Err(CommandError::new(format!("the catalogue in use is of {}, newer than {date}", file.date()))
            .hint("give the day the files were fetched by `--date`"));
    }
    let number = services.len();
    for (at, service) in services.into_iter().enumerate() {
        let all = service.actions.len();
        let (added, gone) = file.replace(&service.name, service.actions, &date);
        if at < SERVICES_SHOWN {
            let told = format!("{}: {} new, {} gone", count(all, "action"), thousands(added), thousands(gone));
            console.say(Text::plain("  ").with(Ink::Strong, &service.name).and(format!("  {told}")));
        }
    }
    if number > SERVICES_SHOWN {
        console.say(Text::plain(format!("  … and {} more", count(number - SERVICES_SHOWN, "service"))));
    }
    let (all_services, all_actions) = file.counts();
    match &arguments.out {
        Some(path) => folder::write_file(path, &file.print())?,
        None => console.data(&file.print())?,
    }
    let told = format!(
        "catalogue of {date}: {} of {}; {} replaced, the others as they were",
        count(all_actions, "action"),
        count(all_services, "service"),
        count(number, "service"),
    );
    console.say(Text::new().with(Ink::Good, "✓ ").and(told));
    if let Some(path) = &arguments.out {
        console
            .say(Text::plain(format!("  use it by `--catalogue {0}` or SEKISHO_ACTION_CATALOGUE={0}", path.display())));
    }
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct CatalogueV1 {
    schema_version: u32,
    date: &'static str,
    embedded: bool,
    services: usize,
    actions: usize,
}

fn show(arguments: &CatalogueShowArguments, console: &Console) -> Result<Exit, CommandError> {
    input::use_catalogue(&arguments.catalogue)?;
    let (services, actions) = CatalogueFile::current().counts();
    let embedded = arguments.catalogue.catalogue.is_none();
    match arguments.format.format {
        Format::Json => {
            console.json(&CatalogueV1 { schema_version: 1, date: catalogue::date(), embedded, services, actions })?;
        }
        Format::Text => {
            let place = match &arguments.catalogue.catalogue {
                Some(path) => format!("from `{}`", path.display()),
                None => "inside the program".to_owned(),
            };
            let (actions, services) = (count(actions, "action"), count(services, "service"));
            console.data(&format!("catalogue of {}, {place}: {actions} of {services}\n", catalogue::date()))?;
        }
    }
    Ok(Exit::Done)
}
