//! What the grants come down to.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{Assigned, Company, CompanyAccount, CompanyError, Grant};

impl Company {
    /// Every assignment the grants declare, by name, without doubles.
    pub fn assigned(&self) -> Result<BTreeSet<Assigned>, CompanyError> {
        let sets: HashSet<&str> = self.permission_sets.iter().map(|set| set.name.as_str()).collect();
        let groups = self.groups.iter().map(|group| format!("group:{}", group.name));
        let people = self.people.iter().map(|person| format!("user:{}", person.user_name));
        let principals: HashSet<String> = groups.chain(people).collect();
        let by_name = self.accounts.iter().map(|account| (account.name.as_str(), account)).collect();
        let mut rows = BTreeSet::new();
        for grant in &self.grants {
            if let Some(set) = grant.permission_sets.iter().find(|set| !sets.contains(set.as_str())) {
                return Err(CompanyError::NoSet(set.clone()));
            }
            if let Some(principal) = grant.principals.iter().find(|name| !principals.contains(*name)) {
                return Err(CompanyError::NoPrincipal(principal.clone()));
            }
            for account in self.places(grant, &by_name)? {
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

    /// The accounts of a grant; one that only names accounts needs no search.
    fn places<'a>(
        &'a self,
        grant: &Grant,
        by_name: &HashMap<&str, &'a CompanyAccount>,
    ) -> Result<Vec<&'a CompanyAccount>, CompanyError> {
        let named = grant.accounts.iter().map(|name| by_name.get(name.as_str()).copied()).collect::<Option<Vec<_>>>();
        match named {
            Some(accounts) if grant.except.is_empty() => {
                Ok(accounts.into_iter().filter(|account| !account.suspended).collect())
            }
            _ => self.select(&grant.accounts, &grant.except),
        }
    }
}
