//! A catalog, an observation and bindings, to be resolved.

use std::collections::BTreeSet;

use catalog::{CatalogFiles, Resolved, Severity, parse, resolve};
use model::declared::Bindings;
use model::{Declared, Extent, Footprint, Observed};

use super::company;

pub(crate) struct Case {
    pub(crate) files: CatalogFiles,
    pub(crate) observed: Observed,
    pub(crate) previous: Bindings,
    pub(crate) confirmed: BTreeSet<String>,
}

impl Case {
    pub(crate) fn new(assignments: &str) -> Self {
        Self {
            files: CatalogFiles::new([("sekisho.yaml", "deployment: minimo\n"), ("assignments/a.yaml", assignments)]),
            observed: company::observed(),
            previous: Bindings::default(),
            confirmed: BTreeSet::new(),
        }
    }

    pub(crate) fn before(mut self, name: &str, ids: &[&str]) -> Self {
        self.previous.entries.insert(name.into(), ids.iter().map(|id| (*id).to_owned()).collect());
        self
    }

    pub(crate) fn confirm(mut self, name: &str) -> Self {
        self.confirmed.insert(name.into());
        self
    }

    pub(crate) fn observed(mut self, change: impl FnOnce(&mut Observed)) -> Self {
        change(&mut self.observed);
        self
    }

    pub(crate) fn file(mut self, path: &str, text: &str) -> Self {
        self.files.files.insert(path.into(), text.into());
        self
    }

    pub(crate) fn resolve(&self) -> Resolved {
        resolve(&parse(&self.files).catalog, &self.observed, &self.previous, &self.confirmed)
    }
}

pub(crate) fn entry(principals: &str, sets: &str, accounts: &str, except: &str) -> String {
    format!(
        "- principals: [{principals}]\n  permission_sets: [{sets}]\n  accounts: [{accounts}]\n  except: [{except}]\n"
    )
}

pub(crate) fn rows(declared: &Declared) -> Vec<String> {
    declared
        .assignments
        .iter()
        .map(|(set, account, principal)| format!("{set} {account} {}", principal.as_str()))
        .collect()
}

pub(crate) fn codes(resolved: &Resolved) -> Vec<(Severity, &str)> {
    resolved.diagnostics.iter().map(|found| (found.severity, found.code.as_str())).collect()
}

pub(crate) fn footprints(resolved: &Resolved) -> Vec<&Footprint> {
    resolved.declared.unresolved.iter().map(|unresolved| &unresolved.footprint).collect()
}

pub(crate) fn only<T: Ord + Clone>(values: &[T]) -> Extent<T> {
    Extent::Only(values.iter().cloned().collect())
}
