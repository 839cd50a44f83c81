//! Entries that say again what an entry above says.

use std::collections::HashMap;
use std::hash::BuildHasher;

use crate::catalog::Entry;
use crate::diagnostic::{Diagnostic, Place, Severity};
use crate::selector::AccountSelector;

/// Entries larger than this are not compared: it would cost more than it tells.
const MAX_COMBINATIONS: usize = 20_000;

/// Notes entries of which every combination, as written, stands in entries above.
pub(super) fn note_repeated_assignments(entries: &[Entry], diagnostics: &mut Vec<Diagnostic>) {
    let mut seen: HashMap<u64, &Place> = HashMap::new();
    let hasher = std::hash::BuildHasherDefault::<std::hash::DefaultHasher>::default();
    for entry in entries {
        let combinations = entry.principals.len() * entry.permission_sets.len() * entry.accounts.len();
        if combinations > MAX_COMBINATIONS {
            continue;
        }
        let mut except: Vec<Option<&AccountSelector>> =
            entry.except.iter().map(|member| member.value.as_ref()).collect();
        except.sort();
        let mut first: Option<&Place> = None;
        let mut all = true;
        let mut new = Vec::new();
        for principal in &entry.principals {
            for set in &entry.permission_sets {
                for account in &entry.accounts {
                    let (Some(principal), Some(set), Some(account)) = (&principal.value, &set.value, &account.value)
                    else {
                        all = false;
                        continue;
                    };
                    let key = hasher.hash_one((principal, set, account, &except));
                    match seen.get(&key) {
                        Some(place) => first = first.or(Some(place)),
                        None => {
                            all = false;
                            new.push(key);
                        }
                    }
                }
            }
        }
        if let (true, Some(first)) = (all, first) {
            let message = "this entry repeats what stands above";
            let problem = Diagnostic::new(Severity::Note, "repeated-assignment", &entry.place, message);
            diagnostics.push(problem.label("grants nothing new").related(first, "already here").help("delete it"));
        }
        seen.extend(new.into_iter().map(|key| (key, &entry.place)));
    }
}
