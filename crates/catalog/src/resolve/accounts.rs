//! Account selectors → accounts.

use std::collections::{BTreeSet, HashMap};

use model::{Account, AccountId, Observed};
use policy::{did_you_mean, nearest};

use super::account_table::AccountTable;
use super::bindings::Memory;
use super::{Frozen, Reason, Trouble, confirm_help};
use crate::diagnostic::{Diagnostic, Place, Severity, some_of};
use crate::selector::AccountSelector;

/// What an account selector means.
#[derive(Debug, Clone, Default)]
pub(super) struct Selected {
    /// Sorted.
    pub(super) accounts: Vec<u32>,
    /// Accounts left as they are, with why.
    pub(super) frozen: Vec<Frozen>,
    pub(super) trouble: Option<Trouble>,
    /// A mistake to show although what it froze is known.
    mistake: Option<Trouble>,
}

const CODE: &str = "unknown-account";
const NOT_THERE: &str = "not in the organization";

/// Accounts by selector, each selector looked up once.
pub(super) struct Accounts<'a> {
    pub(super) table: AccountTable<'a>,
    /// Why the organization cannot be relied on.
    unknown: Option<String>,
    cache: HashMap<(AccountSelector, bool), Selected>,
    told_unknown: bool,
    assigned: BTreeSet<&'a AccountId>,
}

impl<'a> Accounts<'a> {
    pub(super) fn new(observed: &'a Observed, memory: &mut Memory<'_>) -> Self {
        let unknown = match observed.organization.value() {
            None => observed.organization.reason().map(str::to_owned),
            Some(organization) => {
                let had = memory.had_any(&["account:", "name:", "ou:", "ou-id:", "tag:", "accounts"]);
                (organization.accounts.is_empty() && had && !memory.is_confirmed("accounts")).then(|| {
                    "Organizations lists no accounts at all, and it had some; if that is right: sekisho apply --confirm accounts"
                        .to_owned()
                })
            }
        };
        let table = AccountTable::new(observed);
        if unknown.is_some() {
            memory.keep_all_accounts();
        } else {
            memory.bind_all_accounts(table.present().map(|(_, account)| account.id.to_string()).collect());
        }
        let assigned = observed.assignments.accounts().iter().collect();
        Self { table, unknown, cache: HashMap::new(), told_unknown: false, assigned }
    }

    /// What the selector means under `accounts`, or under `except`. Reference errors are told at every place, all else once.
    pub(super) fn resolve(
        &mut self,
        selector: &AccountSelector,
        except: bool,
        place: &Place,
        memory: &mut Memory<'_>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Selected {
        let key = (selector.clone(), except);
        let cached = self.cache.get(&key).cloned();
        let found = match cached {
            Some(found) => found,
            None => {
                let found = match self.unknown.clone() {
                    Some(reason) => self.unknown(selector, except, &reason, place, memory, diagnostics),
                    None => self.look_up(selector, except, place, memory, diagnostics),
                };
                self.cache.insert(key, found.clone());
                found
            }
        };
        let mistake = found.mistake.as_ref().or(found.trouble.as_ref());
        diagnostics.extend(mistake.and_then(|trouble| trouble.error(place)));
        found
    }

    fn unknown(
        &mut self,
        selector: &AccountSelector,
        except: bool,
        reason: &str,
        place: &Place,
        memory: &mut Memory<'_>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Selected {
        memory.keep(&binding_key(selector, except));
        let message = format!("the accounts could not be read: {reason}");
        if !self.told_unknown {
            self.told_unknown = true;
            let problem = Diagnostic::new(Severity::Warning, "unknown-reading", place, message.clone());
            diagnostics.push(
                problem
                    .label("the first of the accounts that are named")
                    .help("all assignments stay as they are until they can be read"),
            );
        }
        match selector {
            AccountSelector::Id(id) => {
                let members = vec![self.table.intern(id)];
                let help = "run again when they can be read".to_owned();
                let frozen = Frozen { members, message, help, reason: Reason::Told };
                Selected { frozen: vec![frozen], ..Selected::default() }
            }
            _ => Selected { trouble: Some(Trouble::unknown(message)), ..Selected::default() },
        }
    }

    fn look_up(
        &mut self,
        selector: &AccountSelector,
        except: bool,
        place: &Place,
        memory: &mut Memory<'_>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Selected {
        match selector {
            AccountSelector::Id(id) => self.by_id(id, except, place, diagnostics),
            AccountSelector::Name(name) => self.by_name(selector, name, except, place, memory, diagnostics),
            _ => self.by_rule(selector, except, place, memory, diagnostics),
        }
    }

