//! The most calls an observation may make: pairs + 7 × sets + pages. Computed from the company alone, not from what was
//! measured.

use std::collections::{BTreeMap, BTreeSet};

use sandbox::Company;

use crate::figure::count;
use crate::patterns::Holdings;

/// Rows on a page of Organizations.
const ORGANIZATIONS_PAGE: usize = 20;
/// Rows on a page of everything else.
const PAGE: usize = 100;

/// The terms of the formula.
pub(crate) struct Bound {
    pairs: u64,
    sets: u64,
    /// What "pages" is made of.
    pages: Vec<(&'static str, u64)>,
}

fn pages(rows: usize, size: usize) -> u64 {
    rows.div_ceil(size).max(1) as u64
}

impl Bound {
    /// The bound for this company as it is held.
    pub(crate) fn of(company: &Company, holdings: &Holdings) -> Self {
        let mut accounts_of: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, set) in holdings.pairs.keys() {
            *accounts_of.entry(set).or_default() += 1;
        }
        let provisioned = accounts_of.len() as u64;
        let further: u64 = accounts_of.values().map(|accounts| pages(*accounts, PAGE) - 1).sum();
        Self {
            pairs: holdings.pairs.len() as u64,
            sets: company.permission_sets.len() as u64,
            pages: vec![
                ("caller, organization, delegation, roots, instance", 5),
                ("lists of sets", pages(company.permission_sets.len(), PAGE)),
                ("OUs and accounts under each parent", organization(company)),
                ("tags of accounts", company.accounts.len() as u64),
                ("lists of users and groups", pages(company.people.len(), PAGE) + pages(company.groups.len(), PAGE)),
                ("members of each group", memberships(company)),
                ("outdated accounts of each provisioned set", provisioned),
                ("further pages of sets' accounts", further),
                ("further pages of pairs", holdings.continuations()),
            ],
        }
    }

    /// The most calls.
    pub(crate) fn calls(&self) -> u64 {
        self.pairs + 7 * self.sets + self.page_calls()
    }

    fn page_calls(&self) -> u64 {
        self.pages.iter().map(|(_, calls)| calls).sum()
    }

    /// `50,000 pairs + 7 × 300 sets + 5,432 pages`
    pub(crate) fn formula(&self) -> String {
        let (pairs, sets, pages) = (count(self.pairs), count(self.sets), count(self.page_calls()));
        format!("{pairs} pairs + 7 × {sets} sets + {pages} pages")
    }

    /// What "pages" is made of, a line each.
    pub(crate) fn terms(&self) -> String {
        let terms = self.pages.iter().filter(|(_, calls)| *calls > 0);
        terms.map(|(what, calls)| format!("  pages  {:>6}  {what}", count(*calls))).collect::<Vec<_>>().join("\n")
    }
}

/// Two listings for the root and each OU: its OUs, its accounts.
fn organization(company: &Company) -> u64 {
    let mut units: BTreeSet<String> = BTreeSet::from([String::new()]);
    let mut accounts_in: BTreeMap<&str, usize> = BTreeMap::new();
    for account in &company.accounts {
        let path = account.unit.trim_end_matches('/');
        *accounts_in.entry(path).or_default() += 1;
        let mut above = String::new();
        for name in path.split('/').filter(|name| !name.is_empty()) {
            above.push('/');
            above.push_str(name);
            units.insert(above.clone());
        }
    }
    let mut units_in: BTreeMap<&str, usize> = BTreeMap::new();
    for unit in units.iter().filter(|unit| !unit.is_empty()) {
        *units_in.entry(unit.rsplit_once('/').map_or("", |(parent, _)| parent)).or_default() += 1;
    }
    let of = |map: &BTreeMap<&str, usize>, unit: &str| map.get(unit).copied().unwrap_or(0);
    let listings = |unit: &String| {
        pages(of(&units_in, unit), ORGANIZATIONS_PAGE) + pages(of(&accounts_in, unit), ORGANIZATIONS_PAGE)
    };
    units.iter().map(listings).sum()
}

fn memberships(company: &Company) -> u64 {
    let mut members: BTreeMap<&str, usize> = company.groups.iter().map(|group| (group.name.as_str(), 0)).collect();
    for group in company.people.iter().flat_map(|person| &person.groups) {
        *members.entry(group).or_default() += 1;
    }
    members.values().map(|members| pages(*members, PAGE)).sum()
}
