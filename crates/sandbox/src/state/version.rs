//! Earlier versions of what was changed: for the ledger, and for reads that lag behind.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::center::{Pair, PermissionSet};
use super::directory::{Group, Membership, User};
use super::iam::AccountIam;
use super::id::{AccountId, SetId, Uuid};
use super::organization::Account;
use super::tree::Tree;
use crate::config::Span;

/// What is changed, and becomes visible, as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Entity {
    Set(SetId),
    Pair(AccountId, SetId),
    User(Uuid),
    Group(Uuid),
    Membership(Uuid),
    /// The IAM of an account, all of it.
    Iam(AccountId),
    /// An account as the organization knows it: name, state, place and tags.
    Account(AccountId),
    /// OUs, policies and where they are attached, and the root's tags.
    Tree,
}

impl Entity {
    pub(crate) fn is_of_organization(self) -> bool {
        matches!(self, Self::Account(_) | Self::Tree)
    }
}

/// An entity at some time; none where there was none.
#[derive(Debug, Clone)]
pub(crate) enum Version {
    Set(Option<Box<PermissionSet>>),
    Pair(Option<Pair>),
    User(Option<Box<User>>),
    Group(Option<Group>),
    Membership(Option<Membership>),
    Iam(Option<Box<AccountIam>>),
    Account(Option<Box<Account>>),
    Tree(Box<Tree>),
}

/// Entities as they were before each change, since they were last asked for. Nothing is kept until somebody watches.
#[derive(Debug, Clone, Default)]
pub(crate) struct Touched {
    watched: bool,
    before: Vec<(Entity, Version)>,
}

impl Touched {
    pub(crate) fn watch(&mut self) {
        self.watched = true;
    }

    pub(crate) fn note(&mut self, entity: Entity, before: impl FnOnce() -> Version) {
        if self.watched {
            self.before.push((entity, before()));
        }
    }

    pub(crate) fn take(&mut self) -> Vec<(Entity, Version)> {
        std::mem::take(&mut self.before)
    }
}

/// What readers still see of entities that have changed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lag {
    /// Versions, oldest first, each with the time until which it is what readers see.
    older: BTreeMap<Entity, Vec<(Timestamp, Version)>>,
}

impl Lag {
    /// An entity has changed; readers see it as it was for a while. They never see versions in another order than
    /// they were written.
    pub(crate) fn keep(
        &mut self,
        entity: Entity,
        before: Version,
        now: Timestamp,
        span: Span,
        rng: &mut fastrand::Rng,
    ) {
        if span.most.is_zero() {
            return;
        }
        let lag = SignedDuration::try_from(span.draw(rng)).unwrap_or(SignedDuration::MAX);
        let until = now.checked_add(lag).unwrap_or(Timestamp::MAX);
        let older = self.older.entry(entity).or_default();
        let until = older.last().map_or(until, |(earlier, _)| until.max(*earlier));
        older.push((until, before));
    }

    /// Forgets what nobody sees any more.
    pub(crate) fn forget(&mut self, now: Timestamp) {
        self.older.retain(|_, versions| {
            versions.retain(|(until, _)| *until > now);
            !versions.is_empty()
        });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.older.is_empty()
    }

    /// What readers see of each such entity that has changed, to be put in the place of what it is now.
    pub(crate) fn seen(&self, wanted: impl Fn(Entity) -> bool) -> Vec<(Entity, Version)> {
        let older = self.older.iter().filter(|(entity, _)| wanted(**entity));
        older.filter_map(|(entity, versions)| Some((*entity, versions.first()?.1.clone()))).collect()
    }
}