    fn by_id(&mut self, id: &AccountId, except: bool, place: &Place, diagnostics: &mut Vec<Diagnostic>) -> Selected {
        let at = self.table.intern(id);
        match self.table.facts(at) {
            Some(account) => {
                self.warn_inactive(account, except, place, diagnostics);
                Selected { accounts: vec![at], ..Selected::default() }
            }
            None if self.assigned.contains(id) || except => {
                if !except {
                    let message = format!("the account `{id}` is not in the organization any more");
                    let problem = Diagnostic::new(Severity::Warning, "departed-account", place, message);
                    diagnostics.push(
                        problem.label("gone").help(
                            "what is assigned there stays as it is, nothing is added; delete it here to clean up",
                        ),
                    );
                }
                Selected { accounts: vec![at], ..Selected::default() }
            }
            None => {
                let ids: Vec<&str> = self.table.present().map(|(_, account)| account.id.as_str()).collect();
                let help = did_you_mean(&nearest(id.as_str(), ids, 2)).unwrap_or_else(|| {
                    "check the id in Organizations; was the account moved to another organization?".to_owned()
                });
                let trouble = Trouble::mistake(CODE, NOT_THERE, format!("no account with the id `{id}`"), help);
                Selected { trouble: Some(trouble), ..Selected::default() }
            }
        }
    }

    fn warn_inactive(&self, account: &Account, except: bool, place: &Place, diagnostics: &mut Vec<Diagnostic>) {
        if account.state.is_active() || except {
            return;
        }
        let message = format!("the account `{}` ({}) is {}", account.name, account.id, account.state.as_str());
        let problem = Diagnostic::new(Severity::Warning, "inactive-account", place, message);
        diagnostics.push(problem.label("AWS assigns nothing there").help(
            "what is assigned there stays as it is, nothing is added; delete it here, or re-activate the account",
        ));
    }

    fn by_name(
        &mut self,
        selector: &AccountSelector,
        name: &str,
        except: bool,
        place: &Place,
        memory: &mut Memory<'_>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Selected {
        let key = binding_key(selector, except);
        let all = self.table.named(name);
        // A closed account keeps its name for months; it does not stand in the way of the one that replaced it.
        let active: Vec<u32> = all
            .iter()
            .copied()
            .filter(|at| self.table.facts(*at).is_some_and(|account| account.state.is_active()))
            .collect();
        let found = match (active.as_slice(), all) {
            ([at], _) | ([], [at]) => *at,
            ([], []) => {
                memory.keep(&key);
                return Selected { trouble: Some(self.no_such_name(name)), ..Selected::default() };
            }
            _ => {
                memory.keep(&key);
                let ids: Vec<String> =
                    all.iter().take(5).filter_map(|at| self.table.id(*at)).map(|id| format!("\"{id}\"")).collect();
                let help = format!("write the id of the one you mean: {}", ids.join(" or "));
                let trouble =
                    Trouble::mistake(CODE, "which one?", format!("several accounts are named `{name}`"), help);
                return Selected { trouble: Some(trouble), ..Selected::default() };
            }
        };
        if let Some(account) = self.table.facts(found) {
            self.warn_inactive(account, except, place, diagnostics);
        }
        let now: BTreeSet<String> = self.table.id(found).map(ToString::to_string).into_iter().collect();
        let before = memory.before(&key).filter(|before| !before.is_empty() && **before != now);
        let Some(before) = before.filter(|_| !confirmed(memory, &key, selector)) else {
            memory.bind(&key, now);
            return Selected { accounts: vec![found], ..Selected::default() };
        };
        memory.keep(&key);
        let old = before.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let new = now.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let message = format!("the name `{name}` now is another account: before {old}, now {new}");
        let help = confirm_help(&key);
        let problem = Diagnostic::new(Severity::Warning, "rebound", place, message.clone());
        diagnostics.push(problem.label("the name was given to another").help(help.clone()));
        let mut members: Vec<u32> =
            before.iter().filter_map(|id| AccountId::new(id).ok()).map(|id| self.table.intern(&id)).collect();
        members.push(found);
        Selected { frozen: vec![Frozen { members, message, help, reason: Reason::Told }], ..Selected::default() }
    }

    fn no_such_name(&self, name: &str) -> Trouble {
        let near = nearest(name, self.table.names(), 3);
        let help = did_you_mean(&near)
            .unwrap_or_else(|| "check the name in Organizations; was the account renamed?".to_owned());
        Trouble::mistake(CODE, NOT_THERE, format!("no account named `{name}`"), help)
    }

