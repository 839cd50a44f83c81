//! What most commands begin with: a catalog without mistakes, AWS, the state, and a fresh look at all of them.

use std::collections::BTreeSet;
use std::path::Path;

use ::aws::ReadingMode;
use catalog::Severity;
use engine::{Engine, Prepared};
use model::Plan;

use crate::cli::{AwsFlags, PlanInputs, StateFlags};
use crate::commands::catalog_input::{self, Loaded};
use crate::commands::engine_error;
use crate::console::Console;
use crate::error::CommandError;
use crate::render::plan_view::Named;
use crate::render::progress::Progress;
use crate::render::style::{Ink, Text};
use crate::wiring::{StateUse, Wiring, aws_error};

/// A catalog, an engine, and whoever asked.
pub(crate) struct Desk<'a> {
    /// Where answers go.
    pub(crate) console: &'a Console,
    /// The catalog.
    pub(crate) loaded: Loaded,
    /// AWS and the state.
    pub(crate) engine: Engine,
}

impl<'a> Desk<'a> {
    /// Reads the catalog, connects to AWS, opens the state.
    pub(crate) async fn open(
        catalog: &Path,
        aws: &AwsFlags,
        state: &StateFlags,
        state_use: StateUse,
        console: &'a Console,
    ) -> Result<Self, CommandError> {
        let loaded = Loaded::read(catalog, console)?;
        Self::with(loaded, aws, state, state_use, ReadingMode::Auto, console).await
    }

    /// The same with a catalog that was read already.
    pub(crate) async fn with(
        loaded: Loaded,
        aws: &AwsFlags,
        state: &StateFlags,
        state_use: StateUse,
        reading: ReadingMode,
        console: &'a Console,
    ) -> Result<Self, CommandError> {
        let settings = loaded.catalog.settings().clone();
        let account_tags = loaded.catalog.names_account_tags();
        let wiring = Wiring { aws: aws.clone(), state: Some(state.clone()), settings, reading, account_tags };
        let engine = wiring.engine(state_use, console).await?;
        Ok(Self { console, loaded, engine })
    }

    /// The same from the flags of a plan.
    pub(crate) async fn for_plan(
        inputs: &PlanInputs,
        state_use: StateUse,
        console: &'a Console,
    ) -> Result<Self, CommandError> {
        Self::open(&inputs.catalog.catalog, &inputs.aws, &inputs.state, state_use, console).await
    }

    /// Reads AWS and makes the plan. Mistakes in the catalog's references are shown; what they may be about is frozen.
    pub(crate) async fn prepare(&self, confirmed: &[String]) -> Result<Prepared, CommandError> {
        let confirmed: BTreeSet<String> = confirmed.iter().cloned().collect();
        let progress = Progress::start("Reading AWS", &self.console.messages);
        let prepared = self.engine.prepare(&self.loaded.catalog, &confirmed, &progress).await;
        progress.finish();
        let prepared = prepared.map_err(|error| engine_error(&error))?;
        // Notes are for `check --online`; here they would stand before every plan.
        let worth: Vec<_> = prepared.diagnostics.iter().filter(|one| one.severity != Severity::Note).cloned().collect();
        self.console.message(&self.loaded.rendered(&worth, self.console));
        if let Some(told) = catalog_input::problems(&prepared.diagnostics, &self.loaded.files) {
            let text = format!("{told}; what they may be about stays as it is, the rest goes on");
            self.console.say(Text::new().with(Ink::Error, "error: ").and(text));
        }
        Ok(prepared)
    }

    /// Holds a plan that was kept for a while against AWS and the catalog of today.
    pub(crate) async fn revalidate(&self, kept: &Plan, confirmed: &[String]) -> Result<Prepared, CommandError> {
        let confirmed: BTreeSet<String> = confirmed.iter().cloned().collect();
        let progress = Progress::start("Reading AWS", &self.console.messages);
        let prepared = self.engine.revalidate(kept, &self.loaded.catalog, &confirmed, &progress).await;
        progress.finish();
        prepared.map_err(|error| engine_error(&error))
    }

    /// A plan with the names of what it acts on.
    pub(crate) fn named<'p>(&'p self, prepared: &'p Prepared) -> Named<'p> {
        Named { plan: &prepared.plan, observed: &prepared.observed, folder: &self.loaded.folder }
    }
}

/// Reads AWS, with progress.
pub(crate) async fn observe(engine: &Engine, console: &Console) -> Result<model::Observed, CommandError> {
    let progress = Progress::start("Reading AWS", &console.messages);
    let observed = engine.read.observe(&progress).await;
    progress.finish();
    observed.map_err(|error| aws_error("cannot read Identity Center", &error))
}
