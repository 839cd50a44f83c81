//! Entries → rows and footprints.

use std::collections::{BTreeMap, BTreeSet};

use model::declared::{Bindings, Extent, Footprint, Unresolved};
use model::{
    AccountId, AssignmentKey, AssignmentTable, Declared, DeclaredPermissionSet, ManagedPolicyArn, Observed,
    PermissionSetName, PermissionsBoundary, PrincipalId, Source,
};

use super::accounts::Accounts;
use super::bindings::Memory;
use super::principals::Principals;
use super::sets::Sets;
use super::{Frozen, Reason, Trouble};
use crate::catalog::{Catalog, CatalogSet, Entry, Member};
use crate::diagnostic::{Diagnostic, Place, Severity, count, thousands};
use crate::selector::AccountSelector;

/// Most rows a catalog may declare: ten times what Sekisho is built for.
const MAX_ROWS: usize = 20_000_000;

pub(super) struct Resolver<'a> {
    catalog: &'a Catalog,
    observed: &'a Observed,
    memory: Memory<'a>,
    sets: Sets<'a>,
    accounts: Accounts<'a>,
    principals: Principals<'a>,
    rows: Vec<AssignmentKey>,
    /// First row and place of each entry that has rows.
    starts: Vec<(u32, Source)>,
    unresolved: Vec<Unresolved>,
    diagnostics: Vec<Diagnostic>,
    full: bool,
    /// Warnings about selections that were given already.
    told: BTreeSet<String>,
    told_management: bool,
}

/// One dimension of an entry.
#[derive(Default)]
struct Dimension {
    /// What is declared, and whether only rows that are already in AWS count.
    members: BTreeMap<u32, bool>,
    /// All that may be meant: members and frozen ones.
    scope: BTreeSet<u32>,
    /// Frozen members with why, and where it stands.
    frozen: Vec<(Frozen, Place)>,
    /// What could not be looked up, and where it stands.
    trouble: Vec<(Trouble, Place)>,
}

impl Dimension {
    fn freeze(&mut self, frozen: Frozen, place: &Place) {
        self.scope.extend(&frozen.members);
        self.frozen.push((frozen, place.clone()));
    }

    fn add(&mut self, member: u32, only_present: bool) {
        self.scope.insert(member);
        self.members.insert(member, only_present);
    }

    fn unreadable<T>(&mut self, member: &Member<T>) {
        let help = Some("mend it; what it may grant stays as it is".to_owned());
        let trouble = Trouble { message: "this entry has an error".to_owned(), help, mistake: None };
        self.trouble.push((trouble, member.place.clone()));
    }

    fn extent<T: Ord + Clone>(&self, name: impl Fn(u32) -> Option<T>) -> Extent<T> {
        if self.trouble.is_empty() {
            Extent::Only(self.scope.iter().filter_map(|at| name(*at)).collect())
        } else {
            Extent::All
        }
    }
}

impl<'a> Resolver<'a> {
    pub(super) fn new(
        catalog: &'a Catalog,
        observed: &'a Observed,
        previous: &'a Bindings,
        confirmed: &'a BTreeSet<String>,
    ) -> Self {
        let mut memory = Memory::new(previous, confirmed, catalog.is_broken());
        let accounts = Accounts::new(observed, &mut memory);
        let principals = Principals::new(observed, &memory);
        Self {
            catalog,
            observed,
            sets: Sets::new(catalog, observed),
            accounts,
            principals,
            memory,
            rows: Vec::new(),
            starts: Vec::new(),
            unresolved: Vec::new(),
            diagnostics: Vec::new(),
            full: false,
            told: BTreeSet::new(),
            told_management: false,
        }
    }

    pub(super) fn entry(&mut self, entry: &Entry) {
        let principals = self.principals(entry);
        let sets = self.sets(entry);
        let accounts = self.accounts(entry);
        self.freeze(entry, &principals, &sets, &accounts);
        self.declare(entry, &principals, &sets, &accounts);
    }

    fn principals(&mut self, entry: &Entry) -> Dimension {
        let mut dimension = Dimension::default();
        for member in &entry.principals {
            let Some(selector) = &member.value else {
                dimension.unreadable(member);
                continue;
            };
            let found = self.principals.resolve(selector, &member.place, &mut self.memory, &mut self.diagnostics);
            if let Some(at) = found.member {
                dimension.add(at, found.deleted);
            }
            if let Some(frozen) = found.frozen {
                dimension.freeze(frozen, &member.place);
            }
            dimension.trouble.extend(found.trouble.map(|trouble| (trouble, member.place.clone())));
        }
        // One name that is given to another freezes both ids, also where another name of the entry means one of them.
        for (frozen, _) in &dimension.frozen {
            for at in &frozen.members {
                dimension.members.remove(at);
            }
        }
        dimension
    }

