//! What the grants come down to.

use std::collections::{BTreeSet, HashSet};

use super::{Assigned, Company, CompanyError};

impl Company {
    /// Every assignment the grants declare, by name, without doubles.
    pub fn assigned(&self) -> Result<BTreeSet<Assigned>, CompanyError> {
        let sets: HashSet<&str> = self.permission_sets.iter().map(|set| set.name.as_str()).collect();
        let groups = self.groups.iter().map(|group| format!("group:{}", group.name));
        let people = self.people.iter().map(|person| format!("user:{}", person.user_name));
        let principals: HashSet<String> = groups.chain(people).collect();
        let mut rows = BTreeSet::new();
        for grant in &self.grants {
            if let Some(set) = grant.permission_sets.iter().find(|set| !sets.contains(set.as_str())) {
                return Err(CompanyError::NoSet(set.clone()));
            }
            if let Some(principal) = grant.principals.iter().find(|name| !principals.contains(*name)) {
                return Err(CompanyError::NoPrincipal(principal.clone()));
            }
            for account in self.select(&grant.accounts, &grant.except)? {
                for set in &grant.permission_sets {
                    rows.extend(grant.principals.iter().map(|principal| Assigned {
                        account: account.name.clone(),
                        permission_set: set.clone(),
                        principal: principal.clone(),
                    }));
                }
            }
        }
        Ok(rows)
    }
}
