//! `sekisho iam-users retire`: one wave.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use model::iam_user::{IamUser, IamUserRef};
use model::letter::LetterReader;
use model::retirement::{RetirementCases, RetirementNote};
use model::{AccountId, Observed, Operation, Severity};
use plan::retirement::{
    Next, RetirementInput, Risk, Stage, Standing, Ways, check_retirement, deletion, standings, switching_off,
    taking_up, ties,
};

use super::{Desk, agreed, tie_files, users_of};
use crate::cli::Format;
use crate::cli::retire::{RetireArguments, RetireStep, RiskFlag};
use crate::commands::desk::observe;
use crate::commands::engine_error;
use crate::commands::verdicts::input::{self, Known};
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::render::apply_progress::ApplyBar;
use crate::render::retirement::{RetirementV1, Shown, lines, question};
use crate::render::style::{Ink, Text, harmless};
use crate::render::words::count;

pub(super) async fn run(arguments: &RetireArguments, console: &Console) -> Result<Exit, CommandError> {
    let known = input::read(&arguments.inputs, console)?;
    let files = tie_files::read(&arguments.ties)?;
    let root = &arguments.inputs.catalog.catalog;
    let mut desk = Desk::open(root, &arguments.aws, &arguments.door, &arguments.state, console).await?;
    desk.settings.also_reduced = arguments.wave.also_reduced;
    let desk = desk;
    desk.settle().await?;
    let observed = observe(&desk.engine, console).await?;
    let cases = desk.cases().await?;
    let verdicts = known.judged();
    let input = RetirementInput {
        inventory: &known.inventory,
        account_names: &known.account_names,
        used: &known.used,
        verdicts: &verdicts,
        owners: &known.owners,
        cases: &cases,
        ways: &Ways::of(&observed, known.inventory.accounts.keys()),
        ties: &ties(&known.inventory, &files),
        settings: &desk.settings,
        now: desk.engine.clock.now(),
    };
    let all = standings(&input);
    let chosen = chosen(arguments, &all, &known, &observed)?;
    let steps = Steps::of(arguments, &chosen, &known, &cases);
    let plan = desk.plan(steps.operations.clone());
    // Before anything is shown as possible.
    let refusals: Vec<_> =
        check_retirement(&plan, &input).into_iter().filter(|one| one.severity == Severity::Refusal).collect();
    if let Some(first) = refusals.first() {
        return Err(CommandError::guard(format!("the plan is refused, and nothing was changed: {}", first.message)));
    }
    let shown = Shown {
        standings: &chosen,
        operations: &steps.operations,
        verdicts: &verdicts,
        account_names: &known.account_names,
        language: arguments.language,
    };
    match arguments.format.format {
        Format::Json => console.json(&RetirementV1::new(&shown, input.now))?,
        Format::Text => console.lines(&lines(&shown))?,
    }
    let unread = tell_unread(&known, console);
    tell_unwritten(&desk, &chosen).await?;
    let found = found(&all, &cases);
    if steps.is_empty() {
        if !arguments.dry_run && !found.is_empty() {
            let noted = desk.engine.note_retirement(&desk.instance, &desk.options(), found, &()).await;
            noted.map_err(|error| engine_error(&error))?;
        }
        return Ok(if unread { Exit::Failed } else { Exit::Done });
    }
    if arguments.dry_run {
        return Ok(Exit::ChangesPending);
    }
    if !agreed(console, arguments.yes, &steps.question())? {
        console.say(Text::plain("nothing was changed"));
        return Ok(Exit::Failed);
    }
    // Somebody may have said something while the question stood there.
    let changed = |user: &IamUserRef, then: &RetirementCases| cases.by_user.get(user) != then.by_user.get(user);
    let then = desk.cases().await?;
    if let Some(user) = users_of(&steps.operations).into_keys().find(|user| changed(user, &then)) {
        let name = harmless(&user.name);
        return Err(CommandError::new(format!("something was noted of {name} meanwhile; nothing was changed"))
            .hint("run the command again"));
    }
    let done = carry_out(&desk, steps, found, input.now).await?;
    Ok(if done && !unread { Exit::Done } else { Exit::Failed })
}

/// A note of the journal on a user with this id.
type Note = (IamUserRef, String, RetirementNote);

/// What keeps users where they are, where the journal does not know it yet: so it can be told how it went over time.
fn found(all: &[Standing], cases: &RetirementCases) -> Vec<Note> {
    let seen_off = all.iter().filter(|standing| standing.is_only_seen_off);
    let seen_off = seen_off.map(|one| (one.user.clone(), one.user_id.clone(), RetirementNote::SeenOff));
    let changed = all.iter().filter_map(|standing| {
        let case = cases.by_user.get(&standing.user);
        // What the journal keeps of another user of that name stays as it is.
        if case.and_then(|case| case.user_id.as_ref()).is_some_and(|held| *held != standing.user_id) {
            return None;
        }
        let held = case.and_then(|case| case.held.as_ref());
        let before = held.map_or((false, &[][..]), |held| (held.stays, held.because.as_slice()));
        let (stays, because) = standing.held();
        (before != (stays, because.as_slice()))
            .then(|| (standing.user.clone(), standing.user_id.clone(), RetirementNote::HeldBack { stays, because }))
    });
    seen_off.chain(changed).collect()
}

