//! From decided changes to operations in order.

use std::collections::{BTreeMap, HashSet};

use model::{AccountId, Change, Operation, OperationId, PermissionSetName};

use super::outcome::Outcome;
use super::scope::{management_sets, scope_of};
use super::{Draft, View, claims, inline, meaning, ordering};

/// Makes operations of drafts: with needs, order, scope, claims, inverse and meaning.
pub(crate) fn assemble(view: &View<'_>, drafts: Vec<Draft>) -> Vec<Operation> {
    let needs = ordering::needs(view, &drafts);
    let order = ordering::order(&drafts, &needs);
    let scopes = management_sets(view, &drafts);
    let ids: Vec<OperationId> = drafts.iter().map(|draft| draft.change.operation_id()).collect();
    let compare = inline::worth_comparing(&drafts);
    let emptying = emptying(view, &drafts, &order);
    let outcome = Outcome::new(view, &drafts);
    let operation = |at: usize| -> Option<Operation> {
        let draft = drafts.get(at)?;
        let empties = emptying.get(&at).copied();
        Some(Operation {
            id: ids.get(at)?.clone(),
            change: draft.change.clone(),
            before: claims::before(draft),
            after: claims::after(&draft.change),
            inverse: claims::inverse(view, draft, empties.is_some()),
            needs: needs.get(at)?.iter().filter_map(|needed| ids.get(*needed).cloned()).collect(),
            scope: scope_of(&draft.change, &scopes),
            because: draft.because.clone(),
            meaning: meaning::meaning(&outcome, draft, empties, compare),
        })
    };
    order.into_iter().filter_map(operation).collect()
}

/// The withdrawals that are the last of their pair, in this order; `false` where the pair is not known in full.
fn emptying(view: &View<'_>, drafts: &[Draft], order: &[usize]) -> BTreeMap<usize, bool> {
    let mut last: BTreeMap<(&PermissionSetName, &AccountId), (usize, usize)> = BTreeMap::new();
    let mut entered: HashSet<(&PermissionSetName, &AccountId)> = HashSet::new();
    for at in order {
        match drafts.get(*at).map(|draft| &draft.change) {
            Some(Change::Withdraw { set, account, .. }) => {
                let slot = last.entry((&set.name, account)).or_insert((*at, 0));
                *slot = (*at, slot.1 + 1);
            }
            Some(Change::Assign { set, account, .. }) => {
                entered.insert((&set.name, account));
            }
            _ => {}
        }
    }
    last.into_iter()
        .filter(|((set, account), (_, count))| {
            !entered.contains(&(*set, *account)) && *count >= view.observed.assignments.pair(set, account).len()
        })
        .map(|((set, account), (at, _))| (at, view.observed.pair_complete(set, account).is_ok()))
        .collect()
}
