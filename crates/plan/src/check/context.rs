//! What the rules look at, and the questions they share. None of it comes from the planner.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use model::operation::Because;
use model::pattern::Pattern;
use model::rules::{OwnershipMode, Rules};
use model::{AccountId, Change, Declared, Observed, Operation, OperationId, PermissionSetName, Plan, PrincipalId};

use super::missing::Missing;
use crate::simulation::Simulation;

/// How an operation goes in memory, all before it done.
#[derive(Debug)]
pub(super) struct Step {
    /// Whether each claim of `before` holds right before it.
    pub(super) before: Vec<Option<bool>>,
    /// Whether `after` holds already.
    pub(super) already: Option<bool>,
    /// Whether `after` holds then.
    pub(super) after: Option<bool>,
}

pub(super) struct Context<'a> {
    pub(super) plan: &'a Plan,
    pub(super) observed: &'a Observed,
    pub(super) declared: &'a Declared,
    pub(super) rules: &'a Rules,
    /// One for each operation.
    pub(super) steps: Vec<Step>,
    /// The observation after the plan.
    pub(super) after: Observed,
    /// Position of each operation.
    pub(super) positions: BTreeMap<&'a OperationId, usize>,
    /// Sets that are, may be, or will be provisioned in the management account.
    pub(super) management_sets: BTreeSet<&'a PermissionSetName>,
    missing: OnceCell<Missing<'a>>,
}

impl<'a> Context<'a> {
    pub(super) fn new(plan: &'a Plan, observed: &'a Observed, declared: &'a Declared, rules: &'a Rules) -> Self {
        let mut simulation = Simulation::new(observed);
        let mut steps = Vec::with_capacity(plan.operations.len());
        for operation in &plan.operations {
            let before = operation.before.iter().map(|claim| simulation.holds(claim)).collect();
            let already = simulation.holds(&operation.after);
            simulation.apply(&operation.change);
            let after = simulation.holds(&operation.after);
            steps.push(Step { before, already, after });
        }
        let positions = plan.operations.iter().zip(0..).map(|(operation, at)| (&operation.id, at)).collect();
        let management_sets = management_sets(plan, observed);
        let (after, missing) = (simulation.finish(), OnceCell::new());
        Self { plan, observed, declared, rules, steps, after, positions, management_sets, missing }
    }

    /// Something that the principal, or somebody it stands for, shall have in the account is still missing after the plan.
    pub(super) fn replacement_is_missing(&self, account: &AccountId, principal: &PrincipalId) -> bool {
        let is_gone =
            |one: &PrincipalId| self.directory_known(one) && self.observed.principal_exists(one) == Some(false);
        let missing = self.missing.get_or_init(|| Missing::new(self.declared, self.observed, &self.after, is_gone));
        missing.concerns(self.observed, account, principal)
    }

    /// Operations with their positions.
    pub(super) fn operations(&self) -> impl Iterator<Item = (usize, &'a Operation)> {
        self.plan.operations.iter().enumerate()
    }

    /// Whether the plan takes a run back instead of following the catalog.
    pub(super) fn is_undo(&self) -> bool {
        !self.plan.operations.is_empty()
            && self.plan.operations.iter().all(|operation| matches!(operation.because, Because::Undo { .. }))
    }

    pub(super) fn account_name(&self, account: &AccountId) -> String {
        match self.observed.account_label(account) {
            name if name == account.as_str() => name.to_owned(),
            name => format!("{name} ({account})"),
        }
    }

    /// `withdraw Admin in minimo-prod (444455556666) from user:taro`.
    pub(super) fn title(&self, operation: &Operation) -> String {
        let change = &operation.change;
        let kind = change.kind().replace('_', " ");
        match (change.set(), change.account(), change.principal()) {
            (Some(set), Some(account), Some(principal)) => {
                let who = self.observed.principal_label(principal);
                format!("{kind} {} in {} for {who}", set.name, self.account_name(account))
            }
            (Some(set), Some(account), None) => format!("{kind} {} in {}", set.name, self.account_name(account)),
            _ => format!("{kind} {}", change.identity()),
        }
    }

    /// Ownership of a set (account and principal none), of a set in an account (principal none), or of an assignment. A
    /// dimension that is not given has to be covered whole.
    pub(super) fn mode(
        &self,
        set: &PermissionSetName,
        account: Option<&AccountId>,
        principal: Option<&PrincipalId>,
    ) -> OwnershipMode {
        for rule in &self.rules.ownership {
            let set_fits = rule.permission_sets.matches(set.as_str());
            let account_fits = match account {
                Some(account) => self.matches_account(&rule.accounts, account),
                None => is_everything(&rule.accounts),
            };
            let principal_fits = match principal {
                Some(principal) => self.matches_principal(&rule.principals, principal),
                None => is_everything(&rule.principals),
            };
            if set_fits && account_fits && principal_fits {
                return rule.mode;
            }
        }
        OwnershipMode::Additive
    }

    /// Whether the journal says Sekisho made the assignment.
    pub(super) fn owns_assignment(
        &self,
        set: &PermissionSetName,
        account: &AccountId,
        principal: &PrincipalId,
    ) -> bool {
        match &self.rules.owned {
            None => false,
            Some(owned) => owned.assignments.contains(&(set.clone(), account.clone(), principal.clone())),
        }
    }