/// Owners of announced users to whom no letter was sent. Where none ever was, they are told in another way.
async fn tell_unwritten(desk: &Desk<'_>, chosen: &[&Standing]) -> Result<(), CommandError> {
    let letters = desk.engine.letters(&desk.instance).await.map_err(|error| engine_error(&error))?;
    if letters.is_empty() {
        return Ok(());
    }
    let is_written = |owner: &str| {
        let mut persons = letters.iter().filter(|(_, letter)| letter.reader == LetterReader::Person);
        persons.any(|(_, letter)| letter.name.eq_ignore_ascii_case(owner))
    };
    let announced = chosen.iter().filter(|one| one.stage == Stage::Announced);
    let owners: BTreeSet<&str> = announced.filter_map(|one| one.owner.as_deref()).collect();
    let unwritten: Vec<String> = owners.into_iter().filter(|owner| !is_written(owner)).map(harmless).collect();
    if !unwritten.is_empty() {
        desk.console
            .note(format!("announced, and sent no letter (`sekisho announce --send`): {}", unwritten.join(", ")));
    }
    Ok(())
}

fn tell_unread(known: &Known, console: &Console) -> bool {
    let mut unread = false;
    for (account, reason) in known.inventory.unread() {
        console.warn(format!("{account} was not read, and its users are not here: {}", harmless(reason)));
        unread = true;
    }
    unread
}

/// What is done with whom.
struct Steps {
    announced: Vec<(IamUserRef, String)>,
    begun: Vec<(IamUserRef, String)>,
    switched_off: usize,
    deleted: usize,
    operations: Vec<Operation>,
}

impl Steps {
    fn of(arguments: &RetireArguments, chosen: &[&Standing], known: &Known, cases: &RetirementCases) -> Self {
        let wants = |step| arguments.wave.only.is_empty() || arguments.wave.only.contains(&step);
        let mut steps =
            Self { announced: Vec::new(), begun: Vec::new(), switched_off: 0, deleted: 0, operations: Vec::new() };
        for standing in chosen {
            let Some(user) = user_of(known, &standing.user) else { continue };
            let named = (standing.user.clone(), standing.user_id.clone());
            match standing.next {
                Next::Announce if wants(RetireStep::Announce) => steps.announced.push(named),
                Next::SwitchOff if wants(RetireStep::SwitchOff) => {
                    let why = if standing.has_left { "its owner has left" } else { "its owner is ready" };
                    steps.operations.extend(match standing.left.as_slice() {
                        [] => switching_off(&standing.user, user, &standing.rests_on, why),
                        left => taking_up(&standing.user, user, left, &standing.rests_on, why),
                    });
                    steps.begun.push(named);
                    steps.switched_off += 1;
                }
                Next::Delete if wants(RetireStep::Delete) => {
                    let case = cases.by_user.get(&standing.user);
                    let why = "nothing was tried in the quiet time";
                    steps.operations.extend(deletion(&standing.user, user, case, &standing.rests_on, why));
                    steps.deleted += 1;
                }
                _ => {}
            }
        }
        steps
    }

    fn is_empty(&self) -> bool {
        self.announced.is_empty() && self.operations.is_empty()
    }

    fn question(&self) -> String {
        question(self.announced.len(), self.switched_off, self.deleted)
    }
}

fn user_of<'k>(known: &'k Known, user: &IamUserRef) -> Option<&'k IamUser> {
    known.inventory.accounts.get(&user.account)?.value()?.users.get(&user.name)
}

/// Announcements are written into the journal, then AWS is changed; whether all of it went well.
async fn carry_out(desk: &Desk<'_>, steps: Steps, found: Vec<Note>, now: Timestamp) -> Result<bool, CommandError> {
    let console = desk.console;
    let period = SignedDuration::from_hours(i64::from(desk.settings.parallel_days) * 24);
    let parallel_until = now.checked_add(period).unwrap_or(Timestamp::MAX);
    let announced = steps.announced.len();
    let mut notes: Vec<_> = (steps.announced.into_iter())
        .map(|(user, id)| (user, id, RetirementNote::Announced { parallel_until }))
        .collect();
    notes.extend(found);
    // So that the journal knows which user it was, whatever becomes of the run.
    notes.extend(steps.begun.into_iter().map(|(user, id)| (user, id, RetirementNote::Begun)));
    let plan = desk.plan(steps.operations);
    if !notes.is_empty() {
        let bar = ApplyBar::start(&plan, desk.engine.limits.calls_per_second, &console.messages);
        let noted = desk.engine.note_retirement(&desk.instance, &desk.options(), notes, &bar).await;
        bar.finish();
        noted.map_err(|error| engine_error(&error))?;
    }
    if announced > 0 {
        console.say(Text::new().with(Ink::Good, "✓ ").and(format!(
            "{} announced: both ways are open until {}",
            count(announced, "user"),
            console.messages.time(parallel_until)
        )));
        console.note("tell the owners now: `sekisho announce --out DIR --ends DATE` writes the texts, `--send PROGRAM` sends them");
    }
    if plan.is_empty() {
        return Ok(true);
    }
    let summary = desk.apply(&plan).await?;
    if steps.switched_off > 0 && summary.counts.verified > 0 {
        let first = users_of(&plan.operations).into_keys().next().map(|user| user.name).unwrap_or_default();
        let text = format!("  take it back with: sekisho iam-users restore {}", harmless(&first));
        console.say(Text::new().with(Ink::Faint, text));
    }
    Ok(summary.is_complete())
}

