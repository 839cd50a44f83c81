//! `sekisho iam-users retire`, `note`, `restore`, `recreate`, `reduce`.

mod again;
mod back;
mod matrix;
mod reduce;
mod tie_files;
mod wave;

use std::collections::BTreeMap;
use std::path::Path;

use catalog::{Catalog, Severity};
use engine::{ApplyError, ApplyOptions, Engine, RunSummary};
use model::iam_user::IamUserRef;
use model::observed::{Caller, InstanceKey};
use model::retirement::{RetirementCase, RetirementCases};
use model::{AccountId, Operation, Plan};
use plan::retirement::{Ground, RetirementSettings, retirement_plan};
use ports::IamDoor;

use crate::cli::retire::{DoorFlags, NamedUser, RetireCommand};
use crate::cli::{AwsFlags, StateFlags};
use crate::commands::catalog_input;
use crate::commands::engine_error;
use crate::commands::interrupt::interruptible;
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::folder;
use crate::render::apply_progress::ApplyBar;
use crate::render::layout::{self, Line};
use crate::render::summary;
use crate::render::words::count;
use crate::wiring::{StateUse, Wiring, aws_error};
use matrix::Matrix;

/// Files of a catalog that say how users are retired and accounts are entered.
const FILES: [&str; 2] = ["sekisho.yaml", "accounts.yaml"];

pub(super) async fn run(command: &RetireCommand, console: &Console) -> Result<Exit, CommandError> {
    match command {
        RetireCommand::Retire(arguments) => wave::run(arguments, console).await,
        RetireCommand::Note(arguments) => back::note(arguments, console).await,
        RetireCommand::Restore(arguments) => back::restore(arguments, console).await,
        RetireCommand::Recreate(arguments) => again::run(arguments, console).await,
        RetireCommand::Reduce(arguments) => reduce::run(arguments, console).await,
    }
}

/// What all of these begin with: the rules, AWS, and the journal.
struct Desk<'a> {
    console: &'a Console,
    engine: Engine,
    client: aws::Client,
    instance: InstanceKey,
    caller: Caller,
    settings: RetirementSettings,
    /// Roles by the functions of people.
    matrix: Matrix,
    /// Standard output is for data alone.
    only_data: bool,
}

impl<'a> Desk<'a> {
    async fn open(
        root: &Path,
        aws: &AwsFlags,
        door: &DoorFlags,
        state: &StateFlags,
        console: &'a Console,
    ) -> Result<Self, CommandError> {
        let (catalog, matrix) = rules(root, console)?;
        let said = &catalog.settings().retirement;
        let mut settings = RetirementSettings { protected: said.protected.clone(), ..RetirementSettings::default() };
        settings.parallel_days = said.parallel_days.unwrap_or(settings.parallel_days);
        settings.quiet_days = said.quiet_days.unwrap_or(settings.quiet_days);
        let role = door.role.clone().or_else(|| said.role.clone());
        let mut aws = aws.clone();
        aws.doors = aws::Doors {
            named: catalog.accounts().iter().filter_map(named_door).collect(),
            role: role.or_else(|| catalog.settings().inspection_role.clone()),
        };
        let wiring = Wiring {
            aws,
            state: Some(state.clone()),
            settings: catalog.settings().clone(),
            reading: aws::ReadingMode::Auto,
            account_tags: false,
        };
        let (engine, client) = wiring.connected(StateUse::Write, console).await?;
        let unsaid = |error: &ports::AwsError| aws_error("cannot tell which Identity Center is meant", error);
        let (instance, caller) = tokio::join!(client.instance_key(), client.caller());
        let instance = instance.map_err(|error| unsaid(&error))?;
        let caller = caller.map_err(|error| aws_error("cannot tell whose credentials these are", &error))?;
        Ok(Self { console, engine, client, instance, caller, settings, matrix, only_data: false })
    }

    /// How far all have come, as the journal tells it.
    async fn cases(&self) -> Result<RetirementCases, CommandError> {
        self.engine.retirement_cases(&self.instance).await.map_err(|error| engine_error(&error))
    }

    fn options(&self) -> ApplyOptions {
        // All that an operation relies on is read again right before it, whatever the operation is.
        ApplyOptions { who: self.console.who(&self.caller.arn), kept: true, ..ApplyOptions::default() }
    }

    fn plan(&self, operations: Vec<Operation>) -> Plan {
        let ground = Ground {
            instance: &self.instance,
            caller: &self.caller,
            now: self.engine.clock.now(),
            sekisho_version: &self.engine.version,
        };
        retirement_plan(&ground, operations)
    }

    /// Settles what an interrupted run left open: only then the journal tells all that was done.
    async fn settle(&self) -> Result<(), CommandError> {
        let options = self.options();
        let recovered = self.engine.recover(&self.instance, &self.caller, &options, &()).await;
        recovered.map(drop).map_err(|error| engine_error(&error))
    }

    /// What is done, in words.
    fn tell(&self, lines: &[Line]) -> Result<(), CommandError> {
        if self.only_data {
            self.console.message(&layout::write(lines, &self.console.messages));
            return Ok(());
        }
        self.console.lines(lines)
    }

