//! Accounts.

use serde_json::{Value, json};

use super::PAGE;
use super::reference::listed;
use crate::call::Call;
use crate::error::Answer;
use crate::page::Page;
use crate::state::id::AccountId;
use crate::state::organization::Account;
use crate::wire::epoch_seconds;

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let page = Page::<AccountId>::of(call, PAGE)?;
    let accounts = call.world.organization.accounts.range(page.range());
    let items = accounts.take(PAGE + 1).map(|(id, account)| (*id, written(call, account))).collect();
    listed(call, "Accounts", &page, items)
}

pub(super) fn describe(call: &Call<'_>) -> Answer {
    Ok(json!({"Account": written(call, call.account_of("AccountId")?)}))
}

/// `State` and the retired `Status` both, because clients of either age read it.
pub(super) fn written(call: &Call<'_>, account: &Account) -> Value {
    let organization = &call.world.organization;
    let lineage = organization.lineage(&account.parent).join("/");
    json!({
        "Id": account.id.to_string(),
        "Arn": organization.account_arn(account.id),
        "Email": account.email,
        "Name": account.name,
        "Status": account.state.name(),
        "State": account.state.name(),
        "Paths": [format!("{}/{lineage}/{}/", organization.id, account.id)],
        "JoinedMethod": if account.invited { "INVITED" } else { "CREATED" },
        "JoinedTimestamp": epoch_seconds(account.joined_at),
    })
}
