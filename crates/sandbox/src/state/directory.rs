//! The identity store: users, groups, memberships.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::id::Uuid;
use super::version::{Entity, Touched, Version};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Directory {
    /// The ten hexadecimal digits of `d-…`.
    pub(crate) store: u64,
    pub(crate) users: BTreeMap<Uuid, User>,
    pub(crate) groups: BTreeMap<Uuid, Group>,
    pub(crate) memberships: BTreeMap<Uuid, Membership>,
    #[serde(skip)]
    members: BTreeMap<Uuid, BTreeMap<Uuid, Uuid>>,
    #[serde(skip)]
    groups_of: BTreeMap<Uuid, BTreeMap<Uuid, Uuid>>,
    #[serde(skip)]
    user_names: HashMap<String, Uuid>,
    #[serde(skip)]
    emails: HashMap<String, BTreeSet<Uuid>>,
    #[serde(skip)]
    group_names: HashMap<String, Uuid>,
    #[serde(skip)]
    pub(crate) touched: Touched,
    /// `NetworkConfiguration`, as given.
    pub(crate) network: Option<Value>,
}

/// When and by whom something was made and last changed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Stamps {
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) created_by: String,
    pub(crate) updated_by: String,
    pub(crate) revision: u64,
}

impl Stamps {
    pub(crate) fn new(at: Timestamp, by: &str) -> Self {
        Self { created_at: at, updated_at: at, created_by: by.to_owned(), updated_by: by.to_owned(), revision: 1 }
    }