/// Those of the wave.
fn chosen<'s>(
    arguments: &RetireArguments,
    all: &'s [Standing],
    known: &Known,
    observed: &Observed,
) -> Result<Vec<&'s Standing>, CommandError> {
    let wave = &arguments.wave;
    let accounts = accounts(&wave.accounts, known)?;
    let members = members(&wave.teams, observed)?;
    let mut users: BTreeSet<IamUserRef> = BTreeSet::new();
    for wanted in &wave.users {
        let named = |standing: &&Standing| {
            let user = user_of(known, &standing.user);
            standing.user.name.eq_ignore_ascii_case(wanted)
                || user.is_some_and(|user| {
                    let mut keys = user.access_keys.value().into_iter().flatten();
                    user.arn == *wanted || keys.any(|key| key.id == *wanted)
                })
        };
        let found: Vec<IamUserRef> = all.iter().filter(named).map(|standing| standing.user.clone()).collect();
        if found.is_empty() {
            return Err(input::unknown_user(wanted, &known.inventory));
        }
        users.extend(found);
    }
    let most = match wave.risk {
        Some(RiskFlag::Low) => Risk::Low,
        Some(RiskFlag::Medium) => Risk::Medium,
        Some(RiskFlag::High) | None => Risk::High,
    };
    let of_team = |standing: &Standing| {
        wave.teams.is_empty() || standing.owner.as_ref().is_some_and(|owner| members.contains(&owner.to_lowercase()))
    };
    let fits = |standing: &&Standing| {
        (wave.users.is_empty() || users.contains(&standing.user))
            && (wave.accounts.is_empty() || accounts.contains(&standing.user.account))
            && standing.risk <= most
            && of_team(standing)
    };
    Ok(all.iter().filter(fits).collect())
}

fn accounts(wanted: &[String], known: &Known) -> Result<BTreeSet<AccountId>, CommandError> {
    let mut chosen = BTreeSet::new();
    for text in wanted {
        let named = |id: &&AccountId| id.as_str() == text || known.account_names.get(*id) == Some(text);
        let found: Vec<AccountId> = known.inventory.accounts.keys().filter(named).cloned().collect();
        if found.is_empty() {
            let names = known.account_names.values().map(String::as_str);
            let told = CommandError::new(format!("no account `{text}` in the inventory"));
            return Err(match policy::did_you_mean(&policy::nearest(text, names, 3)) {
                Some(hint) => told.hint(hint),
                None => told,
            });
        }
        chosen.extend(found);
    }
    Ok(chosen)
}

/// Names and addresses of those in the groups, in lower case.
fn members(teams: &[String], observed: &Observed) -> Result<BTreeSet<String>, CommandError> {
    let mut members = BTreeSet::new();
    if teams.is_empty() {
        return Ok(members);
    }
    let unread = |reason: &str| CommandError::new(format!("the groups could not be read: {reason}"));
    let groups = observed.groups.value().ok_or_else(|| unread(observed.groups.reason().unwrap_or_default()))?;
    let users = observed.users.value().ok_or_else(|| unread(observed.users.reason().unwrap_or_default()))?;
    let by_name: BTreeMap<&str, _> = groups.values().map(|group| (group.display_name.as_str(), &group.id)).collect();
    for team in teams {
        let Some(id) = by_name.get(team.as_str()) else {
            let close = policy::nearest(team, by_name.keys().copied(), 3);
            let told = CommandError::new(format!("no group named `{team}` in Identity Center"));
            return Err(match policy::did_you_mean(&close) {
                Some(hint) => told.hint(hint),
                None => told,
            });
        };
        let reading = observed.memberships.get(*id).ok_or_else(|| unread("not asked"))?;
        let ids = reading.value().ok_or_else(|| unread(reading.reason().unwrap_or_default()))?;
        for user in ids.iter().filter_map(|id| users.get(id)) {
            members.insert(user.user_name.to_lowercase());
            members.extend(user.email.iter().map(|email| email.to_lowercase()));
        }
    }
    Ok(members)
}
