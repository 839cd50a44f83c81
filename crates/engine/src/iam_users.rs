//! Taking stock of IAM users over accounts: which accounts, several at a time, and what is worth a remark.

mod accounts;
mod progress;
mod remark;
mod summary;
mod tally;

use std::collections::BTreeMap;

use futures::stream::{FuturesUnordered, StreamExt};
use model::iam_user::{IamInventory, IamStock};
use ports::{Clock, CloudProgress, IamDepth, IamRead};

pub use accounts::{AccountToRead, AccountsError, KnownDoor, Selection, Wish, select};
pub use progress::{KEY_AGES_DAYS, Stages, Standing, progress};
pub use remark::{Remark, RootRemark, Thresholds, UserPart, days_between, remarks, root_remarks};
pub use summary::{StockSummary, common_gaps, gaps_of, is_incomplete};

use self::tally::Tally;

/// Accounts that are read at the same time. Each has rates of its own at AWS; this bounds sockets and memory.
pub const MOST_ACCOUNTS_AT_ONCE: usize = 32;

/// Reads IAM of the selected accounts. An account that cannot be read is unknown, with the reason, and the others go on.
pub async fn take_stock(
    read: &dyn IamRead,
    clock: &dyn Clock,
    selection: &Selection,
    depth: IamDepth,
    progress: &dyn CloudProgress,
) -> IamStock {
    let as_of = clock.now();
    let accounts = &selection.accounts;
    let tally = &Tally::new(progress, accounts.len());
    let one = |account: &AccountToRead| {
        let (id, door) = (account.id.clone(), account.door.clone());
        async move {
            let hand = tally.account();
            let read = read.iam_account(&id, &door, depth, &hand).await;
            hand.finish();
            (id, read)
        }
    };
    let mut waiting = accounts.iter();
    let mut running: FuturesUnordered<_> = waiting.by_ref().take(MOST_ACCOUNTS_AT_ONCE).map(one).collect();
    let mut inventory = IamInventory::default();
    while let Some((id, read)) = running.next().await {
        inventory.accounts.insert(id, read);
        running.extend(waiting.next().map(one));
    }
    let names = accounts.iter().filter_map(|account| Some((account.id.clone(), account.name.clone()?)));
    let left_out_names = selection.left_out.iter().filter_map(|(id, (name, _))| Some((id.clone(), name.clone()?)));
    let names = names.chain(left_out_names);
    let left_out: BTreeMap<_, _> =
        selection.left_out.iter().map(|(id, (_, reason))| (id.clone(), reason.clone())).collect();
    IamStock {
        schema_version: IamStock::SCHEMA_VERSION,
        as_of,
        services_asked: depth.services_last_accessed,
        account_names: names.collect(),
        left_out,
        without_organization: selection.without_organization.clone(),
        inventory,
    }
}
