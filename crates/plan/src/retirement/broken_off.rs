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
        is_ours && case.unheard().next().is_some() && self.changed_since().is_none() && self.working().is_empty()
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
        Working {
            left: steps.iter().filter(|step| works.iter().any(|what| is_of(step, what))).map(|step| (*step).clone()).collect(),
            on_again: works.into_iter().filter(|what| !steps.iter().any(|step| is_of(step, what))).collect(),
        }
    }

    /// When the inventory was taken and the last change of Sekisho was made, where it does not show that one.
    fn changed_since(&self) -> Option<(Timestamp, Timestamp)> {
        let changed = self.case?.steps.iter().map(|made| made.at).max()?;
        let Reading::Known { as_of, .. } = self.input.inventory.accounts.get(&self.reference.account)? else { return None };
        (*as_of < changed).then_some((*as_of, changed))
    }

    /// What keeps one that is switched off, in full or in part, from the next step: what works again, and what was done or tried.
    pub(super) fn disturbances(&self, since: Timestamp) -> Vec<Reason> {
        let stale = self.changed_since();
        // An inventory from before tells nothing of what works now.
        let on_again = if stale.is_none() { self.working().on_again } else { Vec::new() };
        let mut reasons: Vec<Reason> = on_again.into_iter().map(|what| Reason::SwitchedOnAgain { what }).collect();
        let uses = self.uses_after(self.quiet_since(since));
        let used = |(credential, last, actions)| Reason::UsedSince { credential, last, actions };
        reasons.extend(uses.into_iter().map(used));
        reasons
    }

    /// That the inventory has to be taken again.
    pub(super) fn stale_inventory(&self) -> Option<Reason> {
        self.changed_since().map(|(taken, changed)| Reason::InventoryBefore { taken, changed })
    }

    /// One that was switched off in part: the rest is done where it would be begun today.
    pub(super) fn half_way(&self, left: &[IamStep], disturbances: Vec<Reason>) -> (Next, Vec<Reason>) {
        let told = Reason::BrokenOff { left: left.iter().map(|step| stopped(step).to_owned()).collect() };
        let (next, more) = match self.case {
            _ if self.has_left() => self.of_leaver(),
            Some(case) if case.announced.is_some() => self.in_parallel(),
            _ if self.is_unused() => (Next::SwitchOff, Vec::new()),
            _ => (Next::Hold, vec![Reason::NotAnnounced]),
        };
        let is_told = |credential: &String| {
            disturbances.iter().any(|one| matches!(one, Reason::UsedSince { credential: used, .. } if used == credential))
        };
        let more: Vec<Reason> = more
            .into_iter()
            .filter(|one| !matches!(one, Reason::StillUsed { credential, .. } if is_told(credential)))
            .collect();
        let next = match next {
            Next::SwitchOff if !disturbances.is_empty() => Next::Hold,
            next => next,
        };
        (next, [told].into_iter().chain(disturbances).chain(more).collect())
    }
}

impl Working {
    fn is_empty(&self) -> bool {
        self.left.is_empty() && self.on_again.is_empty()
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
