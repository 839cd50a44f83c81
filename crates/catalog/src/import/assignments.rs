//! Assignments: a file for each OU, or what OUs have in common.

use std::collections::BTreeMap;

use model::{AccountId, AssignmentTable, Observed, PrincipalId};

use super::rows::{Row, group};
use super::text::{Item, list, plain_list, slug};
use crate::files::{CatalogFiles, FileKind};
use crate::schema::header;
use crate::selector::AccountSelector;

pub(super) fn write(observed: &Observed, catalog: &mut CatalogFiles) {
    let names = Names::new(observed);
    let table = &observed.assignments;
    let mut files: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for row in group(table, |set| !set.is_reserved()) {
        for row in split_orphans(observed, table, row) {
            files.entry(file_of(observed, table, &row)).or_default().push(row);
        }
    }
    for (name, rows) in files {
        let mut text = header(FileKind::Assignments).to_owned();
        if name == ORPHANS {
            text.push_str("# Assignments of users and groups that were deleted. They let nobody in; delete them here to clean up.\n");
        }
        for row in rows {
            text.push('\n');
            names.entry(&mut text, table, &row);
        }
        catalog.files.insert(format!("assignments/{name}.yaml"), text);
    }
}

const ORPHANS: &str = "deleted-principals";

/// Deleted principals stand apart: they are to be cleaned up.
fn split_orphans(observed: &Observed, table: &AssignmentTable, row: Row) -> Vec<Row> {
    let (gone, there): (Vec<u32>, Vec<u32>) = row.principals.iter().partition(|at| is_orphan(observed, table, **at));
    [gone, there]
        .into_iter()
        .filter(|principals| !principals.is_empty())
        .map(|principals| Row { principals, ..row.clone() })
        .collect()
}

fn is_orphan(observed: &Observed, table: &AssignmentTable, at: u32) -> bool {
    table.principals().get(at as usize).is_some_and(|id| observed.principal_exists(id) == Some(false))
}

/// The file is named for the deepest OU that holds all accounts of the row.
fn file_of(observed: &Observed, table: &AssignmentTable, row: &Row) -> String {
    if row.principals.first().is_some_and(|at| is_orphan(observed, table, *at)) {
        return ORPHANS.to_owned();
    }
    let Some(organization) = observed.organization.value() else { return "assignments".to_owned() };
    let mut common: Option<Vec<String>> = None;
    for id in row.accounts.iter().filter_map(|at| table.accounts().get(*at as usize)) {
        let Some(path) = organization.account_path(id) else { return "other-accounts".to_owned() };
        let path: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        common = Some(match common {
            None => path,
            Some(before) => {
                before.into_iter().zip(path).take_while(|(one, other)| one == other).map(|(one, _)| one).collect()
            }
        });
    }
    match common.unwrap_or_default().as_slice() {
        [] => "organization".to_owned(),
        path => slug(&path.join("-")),
    }
}

/// How accounts and principals are written.
struct Names {
    accounts: BTreeMap<AccountId, Item>,
    principals: BTreeMap<PrincipalId, Item>,
}

impl Names {
    fn new(observed: &Observed) -> Self {
        Self { accounts: accounts(observed), principals: principals(observed) }
    }

    fn entry(&self, text: &mut String, table: &AssignmentTable, row: &Row) {
        let principal = |at: &u32| {
            let id = table.principals().get(*at as usize)?;
            Some(self.principals.get(id).map_or_else(|| bare(by_id(id)), copy))
        };
        let account = |at: &u32| {
            let id = table.accounts().get(*at as usize)?;
            Some(self.accounts.get(id).map_or_else(|| bare(id.to_string()), copy))
        };
        let principals: Vec<Item> = row.principals.iter().filter_map(principal).collect();
        let accounts: Vec<Item> = row.accounts.iter().filter_map(account).collect();
        let sets = row.sets.iter().filter_map(|at| table.sets().get(*at as usize)).map(ToString::to_string);
        list(text, "- ", "principals", &principals);
        plain_list(text, "  ", "permission_sets", sets);
        list(text, "  ", "accounts", &accounts);
    }
}

fn copy(item: &Item) -> Item {
    Item { text: item.text.clone(), about: item.about.clone() }
}

fn bare(text: String) -> Item {
    Item { text, about: String::new() }
}

fn by_id(id: &PrincipalId) -> String {
    format!("{}-id:{}", id.kind(), id.as_str())
}

/// By name where the name means one account only, and is read as a name.
fn accounts(observed: &Observed) -> BTreeMap<AccountId, Item> {
    let all = observed.organization.value().into_iter().flat_map(|organization| organization.accounts.values());
    let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
    for account in all.clone() {
        *uses.entry(account.name.as_str()).or_default() += 1;
    }
    all.map(|account| {
        let written = AccountSelector::Name(account.name.clone());
        let text = written.to_string();
        let named = uses.get(account.name.as_str()) == Some(&1)
            && !account.name.trim().is_empty()
            && AccountSelector::parse(&text) == Ok(written);
        let item = if named { bare(text) } else { Item { text: account.id.to_string(), about: account.name.clone() } };
        (account.id.clone(), item)
    })
    .collect()
}

/// By name where the name means one principal only.
fn principals(observed: &Observed) -> BTreeMap<PrincipalId, Item> {
    let mut uses: BTreeMap<String, usize> = BTreeMap::new();
    let mut named: Vec<(PrincipalId, String, String)> = Vec::new();
    for user in observed.users.value().into_iter().flat_map(|users| users.values()) {
        named.push((PrincipalId::User(user.id.clone()), user.user_name.clone(), user.label().to_owned()));
    }
    for group in observed.groups.value().into_iter().flat_map(|groups| groups.values()) {
        named.push((PrincipalId::Group(group.id.clone()), group.display_name.clone(), group.display_name.clone()));
    }
    for (id, name, _) in &named {
        *uses.entry(format!("{}:{name}", id.kind())).or_default() += 1;
    }
    named
        .into_iter()
        .map(|(id, name, about)| {
            let text = format!("{}:{name}", id.kind());
            let unique = uses.get(&text) == Some(&1) && !name.trim().is_empty();
            let item = if unique { bare(text) } else { Item { text: by_id(&id), about } };
            (id, item)
        })
        .collect()
}
