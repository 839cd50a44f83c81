//! An inventory in numbers.

use std::collections::BTreeMap;

use model::iam_user::{AccessKeyStatus, IamStock, IamUser};
use serde::Serialize;

use super::remark::{Thresholds, UserPart, days_between, gaps};

/// How much there is of everything. What is unknown is counted as that and nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct StockSummary {
    /// Accounts that were read.
    pub accounts: usize,
    /// Accounts that could not be read.
    pub unread_accounts: usize,
    /// Accounts left out on purpose.
    pub left_out_accounts: usize,
    /// Users.
    pub users: usize,
    /// Users with a console password.
    pub with_password: usize,
    /// … and no second factor.
    pub with_password_without_mfa: usize,
    /// Keys that can be used.
    pub active_keys: usize,
    /// … and are older than the limit.
    pub old_keys: usize,
    /// Keys that were made inactive or ended.
    pub other_keys: usize,
    /// SSH keys, service-specific credentials and certificates that can be used.
    pub other_credentials: usize,
    /// Users of whom a part is not known.
    pub users_not_read_in_full: usize,
    /// Accounts whose root has no second factor, and a password that one would guard.
    pub root_without_mfa: usize,
    /// Accounts whose root has access keys.
    pub root_with_keys: usize,
    /// Accounts that were read, but not what their root is like.
    pub root_unknown: usize,
}

/// What could not be read of how many users, and why; the most first. One missing right makes thousands of gaps that are the same.
#[must_use]
pub fn common_gaps(stock: &IamStock) -> Vec<(UserPart, &str, usize)> {
    gaps_of(stock, stock.inventory.users().map(|(_, user)| user))
}

/// The same of some of its users.
#[must_use]
pub fn gaps_of<'a>(stock: &'a IamStock, users: impl Iterator<Item = &'a IamUser>) -> Vec<(UserPart, &'a str, usize)> {
    let mut counts: BTreeMap<(UserPart, &str), usize> = BTreeMap::new();
    for user in users {
        for gap in gaps(user, stock.services_asked) {
            *counts.entry(gap).or_default() += 1;
        }
    }
    let mut found: Vec<_> = counts.into_iter().map(|((part, reason), users)| (part, reason, users)).collect();
    found.sort_by_key(|(_, _, users)| std::cmp::Reverse(*users));
    found
}

/// Whether a part of the user is not known.
#[must_use]
pub fn is_incomplete(user: &IamUser, services_asked: bool) -> bool {
    gaps(user, services_asked).next().is_some()
}

impl StockSummary {
    /// Counts.
    #[must_use]
    pub fn of(stock: &IamStock, limits: Thresholds) -> Self {
        let inventory = &stock.inventory;
        let mut sum = Self {
            unread_accounts: inventory.unread().count(),
            left_out_accounts: stock.left_out.len(),
            ..Self::default()
        };
        for account in inventory.accounts.values().filter_map(|account| account.value()) {
            sum.accounts += 1;
            match account.root.value() {
                Some(root) => {
                    sum.root_without_mfa += usize::from(root.lacks_mfa());
                    sum.root_with_keys += usize::from(root.access_keys);
                }
                None => sum.root_unknown += 1,
            }
        }
        for (_, user) in inventory.users() {
            sum.users += 1;
            if user.password.value().is_some_and(Option::is_some) {
                sum.with_password += 1;
                sum.with_password_without_mfa += usize::from(user.mfa_devices.value().is_some_and(Vec::is_empty));
            }
            for key in user.access_keys.value().into_iter().flatten() {
                if key.status == AccessKeyStatus::Active {
                    sum.active_keys += 1;
                    let age = days_between(key.created, stock.as_of);
                    sum.old_keys += usize::from(age > limits.key_age_days);
                } else {
                    sum.other_keys += 1;
                }
            }
            let others = user.other_credentials.value().into_iter().flatten();
            sum.other_credentials += others.filter(|credential| credential.active).count();
            sum.users_not_read_in_full += usize::from(is_incomplete(user, stock.services_asked));
        }
        sum
    }

    /// Whether everything that was asked for was read.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.unread_accounts == 0 && self.users_not_read_in_full == 0 && self.root_unknown == 0
    }
}
