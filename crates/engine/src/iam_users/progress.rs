//! How far the farewell to IAM users has come: inventories of several days held beside each other.

use std::collections::BTreeSet;

use jiff::Timestamp;
use model::iam_user::{AccessKeyStatus, IamAccount, IamStock, IamUser, IamUserRef};
use model::id::AccountId;
use serde::Serialize;

use super::remark::{Thresholds, days_between};
use super::summary::StockSummary;

/// Upper ends of the ages into which active keys are sorted, in days; older ones come last.
pub const KEY_AGES_DAYS: [i64; 3] = [90, 365, 1095];

/// Where the users of the first inventory are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Stages {
    /// They have a password, an active key or another credential that can be used.
    pub usable: usize,
    /// They are there, and nothing they sign in with can be used.
    pub switched_off: usize,
    /// They are gone.
    pub deleted: usize,
    /// Their account was not read, or what they sign in with was not.
    pub unknown: usize,
}

/// One day.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Standing {
    /// When.
    pub as_of: Timestamp,
    /// Everything that was there on that day.
    pub summary: StockSummary,
    /// What became of the users of the first day.
    pub stages: Stages,
    /// Users that were not there on the first day: their account was read then without them, or they were made later.
    pub new_users: usize,
    /// Users of accounts that were not read on the first day, made before it: there are no others to hold them against.
    pub users_without_first_day: usize,
    /// Active keys by age, as [`KEY_AGES_DAYS`] sorts them.
    pub key_ages: [usize; 4],
    /// Users that can sign in to an account named as production, or of whom it is not known that they cannot. None where no account was named,
    /// and where one of them was not read: then nobody knows.
    pub in_production: Option<usize>,
    /// Accounts named as production that were not read.
    pub production_unread: usize,
}

/// The days, the earliest first.
#[must_use]
pub fn progress(stocks: &[IamStock], production: &BTreeSet<AccountId>, limits: Thresholds) -> Vec<Standing> {
    let mut ordered: Vec<&IamStock> = stocks.iter().collect();
    ordered.sort_by_key(|stock| stock.as_of);
    let Some(first) = ordered.first() else { return Vec::new() };
    let users = first.inventory.users().map(|(user, found)| (user, found.id.clone())).collect();
    let begun = FirstDay { stock: first, users };
    ordered.iter().map(|stock| standing(stock, &begun, production, limits)).collect()
}

/// What everything is held against.
struct FirstDay<'a> {
    stock: &'a IamStock,
    /// Name and id: another user of the same name is another user.
    users: BTreeSet<(IamUserRef, String)>,
}

impl FirstDay<'_> {
    /// Whether the user was not there yet; none where that is not known.
    fn lacks(&self, user: &IamUserRef, found: &IamUser) -> Option<bool> {
        if found.created > self.stock.as_of {
            return Some(true);
        }
        read(self.stock, &user.account).map(|_| !self.users.contains(&(user.clone(), found.id.clone())))
    }
}

fn read<'a>(stock: &'a IamStock, account: &AccountId) -> Option<&'a IamAccount> {
    stock.inventory.accounts.get(account).and_then(|account| account.value())
}

fn standing(stock: &IamStock, begun: &FirstDay<'_>, production: &BTreeSet<AccountId>, limits: Thresholds) -> Standing {
    let mut stages = Stages::default();
    for (user, id) in &begun.users {
        let account = read(stock, &user.account);
        let place = match account.map(|account| account.users.get(&user.name)) {
            None => &mut stages.unknown,
            Some(Some(found)) if found.id == *id => match usable(found) {
                Some(true) => &mut stages.usable,
                Some(false) => &mut stages.switched_off,
                None => &mut stages.unknown,
            },
            Some(_) => &mut stages.deleted,
        };
        *place += 1;
    }
    let mut key_ages = [0; 4];
    let (mut new_users, mut users_without_first_day, mut in_production) = (0, 0, 0);
    let production_unread = production.iter().filter(|account| read(stock, account).is_none()).count();
    for (user, found) in stock.inventory.users() {
        in_production += usize::from(production.contains(&user.account) && usable(found) != Some(false));
        match begun.lacks(&user, found) {
            Some(is_new) => new_users += usize::from(is_new),
            None => users_without_first_day += 1,
        }
        for key in found.access_keys.value().into_iter().flatten() {
            if key.status == AccessKeyStatus::Active {
                let age = days_between(key.created, stock.as_of);
                let place = KEY_AGES_DAYS.iter().position(|end| age <= *end).unwrap_or(KEY_AGES_DAYS.len());
                if let Some(count) = key_ages.get_mut(place) {
                    *count += 1;
                }
            }
        }
    }
    Standing {
        as_of: stock.as_of,
        summary: StockSummary::of(stock, limits),
        stages,
        new_users,
        users_without_first_day,
        key_ages,
        in_production: (!production.is_empty() && production_unread == 0).then_some(in_production),
        production_unread,
    }
}

/// Whether the user can sign in with anything; none where it is not known.
fn usable(user: &IamUser) -> Option<bool> {
    let password = user.password.value().map(Option::is_some);
    let keys = user.access_keys.value().map(|keys| keys.iter().any(|key| key.status == AccessKeyStatus::Active));
    let others = user.other_credentials.value().map(|others| others.iter().any(|other| other.active));
    if [password, keys, others].contains(&Some(true)) {
        return Some(true);
    }
    (password.is_some() && keys.is_some() && others.is_some()).then_some(false)
}

