//! `sekisho announce`

mod send;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::id::{AccountId, GroupId, UserId};
use model::letter::{Letter, LetterReader};
use model::{Observed, User};

use super::people;
use super::retire::agreed;
use super::who::Asked;
use crate::cli::announce::{AnnounceArguments, AnnouncementAudience, AnnouncementFormat, AnnouncementLanguage};
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::folder;
use crate::render::announcement::{Announcement, Audience, Entry, Language, Reader};
use crate::render::words::count;
use crate::wiring::StateUse;
use send::{Outgoing, Post};

pub(crate) async fn run(arguments: &AnnounceArguments, console: &Console) -> Result<Exit, CommandError> {
    if let Some(out) = &arguments.out {
        folder::refuse_filled(out)?;
    }
    if let (Some(begins), Some(ends)) = (arguments.begins, arguments.ends)
        && ends <= begins
    {
        return Err(CommandError::new("the old way ends before the new one begins; nothing was written"));
    }
    let state_use = if arguments.sending.send.is_some() { StateUse::Write } else { StateUse::Read };
    let asked = Asked::with_state(&arguments.inputs, state_use, console).await?;
    let ways = Ways::of(&asked, console);
    let letters = letters(arguments, &asked, &ways)?;
    if let Some(out) = &arguments.out {
        let texts = letters.iter().map(|(file, one)| (file.clone(), one.text.clone())).collect();
        folder::write_new(out, &texts)?;
        console.note(format!("{} in `{}`", count(texts.len(), "text"), out.display()));
    }
    console.note(
        "people made through the API get no invitation: switch on \"Send email OTP for users created from API\" (Identity Center, Settings, Authentication); no API can",
    );
    send(arguments, &asked, letters.into_iter().map(|(_, one)| one).collect(), console).await
}

/// Hands the letters to the program, if there is one.
async fn send(
    arguments: &AnnounceArguments,
    asked: &Asked,
    letters: Vec<Outgoing>,
    console: &Console,
) -> Result<Exit, CommandError> {
    let sending = &arguments.sending;
    let Some(program) = &sending.send else { return Ok(Exit::Done) };
    let post = Post {
        program,
        limit: Duration::from_secs(sending.send_limit),
        engine: &asked.engine,
        instance: &asked.observed.instance,
        who: console.who(&asked.observed.caller.arn),
        console,
    };
    let open = post.unsent(letters, sending.send_again).await?;
    if open.is_empty() {
        return Ok(Exit::Done);
    }
    let question = format!("Send {} with `{}`?", count(open.len(), "letter"), program.display());
    if !agreed(console, sending.yes, &question)? {
        console.note("nothing was sent");
        return Ok(Exit::Failed);
    }
    post.send(open).await
}

/// Who can enter what.
struct Ways {
    by_person: BTreeMap<UserId, BTreeSet<(String, AccountId, String)>>,
    by_group: BTreeMap<GroupId, BTreeSet<(String, AccountId, String)>>,
}

impl Ways {
    fn of(asked: &Asked, console: &Console) -> Self {
        let observed = &asked.observed;
        let mut ways = Self { by_person: BTreeMap::new(), by_group: BTreeMap::new() };
        let accounts = observed.organization.value().map(|organization| &organization.accounts);
        let mut unknown = 0;
        for account in accounts.into_iter().flatten().map(|(_, account)| account) {
            unknown += plan::access::unknown(observed, &account.id).len();
            for path in plan::access::who(observed, &asked.declared, &account.id) {
                if !path.is_open() {
                    continue;
                }
                let way = (account.name.clone(), account.id.clone(), path.set.to_string());
                if let Some(group) = path.via {
                    ways.by_group.entry(group).or_default().insert(way.clone());
                }
                if let Some(user) = path.user {
                    ways.by_person.entry(user).or_default().insert(way);
                }
            }
        }
        if accounts.is_none() || unknown > 0 {
            console.warn("not everything could be read: accounts may be missing in the texts");
        }
        ways
    }
}

/// Somebody, or a team, and what they are told.
struct Told {
    reader: LetterReader,
    id: String,
    name: String,
    shown: String,
    addresses: Vec<String>,
    announcement: Announcement,
}

