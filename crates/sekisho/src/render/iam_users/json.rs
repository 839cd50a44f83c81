//! For programs. Readings keep their form: `{"known": {"value": …, "as_of": …}}` or `{"unknown": {"reason": …}}`.

use std::collections::BTreeMap;

use engine::iam_users::{Remark, RootRemark, StockSummary, Thresholds};
use jiff::Timestamp;
use model::iam_user::{IamAccount, IamGroup, IamUser, RootUser};
use model::id::AccountId;
use model::reading::Reading;
use serde::Serialize;

use super::Stocktaking;

/// `iam-users list --format json`
#[derive(Serialize)]
pub(crate) struct InventoryV1<'a> {
    schema_version: u32,
    as_of: Timestamp,
    limits: Thresholds,
    services_asked: bool,
    summary: StockSummary,
    accounts: Vec<AccountV1<'a>>,
    left_out: Vec<LeftOutV1<'a>>,
    /// Why the accounts of an organization are not among them, if they are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    without_organization: Option<&'a str>,
}

#[derive(Serialize)]
struct AccountV1<'a> {
    id: &'a AccountId,
    name: Option<&'a str>,
    /// Why it could not be read; nothing else is said of it then.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_read: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    root: Option<RootV1<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<&'a BTreeMap<String, IamGroup>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    users: Option<Vec<UserV1<'a>>>,
}

#[derive(Serialize)]
struct RootV1<'a> {
    reading: &'a Reading<RootUser>,
    remarks: Vec<RootRemark>,
}

#[derive(Serialize)]
struct UserV1<'a> {
    #[serde(flatten)]
    user: &'a IamUser,
    remarks: Vec<Remark>,
}

#[derive(Serialize)]
struct LeftOutV1<'a> {
    id: &'a AccountId,
    name: Option<&'a str>,
    reason: &'a str,
}

/// `iam-users show --format json`
#[derive(Serialize)]
pub(crate) struct UsersV1<'a> {
    schema_version: u32,
    as_of: Timestamp,
    limits: Thresholds,
    services_asked: bool,
    users: Vec<FoundV1<'a>>,
}

#[derive(Serialize)]
struct FoundV1<'a> {
    account: &'a AccountId,
    account_name: Option<&'a str>,
    #[serde(flatten)]
    user: UserV1<'a>,
    /// What the groups of the user hold.
    group_details: BTreeMap<&'a str, &'a IamGroup>,
}

fn name<'a>(taking: &Stocktaking<'a>, id: &AccountId) -> Option<&'a str> {
    taking.stock.account_names.get(id).map(String::as_str)
}

/// Everything.
pub(crate) fn v1<'a>(taking: &Stocktaking<'a>) -> InventoryV1<'a> {
    let accounts = taking.stock.inventory.accounts.iter().map(|(id, account)| {
        let read = account.value();
        AccountV1 {
            id,
            name: name(taking, id),
            not_read: account.reason(),
            root: read.map(|read| RootV1 { reading: &read.root, remarks: taking.root_remarks(&read.root) }),
            groups: read.map(|read| &read.groups),
            users: read.map(|read| {
                let users = read.users.values();
                users.map(|user| UserV1 { user, remarks: taking.remarks(read, user) }).collect()
            }),
        }
    });
    let left_out = taking.stock.left_out.iter();
    InventoryV1 {
        schema_version: 1,
        as_of: taking.stock.as_of,
        limits: taking.limits,
        services_asked: taking.stock.services_asked,
        summary: StockSummary::of(taking.stock, taking.limits),
        accounts: accounts.collect(),
        left_out: left_out.map(|(id, reason)| LeftOutV1 { id, name: name(taking, id), reason }).collect(),
        without_organization: taking.stock.without_organization.as_deref(),
    }
}

/// Some users.
pub(crate) fn users_v1<'a>(
    taking: &Stocktaking<'a>,
    found: &[(&'a AccountId, &'a IamAccount, &'a IamUser)],
) -> UsersV1<'a> {
    let users = found.iter().map(|(id, account, user)| {
        let groups = user.groups.iter().filter_map(|name| account.groups.get_key_value(name));
        FoundV1 {
            account: id,
            account_name: name(taking, id),
            user: UserV1 { user, remarks: taking.remarks(account, user) },
            group_details: groups.map(|(name, group)| (name.as_str(), group)).collect(),
        }
    });
    UsersV1 {
        schema_version: 1,
        as_of: taking.stock.as_of,
        limits: taking.limits,
        services_asked: taking.stock.services_asked,
        users: users.collect(),
    }
}
