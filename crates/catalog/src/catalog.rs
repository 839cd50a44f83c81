//! A catalog as read: what its files say, before names are looked up.

use std::collections::BTreeMap;

use model::{AccountId, DeclaredPermissionSet, InstanceArn, Pattern, PermissionSetName, Rules};

use crate::diagnostic::Place;
use crate::selector::{AccountSelector, PrincipalSelector};
use crate::switch_roles::SwitchRoles;
use crate::yaml::{quote, scalar};

/// A catalog. What could not be read of it is remembered as such, so that [`crate::resolve`] freezes it.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// Hash of all files.
    pub(crate) version: String,
    pub(crate) file_count: usize,
    pub(crate) settings: Settings,
    pub(crate) rules: Rules,
    pub(crate) sets: BTreeMap<PermissionSetName, CatalogSet>,
    /// Sets whose declaration is wrong, with where.
    pub(crate) broken_sets: BTreeMap<PermissionSetName, Place>,
    /// Files that declare a set whose name could not be read.
    pub(crate) nameless_sets: Vec<Place>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) accounts: Vec<AccountRecord>,
    pub(crate) people: Vec<Person>,
    pub(crate) groups: Vec<GroupRecord>,
    pub(crate) iam_user_owners: Vec<IamUserOwner>,
    pub(crate) switch_roles: Vec<SwitchRoles>,
}

impl Catalog {
    /// Hash of all files: the same text gives the same version.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// How many files were read.
    #[must_use]
    pub fn file_count(&self) -> usize {
        self.file_count
    }

    /// What the shell needs to know.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Names of the declared permission sets, sorted.
    pub fn permission_set_names(&self) -> impl Iterator<Item = &PermissionSetName> {
        self.sets.keys()
    }

    /// Entries of `iam-users.yaml`: whose IAM users are.
    #[must_use]
    pub fn iam_user_owners(&self) -> &[IamUserOwner] {
        &self.iam_user_owners
    }

    /// Files of `switch-roles/`, in the order of their names.
    #[must_use]
    pub fn switch_roles(&self) -> &[SwitchRoles] {
        &self.switch_roles
    }

    /// How many entries the files of `assignments/` hold.
    #[must_use]
    pub fn assignment_entries(&self) -> usize {
        self.entries.len()
    }

    /// Entries of `accounts.yaml`.
    #[must_use]
    pub fn accounts(&self) -> &[AccountRecord] {
        &self.accounts
    }

    /// People of `people.yaml`.
    #[must_use]
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// Groups of `people.yaml`.
    #[must_use]
    pub fn groups(&self) -> &[GroupRecord] {
        &self.groups
    }

    /// Whether tags of accounts decide anything: `tag:` is written somewhere.
    #[must_use]
    pub fn names_account_tags(&self) -> bool {
        let mut accounts = self.entries.iter().flat_map(|entry| entry.accounts.iter().chain(&entry.except));
        // What could not be read may have been one.
        accounts.any(|member| member.value.as_ref().is_none_or(|value| matches!(value, AccountSelector::Tag { .. })))
    }

    /// Whether a part of it could not be read.
    pub(crate) fn is_broken(&self) -> bool {
        !self.broken_sets.is_empty()
            || !self.nameless_sets.is_empty()
            || self.entries.iter().any(|entry| {
                entry.principals.iter().any(|member| member.value.is_none())
                    || entry.permission_sets.iter().any(|member| member.value.is_none())
                    || entry.accounts.iter().chain(&entry.except).any(|member| member.value.is_none())
            })
    }
}

/// Settings that the shell needs: where to work and where to write things down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Name of the deployment.
    pub deployment: String,
    /// The instance, where it is said.
    pub instance_arn: Option<InstanceArn>,
    /// Primary Region of the instance, where it is said.
    pub region: Option<String>,
    /// Where the journal is kept, where it is said.
    pub state_url: Option<String>,
    /// Name of the role, with its path, through which single accounts are looked into.
    pub inspection_role: Option<String>,
    /// How IAM users are retired.
    pub retirement: Retirement,
}

/// How IAM users are retired, as far as it is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retirement {
    /// Users that nobody retires: names, or `account/name`.
    pub protected: Vec<Pattern>,
    /// How long both ways are open.
    pub parallel_days: Option<u32>,
    /// How long a user that is switched off is watched.
    pub quiet_days: Option<u32>,
    /// Name of the role, with its path, that may change IAM users.
    pub role: Option<String>,
}

/// What a deployment is called when nothing is said.
pub(crate) const DEFAULT_DEPLOYMENT: &str = "sekisho";

impl Default for Settings {
    fn default() -> Self {
        Self {
            deployment: DEFAULT_DEPLOYMENT.to_owned(),
            instance_arn: None,
            region: None,
            state_url: None,
            inspection_role: None,
            retirement: Retirement::default(),
        }
    }
}

/// A permission set and the places that messages about it point to.
#[derive(Debug, Clone)]
pub(crate) struct CatalogSet {
    pub(crate) set: DeclaredPermissionSet,
    /// ARNs that were written as short names: they belong to the partition of the instance.
    pub(crate) short_named: Vec<model::ManagedPolicyArn>,
    pub(crate) place: Place,
}

/// One entry of an assignments file.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) place: Place,
    pub(crate) principals: Vec<Member<PrincipalSelector>>,
    pub(crate) permission_sets: Vec<Member<PermissionSetName>>,
    pub(crate) accounts: Vec<Member<AccountSelector>>,
    pub(crate) except: Vec<Member<AccountSelector>>,
}

/// An item of an entry; `value` is none where it could not be read.
#[derive(Debug, Clone)]
pub(crate) struct Member<T> {
    pub(crate) place: Place,
    pub(crate) value: Option<T>,
}

/// What `accounts.yaml` says of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRecord {
    /// Id.
    pub id: AccountId,
    /// Name.
    pub name: Option<String>,
    /// What people call it.
    pub title: Option<String>,
    /// Responsible people, as written.
    pub owners: Vec<String>,
    /// Role that reaches it.
    pub role: Option<String>,
    /// Profile that reaches it.
    pub profile: Option<String>,
}

/// What `people.yaml` says of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Sign-in name.
    pub user_name: String,
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Name as people read it.
    pub display_name: Option<String>,
    /// E-mail address.
    pub email: String,
    /// Names of groups.
    pub groups: Vec<String>,
    /// The day the person left.
    pub left: Option<String>,
}

/// What `iam-users.yaml` says of an IAM user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IamUserOwner {
    /// Name of the user.
    pub user: String,
    /// In this account only.
    pub account: Option<AccountId>,
    /// User name or e-mail address; none for a system's.
    pub owner: Option<String>,
    /// Why, for people.
    pub note: Option<String>,
}

impl IamUserOwner {
    /// The entry as a line of `iam-users.yaml`.
    #[must_use]
    pub fn line(&self) -> String {
        let mut parts = vec![format!("user: {}", scalar(&self.user))];
        parts.extend(self.account.as_ref().map(|account| format!("account: {}", quote(account.as_str()))));
        parts.push(format!("owner: {}", self.owner.as_deref().map_or_else(|| "system".to_owned(), scalar)));
        parts.extend(self.note.as_ref().map(|note| format!("note: {}", scalar(note))));
        format!("- {{{}}}\n", parts.join(", "))
    }
}

/// What `people.yaml` says of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRecord {
    /// Name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
}
