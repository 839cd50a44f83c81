//! Names of permission sets: declared, or already in Identity Center.

use std::collections::{BTreeSet, HashMap};

use model::{Observed, PermissionSetName};
use policy::{did_you_mean, nearest};

use super::{Frozen, Reason, Trouble};
use crate::catalog::Catalog;
use crate::diagnostic::{Diagnostic, Place, Severity};

/// What a permission set of an entry means.
#[derive(Debug, Clone, Default)]
pub(super) struct Set {
    pub(super) member: Option<u32>,
    pub(super) frozen: Option<Frozen>,
    pub(super) trouble: Option<Trouble>,
}

/// Every set that is spoken of.
pub(super) struct Sets<'a> {
    catalog: &'a Catalog,
    observed: &'a Observed,
    pub(super) names: Vec<PermissionSetName>,
    index: HashMap<PermissionSetName, u32>,
    cache: HashMap<PermissionSetName, Set>,
    told_unknown: bool,
}

impl<'a> Sets<'a> {
    pub(super) fn new(catalog: &'a Catalog, observed: &'a Observed) -> Self {
        Self { catalog, observed, names: Vec::new(), index: HashMap::new(), cache: HashMap::new(), told_unknown: false }
    }

    fn intern(&mut self, name: &PermissionSetName) -> u32 {
        if let Some(at) = self.index.get(name) {
            return *at;
        }
        let at = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.index.insert(name.clone(), at);
        self.names.push(name.clone());
        at
    }

    pub(super) fn name(&self, at: u32) -> Option<&PermissionSetName> {
        self.names.get(at as usize)
    }

    pub(super) fn resolve(
        &mut self,
        name: &PermissionSetName,
        place: &Place,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Set {
        let found = match self.cache.get(name) {
            Some(found) => found.clone(),
            None => {
                let found = self.look_up(name, place, diagnostics);
                self.cache.insert(name.clone(), found.clone());
                found
            }
        };
        diagnostics.extend(found.trouble.as_ref().and_then(|trouble| trouble.error(place)));
        found
    }

    /// Whether a set that is nowhere to be found is truly not there.
    fn all_known(&self) -> bool {
        self.observed.permission_set_listing.is_known()
            && self.observed.unreadable_sets.is_empty()
            && self.catalog.nameless_sets.is_empty()
    }

    fn look_up(&mut self, name: &PermissionSetName, place: &Place, diagnostics: &mut Vec<Diagnostic>) -> Set {
        let in_aws = self.observed.permission_sets.contains_key(name);
        if self.catalog.sets.contains_key(name) || in_aws {
            return Set { member: Some(self.intern(name)), ..Set::default() };
        }
        if self.catalog.broken_sets.contains_key(name) {
            let frozen = Frozen {
                members: vec![self.intern(name)],
                message: format!(
                    "the permission set `{name}` has errors in its file, and is not in Identity Center yet"
                ),
                help: "mend its file first".to_owned(),
                reason: Reason::Told,
            };
            return Set { frozen: Some(frozen), ..Set::default() };
        }
        if self.all_known() {
            let names: BTreeSet<&str> = self
                .catalog
                .sets
                .keys()
                .chain(self.observed.permission_sets.keys())
                .map(PermissionSetName::as_str)
                .collect();
            let near = nearest(name.as_str(), names, 3);
            let help = did_you_mean(&near)
                .unwrap_or_else(|| format!("declare it in permission-sets/{name}.yaml, or correct the name"));
            let label = "not declared in permission-sets/, and not in Identity Center";
            let trouble = Trouble::mistake("unknown-set", label, format!("no permission set named `{name}`"), help);
            return Set { trouble: Some(trouble), ..Set::default() };
        }
        let reason = match self.observed.permission_set_listing.reason() {
            Some(reason) => reason.to_owned(),
            None if self.observed.unreadable_sets.is_empty() => {
                "a file of permission-sets/ could not be read".to_owned()
            }
            None => "some permission sets could not be read".to_owned(),
        };
        let message = format!("whether there is a permission set `{name}` is not known: {reason}");
        if !self.told_unknown {
            self.told_unknown = true;
            let problem = Diagnostic::new(Severity::Warning, "unknown-reading", place, message.clone());
            diagnostics.push(
                problem
                    .label("not declared, and perhaps in Identity Center")
                    .help("what the entry grants stays as it is until that is known"),
            );
        }
        Set { trouble: Some(Trouble::unknown(message)), ..Set::default() }
    }
}
