//! Answers to `who`, `why` and `drift`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use model::change::Change;
use model::declared::Source;
use model::id::{AccountId, UserId};
use model::journal::{JournalEvent, StepState};
use model::principal::PrincipalId;
use model::{Observed, User};
use plan::access::AccessPath;
use serde::Serialize;

use super::layout::{Line, table, warning};
use super::plan_view::{account_with_id, place};
use super::style::{Ink, Screen, Text};
use super::words::count;

/// When an assignment was made, as far as the journal knows.
pub(crate) type Since = BTreeMap<(String, AccountId, PrincipalId), Timestamp>;

/// Takes note of what a journal entry says about assignments.
pub(crate) fn note_since(since: &mut Since, at: Timestamp, event: &JournalEvent) {
    let JournalEvent::Step { state: StepState::Verified { change, .. }, .. } = event else { return };
    match change.as_ref() {
        Change::Assign { set, account, principal } => {
            since.insert((set.name.to_string(), account.clone(), principal.clone()), at);
        }
        Change::Withdraw { set, account, principal } => {
            since.remove(&(set.name.to_string(), account.clone(), principal.clone()));
        }
        _ => {}
    }
}

/// What the answers are made from.
#[derive(Clone, Copy)]
pub(crate) struct Facts<'a> {
    /// Names.
    pub(crate) observed: &'a Observed,
    /// The catalog's folder as the reader knows it.
    pub(crate) folder: &'a str,
    /// From the journal.
    pub(crate) since: &'a Since,
}

impl Facts<'_> {
    fn declared(&self, source: Option<&Source>) -> String {
        source.map_or_else(|| "declared nowhere".to_owned(), |source| place(self.folder, source))
    }

    fn since(&self, path: &AccessPath) -> Option<Timestamp> {
        self.since.get(&(path.set.to_string(), path.account.clone(), path.principal.clone())).copied()
    }

    fn through(&self, path: &AccessPath) -> String {
        match &path.via {
            None => "directly".to_owned(),
            Some(group) => match self.observed.group(group) {
                Some(group) => format!("through group {}", group.display_name),
                None => format!("through group {group}"),
            },
        }
    }

    /// What could hide further paths into the account.
    fn gaps(&self, account: &AccountId) -> Vec<String> {
        plan::access::unknown(self.observed, account)
    }
}

/// Who can enter an account.
pub(crate) fn who(facts: Facts<'_>, account: &AccountId, paths: &[AccessPath]) -> Vec<Line> {
    let people = by_person(paths);
    let observed = facts.observed;
    let name = account_with_id(observed, account);
    let head = match people.len() {
        0 => format!("nobody can enter {name} through Identity Center"),
        number => format!("{} can enter {name}", count(number, "person")),
    };
    let mut lines = vec![Line::from(Text::new().with(Ink::Strong, head)), Line::empty()];
    let mut rows = Vec::new();
    let mut people = people;
    people.sort_by_key(|(user, _)| person(observed, user).1);
    for (user, paths) in &people {
        let (label, user_name) = person(facts.observed, user);
        for (at, path) in paths.iter().enumerate() {
            let first = at == 0;
            rows.push(vec![
                Text::plain(if first { label.as_str() } else { "" }),
                Text::new().with(Ink::Faint, if first { user_name.as_str() } else { "" }),
                Text::new().with(Ink::Strong, path.set.as_str()),
                Text::plain(facts.through(path)),
                Text::new().with(Ink::Faint, facts.declared(path.declared.as_ref())),
            ]);
        }
    }
    lines.extend(table(rows, 2));
    if !people.is_empty() {
        lines.push(Line::empty());
    }
    lines.extend(closed(paths).iter().map(|text| warning(2, text)));
    lines.extend(facts.gaps(account).iter().map(|gap| warning(2, &format!("there may be more: {gap}"))));
    lines
}

/// Assignments that let nobody in, and are worth knowing.
fn closed(paths: &[AccessPath]) -> Vec<String> {
    let mut told = Vec::new();
    let tell = |number: usize, what: &str| (number > 0).then(|| format!("{} {what}", count(number, "assignment")));
    let gone = paths.iter().filter(|path| path.principal_exists == Some(false));
    let gone: BTreeSet<_> = gone.map(|path| (&path.set, &path.principal)).collect();
    told.extend(tell(gone.len(), "of users or groups that no longer exist: nobody enters by them"));
    let empty = paths
        .iter()
        .filter(|path| path.user.is_none() && path.unknown.is_none() && path.principal_exists != Some(false));
    told.extend(tell(empty.count(), "of groups without members"));
    if let Some(state) = paths.iter().find_map(|path| path.account_state).filter(|state| !state.is_active()) {
        told.push(format!("the account is {}: nobody enters it", state.as_str()));
    }
    let absent = paths.iter().filter(|path| path.provisioned == Some(false));
    let absent: BTreeSet<_> = absent.map(|path| (&path.set, &path.principal)).collect();
    told.extend(tell(absent.len(), "of sets that are not provisioned here"));
    told
}

