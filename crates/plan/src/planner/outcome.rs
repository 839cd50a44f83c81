//! Who is assigned once the plan is carried out.

use std::collections::{HashMap, HashSet};

use model::{AccountId, Change, PermissionSetName, PrincipalId, UserId};

use super::{Draft, View};

/// The observation with the assignments of the drafts.
pub(crate) struct Outcome<'d> {
    pub(crate) view: &'d View<'d>,
    withdrawn: HashSet<(&'d PermissionSetName, &'d AccountId, &'d PrincipalId)>,
    entering: HashMap<(&'d PermissionSetName, &'d AccountId), Vec<&'d PrincipalId>>,
}

impl<'d> Outcome<'d> {
    pub(crate) fn new(view: &'d View<'d>, drafts: &'d [Draft]) -> Self {
        let mut outcome = Self { view, withdrawn: HashSet::new(), entering: HashMap::new() };
        for Draft { change, .. } in drafts {
            match change {
                Change::Withdraw { set, account, principal } => {
                    outcome.withdrawn.insert((&set.name, account, principal));
                }
                Change::Assign { set, account, principal } => {
                    outcome.entering.entry((&set.name, account)).or_default().push(principal);
                }
                _ => {}
            }
        }
        outcome
    }

    /// A group through which the person holds the set in the account, as far as memberships are known.
    pub(crate) fn group_path(&self, set: &PermissionSetName, account: &AccountId, user: &UserId) -> Option<String> {
        let observed = self.view.observed;
        let contains = |principal: &&PrincipalId| match principal {
            PrincipalId::User(_) => false,
            PrincipalId::Group(group) => observed
                .memberships
                .get(group)
                .and_then(|members| members.value())
                .is_some_and(|members| members.contains(user)),
        };
        let stays = observed
            .assignments
            .pair_principals(set, account)
            .filter(contains)
            .find(|principal| !self.withdrawn.contains(&(set, account, *principal)));
        let entering = self.entering.get(&(set, account));
        let group = stays.or_else(|| entering?.iter().copied().find(contains))?;
        Some(observed.principal_label(group))
    }
}
