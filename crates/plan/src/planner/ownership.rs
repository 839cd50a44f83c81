//! What Sekisho may touch: ownership modes, reserved names, protected things (plan.md, "Ownership").

use model::pattern::Pattern;
use model::rules::{OwnershipMode, OwnershipRule, Rules};
use model::{AccountId, ObservedPermissionSet, PermissionSetName, PrincipalId};

use super::View;

/// Who may remove an assignment, and if nobody, why.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Removal {
    /// Sekisho.
    Allowed,
    /// It stays, and is shown.
    Shown(String),
    /// Something is not known that decides.
    Undecided(String),
}

impl View<'_> {
    /// Mode of a set as a whole: of the first rule that fits it in all accounts and for all principals.
    pub(crate) fn set_mode(&self, set: &PermissionSetName) -> OwnershipMode {
        self.first_mode(|rule| {
            rule.permission_sets.matches(set.as_str()) && fits_all(&rule.accounts) && fits_all(&rule.principals)
        })
    }

    /// Mode of a set in an account: of the first rule that fits them for all principals.
    pub(crate) fn account_mode(&self, set: &PermissionSetName, account: &AccountId) -> OwnershipMode {
        self.first_mode(|rule| {
            rule.permission_sets.matches(set.as_str())
                && self.account_fits(&rule.accounts, account)
                && fits_all(&rule.principals)
        })
    }

    /// Mode of an assignment.
    pub(crate) fn mode(&self, set: &PermissionSetName, account: &AccountId, principal: &PrincipalId) -> OwnershipMode {
        self.first_mode(|rule| {
            rule.permission_sets.matches(set.as_str())
                && self.account_fits(&rule.accounts, account)
                && self.principal_fits(&rule.principals, principal)
        })
    }

    fn first_mode(&self, fits: impl Fn(&OwnershipRule) -> bool) -> OwnershipMode {
        self.rules.ownership.iter().find(|rule| fits(rule)).map_or_else(OwnershipMode::default, |rule| rule.mode)
    }

    /// Whether an assignment nobody declares may be withdrawn.
    pub(crate) fn removal_of(&self, set: &PermissionSetName, account: &AccountId, principal: &PrincipalId) -> Removal {
        let owned = self.owns(set, account, principal);
        let any_exclusive = self.rules.ownership.iter().any(|rule| rule.mode == OwnershipMode::Exclusive);
        if !owned && !any_exclusive {
            return Removal::Shown(self.additive_reason());
        }
        // Names decide from here on; where they are not known, nothing is decided.
        if let Err(reason) = self.directory(principal) {
            return Removal::Undecided(reason.to_owned());
        }
        if let Some(reason) = self.observed.organization.reason() {
            return Removal::Undecided(format!("the organization could not be read: {reason}"));
        }
        match self.mode(set, account, principal) {
            OwnershipMode::Observe => Removal::Shown("ownership is `observe` here".to_owned()),
            OwnershipMode::Additive if !owned => Removal::Shown(self.additive_reason()),
            OwnershipMode::Additive | OwnershipMode::Exclusive => Removal::Allowed,
        }
    }

    /// Whether the journal says Sekisho made the assignment.
    pub(crate) fn owns(&self, set: &PermissionSetName, account: &AccountId, principal: &PrincipalId) -> bool {
        self.rules.owned.as_ref().is_some_and(|owned| {
            !owned.assignments.is_empty()
                && owned.assignments.contains(&(set.clone(), account.clone(), principal.clone()))
        })
    }

    /// Whether the set as a whole may lose what is not declared: its undeclared tags, itself.
    pub(crate) fn may_remove_set(&self, set: &ObservedPermissionSet) -> Result<(), String> {
        let owned = self.rules.owned.as_ref().is_some_and(|owned| owned.permission_sets.contains(&set.arn));
        match self.set_mode(&set.name) {
            OwnershipMode::Exclusive => Ok(()),
            OwnershipMode::Additive if owned => Ok(()),
            OwnershipMode::Additive => Err(self.additive_reason()),
            OwnershipMode::Observe => Err("ownership is `observe` here".to_owned()),
        }
    }

    fn additive_reason(&self) -> String {
        match self.rules.owned {
            Some(_) => "ownership is `additive` and Sekisho did not create it".to_owned(),
            None => "ownership is `additive` and there is no journal to say what Sekisho created".to_owned(),
        }
    }

    /// Why a set belongs to AWS or Control Tower by its name.
    pub(crate) fn reserved_name(&self, set: &PermissionSetName) -> Option<String> {
        (set.is_reserved() && !self.is_adopted(set))
            .then(|| format!("sets named `AWS*` belong to AWS and Control Tower, and `{set}` is not adopted"))
    }

    /// The same, also by the tags of a set nobody declares. `Err` where its tags are not known.
    pub(crate) fn reserved_set(&self, set: &PermissionSetName, declared: bool) -> Result<Option<String>, String> {
        if let Some(reason) = self.reserved_name(set) {
            return Ok(Some(reason));
        }
        let Some(observed) = self.observed.permission_sets.get(set) else { return Ok(None) };
        if declared || self.is_adopted(set) {
            return Ok(None);
        }
        let tags = observed.tags.value().ok_or_else(|| {
            format!("the tags of `{set}` could not be read: {}", observed.tags.reason().unwrap_or_default())
        })?;
        let controlled = tags.iter().any(|(key, value)| names_control_tower(key) || names_control_tower(value));
        Ok(controlled.then(|| format!("the tags of `{set}` say it belongs to Control Tower, and it is not adopted")))
    }

    fn is_adopted(&self, set: &PermissionSetName) -> bool {
        self.rules.protected.adopted_permission_sets.iter().any(|pattern| pattern.matches(set.as_str()))
    }

    /// Why a group belongs to AWS or Control Tower.
    pub(crate) fn reserved_principal(&self, set: &PermissionSetName, principal: &PrincipalId) -> Option<String> {
        let PrincipalId::Group(id) = principal else { return None };
        let group = self.observed.group(id)?;
        (group.display_name.starts_with("AWS") && !self.is_adopted(set)).then(|| {
            format!(
                "groups named `AWS*` belong to AWS and Control Tower (`{}`), and `{set}` is not adopted",
                group.display_name
            )
        })
    }

    /// Why nothing may be withdrawn here.
    pub(crate) fn protected_assignment(&self, account: &AccountId, principal: &PrincipalId) -> Option<String> {
        let protected = &self.rules.protected;
        if protected.accounts.iter().any(|pattern| self.account_fits(pattern, account)) {
            return Some(format!("account {} is protected", self.account_text(account)));
        }
        protected
            .principals
            .iter()
            .any(|pattern| self.principal_fits(pattern, principal))
            .then(|| format!("{} is protected", self.observed.principal_label(principal)))
    }

    /// Why the set may not be changed.
    pub(crate) fn protected_set(&self, set: &PermissionSetName) -> Option<String> {
        let protected = self.rules.protected.permission_sets.iter().any(|pattern| pattern.matches(set.as_str()));
        protected.then(|| format!("permission set `{set}` is protected"))
    }

    /// Why a set is another deployment's, as its tags say.
    pub(crate) fn foreign_deployment(&self, set: &ObservedPermissionSet) -> Option<String> {
        let owner = set.tags.value()?.get(Rules::DEPLOYMENT_TAG)?;
        (*owner != self.rules.deployment).then(|| format!("its tag says it belongs to deployment `{owner}`"))
    }

    fn account_fits(&self, pattern: &Pattern, account: &AccountId) -> bool {
        fits_all(pattern)
            || pattern.matches(account.as_str())
            || self.observed.account(account).is_some_and(|found| pattern.matches(&found.name))
    }

    fn principal_fits(&self, pattern: &Pattern, principal: &PrincipalId) -> bool {
        if fits_all(pattern) || pattern.matches(principal.as_str()) {
            return true;
        }
        if pattern.matches(&format!("{}-id:{}", principal.kind(), principal.as_str())) {
            return true;
        }
        match principal {
            PrincipalId::Group(id) => {
                self.observed.group(id).is_some_and(|group| pattern.matches(&format!("group:{}", group.display_name)))
            }
            PrincipalId::User(id) => self.observed.user(id).is_some_and(|user| {
                let email = user.email.as_deref().unwrap_or(&user.user_name);
                pattern.matches(&format!("user:{}", user.user_name)) || pattern.matches(&format!("user:{email}"))
            }),
        }
    }
}

/// Whether a pattern fits every text.
fn fits_all(pattern: &Pattern) -> bool {
    !pattern.as_str().is_empty() && pattern.as_str().bytes().all(|byte| byte == b'*')
}

fn names_control_tower(text: &str) -> bool {
    let letters: String = text
        .chars()
        .filter(|character| character.is_alphanumeric())
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    letters.contains("controltower")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_tower_is_known_by_its_name_in_any_spelling() {
        for (text, is) in [
            ("aws-control-tower", true),
            ("ControlTower", true),
            ("managed by AWS Control Tower", true),
            ("tower", false),
        ] {
            assert_eq!(names_control_tower(text), is, "{text}");
        }
    }
}
