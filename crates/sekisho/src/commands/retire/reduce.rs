//! `sekisho iam-users reduce`: users that stay, with less.

use model::iam_user::{IamInventory, IamUser, IamUserRef};
use model::retirement::RetirementNote;
use model::{AccountId, Operation, Reading};
use plan::iam_users::{UserVerdict, Verdict};
use plan::retirement::{Reduction, Tie, TieFiles, reduction, ties};

use super::matrix::Asked;
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
    let users = found(arguments, &known.inventory)?;
    let root = &arguments.inputs.catalog.catalog;
    let desk = Desk::open(root, &arguments.aws, &arguments.door, &arguments.state, console).await?;
    if !arguments.no_matrix
        && let Some(mistakes) = desk.matrix.mistakes()
    {
        console.message(mistakes);
        return Err(CommandError::new("the matrix of the catalog has mistakes; nothing was changed")
            .hint("`--no-matrix` leaves it out"));
    }
    let planned = planned(arguments, &desk, &known, &users)?;
    desk.settle().await?;
    let lines = planned.iter().flat_map(|one| one.lines(planned.len() > 1));
    console.lines(&lines.collect::<Vec<_>>())?;
    let question = match planned.as_slice() {
        [one] => format!("Reduce {} to this?", harmless(&one.reference.name)),
        several => format!("Reduce {} to this?", count(several.len(), "user")),
    };
    if !agreed(console, arguments.yes, &question)? {
        console.say(Text::plain("nothing was changed"));
        return Ok(Exit::Failed);
    }
    let reduced = || RetirementNote::Reduced { reason: arguments.reason.clone() };
    let noted =
        |one: &Reduced| [RetirementNote::Begun, reduced()].map(|note| (one.reference.clone(), one.id.clone(), note));
    let notes = planned.iter().flat_map(noted).collect();
    let noted = desk.engine.note_retirement(&desk.instance, &desk.options(), notes, &()).await;
    noted.map_err(|error| engine_error(&error))?;
    let names: Vec<String> = planned.iter().map(|one| harmless(&one.reference.name)).collect();
    let plan = desk.plan(planned.into_iter().flat_map(|one| one.operations).collect());
    let summary = desk.apply(&plan).await?;
    for name in names {
        let text = format!("  take it back with: sekisho iam-users restore {name}");
        console.say(Text::new().with(Ink::Faint, text));
    }
    Ok(if summary.is_complete() { Exit::Done } else { Exit::Failed })
}

/// What is done with one user.
struct Reduced {
    reference: IamUserRef,
    id: String,
    operations: Vec<Operation>,
    /// Each role it may take, and what says so.
    roles: Vec<(String, String)>,
    /// Why the matrix gives none.
    silent: Option<String>,
}

impl Reduced {
    fn lines(&self, is_one_of_several: bool) -> Vec<Line> {
        let mut lines = Vec::new();
        if is_one_of_several {
            let title = Text::new().with(Ink::Strong, harmless(&self.reference.name));
            lines.push(Line::from(title.and(format!("  {}", self.reference.account))));
        }
        let indent = if is_one_of_several { "  " } else { "" };
        for operation in &self.operations {
            lines.push(Line::from(Text::plain(format!("{indent}{}", harmless(&operation.meaning.summary)))));
        }
        for (role, source) in &self.roles {
            let text = Text::plain(format!("{indent}may take {}", harmless(role)));
            lines.push(Line::from(text.with(Ink::Faint, format!("  {}", harmless(source)))).hanging(4));
        }
        if let Some(silent) = &self.silent {
            lines.push(Line::from(Text::plain(format!("{indent}the matrix gives it no roles: {silent}"))).hanging(4));
        }
        lines
    }
}

