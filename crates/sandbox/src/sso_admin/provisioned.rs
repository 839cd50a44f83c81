//! Which sets are present in which accounts, and whether as they are now.

use serde_json::Value;

use crate::call::Call;
use crate::error::Answer;
use crate::page::{Page, answer};
use crate::state::id::{AccountId, SetId};

pub(super) fn accounts(call: &Call<'_>) -> Answer {
    let (set, _) = call.set()?;
    let page = Page::<AccountId>::of(call, 100)?;
    let center = &call.world.center;
    let accounts = center.accounts_of(set).filter(|account| page.after().is_none_or(|after| account > after));
    let accounts = accounts.filter(|account| is_asked_for(call, *account, set));
    answer("AccountIds", page.cut(accounts.map(|account| (account, Value::from(account.to_string())))))
}

pub(super) fn sets(call: &Call<'_>) -> Answer {
    call.check_instance()?;
    let account = call.account("AccountId")?;
    let page = Page::<SetId>::of(call, 100)?;
    let center = &call.world.center;
    let sets = center.sets_of(account).filter(|set| page.after().is_none_or(|after| set > after));
    let sets = sets.filter(|set| is_asked_for(call, account, *set));
    answer("PermissionSets", page.cut(sets.map(|set| (set, Value::from(center.set_arn(set))))))
}

/// Keeps what is provisioned, and of that what the filter `ProvisioningStatus` asks for.
fn is_asked_for(call: &Call<'_>, account: AccountId, set: SetId) -> bool {
    match (call.world.center.is_latest(account, set), call.text("ProvisioningStatus")) {
        (None, _) => false,
        (Some(latest), Some("LATEST_PERMISSION_SET_PROVISIONED")) => latest,
        (Some(latest), Some("LATEST_PERMISSION_SET_NOT_PROVISIONED")) => !latest,
        (Some(_), _) => true,
    }
}
