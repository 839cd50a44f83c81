//! People at work: the catalog of a beginning, and the edits of each round.

use std::collections::{BTreeMap, BTreeSet};

use sandbox::{Company, Part};

use crate::organisation::OLD_SET;
use crate::scenario::{Scenario, chance};
use crate::wish::{Entry, Guards, INLINE, Ownership, Selector, SetWish, Wish, accounts};

const MANAGED: [&str; 5] =
    ["ReadOnlyAccess", "PowerUserAccess", "SecurityAudit", "AmazonECS_FullAccess", "job-function/ViewOnlyAccess"];

/// Draws catalogs and edits for one company.
pub(crate) struct Author<'a> {
    company: &'a Company,
    dice: fastrand::Rng,
}

impl<'a> Author<'a> {
    pub(crate) fn new(scenario: &Scenario, company: &'a Company, round: u32) -> Self {
        Self { company, dice: chance(scenario.seed, "author", u64::from(round)) }
    }

    /// The first catalog.
    pub(crate) fn first(&mut self, scenario: &Scenario) -> Wish {
        let member = self.company.accounts.iter().filter(|account| account.part == Part::Member);
        let names: Vec<String> = member.map(|account| account.name.clone()).collect();
        let ownership = match self.dice.u8(..100) {
            0..60 => Ownership::Exclusive,
            60..85 => Ownership::Additive,
            _ => self.dice.choice(names).map_or(Ownership::Exclusive, Ownership::Except),
        };
        let sets = (0..scenario.size.sets).map(|number| (format!("S{number}"), self.set())).collect();
        let mut wish = Wish {
            sets,
            entries: Vec::new(),
            ownership,
            guards: self.guards(),
            protected: (self.dice.u8(..100) < 30).then(|| "platform".to_owned()),
        };
        // old rights may be declared from the beginning
        if self.dice.u8(..100) < 40 {
            wish.sets.insert(OLD_SET.to_owned(), self.set());
        }
        for _ in 0..scenario.size.entries {
            let entry = self.entry(&wish);
            wish.entries.push(entry);
        }
        wish
    }

    fn guards(&mut self) -> Guards {
        match self.dice.u8(..100) {
            0..40 => Guards::WIDE,
            40..70 => Guards { withdrawals: self.dice.u64(0..4), ..Guards::WIDE },
            70..80 => Guards { per_account: self.dice.u64(0..3), ..Guards::WIDE },
            80..90 => Guards { per_principal: self.dice.u64(0..3), ..Guards::WIDE },
            _ => Guards { deletions: 0, ..Guards::WIDE },
        }
    }

    fn set(&mut self) -> SetWish {
        let dice = &mut self.dice;
        let managed = MANAGED.iter().filter(|_| dice.u8(..100) < 30).map(|name| (*name).to_owned()).collect();
        SetWish {
            description: format!("text {}", dice.u8(..)),
            hours: dice.u8(1..=12),
            relay_state: dice.bool().then(|| "https://console.aws.amazon.com/s3/".to_owned()),
            managed,
            customer: dice.u8(..100) < 20,
            inline: dice.bool().then(|| dice.usize(..INLINE.len())),
            boundary: (dice.u8(..100) < 20).then(|| "PowerUserAccess".to_owned()),
            tags: (0..dice.usize(..3)).map(|at| (format!("key{at}"), format!("value {}", dice.u8(..)))).collect(),
        }
    }

    fn entry(&mut self, wish: &Wish) -> Entry {
        loop {
            let entry = Entry {
                principals: self.principals(),
                sets: self.some_sets(wish),
                accounts: vec![self.selector()],
                except: if self.dice.u8(..100) < 20 { vec![self.selector()] } else { Vec::new() },
            };
            // a selector that fits nothing is a mistake, and mistakes are for other tests
            if accounts(&entry, self.company).next().is_some() && self.meaningful(&entry.except) {
                return entry;
            }
        }
    }

    fn meaningful(&self, selectors: &[Selector]) -> bool {
        selectors.iter().all(|selector| self.company.accounts.iter().any(|account| selector.fits(account)))
    }

    fn principals(&mut self) -> BTreeSet<String> {
        let mut chosen = BTreeSet::new();
        for _ in 0..self.dice.usize(1..=2) {
            let group = self.dice.u8(..100) < 60;
            if group && let Some(group) = self.dice.choice(&self.company.groups) {
                chosen.insert(format!("group:{}", group.name));
            } else if let Some(person) = self.dice.choice(&self.company.people) {
                chosen.insert(format!("user:{}", person.user_name));
            }
        }
        chosen
    }

