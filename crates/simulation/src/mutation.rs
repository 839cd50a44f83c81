//! Sekisho broken on purpose, in one way at a time: what the invariants are good for is shown by their noticing it.

mod cloud;
mod store;

use std::fmt;
use std::str::FromStr;

use model::{Change, Plan};

pub(crate) use cloud::Meddled;
pub(crate) use store::{Crash, WatchedStore};

use crate::wish::{Guards, Ownership, Wish};

/// A way to break Sekisho.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutation {
    /// A page of a list that fails counts as empty.
    FailedPageAsEmpty,
    /// A file of assignments that cannot be read counts as empty.
    UnreadableFileAsEmpty,
    /// What a removal relies on is not read again before it.
    NoRecheck,
    /// What was done is not read again after it.
    NoReread,
    /// A request counts as done once it is accepted.
    EarlySuccess,
    /// Guards do not hold.
    GuardIgnored,
    /// What is about to be sent is not written down.
    JournalForgotten,
    /// What somebody else made is removed although ownership is additive, or `observe`.
    UnownedRemoved,
    /// Permission sets of AWS are taken for one's own.
    ReservedAdopted,
    /// A plan that was kept is applied without a look.
    StalePlanApplied,
    /// What a crashed run left in flight is not looked into.
    RecoveryForgotten,
    /// Withdrawals do not wait for what replaces them.
    WithdrawnFirst,
    /// Every request is sent twice.
    SentTwice,
    /// Accounts with an old version of a set are not noticed.
    DriftOverlooked,
    /// Looking changes something.
    WritesWhileLooking,
}

impl Mutation {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::FailedPageAsEmpty,
        Self::UnreadableFileAsEmpty,
        Self::NoRecheck,
        Self::NoReread,
        Self::EarlySuccess,
        Self::GuardIgnored,
        Self::JournalForgotten,
        Self::UnownedRemoved,
        Self::ReservedAdopted,
        Self::StalePlanApplied,
        Self::RecoveryForgotten,
        Self::WithdrawnFirst,
        Self::SentTwice,
        Self::DriftOverlooked,
        Self::WritesWhileLooking,
    ];

    /// The rule that has to notice.
    #[must_use]
    pub fn breaks(self) -> &'static str {
        match self {
            Self::UnreadableFileAsEmpty => "declared",
            Self::NoRecheck => "stale",
            Self::FailedPageAsEmpty | Self::NoReread | Self::EarlySuccess => "claimed",
            Self::GuardIgnored => "guard",
            Self::JournalForgotten => "journal",
            Self::UnownedRemoved | Self::ReservedAdopted | Self::StalePlanApplied => "ownership",
            Self::RecoveryForgotten => "known-end",
            Self::WithdrawnFirst => "access",
            Self::SentTwice => "duplicate",
            Self::DriftOverlooked => "convergence",
            Self::WritesWhileLooking => "quiet",
        }
    }

    /// As written on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::FailedPageAsEmpty => "failed-page-as-empty",
            Self::UnreadableFileAsEmpty => "unreadable-file-as-empty",
            Self::NoRecheck => "no-recheck",
            Self::NoReread => "no-reread",
            Self::EarlySuccess => "early-success",
            Self::GuardIgnored => "guard-ignored",
            Self::JournalForgotten => "journal-forgotten",
            Self::UnownedRemoved => "unowned-removed",
            Self::ReservedAdopted => "reserved-adopted",
            Self::StalePlanApplied => "stale-plan-applied",
            Self::RecoveryForgotten => "recovery-forgotten",
            Self::WithdrawnFirst => "withdrawn-first",
            Self::SentTwice => "sent-twice",
            Self::DriftOverlooked => "drift-overlooked",
            Self::WritesWhileLooking => "writes-while-looking",
        }
    }

    /// The catalog as the broken Sekisho understands it.
    pub(crate) fn misread(self, wish: &Wish) -> Option<String> {
        let mut wish = wish.clone();
        match self {
            Self::GuardIgnored => wish.guards = Guards::WIDE,
            Self::UnownedRemoved => wish.ownership = Ownership::Exclusive,
            Self::ReservedAdopted => {
                let mut text = wish.settings();
                let adopted = "  adopted_permission_sets: [\"AWS*\"]\n";
                if !text.contains("protected:\n") {
                    text.push_str("protected:\n");
                }
                text.push_str(adopted);
                return Some(text);
            }
            _ => return None,
        }
        Some(wish.settings())
    }

    /// The plan as the broken Sekisho makes it.
    pub(crate) fn twist(self, plan: &mut Plan) {
        if self != Self::WithdrawnFirst {
            return;
        }
        for operation in &mut plan.operations {
            if matches!(operation.change, Change::Withdraw { .. }) {
                operation.needs.clear();
            }
        }
        plan.operations.sort_by_key(|operation| !matches!(operation.change, Change::Withdraw { .. }));
        plan::seal(plan);
    }
}

impl fmt::Display for Mutation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Mutation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|mutation| mutation.name() == text);
        found.ok_or_else(|| format!("no mutation `{text}`; there are {}", Self::ALL.map(Self::name).join(", ")))
    }
}
