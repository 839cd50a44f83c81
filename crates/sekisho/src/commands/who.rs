//! `sekisho who`

use aws::ReadingMode;
use model::Declared;

use crate::cli::{Format, PlanInputs, WhoArguments};
use crate::commands::catalog_input::Loaded;
use crate::commands::desk::{self, Desk};
use crate::commands::people;
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::render::questions::{self, Facts, Since};
use crate::wiring::{StateUse, Wiring};

pub(crate) async fn run(arguments: &WhoArguments, console: &Console) -> Result<Exit, CommandError> {
    let asked = Asked::about(&arguments.inputs, console).await?;
    let account = people::find_account(&asked.observed, &arguments.account)?;
    let paths = plan::access::who(&asked.observed, &asked.declared, &account);
    match arguments.format.format {
        Format::Text => console.lines(&questions::who(asked.facts(), &account, &paths))?,
        Format::Json => console.json(&questions::access_v1(asked.facts(), &account, &paths))?,
    }
    Ok(Exit::Done)
}

/// What a question about access is answered from.
pub(crate) struct Asked {
    pub(crate) observed: model::Observed,
    pub(crate) declared: Declared,
    folder: String,
    since: Since,
    pub(crate) engine: engine::Engine,
}

impl Asked {
    /// Reads AWS, and the catalog if there is one: a question can be asked before anything is declared.
    pub(crate) async fn about(inputs: &PlanInputs, console: &Console) -> Result<Self, CommandError> {
        Self::with_state(inputs, StateUse::Read, console).await
    }

    /// The same, for whoever writes something down as well.
    pub(crate) async fn with_state(
        inputs: &PlanInputs,
        state_use: StateUse,
        console: &Console,
    ) -> Result<Self, CommandError> {
        let root = &inputs.catalog.catalog;
        if root.is_dir() {
            let loaded = Loaded::read(root, console)?;
            let desk = Desk::with(loaded, &inputs.aws, &inputs.state, state_use, ReadingMode::PerPair, console).await?;
            let prepared = desk.prepare(&inputs.confirmed).await?;
            let since = since(&desk.engine, &prepared.observed).await?;
            return Ok(Self {
                observed: prepared.observed,
                declared: prepared.declared,
                folder: desk.loaded.folder,
                since,
                engine: desk.engine,
            });
        }
        console.note(format!("there is no catalog at `{}`; what is declared where is not said", root.display()));
        let wiring = Wiring {
            aws: inputs.aws.clone(),
            state: Some(inputs.state.clone()),
            settings: catalog::Settings::default(),
            reading: ReadingMode::PerPair,
            account_tags: false,
        };
        let engine = wiring.engine(state_use, console).await?;
        let observed = desk::observe(&engine, console).await?;
        let since = since(&engine, &observed).await?;
        Ok(Self { observed, declared: Declared::default(), folder: String::new(), since, engine })
    }

    pub(crate) fn facts(&self) -> Facts<'_> {
        Facts { observed: &self.observed, folder: &self.folder, since: &self.since }
    }
}

/// When the journal saw each assignment made; what it did not see is left out.
async fn since(engine: &engine::Engine, observed: &model::Observed) -> Result<Since, CommandError> {
    let mut since = Since::new();
    let Some(store) = &engine.store else { return Ok(since) };
    let mut after = 0;
    loop {
        let entries = store
            .entries(&observed.instance, after, 2_000)
            .await
            .map_err(|error| crate::wiring::state_error("cannot read the journal", &error))?;
        let Some(last) = entries.last() else { return Ok(since) };
        after = last.sequence;
        for entry in entries {
            questions::note_since(&mut since, entry.at, &entry.event);
        }
    }
}