    fn some_sets(&mut self, wish: &Wish) -> BTreeSet<String> {
        let count = self.dice.usize(1..=2);
        (0..count).filter_map(|_| self.dice.choice(wish.sets.keys()).cloned()).collect()
    }

    fn selector(&mut self) -> Selector {
        let members = self.company.accounts.iter().filter(|account| account.part == Part::Member);
        // the management account now and then: what touches it needs its own executor
        let any = self.company.accounts.iter().filter(|_| self.dice.u8(..100) < 3).chain(members);
        let any: Vec<_> = any.collect();
        let Some(account) = self.dice.choice(any) else { return Selector::Suffix("-prod".to_owned()) };
        match self.dice.u8(..10) {
            0..5 => Selector::Name(account.name.clone()),
            5..7 if account.unit != "/" => Selector::Unit(account.unit.clone()),
            7 => Selector::Suffix("-prod".to_owned()),
            8 => Selector::Unit("/service".to_owned()),
            _ => Selector::Tag("dev".to_owned()),
        }
    }

    /// One to three edits; what they are, in words.
    pub(crate) fn edit(&mut self, wish: &mut Wish) -> Vec<String> {
        let count = self.dice.usize(1..=3);
        (0..count).map(|_| self.edit_once(wish)).collect()
    }

    fn edit_once(&mut self, wish: &mut Wish) -> String {
        let entries = wish.entries.len();
        let at = if entries == 0 { 0 } else { self.dice.usize(..entries) };
        match self.dice.u8(..10) {
            0..2 if entries > 0 => {
                let entry = wish.entries.remove(at);
                format!("entry removed: {entry:?}")
            }
            2 | 3 => {
                let entry = self.entry(wish);
                let told = format!("entry added: {entry:?}");
                wish.entries.push(entry);
                told
            }
            4 if entries > 0 => self.regroup(wish, at),
            5 if entries > 0 => {
                let selector = self.selector();
                let Some(entry) = wish.entries.get_mut(at) else { return "nothing".to_owned() };
                let before = std::mem::replace(&mut entry.accounts, vec![selector]);
                if accounts(entry, self.company).next().is_none() {
                    entry.accounts = before;
                }
                format!("entry {at} is for {:?} now", entry.accounts)
            }
            6 if wish.sets.len() > 1 => self.drop_set(wish),
            7 => {
                let (name, set) = (format!("N{}", self.dice.u8(..)), self.set());
                let told = format!("set {name} added");
                wish.sets.insert(name, set);
                told
            }
            _ => {
                let name = self.dice.choice(wish.sets.keys()).cloned().unwrap_or_default();
                let set = self.set();
                let told = format!("set {name} changed: {set:?}");
                wish.sets.insert(name, set);
                told
            }
        }
    }

    /// What a person holds comes through a group from now on, or the other way round.
    fn regroup(&mut self, wish: &mut Wish, at: usize) -> String {
        let memberships: Vec<(String, String)> = self
            .company
            .people
            .iter()
            .flat_map(|person| person.groups.iter().map(|group| (person.user_name.clone(), group.clone())))
            .collect();
        let (Some(entry), Some((person, group))) = (wish.entries.get_mut(at), self.dice.choice(memberships)) else {
            return "nothing".to_owned();
        };
        let (person, group) = (format!("user:{person}"), format!("group:{group}"));
        let to = if entry.principals.contains(&person) { group } else { person };
        entry.principals = BTreeSet::from([to.clone()]);
        format!("entry {at} is for {to} now")
    }

    fn drop_set(&mut self, wish: &mut Wish) -> String {
        let name = self.dice.choice(wish.sets.keys()).cloned().unwrap_or_default();
        wish.sets.remove(&name);
        for entry in &mut wish.entries {
            entry.sets.remove(&name);
        }
        wish.entries.retain(|entry| !entry.sets.is_empty());
        format!("set {name} removed")
    }
}

/// Counts of a wish, for the history.
pub(crate) fn describe(wish: &Wish) -> String {
    let sets: BTreeMap<&String, ()> = wish.sets.keys().map(|name| (name, ())).collect();
    format!("{} sets, {} entries, {:?}, {:?}", sets.len(), wish.entries.len(), wish.ownership, wish.guards)
}
