//! Whether two principals are, or may be, the same people.

use std::collections::{HashMap, HashSet};

use model::{GroupId, Observed, PrincipalId, UserId};

/// Remembers members of groups.
pub(crate) struct People<'a> {
    observed: &'a Observed,
    members: HashMap<GroupId, Option<HashSet<&'a UserId>>>,
    shared: HashMap<(GroupId, GroupId), bool>,
}

impl<'a> People<'a> {
    pub(crate) fn new(observed: &'a Observed) -> Self {
        Self { observed, members: HashMap::new(), shared: HashMap::new() }
    }

    /// Whether somebody is both. Where members are not known: yes.
    pub(crate) fn share(&mut self, left: &PrincipalId, right: &PrincipalId) -> bool {
        match (left, right) {
            (PrincipalId::User(left), PrincipalId::User(right)) => left == right,
            (PrincipalId::User(user), PrincipalId::Group(group))
            | (PrincipalId::Group(group), PrincipalId::User(user)) => {
                self.members(group).as_ref().is_none_or(|members| members.contains(user))
            }
            (PrincipalId::Group(left), PrincipalId::Group(right)) => {
                if left == right {
                    return true;
                }
                let key = if left < right { (left.clone(), right.clone()) } else { (right.clone(), left.clone()) };
                if let Some(known) = self.shared.get(&key) {
                    return *known;
                }
                let one = self.members(left).clone();
                let shared = match (one, self.members(right)) {
                    (Some(one), Some(other)) => !one.is_disjoint(other),
                    (Some(one), None) => !one.is_empty(),
                    (None, Some(other)) => !other.is_empty(),
                    (None, None) => true,
                };
                self.shared.insert(key, shared);
                shared
            }
        }
    }

    /// The members of a group; none where they are not known.
    pub(crate) fn members(&mut self, group: &GroupId) -> &Option<HashSet<&'a UserId>> {
        let observed = self.observed;
        self.members.entry(group.clone()).or_insert_with(|| match observed.memberships.get(group) {
            Some(members) => members.value().map(|members| members.iter().collect()),
            // A deleted group has nobody.
            None => observed.groups.value().is_some_and(|groups| !groups.contains_key(group)).then(HashSet::new),
        })
    }
}
