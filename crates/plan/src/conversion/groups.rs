//! Functions: where exactly the members of one of the directory's groups need a set in an account, the group gets it. Nobody gains by
//! that, and nobody loses; whom else a group would let in is proposed, not done.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::iam_users::DirectoryPerson;

/// Fewest people for whom a group is worth a look: one person is no function.
const FEWEST: usize = 2;
/// Most proposals for one need, those that let the fewest in first: whoever is in a group of the whole company shares it with everybody.
const MOST_PROPOSALS: usize = 3;

/// Who is in which group of the directory. Names are compared without their case, as Identity Center does.
#[derive(Debug, Clone, Default)]
pub struct Memberships {
    /// By folded name: the name as written, and the members' folded user names.
    groups: BTreeMap<String, (String, BTreeSet<String>)>,
    /// Folded user names, and the names as written.
    people: BTreeMap<String, String>,
    /// Folded e-mail addresses of one person each.
    addresses: BTreeMap<String, String>,
}

/// Who gets a set in place of some people.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupFinding {
    /// The group whose members they are, all of them and nobody else.
    pub group: Option<String>,
    /// Groups in which they all are, with others.
    pub proposals: Vec<GroupProposal>,
}

/// A group that would do, if others may have the set as well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GroupProposal {
    /// Its name.
    pub group: String,
    /// User names of those who would gain the set.
    pub gains: Vec<String>,
}

fn folded(name: &str) -> String {
    name.to_lowercase()
}

impl Memberships {
    /// Memberships of these people. Who has left and stands in a group still is a member of it: nobody knows when the directory takes them out.
    #[must_use]
    pub fn of(people: &[DirectoryPerson]) -> Self {
        let mut found = Self::default();
        let mut owners: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for person in people {
            let name = folded(&person.user_name);
            found.people.entry(name.clone()).or_insert_with(|| person.user_name.clone());
            if let Some(email) = &person.email {
                owners.entry(folded(email)).or_default().insert(name.clone());
            }
            for group in person.groups.iter().filter(|group| !group.trim().is_empty()) {
                let known = found.groups.entry(folded(group)).or_insert_with(|| (group.clone(), BTreeSet::new()));
                known.1.insert(name.clone());
            }
        }
        let alone = owners.into_iter().filter(|(_, owners)| owners.len() == 1);
        found.addresses = alone.filter_map(|(email, owners)| Some((email, owners.into_iter().next()?))).collect();
        found
    }

