//! `sekisho convert`

mod files;
mod report;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use model::iam_user::IamUserRef;
use plan::conversion::{
    Actor, Conversion, ConversionOptions, ConvertedSet, Rehearsed, Shape, convert, rehearse, rights,
};
use plan::iam_users::{Settings, UserVerdict, Verdict, VerdictInput, judge};
use policy::{ExtraLimits, Policy, managed};

use super::verdicts::input::{self, Known};
use crate::cli::Format;
use crate::cli::convert::ConvertArguments;
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::render::words::count;

/// What was found, for whoever writes it down.
struct Converted<'a> {
    known: &'a Known,
    conversion: Conversion,
    /// Name of the read-only set, where somebody needs it.
    companion: Option<String>,
    rehearsals: BTreeMap<IamUserRef, Vec<Rehearsed>>,
}

impl Converted<'_> {
    fn owner(&self, user: &IamUserRef) -> Option<&str> {
        self.known.owners.get(user).and_then(|found| found.owner())
    }

    fn set_of(&self, user: &IamUserRef) -> Option<&ConvertedSet> {
        self.conversion.sets.iter().find(|set| set.members.iter().any(|member| member.user == *user))
    }
}

pub(crate) fn run(arguments: &ConvertArguments, console: &Console) -> Result<Exit, CommandError> {
    look(&arguments.out)?;
    let known = input::read(&arguments.inputs, console)?;
    let judged = VerdictInput { inventory: &known.inventory, used: &known.used, owners: &known.owners, now: known.now };
    let verdicts = judge(&judged, &Settings::default());
    let chosen = chosen(arguments, &verdicts, &known)?;
    let options = options(arguments);
    let conversion = convert(&known.inventory, |user| chosen.contains(user), &options);
    let rehearsals = rehearsals(arguments, &known, &conversion)?;
    let is_needed = !arguments.no_companion && conversion.sets.iter().any(ConvertedSet::takes_companion);
    let converted =
        Converted { known: &known, companion: is_needed.then(|| arguments.companion.clone()), conversion, rehearsals };
    let files = files::files(&converted);
    write(&arguments.out, &files)?;
    match arguments.format.format {
        Format::Text => console.lines(&report::lines(&converted))?,
        Format::Json => console.json(&report::v1(&converted))?,
    }
    console.note(format!(
        "{} in `{}`; nothing was changed in AWS",
        count(files.len(), "file"),
        arguments.out.display()
    ));
    Ok(Exit::Done)
}

fn look(folder: &Path) -> Result<(), CommandError> {
    let has_something = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if has_something {
        return Err(CommandError::new(format!("`{}` is not empty; nothing was written", folder.display()))
            .hint("name a new folder, look at what is in it, and copy it into the catalog"));
    }
    Ok(())
}

fn chosen(
    arguments: &ConvertArguments,
    verdicts: &[UserVerdict],
    known: &Known,
) -> Result<BTreeSet<IamUserRef>, CommandError> {
    if arguments.users.is_empty() {
        let people = verdicts.iter().filter(|one| matches!(one.verdict, Verdict::Person | Verdict::Mixed));
        return Ok(people.map(|one| one.user.clone()).collect());
    }
    let mut chosen = BTreeSet::new();
    for wanted in &arguments.users {
        let found: Vec<IamUserRef> =
            verdicts.iter().filter(|one| input::is_called(one, wanted)).map(|one| one.user.clone()).collect();
        if found.is_empty() {
            return Err(input::unknown_user(wanted, &known.inventory));
        }
        chosen.extend(found);
    }
    Ok(chosen)
}

fn options(arguments: &ConvertArguments) -> ConversionOptions {
    let gains = [arguments.gain_reading, arguments.gain_writing, arguments.gain_permissions];
    let shape = if gains.iter().any(Option::is_some) {
        let [reading, writing, permissions] = gains.map(Option::unwrap_or_default);
        Shape::Fewer(ExtraLimits { reading, writing, permissions })
    } else {
        Shape::AsTheyAre
    };
    let taken_names = [arguments.companion.clone()].into();
    ConversionOptions { shape, taken_names, ..ConversionOptions::default() }
}

fn rehearsals(
    arguments: &ConvertArguments,
    known: &Known,
    conversion: &Conversion,
) -> Result<BTreeMap<IamUserRef, Vec<Rehearsed>>, CommandError> {
    let since_s = arguments.days.map_or(i64::MIN, |days| known.now.as_second() - i64::from(days) * 86_400);
    let mut rehearsals = BTreeMap::new();
    for set in &conversion.sets {
        let held = held(set);
        for member in &set.members {
            let account = known.inventory.accounts.get(&member.user.account).and_then(|account| account.value());
            let Some(user) = account.and_then(|account| account.users.get(&member.user.name)) else { continue };
            let Some(used) = known.used.users.get(&user.arn) else { continue };
            let boundary = set.boundary.as_deref().and_then(|arn| boundary(arn, account?));
            let before: Vec<Policy> = account
                .and_then(|account| rights(&member.user, user, account).ok())
                .map(|held| held.sources.into_iter().map(|source| source.policy).collect())
                .unwrap_or_default();
            let actor =
                Actor { account: member.user.account.as_str(), set: &set.name, user: &user.arn, before: &before };
            let rehearsed = rehearse(used, &held, boundary.as_ref(), actor, since_s).map_err(|problem| {
                CommandError::new(format!("the set `{}` cannot be rehearsed: {problem}; nothing was written", set.name))
            })?;
            rehearsals.insert(member.user.clone(), rehearsed);
        }
    }
    Ok(rehearsals)
}

/// What whoever has the set holds.
fn held(set: &ConvertedSet) -> Vec<Policy> {
    let managed = set.managed_policies.iter().filter_map(|arn| managed::by_arn(arn)?.policy());
    managed.chain(set.merged.iter().map(|merged| merged.policy.clone())).collect()
}

fn boundary(arn: &str, account: &model::iam_user::IamAccount) -> Option<Policy> {
    let known = account.managed_policies.get(arn).and_then(|text| policy::parse(text).into_result().ok());
    known.or_else(|| managed::by_arn(arn)?.policy())
}

fn write(folder: &Path, files: &BTreeMap<String, String>) -> Result<(), CommandError> {
    for (name, text) in files {
        let path = folder.join(name);
        let made = path.parent().map_or(Ok(()), fs::create_dir_all);
        made.and_then(|()| fs::write(&path, text))
            .map_err(|error| CommandError::new(format!("cannot write `{}`", path.display())).because(&error))?;
    }
    Ok(())
}
