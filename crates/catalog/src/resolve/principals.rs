//! `group:` and `user:` → ids.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use model::{Group, GroupId, Observed, PrincipalId, User, UserId};
use policy::{did_you_mean, nearest};

use super::bindings::Memory;
use super::{Frozen, Reason, Trouble, confirm_help};
use crate::diagnostic::{Diagnostic, Place, Severity};
use crate::selector::PrincipalSelector;

const CODE: &str = "unknown-principal";
const NO_USER: &str = "not among the users of Identity Center";
const NO_GROUP: &str = "not among the groups of Identity Center";

/// What a principal of an entry means.
#[derive(Debug, Clone, Default)]
pub(super) struct Principal {
    /// Its index, when it is known.
    pub(super) member: Option<u32>,
    /// It is deleted: what it has may stay, nothing can be added.
    pub(super) deleted: bool,
    pub(super) frozen: Option<Frozen>,
    pub(super) trouble: Option<Trouble>,
}

/// Users and groups, and every principal that is spoken of.
pub(super) struct Principals<'a> {
    users: Option<&'a BTreeMap<UserId, User>>,
    groups: Option<&'a BTreeMap<GroupId, Group>>,
    users_reason: String,
    groups_reason: String,
    by_user_name: BTreeMap<&'a str, Vec<&'a UserId>>,
    by_email: BTreeMap<String, Vec<&'a UserId>>,
    by_group_name: BTreeMap<&'a str, Vec<&'a GroupId>>,
    pub(super) ids: Vec<PrincipalId>,
    index: HashMap<PrincipalId, u32>,
    assigned: BTreeSet<&'a PrincipalId>,
    cache: HashMap<PrincipalSelector, Principal>,
    told_unknown: BTreeSet<bool>,
}

impl<'a> Principals<'a> {
    pub(super) fn new(observed: &'a Observed, memory: &Memory<'_>) -> Self {
        let empty = |is_empty: bool, key: &str, prefixes: &[&str]| {
            is_empty && memory.had_any(prefixes) && !memory.is_confirmed(key)
        };
        let users = observed.users.value().filter(|users| !empty(users.is_empty(), "users", &["user:"]));
        let groups = observed.groups.value().filter(|groups| !empty(groups.is_empty(), "groups", &["group:"]));
        let reason = |reason: Option<&str>, what: &str| match reason {
            Some(reason) => reason.to_owned(),
            None => format!(
                "the directory lists no {what} at all, and it had some; if that is right: sekisho apply --confirm {what}"
            ),
        };
        let mut principals = Self {
            users,
            groups,
            users_reason: reason(observed.users.reason(), "users"),
            groups_reason: reason(observed.groups.reason(), "groups"),
            by_user_name: BTreeMap::new(),
            by_email: BTreeMap::new(),
            by_group_name: BTreeMap::new(),
            ids: Vec::new(),
            index: HashMap::new(),
            assigned: observed.assignments.principals().iter().collect(),
            cache: HashMap::new(),
            told_unknown: BTreeSet::new(),
        };
        for user in users.iter().flat_map(|users| users.values()) {
            principals.by_user_name.entry(&user.user_name).or_default().push(&user.id);
            if let Some(email) = &user.email {
                principals.by_email.entry(email.to_ascii_lowercase()).or_default().push(&user.id);
            }
        }
        for group in groups.iter().flat_map(|groups| groups.values()) {
            principals.by_group_name.entry(&group.display_name).or_default().push(&group.id);
        }
        principals
    }

    fn intern(&mut self, id: PrincipalId) -> u32 {
        if let Some(at) = self.index.get(&id) {
            return *at;
        }
        let at = u32::try_from(self.ids.len()).unwrap_or(u32::MAX);
        self.index.insert(id.clone(), at);
        self.ids.push(id);
        at
    }

    pub(super) fn id(&self, at: u32) -> Option<&PrincipalId> {
        self.ids.get(at as usize)
    }

    /// What the selector means. Reference errors are told at every place, all else once.
    pub(super) fn resolve(
        &mut self,
        selector: &PrincipalSelector,
        place: &Place,
        memory: &mut Memory<'_>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Principal {
        let known = if selector.is_user() { self.users.is_some() } else { self.groups.is_some() };
        if let Some(found) = self.cache.get(selector) {
            diagnostics.extend(found.trouble.as_ref().and_then(|trouble| trouble.error(place)));
            return found.clone();
        }
        let found = if known {
            self.look_up(selector, place, memory, diagnostics)
        } else {
            self.unknown(selector, place, memory, diagnostics)
        };
        diagnostics.extend(found.trouble.as_ref().and_then(|trouble| trouble.error(place)));
        self.cache.insert(selector.clone(), found.clone());
        found
    }