    /// Whether anybody is in any group.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// The group for these people, given by user name or e-mail address. Who is not in the directory is in no group.
    #[must_use]
    pub fn find<'a>(&self, wanted: impl IntoIterator<Item = &'a str>) -> GroupFinding {
        let wanted: Option<BTreeSet<&str>> = wanted.into_iter().map(|name| self.person(name)).collect();
        let Some(wanted) = wanted.filter(|wanted| wanted.len() >= FEWEST) else { return GroupFinding::default() };
        let mut finding = GroupFinding::default();
        for (name, members) in self.groups.values() {
            if !wanted.iter().all(|person| members.contains(*person)) {
                continue;
            }
            let gains: Vec<String> = members
                .iter()
                .filter(|member| !wanted.contains(member.as_str()))
                .map(|member| self.people.get(member).unwrap_or(member).clone())
                .collect();
            match gains.is_empty() {
                true => finding.group = finding.group.or_else(|| Some(name.clone())),
                false => finding.proposals.push(GroupProposal { group: name.clone(), gains }),
            }
        }
        if finding.group.is_some() {
            finding.proposals.clear();
        }
        finding.proposals.sort_by_key(|proposal| proposal.gains.len());
        finding.proposals.truncate(MOST_PROPOSALS);
        finding
    }

    /// Groups of somebody, given by user name or e-mail address. None of whom the directory does not know.
    #[must_use]
    pub fn of_person(&self, name: &str) -> Option<Vec<&str>> {
        let person = self.person(name)?;
        let groups = self.groups.values().filter(|(_, members)| members.contains(person));
        Some(groups.map(|(name, _)| name.as_str()).collect())
    }

    /// Folded user name.
    fn person(&self, name: &str) -> Option<&str> {
        let name = folded(name);
        let known = self.people.get_key_value(&name).map(|(folded, _)| folded);
        known.or_else(|| self.addresses.get(&name)).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam_users::Standing;
    use proptest::prelude::*;

    fn person(name: &str, groups: &[&str]) -> DirectoryPerson {
        DirectoryPerson {
            user_name: name.to_owned(),
            email: Some(format!("{name}@example.com")),
            groups: groups.iter().map(|&group| group.to_owned()).collect(),
            ..DirectoryPerson::default()
        }
    }

    fn company() -> Vec<DirectoryPerson> {
        vec![
            person("hanako", &["SRE", "全員"]),
            person("taro", &["sre", "web", "全員"]),
            person("jiro", &["web", "全員"]),
            DirectoryPerson { standing: Standing::Left, ..person("saburo", &["web"]) },
        ]
    }

    #[test]
    fn somebody_s_groups_are_told_and_nobody_s_are_not() {
        let groups = Memberships::of(&company());
        assert_eq!(groups.of_person("TARO@example.com"), Some(vec!["SRE", "web", "全員"]));
        let alone = Memberships::of(&[person("shiro", &[])]);
        assert_eq!((alone.of_person("shiro"), alone.of_person("goro")), (Some(vec![]), None));
    }

    #[test]
    fn a_group_is_taken_only_where_its_members_are_those_people() {
        let groups = Memberships::of(&company());
        let proposal = |group: &str, gains: &[&str]| GroupProposal {
            group: group.to_owned(),
            gains: gains.iter().map(|&name| name.to_owned()).collect(),
        };
        // in any case of letters, by name or address
        let sre = groups.find(["Hanako", "taro@example.com"]);
        assert_eq!((sre.group.as_deref(), sre.proposals), (Some("SRE"), Vec::new()));
        // who left and stands there still would gain
        let web = groups.find(["taro", "jiro"]);
        assert_eq!(web.group, None);
        assert_eq!(web.proposals, [proposal("web", &["saburo"]), proposal("全員", &["hanako"])]);
        assert_eq!(groups.find(["hanako", "jiro"]).proposals, [proposal("全員", &["taro"])]);
        // one person, somebody unknown, nobody
        for wanted in [&["hanako"][..], &["hanako", "taro", "vendor"], &[]] {
            assert_eq!(groups.find(wanted.iter().copied()), GroupFinding::default(), "{wanted:?}");
        }
        assert!(Memberships::of(&[person("hanako", &["", " "])]).is_empty());
    }

    proptest! {
        /// Whoever had the set as a person has it through the group, and nobody else has.
        #[test]
        fn nobody_gains_or_loses_by_a_group(
            members in prop::collection::vec(prop::collection::btree_set(0_usize..5, 0..4), 1..8),
            wanted in prop::collection::btree_set(0_usize..8, 0..8),
        ) {
            let people: Vec<DirectoryPerson> = members
                .iter()
                .enumerate()
                .map(|(number, groups)| {
                    let groups: Vec<String> = groups.iter().map(|group| format!("group {group}")).collect();
                    person(&format!("person{number}"), &groups.iter().map(String::as_str).collect::<Vec<_>>())
                })
                .collect();
            let wanted: BTreeSet<String> = wanted.iter().map(|number| format!("person{number}")).collect();
            let finding = Memberships::of(&people).find(wanted.iter().map(String::as_str));
            let in_group = |group: &str| -> BTreeSet<String> {
                let members = people.iter().filter(|person| person.groups.iter().any(|name| name == group));
                members.map(|person| person.user_name.clone()).collect()
            };
            if let Some(group) = &finding.group {
                prop_assert_eq!(in_group(group), wanted.clone());
            }
            for proposal in &finding.proposals {
                let gains: BTreeSet<String> = proposal.gains.iter().cloned().collect();
                prop_assert!(!gains.is_empty() && gains.is_disjoint(&wanted));
                prop_assert_eq!(in_group(&proposal.group), wanted.union(&gains).cloned().collect::<BTreeSet<_>>());
            }
            // and where a group fits it is found
            let fits = (0..5).any(|group| in_group(&format!("group {group}")) == wanted);
            prop_assert_eq!(finding.group.is_some(), fits && wanted.len() >= FEWEST);
        }
    }
}
