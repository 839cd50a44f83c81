//! Assignments: of each provisioned pair, or of each principal, never of accounts × sets.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use aws_sdk_ssoadmin::types::PrincipalType;
use futures::FutureExt;
use model::assignment::{AssignmentKey, AssignmentTable};
use model::id::{AccountId, PermissionSetArn, PermissionSetName};
use model::observed::{CallerRole, IncompletePair};
use model::principal::PrincipalId;
use ports::{AwsError, CloudProgress};

use super::sets::Sets;
use super::tally::Tally;
use super::{Principals, in_parallel};
use crate::api;
use crate::client::Inner;
use crate::error::{odd_answer, reason};
use crate::options::ReadingMode;
use crate::page::{Page, pages};
use crate::permission_set::PAGE_SIZE;

/// Assignments as read.
pub(crate) struct Assigned {
    pub(crate) table: AssignmentTable,
    pub(crate) incomplete: Vec<IncompletePair>,
}

/// A provisioned pair.
struct Pair<'a> {
    set: &'a PermissionSetName,
    arn: &'a PermissionSetArn,
    account: &'a AccountId,
}

impl Inner {
    /// Reads the way that needs fewer calls, if it is allowed.
    pub(crate) async fn observe_assignments(
        &self,
        role: CallerRole,
        sets: &Sets,
        principals: Principals,
        progress: &dyn CloudProgress,
    ) -> Assigned {
        let pairs: Vec<Pair<'_>> = sets
            .readable
            .values()
            .flat_map(|set| {
                set.provisioned.value().into_iter().flatten().map(|provisioned| Pair {
                    set: &set.name,
                    arn: &set.arn,
                    account: &provisioned.account,
                })
            })
            .collect();
        match per_principal(self.reading, role, pairs.len(), principals) {
            Some(principals) => self.read_principals(&pairs, sets, &principals, progress).await,
            None => self.read_pairs(&pairs, progress).await,
        }
    }

    async fn read_pairs(&self, pairs: &[Pair<'_>], progress: &dyn CloudProgress) -> Assigned {
        let tally = &Tally::new(progress, "assignments");
        tally.expect(pairs.len());
        let read = in_parallel(pairs.len(), |at| {
            let pair = pairs.get(at);
            async move {
                let pair = pair?;
                let principals = self.pair_principals(pair.arn, pair.account).await;
                tally.done();
                Some((pair, principals))
            }
            .boxed()
        });
        let mut rows = Rows::default();
        let mut incomplete = Vec::new();
        for (pair, principals) in read.await.into_iter().flatten() {
            let principals = principals.unwrap_or_else(|broken| {
                incomplete.push(IncompletePair {
                    set: pair.set.clone(),
                    account: pair.account.clone(),
                    reason: reason(&broken.error),
                    only_of_deleted: false,
                });
                broken.read
            });
            for principal in principals {
                rows.add(pair.set, pair.account, principal);
            }
        }
        rows.finish(incomplete)
    }

    async fn read_principals(
        &self,
        pairs: &[Pair<'_>],
        sets: &Sets,
        principals: &[PrincipalId],
        progress: &dyn CloudProgress,
    ) -> Assigned {
        let tally = &Tally::new(progress, "assignments");
        tally.expect(principals.len());
        let read = in_parallel(principals.len(), |at| {
            let principal = principals.get(at);
            async move {
                let principal = principal?;
                let assigned = self.principal_assignments(principal).await;
                tally.done();
                Some((principal, assigned))
            }
            .boxed()
        });
        let names: HashMap<&PermissionSetArn, &PermissionSetName> =
            sets.readable.values().map(|set| (&set.arn, &set.name)).collect();
        let mut rows = Rows::default();
        let mut failed: BTreeMap<String, u64> = BTreeMap::new();
        let mut seen: Vec<(&PermissionSetName, AccountId)> = Vec::new();
        for (principal, assigned) in read.await.into_iter().flatten() {
            let assigned = assigned.unwrap_or_else(|(read, error)| {
                *failed.entry(reason(&error)).or_default() += 1;
                read
            });
            for (arn, account) in assigned {
                // A set whose name could not be read has no row; the observation says that it is unreadable.
                if let Some(name) = names.get(&arn) {
                    rows.add(name, &account, principal.clone());
                    seen.push((name, account));
                }
            }
        }
        let mut reason = "read per principal: assignments of deleted principals would not show".to_owned();
        if let Some((error, count)) = failed.first_key_value() {
            let all: u64 = failed.values().sum();
            reason = format!("{reason}; {all} principals could not be read, {count} of them because of {error}");
        }
        let provisioned = pairs.iter().map(|pair| (pair.set, pair.account.clone()));
        // An assignment in an account that was not listed as having the set: whichever is newer, more may be there.
        let incomplete = provisioned.chain(seen).map(|(set, account)| IncompletePair {
            set: set.clone(),
            account,
            reason: reason.clone(),
            only_of_deleted: failed.is_empty(),
        });
        rows.finish(incomplete.collect())
    }

    /// Sets and accounts a principal is assigned in itself. Whether AWS lists what a user holds through groups is not
    /// documented: rows of another principal are left out.
    async fn principal_assignments(
        &self,
        principal: &PrincipalId,
    ) -> Result<Vec<(PermissionSetArn, AccountId)>, (Vec<(PermissionSetArn, AccountId)>, AwsError)> {
        let api = &api::LIST_ASSIGNMENTS_FOR_PRINCIPAL;
        let instance = match self.instance().await {
            Ok(instance) => instance.arn(),
            Err(error) => return Err((Vec::new(), error)),
        };
        let kind = match principal {
            PrincipalId::User(_) => PrincipalType::User,
            PrincipalId::Group(_) => PrincipalType::Group,
        };
        let kind = &kind;
        let rows = pages(api, Row::clone, |token| async move {
            let answer = self
                .call(api, || {
                    self.sso
                        .list_account_assignments_for_principal()
                        .instance_arn(instance)
                        .principal_type(kind.clone())
                        .principal_id(principal.as_str())
                        .max_results(PAGE_SIZE)
                        .set_next_token(token.clone())
                        .send()
                })
                .await?;
            let next = answer.next_token().map(str::to_owned);
            let rows = answer.account_assignments.unwrap_or_default().into_iter();
            Page::of(
                rows.map(|row| {
                    let arn = PermissionSetArn::new(row.permission_set_arn().unwrap_or_default());
                    let account = AccountId::new(row.account_id().unwrap_or_default());
                    Ok(Row {
                        arn: arn.map_err(|error| odd_answer(api, error))?,
                        account: account.map_err(|error| odd_answer(api, error))?,
                        principal: row.principal_id().map(str::to_owned),
                    })
                }),
                next,
            )
        });
        let own = |rows: Vec<Row>| {
            let own = rows.into_iter().filter(|row| row.principal.as_deref() == Some(principal.as_str()));
            own.map(|row| (row.arn, row.account)).collect()
        };
        match rows.await {
            Ok(rows) => Ok(own(rows)),
            Err(broken) => Err((own(broken.read), broken.error)),
        }
    }
}

/// A row of a listing per principal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    arn: PermissionSetArn,
    account: AccountId,
    principal: Option<String>,
}

/// Reading per principal never shows assignments of deleted principals, so it has to save half a minute at AWS's 20
/// calls a second before it is chosen.
const WORTH_CALLS: usize = 600;

/// The principals to ask for, if that is the way to read.
fn per_principal(
    mode: ReadingMode,
    role: CallerRole,
    pairs: usize,
    principals: Principals,
) -> Option<Vec<PrincipalId>> {
    let principals = principals.ok().filter(|_| role == CallerRole::Management)?;
    let wanted = match mode {
        ReadingMode::PerPair => false,
        ReadingMode::PerPrincipal => true,
        ReadingMode::Auto => {
            principals.len().saturating_mul(2) <= pairs && pairs.saturating_sub(principals.len()) >= WORTH_CALLS
        }
    };
    wanted.then_some(principals)
}

/// Gives each distinct value a number.
struct Numbers<T> {
    of: HashMap<T, u32>,
    values: Vec<T>,
}

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Self { of: HashMap::new(), values: Vec::new() }
    }
}