/// Why a person can enter an account.
pub(crate) fn why(
    facts: Facts<'_>,
    user: &UserId,
    account: &AccountId,
    paths: &[AccessPath],
    screen: &Screen,
) -> Vec<Line> {
    let (label, user_name) = person(facts.observed, user);
    let who = if label == user_name { label } else { format!("{label} ({user_name})") };
    let name = account_with_id(facts.observed, account);
    let open: Vec<&AccessPath> = paths.iter().filter(|path| path.is_open()).collect();
    if open.is_empty() {
        let head = format!("{who} cannot enter {name} through Identity Center");
        let mut lines = vec![Line::from(Text::new().with(Ink::Strong, head))];
        lines.extend(closed(paths).iter().map(|text| warning(2, text)));
        lines.extend(facts.gaps(account).iter().map(|gap| warning(2, &format!("as far as is known: {gap}"))));
        return lines;
    }
    let head = Text::new().with(Ink::Strong, format!("{who} can enter {name} as"));
    let mut lines = vec![Line::from(head), Line::empty()];
    let rows = open.iter().map(|path| {
        let since = facts.since(path).map(|since| format!("since {}", screen.day(since))).unwrap_or_default();
        vec![
            Text::new().with(Ink::Strong, path.set.as_str()),
            Text::plain(facts.through(path)),
            Text::new().with(Ink::Faint, facts.declared(path.declared.as_ref())),
            Text::new().with(Ink::Faint, since),
        ]
    });
    lines.extend(table(rows.collect(), 2));
    for path in open.iter().filter(|path| path.latest == Some(false)) {
        lines.push(warning(
            2,
            &format!("{} has an older version of its rights here: it is to be provisioned again", path.set),
        ));
    }
    lines.extend(facts.gaps(account).iter().map(|gap| warning(2, &format!("there may be more: {gap}"))));
    lines
}

/// People who can enter, each with their paths.
fn by_person(paths: &[AccessPath]) -> Vec<(UserId, Vec<&AccessPath>)> {
    let mut people: BTreeMap<&UserId, Vec<&AccessPath>> = BTreeMap::new();
    for path in paths.iter().filter(|path| path.is_open()) {
        if let Some(user) = &path.user {
            people.entry(user).or_default().push(path);
        }
    }
    people.into_iter().map(|(user, paths)| (user.clone(), paths)).collect()
}

/// Display name and user name.
pub(crate) fn person(observed: &Observed, user: &UserId) -> (String, String) {
    match observed.user(user) {
        Some(found) => (found.label().to_owned(), found.user_name.clone()),
        None => (user.to_string(), String::new()),
    }
}

/// One line on a person, to choose from.
pub(crate) fn person_choice(user: &User) -> String {
    let email = user.email.as_deref().filter(|email| *email != user.user_name).unwrap_or_default();
    format!("{} ({}{}{email})", user.label(), user.user_name, if email.is_empty() { "" } else { ", " })
}

/// One way in, for programs.
#[derive(Debug, Serialize)]
pub(crate) struct PathV1 {
    user: PersonV1,
    permission_set: String,
    /// Null for an assignment to the user.
    group: Option<String>,
    declared_in: Option<String>,
    /// Null when the journal does not know.
    since: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
struct PersonV1 {
    id: String,
    user_name: Option<String>,
    display_name: Option<String>,
    email: Option<String>,
}

/// `who` and `why`, for programs.
#[derive(Debug, Serialize)]
pub(crate) struct AccessV1 {
    schema_version: u32,
    as_of: Timestamp,
    account_id: String,
    account_name: Option<String>,
    people: usize,
    paths: Vec<PathV1>,
    /// What could not be read and might hide further paths.
    unknown: Vec<String>,
}

/// The paths into an account in version 1.
pub(crate) fn access_v1(facts: Facts<'_>, account: &AccountId, paths: &[AccessPath]) -> AccessV1 {
    let path_v1 = |path: &AccessPath| {
        let id = path.user.as_ref()?;
        let user = facts.observed.user(id);
        Some(PathV1 {
            user: PersonV1 {
                id: id.to_string(),
                user_name: user.map(|user| user.user_name.clone()),
                display_name: user.and_then(|user| user.display_name.clone()),
                email: user.and_then(|user| user.email.clone()),
            },
            permission_set: path.set.to_string(),
            group: path.via.as_ref().map(|group| {
                facts.observed.group(group).map_or_else(|| group.to_string(), |group| group.display_name.clone())
            }),
            declared_in: path.declared.as_ref().map(|source| place(facts.folder, source)),
            since: facts.since(path),
        })
    };
    AccessV1 {
        schema_version: 1,
        as_of: facts.observed.as_of,
        account_id: account.to_string(),
        account_name: facts.observed.account(account).map(|account| account.name.clone()),
        people: by_person(paths).len(),
        paths: paths.iter().filter(|path| path.is_open()).filter_map(path_v1).collect(),
        unknown: facts.gaps(account),
    }
}