/// Everybody, or nobody: what refuses one of them keeps all as they are.
fn planned(
    arguments: &ReduceArguments,
    desk: &Desk<'_>,
    known: &Known,
    users: &[(IamUserRef, &IamUser)],
) -> Result<Vec<Reduced>, CommandError> {
    let verdicts = known.judged();
    let (mut planned, mut refused) = (Vec::new(), Vec::new());
    for (reference, user) in users {
        let verdict = verdicts.iter().find(|one| one.user == *reference);
        match one(arguments, desk, known, verdict, (reference, user)) {
            Ok(one) => planned.push(one),
            Err(refusal) => refused.push(refusal),
        }
    }
    match (refused.len(), users.len()) {
        (0, _) => Ok(planned),
        (1, 1) => Err(refused.remove(0)),
        (some, all) => {
            for refusal in &refused {
                desk.console.warn(refusal.to_string());
                refusal.hints().iter().for_each(|hint| desk.console.note(hint.clone()));
            }
            Err(CommandError::guard(format!("{some} of {} cannot be reduced; nothing was changed", count(all, "user"))))
        }
    }
}

fn one(
    arguments: &ReduceArguments,
    desk: &Desk<'_>,
    known: &Known,
    verdict: Option<&UserVerdict>,
    (reference, user): (&IamUserRef, &IamUser),
) -> Result<Reduced, CommandError> {
    refuse(desk, &known.inventory, known.account_names.get(&reference.account).map(String::as_str), reference)?;
    judged(desk, known, reference, verdict, arguments.although_unknown)?;
    let mut roles: Vec<(String, String)> =
        arguments.roles.iter().map(|role| (role.clone(), "by hand".to_owned())).collect();
    let mut to = Reduction { roles: arguments.roles.clone(), without_mfa: Vec::new() };
    let mut silent = None;
    if !arguments.no_matrix && desk.matrix.is_there() {
        let owner = known.owners.get(reference);
        let (memberships, names) = (&known.memberships, &known.account_names);
        match desk.matrix.roles(&Asked { reference, user, owner, memberships, names }) {
            Ok(found) => {
                for role in found.into_iter().filter(|role| !arguments.roles.contains(&role.arn)) {
                    let (file, line) = (&role.source.origin, role.source.line);
                    let mfa = if role.mfa { "" } else { ", without MFA" };
                    roles.push((role.arn.clone(), format!("{file}:{line}, as {}{mfa}", role.function)));
                    if role.mfa { to.roles.push(role.arn) } else { to.without_mfa.push(role.arn) }
                }
            }
            Err(why) if arguments.roles.is_empty() => return Err(why.refusal(reference)),
            Err(why) => silent = Some(why.sentence()),
        }
    }
    let operations = reduction(reference, user, &to, &arguments.reason)
        .map_err(|why| CommandError::guard(format!("{}: {why}; nothing was changed", harmless(&user.name))))?;
    Ok(Reduced { reference: reference.clone(), id: user.id.clone(), operations, roles, silent })
}

fn is_role(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    matches!(parts.as_slice(), ["arn", _, "iam", "", account, role]
        if account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) && role.starts_with("role/"))
}

/// The users that are named, each once.
fn found<'i>(
    arguments: &ReduceArguments,
    inventory: &'i IamInventory,
) -> Result<Vec<(IamUserRef, &'i IamUser)>, CommandError> {
    let account = account_of(arguments.account.as_deref())?;
    let mut users: Vec<(IamUserRef, &IamUser)> = Vec::new();
    for wanted in &arguments.users {
        let one = find(wanted, account.as_ref(), inventory)?;
        if users.iter().all(|(reference, _)| *reference != one.0) {
            users.push(one);
        }
    }
    Ok(users)
}

fn find<'i>(
    wanted: &str,
    account: Option<&AccountId>,
    inventory: &'i IamInventory,
) -> Result<(IamUserRef, &'i IamUser), CommandError> {
    let found: Vec<_> = inventory
        .users()
        .filter(|(user, _)| user.name.eq_ignore_ascii_case(wanted))
        .filter(|(user, _)| account.is_none_or(|account| user.account == *account))
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
fn judged(
    desk: &Desk<'_>,
    known: &Known,
    user: &IamUserRef,
    found: Option<&UserVerdict>,
    although_unknown: bool,
) -> Result<(), CommandError> {
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
