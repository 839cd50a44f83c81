//! Who is assigned what.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::call::{Call, Standing};
use crate::error::Answer;
use crate::page::{Page, answer};
use crate::state::center::{Principal, PrincipalKind};
use crate::state::id::{AccountId, SetId};
use crate::state::task::Row;

pub(super) fn of_pair(call: &Call<'_>) -> Answer {
    let (set, _) = call.set()?;
    let account = call.account("AccountId")?;
    let page = Page::<Principal>::of(call, 100)?;
    let pair = call.world.center.pair(account, set);
    let principals = pair.into_iter().flat_map(|pair| pair.principals.range(page.range()));
    let rows = principals.map(|principal| (*principal, written(call, Row { account, set, principal: *principal })));
    answer("AccountAssignments", page.cut(rows))
}

/// For the management account only. A user's rows include those of the user's groups, under the group's id. Principals
/// that were deleted are not found.
pub(super) fn of_principal(call: &Call<'_>) -> Answer {
    call.check_instance()?;
    if call.caller.standing != Standing::Management {
        return Err(call.not_authorized());
    }
    let principal = call.existing_principal()?;
    let page = Page::<(Principal, (AccountId, SetId))>::of(call, 100)?;
    let only = call.nested("Filter", "AccountId").and_then(AccountId::parse);
    let mut holders = BTreeSet::from([principal]);
    if principal.kind == PrincipalKind::User {
        let groups = call.world.directory.groups_of(principal.id).keys();
        holders.extend(groups.map(|id| Principal { kind: PrincipalKind::Group, id: *id }));
    }
    let keys = holders.into_iter().flat_map(|holder| call.world.center.held(holder).map(move |pair| (holder, pair)));
    let keys = keys.filter(|(_, (account, _))| only.is_none_or(|only| *account == only));
    let keys = keys.skip_while(|key| page.after().is_some_and(|after| key <= after));
    let rows = keys.map(|(principal, (account, set))| {
        ((principal, (account, set)), written(call, Row { account, set, principal }))
    });
    answer("AccountAssignments", page.cut(rows))
}

fn written(call: &Call<'_>, row: Row) -> Value {
    json!({
        "AccountId": row.account.to_string(),
        "PermissionSetArn": call.world.center.set_arn(row.set),
        "PrincipalType": row.principal.kind.name(),
        "PrincipalId": row.principal.id.to_string(),
    })
}