    fn sets(&mut self, entry: &Entry) -> Dimension {
        let mut dimension = Dimension::default();
        for member in &entry.permission_sets {
            let Some(name) = &member.value else {
                dimension.unreadable(member);
                continue;
            };
            let found = self.sets.resolve(name, &member.place, &mut self.diagnostics);
            if let Some(at) = found.member {
                dimension.add(at, false);
            }
            if let Some(frozen) = found.frozen {
                dimension.freeze(frozen, &member.place);
            }
            dimension.trouble.extend(found.trouble.map(|trouble| (trouble, member.place.clone())));
        }
        dimension
    }

    fn accounts(&mut self, entry: &Entry) -> Dimension {
        let mut dimension = Dimension::default();
        self.account_members(&mut dimension, &entry.accounts, false);
        let mut excluded = Dimension::default();
        self.account_members(&mut excluded, &entry.except, true);
        // What one selector lost and another still selects has lost nothing.
        let selected: BTreeSet<u32> = dimension.members.keys().copied().collect();
        self.narrow(&mut dimension, |at| !selected.contains(&at));
        // What `except` gained or lost matters where the entry grants something.
        let granted = dimension.scope.clone();
        self.narrow(&mut excluded, |at| granted.contains(&at));
        for at in excluded.members.keys() {
            dimension.members.remove(at);
        }
        for (frozen, place) in excluded.frozen {
            dimension.freeze(frozen, &place);
        }
        let frozen: Vec<u32> = dimension.frozen.iter().flat_map(|(frozen, _)| frozen.members.iter().copied()).collect();
        for at in &frozen {
            dimension.members.remove(at);
        }
        if !selected.is_empty() && dimension.members.is_empty() && frozen.is_empty() && excluded.trouble.is_empty() {
            let message = "`except` leaves no account of this entry";
            let problem = Diagnostic::new(Severity::Warning, "nothing-left", &entry.place, message);
            self.diagnostics.push(problem.label("grants nothing").help("delete the entry, or narrow `except`"));
        }
        dimension.trouble.extend(excluded.trouble);
        self.note_management(entry, &dimension);
        dimension
    }

    /// The management account among others may not be meant: only an executor there can assign in it. Said once.
    fn note_management(&mut self, entry: &Entry, dimension: &Dimension) {
        let rule = |selector: &AccountSelector| !matches!(selector, AccountSelector::Id(_) | AccountSelector::Name(_));
        let found = dimension.members.keys().find_map(|at| {
            let account = self.accounts.table.facts(*at)?;
            (self.observed.is_management(&account.id) == Some(true)).then_some((*at, account.clone()))
        });
        let Some((at, account)) = found.filter(|_| !self.told_management) else { return };
        for member in &entry.accounts {
            let Some(selector) = member.value.as_ref().filter(|selector| rule(selector)) else { continue };
            // Looked up already: what there is to say was said then.
            let selected = self.accounts.resolve(selector, false, &member.place, &mut self.memory, &mut Vec::new());
            if selected.accounts.contains(&at) {
                self.told_management = true;
                let message =
                    format!("`{selector}` selects the management account `{}` ({}) too", account.name, account.id);
                let problem = Diagnostic::new(Severity::Note, "management-account", &member.place, message);
                self.diagnostics.push(problem.help(format!(
                    "only an executor in the management account can assign there; leave it out with except: [\"{}\"]",
                    account.id
                )));
                return;
            }
        }
    }

    /// Keeps of the frozen selections what `matters`, and warns of it.
    fn narrow(&mut self, dimension: &mut Dimension, matters: impl Fn(u32) -> bool) {
        let all = std::mem::take(&mut dimension.frozen);
        dimension.scope = dimension.members.keys().copied().collect();
        for (mut frozen, place) in all {
            if let Reason::Selection { code, label } = frozen.reason {
                frozen.members.retain(|at| matters(*at));
                if !frozen.members.is_empty() && self.told.insert(frozen.message.clone()) {
                    let problem = Diagnostic::new(Severity::Warning, code, &place, frozen.message.clone());
                    self.diagnostics.push(problem.label(label).help(frozen.help.clone()));
                }
            }
            if !frozen.members.is_empty() {
                dimension.freeze(frozen, &place);
            }
        }
    }