#[cfg(test)]
mod tests {
    use super::{Stages, progress};
    use crate::iam_users::Thresholds;
    use jiff::Timestamp;
    use model::Reading;
    use model::iam_user::{AccessKey, AccessKeyStatus, IamAccount, IamInventory, IamStock, IamUser, LastUse};
    use std::collections::{BTreeMap, BTreeSet};

    fn at(day: &str) -> Timestamp {
        format!("{day}T00:00:00Z").parse().unwrap()
    }

    fn user(name: &str, id: &str, key: Option<AccessKeyStatus>, day: &str) -> IamUser {
        let keys = key.map(|status| AccessKey {
            id: format!("AKIA{id}"),
            status,
            created: at("2024-01-01"),
            last_use: LastUse::Never,
            last_region: None,
            last_service: None,
        });
        IamUser {
            id: id.to_owned(),
            name: name.to_owned(),
            arn: format!("arn:aws:iam::111111111111:user/{name}"),
            path: "/".to_owned(),
            created: at("2020-01-01"),
            tags: BTreeMap::new(),
            groups: Vec::new(),
            attached_policies: Vec::new(),
            inline_policies: BTreeMap::new(),
            permissions_boundary: None,
            password: Reading::known(None, at(day)),
            access_keys: Reading::known(keys.into_iter().collect(), at(day)),
            mfa_devices: Reading::known(Vec::new(), at(day)),
            other_credentials: Reading::known(Vec::new(), at(day)),
            services_last_accessed: Reading::unknown("not asked"),
        }
    }

    fn stock(day: &str, accounts: Vec<(&str, Option<Vec<IamUser>>)>) -> IamStock {
        let accounts = accounts.into_iter().map(|(id, users)| {
            let reading = match users {
                Some(users) => {
                    let users = users.into_iter().map(|user| (user.name.clone(), user)).collect();
                    Reading::known(IamAccount { users, ..IamAccount::default() }, at(day))
                }
                None => Reading::unknown("refused"),
            };
            (id.parse().unwrap(), reading)
        });
        IamStock {
            schema_version: IamStock::SCHEMA_VERSION,
            as_of: at(day),
            services_asked: false,
            account_names: BTreeMap::new(),
            left_out: BTreeMap::new(),
            without_organization: None,
            inventory: IamInventory { accounts: accounts.collect() },
        }
    }

    #[test]
    fn users_go_from_stage_to_stage_and_unread_accounts_are_never_done() {
        const PROD: &str = "222222222222";
        let (on, off) = (Some(AccessKeyStatus::Active), Some(AccessKeyStatus::Inactive));
        let first = "2026-10-01";
        let before = stock(
            first,
            vec![
                (
                    "111111111111",
                    Some(vec![user("a", "1", on, first), user("b", "2", on, first), user("c", "3", on, first)]),
                ),
                (PROD, Some(vec![user("d", "4", on, first)])),
            ],
        );
        let second = "2026-11-01";
        let after = stock(
            second,
            vec![
                // `a` is deleted and made again under the same name, `b` switched off, `c` as before, `d` not to be seen.
                (
                    "111111111111",
                    Some(vec![user("a", "9", on, second), user("b", "2", off, second), user("c", "3", on, second)]),
                ),
                (PROD, None),
            ],
        );
        let production = BTreeSet::from([PROD.parse().unwrap()]);
        let told = progress(&[after, before], &production, Thresholds::default());
        assert_eq!(told[0].as_of, at(first));
        assert_eq!(told[0].stages, Stages { usable: 4, ..Stages::default() });
        assert_eq!(told[0].in_production, Some(1));
        assert_eq!(told[0].key_ages, [0, 0, 4, 0]);
        assert_eq!(told[1].stages, Stages { usable: 1, switched_off: 1, deleted: 1, unknown: 1 });
        // nobody looked into production: that none was found there says nothing
        assert_eq!((told[1].new_users, told[1].in_production, told[1].production_unread), (1, None, 1));
        assert_eq!(told[1].summary.unread_accounts, 1);
        assert!(progress(&[], &production, Thresholds::default()).is_empty());
        // not an account of that inventory at all
        let elsewhere = stock(first, vec![("111111111111", Some(Vec::new()))]);
        assert_eq!(progress(&[elsewhere], &production, Thresholds::default())[0].in_production, None);
        assert_eq!(
            progress(&[stock(first, Vec::new())], &BTreeSet::new(), Thresholds::default())[0].production_unread,
            0
        );
    }

    #[test]
    fn who_was_hidden_on_the_first_day_is_not_new() {
        let on = Some(AccessKeyStatus::Active);
        let (first, second) = ("2026-10-01", "2026-11-01");
        let before =
            stock(first, vec![("111111111111", None), ("222222222222", Some(vec![user("a", "1", on, first)]))]);
        let made_later = IamUser { created: at("2026-10-15"), ..user("c", "3", on, second) };
        let after = stock(
            second,
            vec![
                ("111111111111", Some(vec![user("b", "2", on, second), made_later])),
                ("222222222222", Some(vec![user("a", "1", on, second), user("d", "4", on, second)])),
                // an account that nobody asked for on the first day
                ("333333333333", Some(vec![user("e", "5", on, second)])),
            ],
        );
        let told = progress(&[before, after], &BTreeSet::new(), Thresholds::default());
        assert_eq!((told[0].new_users, told[0].users_without_first_day), (0, 0));
        assert_eq!((told[1].new_users, told[1].users_without_first_day), (2, 2));
        assert_eq!(told[1].stages, Stages { usable: 1, ..Stages::default() });
    }
}