impl<T: Clone + Eq + Hash> Numbers<T> {
    fn number(&mut self, value: &T) -> u32 {
        if let Some(number) = self.of.get(value) {
            return *number;
        }
        let number = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.values.push(value.clone());
        self.of.insert(value.clone(), number);
        number
    }
}

/// Rows as they come in.
#[derive(Default)]
struct Rows {
    sets: Numbers<PermissionSetName>,
    accounts: Numbers<AccountId>,
    principals: Numbers<PrincipalId>,
    rows: Vec<AssignmentKey>,
}

impl Rows {
    fn add(&mut self, set: &PermissionSetName, account: &AccountId, principal: PrincipalId) {
        self.rows.push(AssignmentKey {
            set: self.sets.number(set),
            account: self.accounts.number(account),
            principal: self.principals.number(&principal),
        });
    }

    fn finish(self, mut incomplete: Vec<IncompletePair>) -> Assigned {
        incomplete.sort_unstable();
        incomplete.dedup_by(|left, right| (&left.set, &left.account) == (&right.set, &right.account));
        let (table, _) =
            AssignmentTable::build(self.sets.values, self.accounts.values, self.principals.values, &self.rows);
        Assigned { table, incomplete }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::id::UserId;

    #[test]
    fn the_cheaper_way_is_taken_where_it_is_allowed() {
        let people = |count: usize| -> Principals {
            Ok((0..count).map(|at| PrincipalId::User(UserId::new(format!("u{at}")).unwrap())).collect())
        };
        let chosen = |mode, role, pairs, principals| per_principal(mode, role, pairs, principals).is_some();
        use CallerRole::{DelegatedAdministrator, Management, Unknown};
        use ReadingMode::{Auto, PerPair, PerPrincipal};
        assert!(chosen(Auto, Management, 1_400, people(700)));
        assert!(!chosen(Auto, Management, 1_399, people(700)), "less than twice as cheap");
        assert!(!chosen(Auto, Management, 699, people(100)), "saves too little");
        assert!(!chosen(Auto, DelegatedAdministrator, 10_000, people(100)));
        assert!(!chosen(Auto, Unknown, 10_000, people(100)));
        assert!(!chosen(Auto, Management, 10_000, Err("AWS refused".into())));
        assert!(!chosen(Auto, Management, 0, people(0)));
        assert!(!chosen(PerPair, Management, 10_000, people(1)));
        assert!(chosen(PerPrincipal, Management, 0, people(100)));
        assert!(!chosen(PerPrincipal, DelegatedAdministrator, 10_000, people(1)));
    }
}