/// All letters with the names of their files.
fn letters(arguments: &AnnounceArguments, asked: &Asked, ways: &Ways) -> Result<Vec<(String, Outgoing)>, CommandError> {
    let mut letters: Vec<(String, Outgoing)> = Vec::new();
    let mut taken = BTreeSet::new();
    for told in announcements(arguments, asked, ways)? {
        for (language, language_name) in languages(arguments.language) {
            for (audience, audience_name) in audiences(arguments.audience) {
                let (text, format, ending) = match arguments.format {
                    AnnouncementFormat::Markdown => (told.announcement.markdown(language, audience), "markdown", "md"),
                    AnnouncementFormat::Html => (told.announcement.html(language, audience), "html", "html"),
                };
                let end = format!("{language_name}.{audience_name}.{ending}");
                let file = free(&mut taken, &file_name(&told.name), &end);
                let letter = Letter {
                    reader: told.reader,
                    id: told.id.clone(),
                    name: told.name.clone(),
                    language: language_name.to_owned(),
                    audience: audience_name.to_owned(),
                    ends: arguments.ends,
                };
                let (shown, addresses) = (told.shown.clone(), told.addresses.clone());
                let subject = told.announcement.subject(language, audience);
                letters.push((file, Outgoing { letter, shown, addresses, subject, format, text }));
            }
        }
    }
    Ok(letters)
}

fn announcements(arguments: &AnnounceArguments, asked: &Asked, ways: &Ways) -> Result<Vec<Told>, CommandError> {
    let observed = &asked.observed;
    let mut announcements: Vec<Told> = Vec::new();
    let mut wanted: Vec<UserId> = Vec::new();
    for person in &arguments.people {
        wanted.push(people::find_person(observed, person)?);
    }
    if arguments.people.is_empty() && arguments.teams.is_empty() {
        wanted = ways.by_person.keys().cloned().collect();
    }
    for id in wanted {
        let Some(user) = observed.users.value().and_then(|users| users.get(&id)) else { continue };
        let reader = Reader::Person { name: user.label().to_owned(), user_name: user.user_name.clone() };
        let entries = entries(asked, ways.by_person.get(&id));
        announcements.push(Told {
            reader: LetterReader::Person,
            id: id.to_string(),
            name: user.user_name.clone(),
            shown: user.label().to_owned(),
            addresses: address(user).into_iter().collect(),
            announcement: announcement(arguments, observed, reader, entries),
        });
    }
    for team in &arguments.teams {
        let (id, name) = find_group(observed, team)?;
        let members = members(observed, &id)?;
        let named = members.iter().map(|user| (user.label().to_owned(), user.user_name.clone())).collect();
        let reader = Reader::Team { name: name.clone(), members: named };
        let entries = entries(asked, ways.by_group.get(&id));
        announcements.push(Told {
            reader: LetterReader::Team,
            id: id.to_string(),
            name: name.clone(),
            shown: name,
            addresses: members.into_iter().filter_map(address).collect(),
            announcement: announcement(arguments, observed, reader, entries),
        });
    }
    if announcements.is_empty() {
        return Err(CommandError::new("nobody can enter anything yet; nothing was written")
            .hint("apply the catalog first, or name people with --person"));
    }
    Ok(announcements)
}

/// Where somebody is reached: the e-mail address, or a user name that is one. One that would be read as several is none.
fn address(user: &User) -> Option<String> {
    let fits = |text: &&String| {
        let parts: Vec<&str> = text.split('@').collect();
        let odd = |letter: char| letter.is_whitespace() || letter.is_control() || ",;<>\"".contains(letter);
        matches!(parts.as_slice(), [name, host] if !name.is_empty() && !host.is_empty()) && !text.contains(odd)
    };
    user.email.as_ref().filter(fits).or_else(|| Some(&user.user_name).filter(fits)).cloned()
}

fn languages(only: Option<AnnouncementLanguage>) -> Vec<(Language, &'static str)> {
    match only {
        Some(AnnouncementLanguage::En) => vec![(Language::English, "en")],
        Some(AnnouncementLanguage::Ja) => vec![(Language::Japanese, "ja")],
        None => vec![(Language::English, "en"), (Language::Japanese, "ja")],
    }
}