    fn account_members(&mut self, dimension: &mut Dimension, members: &[Member<AccountSelector>], except: bool) {
        for member in members {
            let Some(selector) = &member.value else {
                dimension.unreadable(member);
                continue;
            };
            let found = self.accounts.resolve(selector, except, &member.place, &mut self.memory, &mut self.diagnostics);
            for at in found.accounts {
                // Where AWS assigns nothing any more, what is there may stay.
                let open = self.accounts.table.facts(at).is_some_and(|account| account.state.is_active());
                dimension.add(at, !open);
            }
            for frozen in found.frozen {
                dimension.freeze(frozen, &member.place);
            }
            dimension.trouble.extend(found.trouble.map(|trouble| (trouble, member.place.clone())));
        }
    }

    /// Writes down what of the entry stays as it is: one footprint for what could not be looked up, wide where it may mean
    /// anything, and one for each other reason, narrow in the dimension it is about.
    fn freeze(&mut self, entry: &Entry, principals: &Dimension, sets: &Dimension, accounts: &Dimension) {
        let whole = Footprint {
            sets: sets.extent(|at| self.sets.name(at).cloned()),
            accounts: accounts.extent(|at| self.accounts.table.id(at).cloned()),
            principals: principals.extent(|at| self.principals.id(at).cloned()),
        };
        let mut troubles = principals.trouble.iter().chain(&sets.trouble).chain(&accounts.trouble);
        if let Some((trouble, place)) = troubles.next() {
            let message = match troubles.count() {
                0 => trouble.message.clone(),
                more => format!("{} (and {more} more of this entry)", trouble.message),
            };
            let source = if place.line == 0 { entry.place.source() } else { place.source() };
            let footprint = whole.clone();
            self.unresolved.push(Unresolved { source, message, help: trouble.help.clone(), footprint });
        }
        let mut push = |(frozen, place): &(Frozen, Place), footprint: Footprint| {
            let (message, help) = (frozen.message.clone(), Some(frozen.help.clone()));
            self.unresolved.push(Unresolved { source: place.source(), message, help, footprint });
        };
        for frozen in &principals.frozen {
            let only = frozen.0.members.iter().filter_map(|at| self.principals.id(*at).cloned()).collect();
            push(frozen, Footprint { principals: Extent::Only(only), ..whole.clone() });
        }
        for frozen in &sets.frozen {
            let only = frozen.0.members.iter().filter_map(|at| self.sets.name(*at).cloned()).collect();
            push(frozen, Footprint { sets: Extent::Only(only), ..whole.clone() });
        }
        for frozen in &accounts.frozen {
            let only = frozen.0.members.iter().filter_map(|at| self.accounts.table.id(*at).cloned()).collect();
            push(frozen, Footprint { accounts: Extent::Only(only), ..whole.clone() });
        }
    }

    fn declare(&mut self, entry: &Entry, principals: &Dimension, sets: &Dimension, accounts: &Dimension) {
        let wanted = principals.members.len().saturating_mul(sets.members.len()).saturating_mul(accounts.members.len());
        if self.full || wanted == 0 {
            return;
        }
        if self.rows.len().saturating_add(wanted) > MAX_ROWS {
            self.full = true;
            return self.too_many(entry);
        }
        self.starts.push((u32::try_from(self.rows.len()).unwrap_or(u32::MAX), entry.place.source()));
        self.rows.reserve(wanted);
        let mut refused = 0_usize;
        for set in sets.members.keys() {
            for (account, account_closed) in &accounts.members {
                for (principal, deleted) in &principals.members {
                    if (*account_closed || *deleted) && !self.is_observed(*set, *account, *principal) {
                        refused += usize::from(*deleted && !*account_closed);
                        continue;
                    }
                    self.rows.push(AssignmentKey { set: *set, account: *account, principal: *principal });
                }
            }
        }
        if refused > 0 {
            let message = format!("{} of deleted principals cannot be made", count(refused, "assignment"));
            let problem = Diagnostic::new(Severity::Warning, "deleted-principal", &entry.place, message);
            self.diagnostics.push(problem.label("in this entry").help("delete the `user-id:` or `group-id:` here"));
        }
    }

    fn is_observed(&self, set: u32, account: u32, principal: u32) -> bool {
        let names = (self.sets.name(set), self.accounts.table.id(account), self.principals.id(principal));
        let (Some(set), Some(account), Some(principal)) = names else { return false };
        self.observed.assignments.find(set, account, principal).is_some()
    }

    fn too_many(&mut self, entry: &Entry) {
        let message = format!("the catalog declares more than {} assignments", thousands(MAX_ROWS));
        let help =
            "is there an `ou:/**` too many? From here on nothing is read, and everything stays as it is".to_owned();
        let problem = Diagnostic::new(Severity::Error, "too-many-assignments", &entry.place, message.clone());
        self.diagnostics.push(problem.label("one too many").help(help.clone()));
        let footprint = Footprint { sets: Extent::All, accounts: Extent::All, principals: Extent::All };
        self.unresolved.push(Unresolved { source: entry.place.source(), message, help: Some(help), footprint });
    }