    fn by_rule(
        &mut self,
        selector: &AccountSelector,
        except: bool,
        place: &Place,
        memory: &mut Memory<'_>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Selected {
        let mut selected = Selected::default();
        let mut undecided = Vec::new();
        for (at, account) in self.table.present() {
            match self.fits(selector, account) {
                Some(true) => selected.accounts.push(at),
                Some(false) => {}
                None => undecided.push(at),
            }
        }
        if !except {
            self.note_special(selector, &selected.accounts, place, diagnostics);
        }
        self.compare(selector, except, &mut selected, &undecided, memory);
        if selected.accounts.is_empty() && undecided.is_empty() {
            self.matches_nothing(selector, except, &mut selected, place, memory, diagnostics);
        }
        if !undecided.is_empty() {
            let names: Vec<String> = undecided.iter().map(|at| self.table.label(*at)).collect();
            let names = some_of(names.iter().map(String::as_str), 3);
            let message = format!("whether `{selector}` selects {names} is not known");
            let reason = undecided.iter().find_map(|at| self.table.facts(*at)?.tags.reason());
            let help = match reason {
                Some(reason) => format!("their tags could not be read: {reason}; what they have stays as it is"),
                None => "their place in the organization could not be read; what they have stays as it is".to_owned(),
            };
            let reason = Reason::Selection { code: "unknown-reading", label: "cannot be told for all accounts" };
            selected.frozen.push(Frozen { members: undecided, message, help, reason });
        }
        selected
    }

    fn fits(&self, selector: &AccountSelector, account: &Account) -> Option<bool> {
        match selector {
            AccountSelector::Id(id) => Some(account.id == *id),
            AccountSelector::Name(name) => Some(account.name == *name),
            AccountSelector::NamePattern(pattern) => Some(pattern.matches(&account.name)),
            AccountSelector::Unit { path, recursive } => self.table.units.in_path(account, path, *recursive),
            AccountSelector::UnitId { id, recursive } => self.table.units.in_unit(account, id, *recursive),
            AccountSelector::Tag { key, value } => account.tags.value().map(|tags| tags.get(key) == Some(value)),
        }
    }

    /// Holds the accounts of a selector against those it selected before; what changed stays as it is.
    fn compare(
        &mut self,
        selector: &AccountSelector,
        except: bool,
        selected: &mut Selected,
        undecided: &[u32],
        memory: &mut Memory<'_>,
    ) {
        let key = binding_key(selector, except);
        let text = |at: &u32| self.table.id(*at).map(ToString::to_string);
        let now: BTreeSet<String> = selected.accounts.iter().filter_map(text).collect();
        let open: BTreeSet<String> = undecided.iter().filter_map(text).collect();
        let accepted = confirmed(memory, &key, selector);
        let Some(before) = memory.before(&key).filter(|_| !accepted) else {
            // Nothing found and nothing known: a slip until somebody says otherwise, so it is not remembered as right.
            if !now.is_empty() || accepted {
                memory.bind(&key, now);
            }
            return;
        };
        let lost: Vec<&String> = before.iter().filter(|id| !now.contains(*id) && !open.contains(*id)).collect();
        // Under `except` an account more is an account that loses: unless it is new, it had what the entry gives.
        let gained: Vec<&String> =
            now.iter().filter(|id| except && !before.contains(*id) && memory.account_existed(id)).collect();
        let kept = before.iter().chain(&now).filter(|id| !gained.contains(id)).cloned().collect();
        memory.bind(&key, kept);
        let changes = [
            (&lost, "no longer selects", "selected more before"),
            (&gained, "now also selects", "selected less before"),
        ];
        for (ids, verb, label) in changes {
            if ids.is_empty() {
                continue;
            }
            let ids = ids.iter().filter_map(|id| AccountId::new(id.as_str()).ok());
            let members: Vec<u32> = ids.map(|id| self.table.intern(&id)).collect();
            let names: Vec<String> = members.iter().map(|at| self.table.label(*at)).collect();
            let under = if except { "under `except`, " } else { "" };
            let message = format!("{under}`{selector}` {verb} {}", some_of(names.iter().map(String::as_str), 3));
            let reason = Reason::Selection { code: "selection-changed", label };
            selected.frozen.push(Frozen { members, message, help: confirm_help(&key), reason });
        }
    }

