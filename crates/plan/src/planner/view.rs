//! The observation and the rules, with the questions the planner asks of them.

use model::rules::Rules;
use model::{AccountId, Observed, PermissionSetName, PermissionSetRef, PrincipalId};

/// What the planner looks at.
#[derive(Debug)]
pub(crate) struct View<'a> {
    pub(crate) observed: &'a Observed,
    pub(crate) rules: &'a Rules,
    users: Result<(), String>,
    groups: Result<(), String>,
}

impl<'a> View<'a> {
    pub(crate) fn new(observed: &'a Observed, rules: &'a Rules) -> Self {
        let assigned = |kind: &str| observed.assignments.principals().iter().any(|principal| principal.kind() == kind);
        let users = match (observed.users.reason(), observed.users.value()) {
            (Some(reason), _) => Err(format!("users could not be read: {reason}")),
            (None, Some(users)) if users.is_empty() && assigned("user") => {
                Err("not a single user was found, though users are assigned".to_owned())
            }
            _ => Ok(()),
        };
        let groups = match (observed.groups.reason(), observed.groups.value()) {
            (Some(reason), _) => Err(format!("groups could not be read: {reason}")),
            (None, Some(groups)) if groups.is_empty() && assigned("group") => {
                Err("not a single group was found, though groups are assigned".to_owned())
            }
            _ => Ok(()),
        };
        Self { observed, rules, users, groups }
    }

    /// Whether anything can be said about principals of this kind: an empty directory beside assignments cannot be
    /// told from one that was not read.
    pub(crate) fn directory(&self, principal: &PrincipalId) -> Result<(), &str> {
        let answer = match principal {
            PrincipalId::User(_) => &self.users,
            PrincipalId::Group(_) => &self.groups,
        };
        answer.as_ref().copied().map_err(String::as_str)
    }

    /// Whether the principal is known not to exist.
    pub(crate) fn is_gone(&self, principal: &PrincipalId) -> bool {
        self.directory(principal).is_ok() && self.observed.principal_exists(principal) == Some(false)
    }

    /// The set with its ARN, if it was seen.
    pub(crate) fn reference(&self, name: &PermissionSetName) -> PermissionSetRef {
        let arn = self.observed.permission_sets.get(name).map(|set| set.arn.clone());
        PermissionSetRef { name: name.clone(), arn }
    }

    /// `minimo-prod (444455556666)`.
    pub(crate) fn account_text(&self, account: &AccountId) -> String {
        match self.observed.account(account) {
            Some(found) => format!("{} ({account})", found.name),
            None => account.to_string(),
        }
    }

    /// Whether Identity Center can work in the account. AWS fails provisioning in a suspended one.
    pub(crate) fn account_open(&self, account: &AccountId) -> Result<(), String> {
        let Some(organization) = self.observed.organization.value() else {
            let reason = self.observed.organization.reason().unwrap_or_default();
            return Err(format!("the organization could not be read: {reason}"));
        };
        match organization.accounts.get(account) {
            None => Err(format!("account {account} is not in the organization")),
            Some(found) if found.state.is_active() => Ok(()),
            Some(found) => Err(format!("account {} is {}", self.account_text(account), found.state.as_str())),
        }
    }

    /// Whether the account is known, and known not to be in use.
    pub(crate) fn is_closed(&self, account: &AccountId) -> bool {
        self.observed.account(account).is_some_and(|found| !found.state.is_active())
    }

    /// How many people the principal is: "12 people".
    pub(crate) fn people_text(&self, principal: &PrincipalId) -> Option<String> {
        let PrincipalId::Group(group) = principal else { return None };
        Some(match self.observed.memberships.get(group)?.value() {
            None => "members unknown".to_owned(),
            Some(members) if members.len() == 1 => "1 person".to_owned(),
            Some(members) => format!("{} people", members.len()),
        })
    }
}
