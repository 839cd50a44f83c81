//! # `ownership`
//!
//! Only what Sekisho owns is changed: nothing of AWS's own sets, nothing where ownership is `observe`, nothing of whom the catalog protects, and
//! under `additive` nothing is removed that Sekisho did not ask for itself. Of sets that nobody declares nothing is changed but that they go.

use sandbox::{AccountId, Assignment, Deed, Request};

use super::Found;
use crate::evidence::{Evidence, is_sekisho};
use crate::organisation::RESERVED_SET;
use crate::run::Attempt;
use crate::scenario::Scenario;
use crate::wish::Ownership;

pub(super) fn check(evidence: &Evidence<'_>, _: &Scenario) -> Found {
    for asked in evidence.asked_by_sekisho() {
        let Some(attempt) = evidence.attempt_at(asked.at) else { continue };
        let (account, set, removed) = match &asked.request {
            Request::Assign(row) => (Some(row.account), &row.set, None),
            Request::Withdraw(row) => (Some(row.account), &row.set, Some(row)),
            Request::Provision { set, account } => (*account, set, None),
        };
        if set == RESERVED_SET {
            return Err(format!("{set} belongs to AWS, and something was asked about it: {:?}", asked.request));
        }
        if account.is_some_and(|account| is_observed_only(evidence, attempt, account)) {
            return Err(format!("something was asked where ownership is observe: {:?}", asked.request));
        }
        if let Some(row) = removed {
            may_be_removed(evidence, attempt, row, asked.at)?;
        }
    }
    for effect in evidence.effects.iter().filter(|effect| is_sekisho(&effect.by)) {
        let Some(attempt) = evidence.attempt_at(effect.at) else { continue };
        match &effect.deed {
            Deed::SetCreated(set) | Deed::SetDeleted(set) if set.name == RESERVED_SET => {
                return Err(format!("{} belongs to AWS: {:?}", set.name, effect.deed));
            }
            Deed::SetChanged { after, .. } if after.name == RESERVED_SET => {
                return Err(format!("{} belongs to AWS, and was changed", after.name));
            }
            Deed::SetChanged { after, .. } if !attempt.wish.sets.contains_key(&after.name) => {
                return Err(format!("nobody declares {}, and it was changed", after.name));
            }
            Deed::SetDeleted(set) if attempt.wish.ownership == Ownership::Additive => {
                let mut made = evidence.effects.iter().rev().filter(|other| other.at <= effect.at);
                let made = made.find_map(|other| match &other.deed {
                    Deed::SetCreated(created) if created.arn == set.arn => Some(is_sekisho(&other.by)),
                    _ => None,
                });
                if made != Some(true) {
                    return Err(format!(
                        "ownership is additive, and {} was deleted, which somebody else made",
                        set.name
                    ));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn is_observed_only(evidence: &Evidence<'_>, attempt: &Attempt, account: AccountId) -> bool {
    match &attempt.wish.ownership {
        Ownership::Except(name) => evidence.sandbox.account_id(name) == Some(account),
        Ownership::Exclusive | Ownership::Additive => false,
    }
}

fn may_be_removed(evidence: &Evidence<'_>, attempt: &Attempt, row: &Assignment, at: jiff::Timestamp) -> Found {
    if let Some(group) = &attempt.wish.protected
        && evidence.sandbox.principal(&format!("group:{group}")) == Some(row.principal)
    {
        return Err(format!("{group} is protected, and {} was withdrawn", evidence.words(row)));
    }
    if attempt.wish.ownership != Ownership::Additive {
        return Ok(());
    }
    let own = evidence.asked_by_sekisho().any(|asked| {
        asked.at <= at
            && matches!(&asked.request, Request::Assign(made) if made == row)
            && asked.ended.as_ref().is_some_and(|(_, failure)| failure.is_none())
    });
    if own {
        return Ok(());
    }
    Err(format!("ownership is additive, and {} was withdrawn, which somebody else gave", evidence.words(row)))
}