    fn matches_nothing(
        &mut self,
        selector: &AccountSelector,
        except: bool,
        selected: &mut Selected,
        place: &Place,
        memory: &Memory<'_>,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let key = binding_key(selector, except);
        let missing_unit = match selector {
            AccountSelector::Unit { path, .. } => !self.table.units.has_path(path),
            AccountSelector::UnitId { id, .. } => !self.table.units.has_id(id),
            _ => false,
        };
        if confirmed(memory, &key, selector) || (memory.before(&key).is_some_and(BTreeSet::is_empty) && !missing_unit) {
            return;
        }
        if !missing_unit && !selected.frozen.is_empty() {
            // That it selected something before was noticed, and says more.
            return;
        }
        let help = self.nothing_help(selector);
        if missing_unit {
            let written = selector.to_string();
            let help = help.unwrap_or_else(|| match selector {
                AccountSelector::UnitId { .. } => "check the id in Organizations".to_owned(),
                _ => {
                    "check the path in Organizations: names of OUs, from below the root; letter case counts".to_owned()
                }
            });
            let message = format!("no OU `{}`", written.trim_end_matches("/**"));
            let mistake = Trouble::mistake("unknown-ou", NOT_THERE, message, help);
            if selected.frozen.is_empty() {
                selected.trouble = Some(mistake.clone());
            }
            for frozen in &mut selected.frozen {
                frozen.reason = Reason::Told;
            }
            selected.mistake = Some(mistake);
            return;
        }
        let message = format!("`{selector}` selects no account");
        let help = help.unwrap_or_else(|| format!("if that is right: sekisho apply --confirm '{key}'"));
        let problem = Diagnostic::new(Severity::Warning, "selects-nothing", place, message.clone());
        diagnostics.push(problem.label("nothing fits").help(help.clone()));
        selected.trouble = Some(Trouble { message, help: Some(help), mistake: None });
    }

    /// What may have been meant by a selector that fits nothing.
    fn nothing_help(&self, selector: &AccountSelector) -> Option<String> {
        match selector {
            AccountSelector::Unit { recursive, path } => {
                let bare = AccountSelector::Unit { path: path.clone(), recursive: false };
                if self.table.units.has_path(path) {
                    return (!recursive)
                        .then(|| format!("no account stands directly in it; with the OUs below it is `{bare}/**`"));
                }
                let written = self.table.units.written();
                let near = nearest(&bare.to_string(), written.iter().map(String::as_str), 2);
                let near: Vec<String> =
                    near.iter().map(|path| format!("{path}{}", if *recursive { "/**" } else { "" })).collect();
                let near: Vec<&str> = near.iter().map(String::as_str).collect();
                did_you_mean(&near)
            }
            AccountSelector::Tag { key, value } => {
                let mut keys = BTreeSet::new();
                let mut values = BTreeSet::new();
                for (_, account) in self.table.present() {
                    for (other_key, other_value) in account.tags.value().into_iter().flatten() {
                        keys.insert(other_key.as_str());
                        if other_key == key {
                            values.insert(other_value.as_str());
                        }
                    }
                }
                if values.is_empty() {
                    return match nearest(key, keys, 1).first() {
                        Some(near) => Some(format!("no account has a tag `{key}`; did you mean `{near}`?")),
                        None => Some(format!("no account has a tag `{key}`")),
                    };
                }
                let near = nearest(value, values.iter().copied(), 2);
                Some(
                    did_you_mean(&near)
                        .unwrap_or_else(|| format!("values of `{key}` are {}", some_of(values.into_iter(), 5))),
                )
            }
            _ => None,
        }
    }

    /// Accounts that a selector takes in although somebody may not expect it, or leaves out.
    fn note_special(
        &mut self,
        selector: &AccountSelector,
        accounts: &[u32],
        place: &Place,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let inactive: Vec<&str> = accounts
            .iter()
            .filter_map(|at| self.table.facts(*at))
            .filter(|account| !account.state.is_active())
            .map(|account| account.name.as_str())
            .collect();
        if !inactive.is_empty() {
            let number = inactive.len();
            let message = format!(
                "`{selector}` leaves out {} not active: {}",
                if number == 1 { "an account that is".to_owned() } else { format!("{number} accounts that are") },
                some_of(inactive.into_iter(), 3)
            );
            let problem = Diagnostic::new(Severity::Note, "inactive-left-out", place, message);
            diagnostics.push(
                problem.help("AWS assigns nothing in suspended or closed accounts; what is there stays as it is"),
            );
        }
    }
}

fn binding_key(selector: &AccountSelector, except: bool) -> String {
    let key = selector.binding_key();
    if except { format!("except:{key}") } else { key }
}

/// Whether the new meaning was accepted; under `except` the bare selector will do.
fn confirmed(memory: &Memory<'_>, key: &str, selector: &AccountSelector) -> bool {
    memory.is_confirmed(key) || memory.is_confirmed(&selector.binding_key())
}