    /// Users or groups could not be read: an id still says who is meant, a name says nothing.
    fn unknown(
        &mut self,
        selector: &PrincipalSelector,
        place: &Place,
        memory: &mut Memory<'_>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Principal {
        memory.keep(&selector.to_string());
        let (what, reason) =
            if selector.is_user() { ("users", &self.users_reason) } else { ("groups", &self.groups_reason) };
        let message = format!("the {what} could not be read: {reason}");
        if self.told_unknown.insert(selector.is_user()) {
            let problem = Diagnostic::new(Severity::Warning, "unknown-reading", place, message.clone());
            let help = format!("assignments that name {what} stay as they are until they can be read");
            diagnostics.push(problem.label(format!("the first of the {what} that are named")).help(help));
        }
        let id = match selector {
            PrincipalSelector::UserId(id) => PrincipalId::User(id.clone()),
            PrincipalSelector::GroupId(id) => PrincipalId::Group(id.clone()),
            _ => return Principal { trouble: Some(Trouble::unknown(message)), ..Principal::default() },
        };
        let members = vec![self.intern(id)];
        let help = "run again when they can be read".to_owned();
        Principal { frozen: Some(Frozen { members, message, help, reason: Reason::Told }), ..Principal::default() }
    }

    fn look_up(
        &mut self,
        selector: &PrincipalSelector,
        place: &Place,
        memory: &mut Memory<'_>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Principal {
        let id = match selector {
            PrincipalSelector::GroupId(id) => {
                return self.by_id(PrincipalId::Group(id.clone()), selector, place, diagnostics);
            }
            PrincipalSelector::UserId(id) => {
                return self.by_id(PrincipalId::User(id.clone()), selector, place, diagnostics);
            }
            PrincipalSelector::Group(name) => self.group(name).map(PrincipalId::Group),
            PrincipalSelector::User(name) => self.user(name).map(PrincipalId::User),
        };
        let key = selector.to_string();
        match id {
            Ok(id) => self.bound(&key, id, place, memory, diagnostics),
            Err(trouble) => {
                memory.keep(&key);
                Principal { trouble: Some(trouble), ..Principal::default() }
            }
        }
    }