    /// Whether the journal says Sekisho made the set.
    pub(super) fn owns_set(&self, set: &PermissionSetName) -> bool {
        let arn = self.observed.permission_sets.get(set).map(|found| &found.arn);
        match (&self.rules.owned, arn) {
            (Some(owned), Some(arn)) => owned.permission_sets.contains(arn),
            _ => false,
        }
    }

    pub(super) fn matches_account(&self, pattern: &Pattern, account: &AccountId) -> bool {
        let name = self.observed.account(account).map(|found| found.name.as_str());
        is_everything(pattern) || pattern.matches(account.as_str()) || name.is_some_and(|name| pattern.matches(name))
    }

    pub(super) fn matches_principal(&self, pattern: &Pattern, principal: &PrincipalId) -> bool {
        if is_everything(pattern) {
            return true;
        }
        let mut forms = vec![
            principal.as_str().to_owned(),
            format!("{}-id:{}", principal.kind(), principal.as_str()),
            self.observed.principal_label(principal),
        ];
        if let PrincipalId::User(id) = principal
            && let Some(email) = self.observed.user(id).and_then(|user| user.email.as_ref())
        {
            forms.push(format!("user:{email}"));
        }
        forms.iter().any(|form| pattern.matches(form))
    }

    /// Whether a set is AWS's or Control Tower's: none when its tags, which could say so, are unknown.
    pub(super) fn is_reserved_set(&self, set: &PermissionSetName) -> Option<bool> {
        if self.is_adopted(set) {
            return Some(false);
        }
        if set.as_str().starts_with("AWS") {
            return Some(true);
        }
        if self.declared.permission_sets.contains_key(set) {
            return Some(false);
        }
        let Some(found) = self.observed.permission_sets.get(set) else { return Some(false) };
        let tags = found.tags.value()?;
        Some(tags.iter().any(|(key, value)| says_control_tower(key) || says_control_tower(value)))
    }

    /// Whether a group is AWS's or Control Tower's, and its assignments of this set were not adopted.
    pub(super) fn is_reserved_group(&self, set: &PermissionSetName, principal: &PrincipalId) -> bool {
        match principal {
            PrincipalId::User(_) => false,
            PrincipalId::Group(id) => {
                self.observed.group(id).is_some_and(|group| group.display_name.starts_with("AWS"))
                    && !self.is_adopted(set)
            }
        }
    }

    fn is_adopted(&self, set: &PermissionSetName) -> bool {
        self.rules.protected.adopted_permission_sets.iter().any(|pattern| pattern.matches(set.as_str()))
    }

    /// Whether the account is known to be in use.
    pub(super) fn is_active(&self, account: &AccountId) -> bool {
        self.observed.account(account).is_some_and(|found| found.state.is_active())
    }

    /// Whether users, or groups, are known, and not suspiciously none.
    pub(super) fn directory_known(&self, principal: &PrincipalId) -> bool {
        let count = match principal {
            PrincipalId::User(_) => self.observed.users.value().map(BTreeMap::len),
            PrincipalId::Group(_) => self.observed.groups.value().map(BTreeMap::len),
        };
        match count {
            None => false,
            Some(0) => {
                let kind = principal.kind();
                !self.observed.assignments.principals().iter().any(|assigned| assigned.kind() == kind)
            }
            Some(_) => true,
        }
    }

    /// Whether nothing may be done with the set without the executor of the management account, which does not run.
    pub(super) fn out_of_scope(&self, set: &PermissionSetName) -> bool {
        !self.rules.management_executor && in_management_now(self.observed, set)
    }
}

fn management_sets<'a>(plan: &'a Plan, observed: &'a Observed) -> BTreeSet<&'a PermissionSetName> {
    let management = observed.organization.value().and_then(|organization| organization.management_account.as_ref());
    let mut seen: BTreeMap<&PermissionSetName, bool> = BTreeMap::new();
    for operation in &plan.operations {
        let Some(set) = operation.change.set().map(|set| &set.name) else { continue };
        let reaches = seen.entry(set).or_insert_with(|| in_management_now(observed, set));
        if let Change::Assign { account, .. } = &operation.change {
            *reaches |= Some(account) == management;
        }
    }
    seen.into_iter().filter_map(|(set, reaches)| reaches.then_some(set)).collect()
}

/// Whether the set is, or for all that is known may be, in the management account.
pub(super) fn in_management_now(observed: &Observed, set: &PermissionSetName) -> bool {
    let Some(organization) = observed.organization.value() else { return true };
    let Some(management) = &organization.management_account else { return true };
    match observed.permission_sets.get(set) {
        None => !observed.permission_set_listing.is_known() || !observed.unreadable_sets.is_empty(),
        Some(found) => match found.provisioned.value() {
            None => true,
            Some(accounts) => {
                accounts.iter().any(|entry| entry.account == *management)
                    || observed.assignments.pair_principals(set, management).next().is_some()
            }
        },
    }
}

fn is_everything(pattern: &Pattern) -> bool {
    matches!(pattern.as_str(), "*" | "**" | "***")
}

fn says_control_tower(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["controltower", "control-tower", "control tower", "control_tower", "control:tower", "control.tower"]
        .iter()
        .any(|form| text.contains(form))
}
