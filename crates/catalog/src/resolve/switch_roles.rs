//! Accounts and functions that `switch-roles/` names, held against what there is.

use std::collections::BTreeSet;

use model::Observed;
use policy::{did_you_mean, nearest};

use crate::catalog::Catalog;
use crate::diagnostic::{Diagnostic, Severity};
use crate::switch_roles::{AccountName, SwitchRoles};

/// Tells accounts and functions that do not exist. Where they could not be read nothing is said: nothing is granted by it.
pub(super) fn check(catalog: &Catalog, observed: &Observed) -> Vec<Diagnostic> {
    let mut told = Vec::new();
    for file in &catalog.switch_roles {
        accounts(catalog, observed, file, &mut told);
        functions(catalog, observed, file, &mut told);
    }
    told
}

fn accounts(catalog: &Catalog, observed: &Observed, file: &SwitchRoles, told: &mut Vec<Diagnostic>) {
    let Some(organization) = observed.organization.value() else { return };
    let mut names: Vec<&str> = organization.accounts.values().map(|account| account.name.as_str()).collect();
    // One outside the organization is known by its entry.
    names.extend(catalog.accounts.iter().filter_map(|account| account.name.as_deref()));
    for named in file.accounts() {
        match &named.name {
            AccountName::Name(name) if !names.contains(&name.as_str()) => {
                let problem = Diagnostic::new(
                    Severity::Error,
                    "unknown-account",
                    &named.place,
                    format!("no account named `{name}`"),
                );
                let help = did_you_mean(&nearest(name, names.iter().copied(), 3));
                let help = help.unwrap_or_else(|| "check the name, or write the id".to_owned());
                told.push(problem.label("not in the organization, nor in accounts.yaml").help(help));
            }
            AccountName::Id(id)
                if !organization.accounts.contains_key(id)
                    && catalog.accounts.iter().all(|account| account.id != *id) =>
            {
                let message = format!("the account `{id}` is not in the organization");
                let problem = Diagnostic::new(Severity::Warning, "unknown-account", &named.place, message);
                told.push(problem.label("not known here").help("an entry in accounts.yaml says that it is meant"));
            }
            _ => {}
        }
    }
}

fn functions(catalog: &Catalog, observed: &Observed, file: &SwitchRoles, told: &mut Vec<Diagnostic>) {
    // Listed groups decide, and were asked when the file was read.
    let Some(groups) = observed.groups.value().filter(|_| catalog.groups.is_empty()) else { return };
    let mut known: BTreeSet<String> = groups.values().map(|group| group.display_name.to_lowercase()).collect();
    known.extend(catalog.people.iter().flat_map(|person| &person.groups).map(|name| name.to_lowercase()));
    for (name, place) in file.functions().filter(|(name, _)| !known.contains(&name.to_lowercase())) {
        let message = format!("nobody is in a group named `{name}`");
        let problem = Diagnostic::new(Severity::Warning, "unknown-function", place, message);
        let names: BTreeSet<&str> = groups.values().map(|group| group.display_name.as_str()).collect();
        let help = did_you_mean(&nearest(name, names, 3));
        let help = help.unwrap_or_else(|| "functions are names of groups of the directory".to_owned());
        told.push(problem.label("neither in people.yaml nor in Identity Center").help(help));
    }
}