    fn by_id(
        &mut self,
        id: PrincipalId,
        selector: &PrincipalSelector,
        place: &Place,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Principal {
        let exists = match &id {
            PrincipalId::User(id) => self.users.is_some_and(|users| users.contains_key(id)),
            PrincipalId::Group(id) => self.groups.is_some_and(|groups| groups.contains_key(id)),
        };
        if !exists && !self.assigned.contains(&id) {
            let help = "copy the id from the console or from `sekisho who`";
            let label = if selector.is_user() { NO_USER } else { NO_GROUP };
            let trouble =
                Trouble::mistake(CODE, label, format!("no {} with the id `{}`", id.kind(), id.as_str()), help);
            return Principal { trouble: Some(trouble), ..Principal::default() };
        }
        if !exists {
            let message = format!("the {} of `{selector}` is deleted; its assignments were left behind", id.kind());
            let problem = Diagnostic::new(Severity::Warning, "deleted-principal", place, message);
            diagnostics
                .push(problem.label("nobody any more").help("delete it here to clean up: what is left has no use"));
        }
        let member = Some(self.intern(id));
        Principal { member, deleted: !exists, ..Principal::default() }
    }

    fn group(&self, name: &str) -> Result<GroupId, Trouble> {
        match self.by_group_name.get(name).map(Vec::as_slice).unwrap_or_default() {
            [id] => Ok((*id).clone()),
            [] => {
                let near = nearest(name, self.by_group_name.keys().copied(), 3);
                let help = did_you_mean(&near).unwrap_or_else(|| {
                    if name.contains('*') {
                        "there are no patterns for principals: name each group".to_owned()
                    } else if self.by_user_name.contains_key(name) {
                        format!("there is a user of this name: write `user:{name}`")
                    } else {
                        "check the name in the directory; was the group renamed?".to_owned()
                    }
                });
                Err(Trouble::mistake(CODE, NO_GROUP, format!("no group named `{name}`"), help))
            }
            several => {
                let ids: Vec<&str> = several.iter().map(|id| id.as_str()).collect();
                let help = format!("write `group-id:…` with one of {}", ids.join(", "));
                Err(Trouble::mistake(CODE, "which one?", format!("several groups are named `{name}`"), help))
            }
        }
    }

    fn user(&self, name: &str) -> Result<UserId, Trouble> {
        let by_name = self.by_user_name.get(name).map(Vec::as_slice).unwrap_or_default();
        let by_email = self.by_email.get(&name.to_ascii_lowercase()).map(Vec::as_slice).unwrap_or_default();
        match (by_name, by_email) {
            ([id], _) | ([], [id]) => Ok((*id).clone()),
            ([], []) => {
                let near = self.near_users(name);
                let near: Vec<&str> = near.iter().map(String::as_str).collect();
                let help = did_you_mean(&near).unwrap_or_else(|| {
                    if self.by_group_name.contains_key(name) {
                        format!("there is a group of this name: write `group:{name}`")
                    } else {
                        "check the user name in the directory; has the person not arrived yet, or left?".to_owned()
                    }
                });
                Err(Trouble::mistake(CODE, NO_USER, format!("no user with the name or e-mail `{name}`"), help))
            }
            (several, _) if !several.is_empty() => Err(self.ambiguous(name, "name", several)),
            (_, several) => Err(self.ambiguous(name, "e-mail", several)),
        }
    }

    /// Users whose name is close. Of addresses the part before `@` counts: the rest is the same for everybody.
    fn near_users(&self, name: &str) -> Vec<String> {
        let local = |name: &str| name.split('@').next().unwrap_or(name).to_lowercase();
        let names: BTreeSet<&str> =
            self.by_user_name.keys().copied().chain(self.by_email.keys().map(String::as_str)).collect();
        let locals: BTreeSet<String> = names.iter().map(|name| local(name)).collect();
        let near = nearest(&local(name), locals.iter().map(String::as_str), 3);
        let near = near.into_iter().flat_map(|near| names.iter().filter(move |name| local(name) == near));
        near.take(3).map(|name| (*name).to_owned()).collect()
    }

    fn ambiguous(&self, name: &str, what: &str, several: &[&UserId]) -> Trouble {
        let each: Vec<String> = several
            .iter()
            .take(5)
            .map(|id| match self.users.and_then(|users| users.get(*id)) {
                Some(user) if what == "e-mail" => format!("`user:{}`", user.user_name),
                _ => format!("`user-id:{id}`"),
            })
            .collect();
        let help = format!("write one of {}", each.join(", "));
        Trouble::mistake(CODE, "which one?", format!("several users have the {what} `{name}`"), help)
    }

    /// Holds a name against what it meant before.
    fn bound(
        &mut self,
        key: &str,
        id: PrincipalId,
        place: &Place,
        memory: &mut Memory<'_>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Principal {
        let now = BTreeSet::from([id.as_str().to_owned()]);
        let before = memory.before(key).filter(|before| !before.is_empty() && **before != now);
        let Some(before) = before.filter(|_| !memory.is_confirmed(key)) else {
            memory.bind(key, now);
            let member = Some(self.intern(id));
            return Principal { member, ..Principal::default() };
        };
        memory.keep(key);
        let message = format!("`{key}` now is another {}: before {}, now {}", id.kind(), joined(before), id.as_str());
        let help = confirm_help(key);
        let problem = Diagnostic::new(Severity::Warning, "rebound", place, message.clone());
        diagnostics.push(problem.label("the name was given to another").help(help.clone()));
        let old = before.iter().filter_map(|text| match &id {
            PrincipalId::User(_) => UserId::new(text).ok().map(PrincipalId::User),
            PrincipalId::Group(_) => GroupId::new(text).ok().map(PrincipalId::Group),
        });
        let both: Vec<PrincipalId> = old.chain([id.clone()]).collect();
        let members = both.into_iter().map(|id| self.intern(id)).collect();
        Principal { frozen: Some(Frozen { members, message, help, reason: Reason::Told }), ..Principal::default() }
    }
}

fn joined(ids: &BTreeSet<String>) -> String {
    ids.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}
