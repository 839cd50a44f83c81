//! Companies to measure, with a chosen density: how many principals are assigned in each provisioned pair.

use std::collections::BTreeSet;

use sandbox::{Company, Grant};

/// How large a company is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) accounts: usize,
    pub(crate) sets: usize,
    pub(crate) groups: usize,
    pub(crate) people: usize,
    /// Provisioned pairs: a permission set present in an account.
    pub(crate) pairs: usize,
    /// Principals assigned in each pair.
    pub(crate) density: usize,
}

impl Shape {
    /// The company. Pairs are spread evenly over all accounts but the management account; fifteen of sixteen principals
    /// are groups.
    pub(crate) fn company(&self, seed: u64) -> Company {
        let mut company = Company::synthetic(self.accounts, self.sets, self.groups, self.people, 0, seed);
        let mut random = fastrand::Rng::with_seed(seed);
        let members: Vec<String> = company.accounts.iter().skip(1).map(|account| account.name.clone()).collect();
        let starts: Vec<usize> = members.iter().map(|_| random.usize(0..self.sets)).collect();
        company.grants = (0..self.pairs)
            .filter_map(|pair| {
                let account = pair % members.len();
                let set = (starts.get(account)? + pair / members.len()) % self.sets;
                Some(Grant {
                    principals: principals(&company, self.density, &mut random),
                    permission_sets: vec![company.permission_sets.get(set)?.name.clone()],
                    accounts: vec![members.get(account)?.clone()],
                    except: Vec::new(),
                })
            })
            .collect();
        company
    }
}

fn principals(company: &Company, count: usize, random: &mut fastrand::Rng) -> Vec<String> {
    let mut chosen = BTreeSet::new();
    let most = count.min(company.groups.len());
    while chosen.len() < most {
        let text = if random.u8(..) < 240 {
            random.choice(&company.groups).map(|group| format!("group:{}", group.name))
        } else {
            random.choice(&company.people).map(|person| format!("user:{}", person.user_name))
        };
        chosen.extend(text);
    }
    chosen.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::Shape;

    #[test]
    fn a_company_has_the_pairs_and_the_density_it_was_asked_for() {
        let shape = Shape { accounts: 20, sets: 10, groups: 30, people: 40, pairs: 100, density: 3 };
        let rows = shape.company(7).assigned().unwrap();
        assert_eq!(rows.len(), shape.pairs * shape.density);
        let pairs: std::collections::BTreeSet<_> = rows.iter().map(|row| (&row.account, &row.permission_set)).collect();
        assert_eq!(pairs.len(), shape.pairs);
    }
}