    pub(crate) fn touch(&mut self, at: Timestamp, by: &str) {
        self.updated_at = at;
        by.clone_into(&mut self.updated_by);
        self.revision += 1;
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct User {
    /// What CreateUser accepts, as the wire writes it (`UserName`, `Name`, `DisplayName`, `Emails` …).
    pub(crate) attributes: Map<String, Value>,
    pub(crate) external_ids: Vec<(String, String)>,
    pub(crate) enabled: bool,
    pub(crate) stamps: Stamps,
}

impl User {
    pub(crate) fn user_name(&self) -> &str {
        self.attributes.get("UserName").and_then(Value::as_str).unwrap_or_default()
    }

    fn emails(&self) -> Vec<String> {
        let emails = self.attributes.get("Emails").and_then(Value::as_array);
        let values = emails.into_iter().flatten().filter_map(|email| email.get("Value")?.as_str());
        values.map(str::to_lowercase).collect()
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Group {
    pub(crate) display_name: String,
    pub(crate) description: Option<String>,
    pub(crate) external_ids: Vec<(String, String)>,
    pub(crate) stamps: Stamps,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Membership {
    pub(crate) group: Uuid,
    pub(crate) user: Uuid,
    pub(crate) stamps: Stamps,
}

static NO_ONE: BTreeMap<Uuid, Uuid> = BTreeMap::new();

impl Directory {
    pub(crate) fn new(store: u64) -> Self {
        Self {
            store: store & 0xff_ffff_ffff,
            users: BTreeMap::new(),
            groups: BTreeMap::new(),
            memberships: BTreeMap::new(),
            members: BTreeMap::new(),
            groups_of: BTreeMap::new(),
            user_names: HashMap::new(),
            emails: HashMap::new(),
            group_names: HashMap::new(),
            touched: Touched::default(),
            network: None,
        }
    }

    /// Makes the indexes again, which are not in a state file.
    pub(crate) fn index(&mut self) {
        for (id, user) in std::mem::take(&mut self.users) {
            self.index_user(id, user);
        }
        for (id, group) in std::mem::take(&mut self.groups) {
            self.index_group(id, group);
        }
        for (id, membership) in std::mem::take(&mut self.memberships) {
            self.index_membership(id, membership);
        }
    }

    /// `d-…`
    pub(crate) fn id(&self) -> String {
        format!("d-{:010x}", self.store)
    }

    pub(crate) fn user_named(&self, name: &str) -> Option<Uuid> {
        self.user_names.get(&name.to_lowercase()).copied()
    }

    pub(crate) fn users_with_email(&self, email: &str) -> Vec<Uuid> {
        self.emails.get(&email.to_lowercase()).into_iter().flatten().copied().collect()
    }

    pub(crate) fn group_named(&self, name: &str) -> Option<Uuid> {
        self.group_names.get(&name.to_lowercase()).copied()
    }

    pub(crate) fn put_user(&mut self, id: Uuid, user: User) {
        self.note_user(id);
        self.index_user(id, user);
    }

    fn index_user(&mut self, id: Uuid, user: User) {
        self.forget_user_names(id);
        self.user_names.insert(user.user_name().to_lowercase(), id);
        for email in user.emails() {
            self.emails.entry(email).or_default().insert(id);
        }
        self.users.insert(id, user);
    }

    pub(crate) fn put_group(&mut self, id: Uuid, group: Group) {
        self.note_group(id);
        self.index_group(id, group);
    }

    fn index_group(&mut self, id: Uuid, group: Group) {
        if let Some(old) = self.groups.get(&id) {
            self.group_names.remove(&old.display_name.to_lowercase());
        }
        self.group_names.insert(group.display_name.to_lowercase(), id);
        self.groups.insert(id, group);
    }

    /// Removes the user and every membership; assignments stay behind, as on AWS.
    pub(crate) fn remove_user(&mut self, id: Uuid) {
        self.note_user(id);
        self.forget_user_names(id);
        self.users.remove(&id);
        for membership in self.groups_of.get(&id).cloned().unwrap_or_default().into_values() {
            self.remove_membership(membership);
        }
    }

    /// Removes the group and every membership; assignments stay behind, as on AWS.
    pub(crate) fn remove_group(&mut self, id: Uuid) {
        self.note_group(id);
        if let Some(group) = self.groups.remove(&id) {
            self.group_names.remove(&group.display_name.to_lowercase());
        }
        for membership in self.members.get(&id).cloned().unwrap_or_default().into_values() {
            self.remove_membership(membership);
        }
    }

    fn note_user(&mut self, id: Uuid) {
        let users = &self.users;
        self.touched.note(Entity::User(id), || Version::User(users.get(&id).cloned().map(Box::new)));
    }

    fn note_group(&mut self, id: Uuid) {
        let groups = &self.groups;
        self.touched.note(Entity::Group(id), || Version::Group(groups.get(&id).cloned()));
    }

    fn note_membership(&mut self, id: Uuid) {
        let memberships = &self.memberships;
        self.touched.note(Entity::Membership(id), || Version::Membership(memberships.get(&id).cloned()));
    }

    /// Puts a user as it was in the place of what it is, and hands that back.
    pub(crate) fn replace_user(&mut self, id: Uuid, version: Option<User>) -> Option<User> {
        self.forget_user_names(id);
        let other = self.users.remove(&id);
        if let Some(version) = version {
            self.index_user(id, version);
        }
        other
    }

    /// Puts a group as it was in the place of what it is, and hands that back.
    pub(crate) fn replace_group(&mut self, id: Uuid, version: Option<Group>) -> Option<Group> {
        let other = self.groups.remove(&id);
        if let Some(other) = &other {
            let name = other.display_name.to_lowercase();
            if self.group_names.get(&name) == Some(&id) {
                self.group_names.remove(&name);
            }
        }
        if let Some(version) = version {
            self.index_group(id, version);
        }
        other
    }

    /// Puts a membership as it was in the place of what it is, and hands that back.
    pub(crate) fn replace_membership(&mut self, id: Uuid, version: Option<Membership>) -> Option<Membership> {
        let other = self.memberships.get(&id).cloned();
        self.drop_membership(id);
        if let Some(version) = version {
            self.index_membership(id, version);
        }
        other
    }

    pub(crate) fn add_membership(&mut self, id: Uuid, membership: Membership) {
        self.note_membership(id);
        self.index_membership(id, membership);
    }

    fn index_membership(&mut self, id: Uuid, membership: Membership) {
        let (group, user) = (membership.group, membership.user);
        self.members.entry(group).or_default().insert(user, id);
        self.groups_of.entry(user).or_default().insert(group, id);
        self.memberships.insert(id, membership);
    }

    pub(crate) fn remove_membership(&mut self, id: Uuid) {
        self.note_membership(id);
        self.drop_membership(id);
    }

    fn drop_membership(&mut self, id: Uuid) {
        let Some(membership) = self.memberships.remove(&id) else { return };
        if let Some(members) = self.members.get_mut(&membership.group) {
            members.remove(&membership.user);
        }
        if let Some(groups) = self.groups_of.get_mut(&membership.user) {
            groups.remove(&membership.group);
        }
    }

    /// User → membership of one group.
    pub(crate) fn members(&self, group: Uuid) -> &BTreeMap<Uuid, Uuid> {
        self.members.get(&group).unwrap_or(&NO_ONE)
    }

    /// Group → membership of one user.
    pub(crate) fn groups_of(&self, user: Uuid) -> &BTreeMap<Uuid, Uuid> {
        self.groups_of.get(&user).unwrap_or(&NO_ONE)
    }

    fn forget_user_names(&mut self, id: Uuid) {
        let Some(old) = self.users.get(&id) else { return };
        self.user_names.remove(&old.user_name().to_lowercase());
        for email in old.emails() {
            if let Some(holders) = self.emails.get_mut(&email) {
                holders.remove(&id);
            }
        }
    }
}
