//! A switching off that broke off half-way: what is left of it, and what somebody switched on again.

use jiff::Timestamp;
use model::iam_user::AccessKeyStatus;
use model::retirement::{DENIAL_POLICY, DENY_ALL_ARN_END, RetirementCase, switches_off};
use model::{IamStep, Reading};

use super::reason::Reason;
use super::standing::{Look, Next};
use super::steps::is_denied;

/// What is said to work where nothing denies everything.
const EVERYTHING: &str = "everything";

/// What works of a user that was switched off, as the inventory shows it.
#[derive(Debug, Default)]
pub(super) struct Working {
    /// Steps that the journal knows as left, in their order.
    pub(super) left: Vec<IamStep>,
    /// What somebody switched on again, or made.
    on_again: Vec<String>,
    /// When the last of it was switched off, where the inventory is from before that.
    changed: Option<Timestamp>,
}

impl Look<'_> {
    /// Since when it is switched off: its last step. Now, where all is off and nobody heard of some step that it was done.
    pub(super) fn off_since(&self) -> Option<Timestamp> {
        if self.is_only_seen_off() {
            return Some(self.input.now);
        }
        self.case.and_then(RetirementCase::switched_off)
    }

    /// Whether nothing works, although the journal does not know it of every step that was to be taken: it was done without an
    /// answer, or by somebody else.
    pub(super) fn is_only_seen_off(&self) -> bool {
        let Some(case) = self.case else { return false };
        let is_ours = case.steps.iter().any(|made| switches_off(&made.step));
        is_ours && case.unheard().next().is_some() && self.working().is_empty()
    }

    /// What works, and whether that is for the switching off to go on with: only what its journal names as not done. What was done, or
    /// was found done, was switched on again; and what it does not name came later.
    pub(super) fn working(&self) -> Working {
        let mut works: Vec<String> = Vec::new();
        if !is_denied(self.user) {
            works.push(EVERYTHING.to_owned());
        }
        let keys = self.user.access_keys.value().into_iter().flatten();
        works.extend(keys.filter(|key| key.status == AccessKeyStatus::Active).map(|key| key.id.clone()));
        let others = self.user.other_credentials.value().into_iter().flatten();
        works.extend(others.filter(|one| one.active).map(|one| one.id.clone()));
        let steps: Vec<&IamStep> = self.case.into_iter().flat_map(RetirementCase::left).map(|one| &one.step).collect();
        let is_of = |step: &&IamStep, what: &String| stopped(step) == what;
        let mut working = Working::default();
        let is_left = |step: &&&IamStep| works.iter().any(|what| is_of(step, what));
        working.left = steps.iter().filter(is_left).map(|step| (*step).clone()).collect();
        for what in works.into_iter().filter(|what| !steps.iter().any(|step| is_of(step, what))) {
            match self.last_off(&what).filter(|off| self.taken().is_some_and(|taken| taken < *off)) {
                Some(off) => working.changed = working.changed.max(Some(off)),
                None => working.on_again.push(what),
            }
        }
        working
    }

    /// When the inventory was taken.
    fn taken(&self) -> Option<Timestamp> {
        match self.input.inventory.accounts.get(&self.reference.account)? {
            Reading::Known { as_of, .. } => Some(*as_of),
            Reading::Unknown { .. } => None,
        }
    }

    /// When this was last known not to work.
    fn last_off(&self, what: &str) -> Option<Timestamp> {
        let case = self.case?;
        let made = case.steps.iter().filter(|made| made.is_verified && switches_off(&made.step));
        let made = made.filter(|made| stopped(&made.step) == what).map(|made| made.at);
        let runs = case.off_runs.iter();
        let found = runs.filter(|run| run.steps.iter().any(|one| one.state.is_seen() && stopped(&one.step) == what));
        made.chain(found.map(|run| run.began)).chain(case.seen_off).max()
    }

    /// What keeps one that is switched off, in full or in part, from the next step: what works again, and what was done or tried.
    pub(super) fn disturbances(&self, working: &Working, since: Timestamp) -> Vec<Reason> {
        let on_again = working.on_again.iter().map(|what| Reason::SwitchedOnAgain { what: what.clone() });
        let uses = self.uses_after(self.quiet_since(since)).into_iter();
        on_again
            .chain(uses.map(|(credential, last, actions)| Reason::UsedSince { credential, last, actions }))
            .collect()
    }

    /// That the inventory has to be taken again: it is from before the user was switched off.
    pub(super) fn stale_inventory(&self, working: &Working) -> Option<Reason> {
        Some(Reason::InventoryBefore { taken: self.taken()?, changed: working.changed? })
    }

    /// One that was switched off in part: the rest is done where it would be begun today.
    pub(super) fn half_way(&self, left: &[IamStep], disturbances: Vec<Reason>) -> (Next, Vec<Reason>) {
        let told = Reason::BrokenOff { left: left.iter().map(|step| stopped(step).to_owned()).collect() };
        let (next, more) = match self.case {
            _ if self.has_left() => self.of_leaver(),
            Some(case) if case.announced.is_some() => self.in_parallel(),
            _ => (Next::Hold, vec![Reason::NotAnnounced]),
        };
        let is_told = |credential: &String| {
            disturbances
                .iter()
                .any(|one| matches!(one, Reason::UsedSince { credential: used, .. } if used == credential))
        };
        let more: Vec<Reason> = more
            .into_iter()
            .filter(|one| !matches!(one, Reason::StillUsed { credential, .. } if is_told(credential)))
            .collect();
        let next = if disturbances.is_empty() { next } else { Next::Hold };
        (next, [told].into_iter().chain(disturbances).chain(more).collect())
    }
}

impl Working {
    fn is_empty(&self) -> bool {
        self.left.is_empty() && self.on_again.is_empty() && self.changed.is_none()
    }
}

/// What a step stops: a key, a credential, or everything.
fn stopped(step: &IamStep) -> &str {
    match step {
        IamStep::SetPolicy { name, .. } if name == DENIAL_POLICY => EVERYTHING,
        IamStep::AttachPolicy { policy } if policy.ends_with(DENY_ALL_ARN_END) => EVERYTHING,
        step => step.object(),
    }
}
