//! `sekisho iam-users reduce`: a user that stays, with less.

use model::Reading;
use model::iam_user::{IamInventory, IamUser, IamUserRef};
use model::retirement::RetirementNote;
use plan::iam_users::{Settings, UserVerdict, Verdict, VerdictInput, judge};
use plan::retirement::{Reduction, Tie, TieFiles, reduction, ties};

use super::{Desk, account_of, agreed};
use crate::cli::retire::ReduceArguments;
use crate::commands::engine_error;
use crate::commands::verdicts::input::{self, Known};
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::render::layout::Line;
use crate::render::style::{Ink, Text, harmless};
use crate::render::words::count;

pub(super) async fn run(arguments: &ReduceArguments, console: &Console) -> Result<Exit, CommandError> {
    if let Some(wrong) = arguments.roles.iter().find(|role| !is_role(role)) {
        return Err(CommandError::new(format!("`{}` is no ARN of a role", harmless(wrong)))
            .hint("it looks like arn:aws:iam::111122223333:role/Operator"));
    }
    let known = input::read(&arguments.inputs, console)?;
    let inventory = &known.inventory;
    let (reference, user) = find(arguments, inventory)?;
    let root = &arguments.inputs.catalog.catalog;
    let desk = Desk::open(root, &arguments.aws, &arguments.door, &arguments.state, console).await?;
    refuse(&desk, inventory, known.account_names.get(&reference.account).map(String::as_str), &reference)?;
    let unless = arguments.although_unknown;
    judged(&desk, &known, &reference, unless)?;
    desk.settle().await?;
    let to = Reduction { roles: arguments.roles.clone() };
    let operations = reduction(&reference, user, &to, &arguments.reason)
        .map_err(|why| CommandError::guard(format!("{}: {why}; nothing was changed", harmless(&user.name))))?;
    let plan = desk.plan(operations);
    let lines = plan.operations.iter().map(|operation| Line::from(Text::plain(harmless(&operation.meaning.summary))));
    console.lines(&lines.collect::<Vec<_>>())?;
    if !agreed(console, arguments.yes, &format!("Reduce {} to this?", harmless(&user.name)))? {
        console.say(Text::plain("nothing was changed"));
        return Ok(Exit::Failed);
    }
    let reduced = RetirementNote::Reduced { reason: arguments.reason.clone() };
    let notes = [RetirementNote::Begun, reduced].map(|note| (reference.clone(), user.id.clone(), note)).to_vec();
    let noted = desk.engine.note_retirement(&desk.instance, &desk.options(), notes, &()).await;
    noted.map_err(|error| engine_error(&error))?;
    let summary = desk.apply(&plan).await?;
    let text = format!("  take it back with: sekisho iam-users restore {}", harmless(&user.name));
    console.say(Text::new().with(Ink::Faint, text));
    Ok(if summary.is_complete() { Exit::Done } else { Exit::Failed })
}

fn is_role(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    matches!(parts.as_slice(), ["arn", _, "iam", "", account, role]
        if account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) && role.starts_with("role/"))
}

fn find<'i>(
    arguments: &ReduceArguments,
    inventory: &'i IamInventory,
) -> Result<(IamUserRef, &'i IamUser), CommandError> {
    let account = account_of(arguments.account.as_deref())?;
    let wanted = &arguments.user;
    let found: Vec<_> = inventory
        .users()
        .filter(|(user, _)| user.name.eq_ignore_ascii_case(wanted))
        .filter(|(user, _)| account.as_ref().is_none_or(|account| user.account == *account))
        .collect();
    match found.len() {
        0 => Err(input::unknown_user(wanted, inventory)),
        1 => found.into_iter().next().ok_or_else(|| input::unknown_user(wanted, inventory)),
        several => {
            let told = CommandError::new(format!("`{wanted}` is the name of {}", count(several, "user")));
            Err(found.iter().fold(told, |told, (user, _)| told.hint(format!("`--account {}`", user.account))))
        }
    }
}

/// Whoever loses rights here must be no machine: the same verdict decides as for a retirement.
fn judged(desk: &Desk<'_>, known: &Known, user: &IamUserRef, although_unknown: bool) -> Result<(), CommandError> {
    let input = VerdictInput {
        inventory: &known.inventory,
        used: &known.used,
        owners: &known.owners,
        earlier: &known.earlier,
        now: known.now,
    };
    let verdicts = judge(&input, &Settings::default());
    let found = verdicts.iter().find(|one| one.user == *user);
    let verdict = found.map_or(Verdict::Unknown, |one| one.verdict);
    let because = found.and_then(UserVerdict::decisive).map(|because| format!(": {because}")).unwrap_or_default();
    let name = harmless(&user.name);
    match verdict {
        Verdict::Person | Verdict::Unused => {}
        Verdict::Unknown if although_unknown => return Ok(()),
        Verdict::Unknown => {
            return Err(CommandError::guard(format!(
                "it is unknown who or what uses {name}{because}; nothing was changed"
            ))
            .hint("`--although-unknown` says that you know that no machine uses it"));
        }
        Verdict::Machine | Verdict::Mixed => {
            let who = if verdict == Verdict::Mixed { "a machine uses it, too" } else { "a machine uses it" };
            return Err(CommandError::guard(format!("{name}: {who}{because}; nothing was changed"))
                .hint("`sekisho iam-users replacement` gives that part a role of its own"));
        }
    }
    let end_s = known.used.coverage.get(&user.account).map_or(0, |coverage| coverage.end_s);
    let hours = desk.settings.evidence_hours;
    if desk.engine.clock.now().as_second() - end_s > i64::from(hours) * 3_600 {
        return Err(CommandError::guard(format!("the evidence of {} ends more than {hours} h ago", user.account))
            .hint("scan the log again: `sekisho trail scan`"));
    }
    Ok(())
}

/// Whom nobody touches.
fn refuse(
    desk: &Desk<'_>,
    inventory: &IamInventory,
    account_name: Option<&str>,
    user: &IamUserRef,
) -> Result<(), CommandError> {
    let taken = inventory.accounts.get(&user.account).and_then(|account| match account {
        Reading::Known { as_of, .. } => Some(*as_of),
        Reading::Unknown { .. } => None,
    });
    let age_s = taken.map_or(i64::MAX, |at| desk.engine.clock.now().as_second() - at.as_second());
    if age_s > i64::from(desk.settings.inventory_hours) * 3_600 {
        let hours = desk.settings.inventory_hours;
        return Err(CommandError::guard(format!("the inventory of {} is older than {hours} h", user.account))
            .hint("take it again: `sekisho iam-users list --save FILE`"));
    }
    if let Some(pattern) = desk.settings.protects(user, account_name) {
        return Err(CommandError::guard(format!("{} is protected: `{}` in sekisho.yaml", user.name, pattern.as_str())));
    }
    let tied = ties(inventory, &TieFiles::default());
    match tied.get(user).into_iter().flatten().find_map(|tie| match tie {
        Tie::Tool(place) => Some(place),
        Tie::Policy(_) => None,
    }) {
        Some(place) => Err(CommandError::guard(format!("{} belongs to a tool: {}", user.name, harmless(place)))
            .hint("change it there: the tool would take this back")),
        None => Ok(()),
    }
}
