//! Where OUs stand in the tree.

use std::collections::BTreeMap;

use model::{Account, Organization, OrganizationalUnit, OrganizationalUnitId};

/// Names from the root, by id.
#[derive(Debug)]
pub(super) struct UnitPaths<'a> {
    paths: BTreeMap<&'a OrganizationalUnitId, Vec<&'a str>>,
    /// The unit and all units above it, the root last.
    above: BTreeMap<&'a OrganizationalUnitId, Vec<&'a OrganizationalUnitId>>,
}

impl<'a> UnitPaths<'a> {
    pub(super) fn new(organization: Option<&'a Organization>) -> Self {
        let mut units = Self { paths: BTreeMap::new(), above: BTreeMap::new() };
        for unit in organization.iter().flat_map(|organization| organization.units.values()) {
            let Some(chain) = organization.and_then(|organization| chain(organization, unit)) else { continue };
            let names = chain.iter().rev().skip(1).map(|unit| unit.name.as_str()).collect();
            units.paths.insert(&unit.id, names);
            units.above.insert(&unit.id, chain.iter().map(|unit| &unit.id).collect());
        }
        units
    }

    /// Whether there is such a unit.
    pub(super) fn has_path(&self, wanted: &[String]) -> bool {
        self.paths.values().any(|path| path == wanted)
    }

    pub(super) fn has_id(&self, id: &OrganizationalUnitId) -> bool {
        self.paths.contains_key(id)
    }

    /// All paths, written like selectors, for "did you mean".
    pub(super) fn written(&self) -> Vec<String> {
        self.paths
            .values()
            .map(|path| {
                let path = path.iter().map(|part| (*part).to_owned()).collect();
                crate::selector::AccountSelector::Unit { path, recursive: false }.to_string()
            })
            .collect()
    }

    /// Whether the account is in the unit of this path; none when its place in the tree is not known.
    pub(super) fn in_path(&self, account: &Account, wanted: &[String], recursive: bool) -> Option<bool> {
        let path = self.paths.get(&account.parent)?;
        let begins = path.len() >= wanted.len() && path.iter().zip(wanted).all(|(part, wanted)| part == wanted);
        Some(begins && (recursive || path.len() == wanted.len()))
    }

    /// The same by id.
    pub(super) fn in_unit(&self, account: &Account, wanted: &OrganizationalUnitId, recursive: bool) -> Option<bool> {
        if account.parent == *wanted {
            return Some(true);
        }
        let above = self.above.get(&account.parent)?;
        Some(recursive && above.contains(&wanted))
    }
}

/// The unit and what is above it; none when the tree is damaged.
fn chain<'a>(organization: &'a Organization, unit: &'a OrganizationalUnit) -> Option<Vec<&'a OrganizationalUnit>> {
    let mut chain = vec![unit];
    let mut at = unit;
    // AWS's trees are five deep; the bound only stops a circle.
    for _ in 0..64 {
        let Some(parent) = &at.parent else { return Some(chain) };
        at = organization.units.get(parent)?;
        chain.push(at);
    }
    None
}