    /// Applies, with a bar.
    async fn apply(&self, plan: &Plan) -> Result<RunSummary, CommandError> {
        for _ in 0..2 {
            let bar = ApplyBar::start(plan, self.engine.limits.calls_per_second, &self.console.messages);
            let options = self.options();
            let cancellation = options.cancellation.clone();
            let work = self.engine.apply(plan, &options, &bar);
            let applied = interruptible(&cancellation, self.console, work).await;
            bar.finish();
            match applied {
                Ok(summary) => {
                    self.tell(&summary::lines(&summary))?;
                    return Ok(summary);
                }
                // Nothing of this plan was done; each step looks at what it relies on before it is taken.
                Err(ApplyError::PlanAgain { .. }) => {
                    self.console.note("an earlier run was interrupted; what it had left in flight is settled now");
                }
                Err(error) => return Err(engine_error(&error)),
            }
        }
        Err(CommandError::new("an earlier run was interrupted, and what it had left in flight is settled only now")
            .hint("run the command again; nothing else was changed"))
    }

    /// The user that is meant, among those the journal knows and that fit.
    fn find<'c>(
        &self,
        named: &NamedUser,
        cases: &'c RetirementCases,
        fits: impl Fn(&RetirementCase) -> bool,
        what: &str,
    ) -> Result<(&'c IamUserRef, &'c RetirementCase), CommandError> {
        let account = account_of(named.account.as_deref())?;
        let meant: Vec<_> = cases
            .by_user
            .iter()
            .filter(|(user, _)| user.name.eq_ignore_ascii_case(&named.user))
            .filter(|(user, _)| account.as_ref().is_none_or(|account| user.account == *account))
            .filter(|(_, case)| fits(case))
            .collect();
        match meant.as_slice() {
            [one] => Ok(*one),
            [] => Err(CommandError::new(format!("the journal knows no IAM user `{}` {what}", named.user))
                .hint("`--state` or `SEKISHO_STATE_URL` names the journal that the retirement was written into")),
            several => {
                let told =
                    CommandError::new(format!("`{}` is the name of {}", named.user, count(several.len(), "user")));
                Err(several.iter().fold(told, |told, (user, _)| told.hint(format!("`--account {}`", user.account))))
            }
        }
    }
}

fn account_of(account: Option<&str>) -> Result<Option<AccountId>, CommandError> {
    let account = account.map(AccountId::new).transpose();
    account.map_err(|error| CommandError::new("the account is named by its id").because(&error))
}

/// What the catalog says, if there is one. A mistake in what bears on the retirement ends it: a protected user must not be overlooked.
fn rules(root: &Path, console: &Console) -> Result<(Catalog, Matrix), CommandError> {
    if !root.is_dir() {
        console.note(format!("there is no catalog at `{}`: no user is protected by name", root.display()));
        return Ok((catalog::parse(&catalog::CatalogFiles::default()).catalog, Matrix::default()));
    }
    let files = folder::load(root)?;
    if !files.files.contains_key("sekisho.yaml") {
        console.note(format!("there is no sekisho.yaml in `{}`: no user is protected by name", root.display()));
    }
    let parsed = catalog::parse(&files);
    let ours = parsed.diagnostics.iter().filter(|one| FILES.contains(&one.file.as_str()));
    let wrong: Vec<_> = ours.filter(|one| one.severity == Severity::Error).cloned().collect();
    let told = |wrong: &[_]| catalog_input::rendered(wrong, &files, &folder::shown(root), console);
    if wrong.is_empty() {
        // Only who reads the matrix is stopped by a mistake in it.
        let mistakes: Vec<_> = parsed.diagnostics.iter().filter(|one| Matrix::is_about(one)).cloned().collect();
        let matrix = Matrix::of(&parsed.catalog, (!mistakes.is_empty()).then(|| told(&mistakes)));
        return Ok((parsed.catalog, matrix));
    }
    console.message(&told(&wrong));
    Err(CommandError::new(format!("{} in the catalog; nothing was changed", count(wrong.len(), "mistake"))))
}

fn named_door(account: &catalog::AccountRecord) -> Option<(AccountId, IamDoor)> {
    let role = account.role.clone().map(IamDoor::RoleArn);
    Some((account.id.clone(), role.or_else(|| account.profile.clone().map(IamDoor::Profile))?))
}

/// Asks, unless nobody has to be asked.
pub(in crate::commands) fn agreed(console: &Console, yes: bool, question: &str) -> Result<bool, CommandError> {
    if yes {
        return Ok(true);
    }
    if !console.can_ask {
        return Err(CommandError::new("there is no terminal to ask on; nothing was changed")
            .hint("`--yes` goes on without asking"));
    }
    Ok(console.ask(question))
}

/// Operations by user, for messages.
fn users_of(operations: &[Operation]) -> BTreeMap<IamUserRef, usize> {
    let mut users = BTreeMap::new();
    for user in operations.iter().filter_map(|operation| operation.change.iam_user()) {
        *users.entry(user.clone()).or_default() += 1;
    }
    users
}