fn audiences(only: Option<AnnouncementAudience>) -> Vec<(Audience, &'static str)> {
    match only {
        Some(AnnouncementAudience::Everyone) => vec![(Audience::Everyone, "everyone")],
        Some(AnnouncementAudience::Engineers) => vec![(Audience::Engineers, "engineers")],
        None => vec![(Audience::Everyone, "everyone"), (Audience::Engineers, "engineers")],
    }
}

fn announcement(
    arguments: &AnnounceArguments,
    observed: &Observed,
    reader: Reader,
    entries: Vec<Entry>,
) -> Announcement {
    let portal_url = arguments.portal_url.clone();
    Announcement {
        reader,
        portal_url: portal_url.unwrap_or_else(|| default_portal(observed)),
        region: observed.instance.primary_region.clone(),
        entries,
        begins: arguments.begins,
        ends: arguments.ends,
        contact: arguments.contact.clone(),
    }
}

/// Every instance has this address; others are made in the console.
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/howtochangeURL.html>
fn default_portal(observed: &Observed) -> String {
    let store = observed.instance.identity_store.as_str();
    match observed.instance.partition.as_str() {
        "aws-us-gov" => {
            let region = &observed.instance.primary_region;
            format!("https://start.{region}.us-gov-home.awsapps.com/directory/{store}")
        }
        _ => format!("https://{store}.awsapps.com/start"),
    }
}

fn entries(asked: &Asked, ways: Option<&BTreeSet<(String, AccountId, String)>>) -> Vec<Entry> {
    let titles: BTreeMap<&str, &str> = asked
        .declared
        .permission_sets
        .iter()
        .filter_map(|(name, set)| Some((name.as_str(), set.title.as_deref()?)))
        .collect();
    let entry = |(account, id, set): &(String, AccountId, String)| Entry {
        account: account.clone(),
        account_id: id.to_string(),
        set: set.clone(),
        title: titles.get(set.as_str()).map(|title| (*title).to_owned()),
    };
    ways.into_iter().flatten().map(entry).collect()
}

fn find_group(observed: &Observed, wanted: &str) -> Result<(GroupId, String), CommandError> {
    let groups = observed.groups.value().ok_or_else(|| {
        CommandError::new(format!("the groups could not be read: {}", observed.groups.reason().unwrap_or_default()))
    })?;
    let found = groups.values().find(|group| group.display_name == wanted || group.id.as_str() == wanted);
    if let Some(group) = found {
        return Ok((group.id.clone(), group.display_name.clone()));
    }
    let close = policy::nearest(wanted, groups.values().map(|group| group.display_name.as_str()), 3);
    let error = CommandError::new(format!("no group named `{wanted}`"));
    Err(match policy::did_you_mean(&close) {
        Some(hint) => error.hint(hint),
        None => error,
    })
}

fn members<'o>(observed: &'o Observed, group: &GroupId) -> Result<Vec<&'o User>, CommandError> {
    let unread = |reason: &str| CommandError::new(format!("the members could not be read: {reason}"));
    let reading = observed.memberships.get(group).ok_or_else(|| unread("not asked"))?;
    let ids = reading.value().ok_or_else(|| unread(reading.reason().unwrap_or_default()))?;
    let users = observed.users.value().ok_or_else(|| unread(observed.users.reason().unwrap_or_default()))?;
    let mut members: Vec<&User> = ids.iter().filter_map(|id| users.get(id)).collect();
    members.sort_by(|left, right| left.user_name.cmp(&right.user_name));
    Ok(members)
}

/// A name that any file system takes.
fn file_name(text: &str) -> String {
    let kept =
        text.chars().map(|letter| if letter.is_alphanumeric() || "@-_.+".contains(letter) { letter } else { '-' });
    let name: String = kept.take(80).collect();
    if name.starts_with('.') || name.is_empty() { format!("-{name}") } else { name }
}

fn free(taken: &mut BTreeSet<String>, name: &str, end: &str) -> String {
    let numbers = (1_u32..).map(|number| if number == 1 { String::new() } else { format!("-{number}") });
    let mut candidates = numbers.map(|number| format!("{name}{number}.{end}"));
    let free = candidates.find(|candidate| taken.insert(candidate.to_lowercase()));
    free.unwrap_or_else(|| format!("{name}.{end}"))
}