    pub(super) fn finish(self) -> (Declared, Vec<Diagnostic>) {
        let partition = &self.observed.instance.partition;
        let permission_sets: BTreeMap<PermissionSetName, DeclaredPermissionSet> =
            self.catalog.sets.iter().map(|(name, set)| (name.clone(), in_partition(set, partition))).collect();
        let frozen_sets = self.frozen_sets();
        let tables = Tables {
            sets: self.sets.names,
            accounts: self.accounts.table.into_ids(),
            principals: self.principals.ids,
            rows: self.rows,
        };
        let tables = tables.used();
        let (table, positions) = AssignmentTable::build(tables.sets, tables.accounts, tables.principals, &tables.rows);
        let starts: Vec<u32> = self.starts.iter().map(|(start, _)| *start).collect();
        let entry_of = |position: &u32| {
            let after = starts.partition_point(|start| start <= position);
            u32::try_from(after.saturating_sub(1)).unwrap_or_default()
        };
        let assignment_sources = positions.iter().map(entry_of).collect();
        let declared = Declared {
            version: self.catalog.version.clone(),
            permission_sets,
            frozen_sets,
            sources: self.starts.into_iter().map(|(_, source)| source).collect(),
            assignments: table,
            assignment_sources,
            unresolved: self.unresolved,
            bindings: self.memory.into_bindings(),
        };
        (declared, self.diagnostics)
    }

    /// Sets whose declaration has errors; where a file does not even say which set it is, all that nobody else declares.
    fn frozen_sets(&self) -> BTreeMap<PermissionSetName, String> {
        let mut frozen: BTreeMap<PermissionSetName, String> = BTreeMap::new();
        if let Some(file) = self.catalog.nameless_sets.first() {
            for name in self.observed.permission_sets.keys().filter(|name| !self.catalog.sets.contains_key(*name)) {
                frozen.insert(name.clone(), format!("{} could not be read, and may declare it", file.file));
            }
        }
        for (name, place) in &self.catalog.broken_sets {
            frozen.insert(name.clone(), format!("its declaration has errors ({}:{})", place.file, place.line));
        }
        frozen
    }
}

/// Three tables and rows that index into them.
struct Tables {
    sets: Vec<PermissionSetName>,
    accounts: Vec<AccountId>,
    principals: Vec<PrincipalId>,
    rows: Vec<AssignmentKey>,
}

impl Tables {
    /// Leaves out of the tables what no row names.
    fn used(self) -> Self {
        let Self { sets, accounts, principals, mut rows } = self;
        let (sets, set_at) = compact(sets, rows.iter().map(|row| row.set));
        let (accounts, account_at) = compact(accounts, rows.iter().map(|row| row.account));
        let (principals, principal_at) = compact(principals, rows.iter().map(|row| row.principal));
        let new = |table: &[u32], at: u32| table.get(at as usize).copied().unwrap_or(u32::MAX);
        for row in &mut rows {
            row.set = new(&set_at, row.set);
            row.account = new(&account_at, row.account);
            row.principal = new(&principal_at, row.principal);
        }
        Self { sets, accounts, principals, rows }
    }
}

fn compact<T>(table: Vec<T>, named: impl Iterator<Item = u32>) -> (Vec<T>, Vec<u32>) {
    let mut new = vec![u32::MAX; table.len()];
    for at in named {
        if let Some(slot) = new.get_mut(at as usize) {
            *slot = 0;
        }
    }
    let mut kept = Vec::new();
    for (value, slot) in table.into_iter().zip(&mut new) {
        if *slot == 0 {
            *slot = u32::try_from(kept.len()).unwrap_or(u32::MAX);
            kept.push(value);
        }
    }
    (kept, new)
}

/// Short names of managed policies mean those of the instance's own partition.
fn in_partition(set: &CatalogSet, partition: &str) -> DeclaredPermissionSet {
    let mut declared = set.set.clone();
    if partition == "aws" || set.short_named.is_empty() {
        return declared;
    }
    let moved = |arn: &ManagedPolicyArn| {
        let own = set.short_named.contains(arn).then(|| arn.as_str().strip_prefix("arn:aws:")).flatten();
        own.and_then(|rest| ManagedPolicyArn::new(format!("arn:{partition}:{rest}")).ok())
            .unwrap_or_else(|| arn.clone())
    };
    declared.managed_policies = declared.managed_policies.iter().map(moved).collect();
    if let Some(PermissionsBoundary::Managed(arn)) = &declared.permissions_boundary {
        declared.permissions_boundary = Some(PermissionsBoundary::Managed(moved(arn)));
    }
    declared
}
