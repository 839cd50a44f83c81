//! `sekisho announce`

use std::collections::{BTreeMap, BTreeSet};

use model::id::{AccountId, GroupId, UserId};
use model::{Observed, User};

use super::people;
use super::who::Asked;
use crate::cli::announce::{AnnounceArguments, AnnouncementAudience, AnnouncementFormat, AnnouncementLanguage};
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::folder;
use crate::render::announcement::{Announcement, Audience, Entry, Language, Reader};
use crate::render::words::count;

pub(crate) async fn run(arguments: &AnnounceArguments, console: &Console) -> Result<Exit, CommandError> {
    folder::refuse_filled(&arguments.out)?;
    if let (Some(begins), Some(ends)) = (arguments.begins, arguments.ends)
        && ends <= begins
    {
        return Err(CommandError::new("the old way ends before the new one begins; nothing was written"));
    }
    let asked = Asked::about(&arguments.inputs, console).await?;
    let ways = Ways::of(&asked, console);
    let texts = texts(arguments, &asked, &ways)?;
    folder::write_new(&arguments.out, &texts)?;
    console.note(format!("{} in `{}`", count(texts.len(), "text"), arguments.out.display()));
    console.note(
        "people made through the API get no invitation: switch on \"Send email OTP for users created from API\" (Identity Center, Settings, Authentication); no API can",
    );
    Ok(Exit::Done)
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

/// All texts by the name of their file.
fn texts(arguments: &AnnounceArguments, asked: &Asked, ways: &Ways) -> Result<BTreeMap<String, String>, CommandError> {
    let observed = &asked.observed;
    let mut announcements: Vec<(String, Announcement)> = Vec::new();
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
        announcements.push((user.user_name.clone(), announcement(arguments, observed, reader, entries)));
    }
    for team in &arguments.teams {
        let (id, name) = find_group(observed, team)?;
        let reader = Reader::Team { name: name.clone(), members: members(observed, &id)? };
        let entries = entries(asked, ways.by_group.get(&id));
        announcements.push((name, announcement(arguments, observed, reader, entries)));
    }
    if announcements.is_empty() {
        return Err(CommandError::new("nobody can enter anything yet; nothing was written")
            .hint("apply the catalog first, or name people with --person"));
    }
    let mut texts = BTreeMap::new();
    for (name, announcement) in announcements {
        for (language, language_name) in languages(arguments.language) {
            for (audience, audience_name) in audiences(arguments.audience) {
                let (text, ending) = match arguments.format {
                    AnnouncementFormat::Markdown => (announcement.markdown(language, audience), "md"),
                    AnnouncementFormat::Html => (announcement.html(language, audience), "html"),
                };
                let file = free(&texts, &file_name(&name), &format!("{language_name}.{audience_name}.{ending}"));
                texts.insert(file, text);
            }
        }
    }
    Ok(texts)
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

fn members(observed: &Observed, group: &GroupId) -> Result<Vec<(String, String)>, CommandError> {
    let unread = |reason: &str| CommandError::new(format!("the members could not be read: {reason}"));
    let reading = observed.memberships.get(group).ok_or_else(|| unread("not asked"))?;
    let ids = reading.value().ok_or_else(|| unread(reading.reason().unwrap_or_default()))?;
    let users = observed.users.value().ok_or_else(|| unread(observed.users.reason().unwrap_or_default()))?;
    let mut members: Vec<(String, String)> = ids
        .iter()
        .filter_map(|id| users.get(id))
        .map(|user: &User| (user.label().to_owned(), user.user_name.clone()))
        .collect();
    members.sort_by(|left, right| left.1.cmp(&right.1));
    Ok(members)
}

/// A name that any file system takes.
fn file_name(text: &str) -> String {
    let kept =
        text.chars().map(|letter| if letter.is_alphanumeric() || "@-_.+".contains(letter) { letter } else { '-' });
    let name: String = kept.take(80).collect();
    if name.starts_with('.') || name.is_empty() { format!("-{name}") } else { name }
}

fn free(taken: &BTreeMap<String, String>, name: &str, end: &str) -> String {
    let numbers = (1_u32..).map(|number| if number == 1 { String::new() } else { format!("-{number}") });
    let lower: BTreeSet<String> = taken.keys().map(|held| held.to_lowercase()).collect();
    let mut candidates = numbers.map(|number| format!("{name}{number}.{end}"));
    candidates.find(|candidate| !lower.contains(&candidate.to_lowercase())).unwrap_or_else(|| format!("{name}.{end}"))
}
