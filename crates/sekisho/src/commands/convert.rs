//! `sekisho convert`

mod files;
mod report;
mod translation;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use model::iam_user::IamUserRef;
use model::id::AccountId;
use plan::conversion::{
    Actor, Conversion, ConversionOptions, ConvertedSet, GroupFinding, Rehearsed, Shape, convert, rehearse, rights,
};
use plan::iam_users::owner::OwnerReason;
use plan::iam_users::{Ownership, UserVerdict, Verdict};
use policy::{ExtraLimits, Policy};

use super::verdicts::input::{self, Known};
use crate::cli::Format;
use crate::cli::convert::ConvertArguments;
use crate::cli::iam_users::PageLanguage;
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::folder;
use crate::render::style::harmless;
use crate::render::verdicts::owner_sentence;
use crate::render::words::count;

/// What was found, for whoever writes it down.
struct Converted<'a> {
    known: &'a Known,
    conversion: Conversion,
    /// Name of the read-only set, where somebody needs it.
    companion: Option<String>,
    rehearsals: BTreeMap<IamUserRef, Vec<Rehearsed>>,
    /// Of the comments in the files.
    language: PageLanguage,
}

/// Who gets a set in an account.
struct Need<'a> {
    set: &'a str,
    account: &'a AccountId,
    /// The people, with their IAM users.
    people: BTreeMap<&'a str, Vec<&'a IamUserRef>>,
    /// The group that is these people, or those that are more.
    found: GroupFinding,
}

impl Converted<'_> {
    /// Who gets the set in place of the user: nobody where the owner has left.
    fn owner(&self, user: &IamUserRef) -> Option<&str> {
        self.known.owners.get(user).filter(|found| !found.has_left).and_then(|found| found.owner())
    }

    /// Why the user is taken for theirs, for whoever reviews it.
    fn reason(&self, user: &IamUserRef) -> String {
        let is_japanese = self.language == PageLanguage::Ja;
        let said = |reason: &OwnerReason| if is_japanese { owner_sentence(reason) } else { reason.to_string() };
        match self.known.owners.get(user).map(|found| (&found.ownership, &found.reasons)) {
            Some((Ownership::Matched { confidence, .. }, reasons)) => {
                format!("{confidence} %: {}", reasons.first().map(said).unwrap_or_default())
            }
            Some((Ownership::Settled { .. }, _)) => if is_japanese { "確定済み" } else { "settled" }.to_owned(),
            _ => String::new(),
        }
    }

    /// All needs of people that are known.
    fn needs(&self) -> Vec<Need<'_>> {
        let mut needs = Vec::new();
        for grant in &self.conversion.grants {
            let mut people: BTreeMap<&str, Vec<&IamUserRef>> = BTreeMap::new();
            for user in &grant.users {
                if let Some(owner) = self.owner(user) {
                    people.entry(owner).or_default().push(user);
                }
            }
            if !people.is_empty() {
                let found = self.known.memberships.find(people.keys().copied());
                needs.push(Need { set: &grant.set, account: &grant.account, people, found });
            }
        }
        needs
    }

    fn set_of(&self, user: &IamUserRef) -> Option<&ConvertedSet> {
        self.conversion.sets.iter().find(|set| set.members.iter().any(|member| member.user == *user))
    }
}

pub(crate) fn run(arguments: &ConvertArguments, console: &Console) -> Result<Exit, CommandError> {
    folder::refuse_filled(&arguments.out)?;
    let known = input::read(&arguments.inputs, console)?;
    let verdicts = known.judged();
    let chosen = chosen(arguments, &verdicts, &known)?;
    let taken_names = names_of_sets(&arguments.inputs.catalog.catalog, console)?;
    let options = options(arguments, &taken_names);
    let conversion = convert(&known.inventory, |user| chosen.contains(user), &options);
    let rehearsals = rehearsals(arguments, &known, &conversion)?;
    let companion = (!arguments.no_companion && conversion.sets.iter().any(ConvertedSet::takes_companion))
        .then(|| arguments.companion.clone());
    let (companion, is_there) = match companion {
        Some(name) if taken_names.iter().any(|taken| taken.eq_ignore_ascii_case(&name)) => (None, Some(name)),
        companion => (companion, None),
    };
    let converted = Converted { known: &known, companion, conversion, rehearsals, language: arguments.language };
    let files = files::files(&converted);
    folder::write_new(&arguments.out, &files)?;
    match arguments.format.format {
        Format::Text => console.lines(&report::lines(&converted))?,
        Format::Json => console.json(&report::v1(&converted))?,
    }
    console.note(format!(
        "{} in `{}`; nothing was changed in AWS",
        count(files.len(), "file"),
        arguments.out.display()
    ));
    if let Some(name) = is_there {
        console.note(format!(
            "the catalog has a set `{name}` already, and what it holds is not looked at: `--companion` names another for the read-only one"
        ));
    }
    let mut is_whole = true;
    for (account, reason) in known.inventory.unread() {
        console.warn(format!("{account} was not read, and its users are not converted: {}", harmless(reason)));
        is_whole = false;
    }
    Ok(if is_whole { Exit::Done } else { Exit::Failed })
}

/// Names that the catalog has given, so that no file takes the place of one that is there.
fn names_of_sets(root: &Path, console: &Console) -> Result<BTreeSet<String>, CommandError> {
    if !root.is_dir() {
        console.note(format!("there is no catalog at `{}`: names of sets may be taken", root.display()));
        return Ok(BTreeSet::new());
    }
    let parsed = catalog::parse(&folder::load(root)?);
    Ok(parsed.catalog.permission_set_names().map(ToString::to_string).collect())
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

fn options(arguments: &ConvertArguments, taken_names: &BTreeSet<String>) -> ConversionOptions {
    let gains = [arguments.gain_reading, arguments.gain_writing, arguments.gain_permissions];
    let shape = if gains.iter().any(Option::is_some) {
        let [reading, writing, permissions] = gains.map(Option::unwrap_or_default);
        Shape::Fewer(ExtraLimits { reading, writing, permissions })
    } else {
        Shape::AsTheyAre
    };
    let taken_names = taken_names.iter().cloned().chain([arguments.companion.clone()]).collect();
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
        for member in &set.members {
            let account = known.inventory.accounts.get(&member.user.account).and_then(|account| account.value());
            let Some(user) = account.and_then(|account| account.users.get(&member.user.name)) else { continue };
            let Some(used) = known.used.users.get(&user.arn) else { continue };
            let before: Vec<Policy> = account
                .and_then(|account| rights(&member.user, user, account).ok())
                .map(|held| held.sources.into_iter().map(|source| source.policy).collect())
                .unwrap_or_default();
            let actor =
                Actor { account: member.user.account.as_str(), set: &set.name, user: &user.arn, before: &before };
            let boundary = set.boundary.as_ref().map(|boundary| &boundary.policy);
            let rehearsed = rehearse(used, &set.policies, boundary, actor, since_s).map_err(|problem| {
                CommandError::new(format!("the set `{}` cannot be rehearsed: {problem}; nothing was written", set.name))
            })?;
            rehearsals.insert(member.user.clone(), rehearsed);
        }
    }
    Ok(rehearsals)
}
