//! Where a user stands, and what may happen to it next.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use model::iam_user::{IamUser, IamUserRef, LastUse};
use model::key_use::{Activity, LogCoverage, UserUse};
use model::retirement::RetirementCase;
use model::{IamClaim, IamStep, Reading};
use serde::Serialize;

use super::reason::{Missing, Reason};
use super::steps::denial;
use super::{RetirementInput, Tie, days_after};
use crate::iam_users::{OwnerFinding, Ownership, UserVerdict, Verdict};

/// How far a user has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Nothing was done yet.
    InUse,
    /// The owner was told; both ways are open.
    Announced,
    /// Keys are inactive, everything is denied; it can be taken back.
    SwitchedOff,
}

/// What may happen next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Next {
    /// Tell the owner.
    Announce,
    /// Switch it off.
    SwitchOff,
    /// Delete it.
    Delete,
    /// A time has to pass first.
    Wait,
    /// Something is not ready, or is missed.
    Hold,
    /// It must not be touched.
    Refuse,
}

/// How much breaks if the decision is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// Nothing used it for 90 days.
    Low,
    /// Only the console was used.
    Medium,
    /// A key was used.
    High,
}

/// Where a user stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// The user.
    pub user: IamUserRef,
    /// Its id.
    pub user_id: String,
    /// Whose it is, if that is known.
    pub owner: Option<String>,
    /// The owner has left the company.
    pub has_left: bool,
    /// How far it has come.
    pub stage: Stage,
    /// What may happen next.
    pub next: Next,
    /// Why not more; what waits, too.
    pub reasons: Vec<Reason>,
    /// How much breaks if this is wrong.
    pub risk: Risk,
    /// What is read again right before the next step; where it is not so any more nothing is done.
    #[serde(skip)]
    pub rests_on: Vec<IamClaim>,
    /// What is left to do where it is to be switched off and was so in part; none where that begins anew.
    #[serde(skip)]
    pub left: Vec<IamStep>,
    /// Nothing of it works, which the journal does not know of every step.
    #[serde(skip)]
    pub is_only_seen_off: bool,
}

/// What was used within so many days counts for the risk.
const RISK_DAYS: i64 = 90;
/// A change of IAM takes a while to be known everywhere, and the log's time is not AWS's own to the minute.
const SETTLING_S: i64 = 15 * 60;
/// Confidence (of 100) from which on a user is taken for somebody's where a mistake would cost.
pub const SURE: u8 = 90;
/// Actions that are named.
const NAMED: usize = 3;

/// Where every user of the inventory stands, in order of account and name.
#[must_use]
pub fn standings(input: &RetirementInput<'_>) -> Vec<Standing> {
    let verdicts: BTreeMap<&IamUserRef, &UserVerdict> = input.verdicts.iter().map(|one| (&one.user, one)).collect();
    let nothing = UserUse::default();
    let mut standings = Vec::new();
    for (reference, user) in input.inventory.users() {
        let case = input.cases.by_user.get(&reference).filter(|case| case.is_about(&user.id));
        let look = Look {
            input,
            reference: &reference,
            user,
            case,
            owner: input.owners.get(&reference),
            verdict: verdicts.get(&reference).copied(),
            used: input.used.users.get(&user.arn).unwrap_or(&nothing),
        };
        standings.push(look.standing());
    }
    standings
}

impl Standing {
    /// Kinds of what keeps it where it is, and whether it stays as things are; none where nothing does.
    #[must_use]
    pub fn held(&self) -> (bool, Vec<String>) {
        if !matches!(self.next, Next::Hold | Next::Refuse) {
            return (false, Vec::new());
        }
        let mut kinds: Vec<String> = self.reasons.iter().map(Reason::kind).collect();
        kinds.sort();
        kinds.dedup();
        (self.reasons.iter().any(Reason::is_lasting), kinds)
    }
}

pub(super) struct Look<'a> {
    pub(super) input: &'a RetirementInput<'a>,
    pub(super) reference: &'a IamUserRef,
    pub(super) user: &'a IamUser,
    pub(super) case: Option<&'a RetirementCase>,
    pub(super) owner: Option<&'a OwnerFinding>,
    pub(super) verdict: Option<&'a UserVerdict>,
    pub(super) used: &'a UserUse,
}

impl Look<'_> {
    fn standing(&self) -> Standing {
        let stage = self.stage();
        let (next, reasons) = self.next(stage);
        Standing {
            user: self.reference.clone(),
            user_id: self.user.id.clone(),
            owner: self.owner.and_then(OwnerFinding::owner).map(str::to_owned),
            has_left: self.has_left(),
            stage,
            next,
            reasons,
            risk: self.risk(),
            rests_on: self.rests_on(next),
            left: match (next, stage) {
                (Next::SwitchOff, Stage::SwitchedOff) => self.working().left,
                _ => Vec::new(),
            },
            is_only_seen_off: self.is_only_seen_off(),
        }
    }

    fn stage(&self) -> Stage {
        match self.case {
            Some(_) if self.off_since().is_some() => Stage::SwitchedOff,
            Some(case) if case.announced.is_some() => Stage::Announced,
            _ => Stage::InUse,
        }
    }

    pub(super) fn has_left(&self) -> bool {
        self.owner.is_some_and(|owner| owner.has_left)
    }

    fn next(&self, stage: Stage) -> (Next, Vec<Reason>) {
        let mut refusals = self.refusals();
        let off_since = self.off_since();
        if let Some(since) = off_since {
            refusals.extend(self.unseen_days(since));
        }
        if !refusals.is_empty() {
            return (Next::Refuse, refusals);
        }
        if let Some((since, text)) = self.case.and_then(|case| case.complaint.clone()) {
            return (Next::Hold, vec![Reason::Complaint { text, since }]);
        }
        match stage {
            Stage::InUse => self.before_announcement(),
            Stage::Announced => self.in_parallel(),
            Stage::SwitchedOff => off_since.map_or((Next::Hold, Vec::new()), |since| self.in_quiet(since)),
        }
    }

    /// What forbids to touch it at all, whatever its stage.
    fn refusals(&self) -> Vec<Reason> {
        let input = self.input;
        let mut reasons = Vec::new();
        let account_name = input.account_names.get(&self.reference.account).map(String::as_str);
        if let Some(pattern) = input.settings.protects(self.reference, account_name) {
            reasons.push(Reason::Protected { pattern: pattern.as_str().to_owned() });
        }
        if let Some((since, why)) = self.case.and_then(RetirementCase::stays_reduced)
            && !input.settings.also_reduced
        {
            reasons.push(Reason::Reduced { since, why: why.map(str::to_owned) });
        }
        for tie in input.ties.get(self.reference).into_iter().flatten() {
            reasons.push(match tie {
                Tie::Tool(place) => Reason::OwnedByTool { place: place.clone() },
                Tie::Policy(place) => Reason::NamedInPolicy { place: place.clone() },
            });
        }
        match self.verdict.map(|found| found.verdict) {
            Some(Verdict::Person | Verdict::Unused) => {}
            verdict => reasons.push(Reason::NotAPersons {
                verdict: verdict.unwrap_or(Verdict::Unknown),
                because: self.verdict.and_then(UserVerdict::decisive),
            }),
        }
        reasons.extend(self.unread_parts());
        reasons.extend(self.old_inventory());
        reasons.extend(self.weak_evidence());
        if denial(self.user).is_none() {
            reasons.push(Reason::DoesNotFit);
        }
        reasons
    }

    fn unread_parts(&self) -> Vec<Reason> {
        let user = self.user;
        let parts = [
            (Missing::Password, user.password.reason()),
            (Missing::AccessKeys, user.access_keys.reason()),
            (Missing::MfaDevices, user.mfa_devices.reason()),
            (Missing::OtherCredentials, user.other_credentials.reason()),
        ];
        let unread = parts.into_iter().filter_map(|(part, why)| Some((part, why?.to_owned())));
        unread.map(|(part, why)| Reason::NotRead { part, why }).collect()
    }

    fn old_inventory(&self) -> Option<Reason> {
        let most_hours = self.input.settings.inventory_hours;
        let taken = match self.input.inventory.accounts.get(&self.reference.account)? {
            Reading::Known { as_of, .. } => *as_of,
            Reading::Unknown { .. } => return None,
        };
        // One from a clock that is ahead would never be old.
        let hours = hours_between(taken, self.input.now);
        (!(-1..=i64::from(most_hours)).contains(&hours)).then_some(Reason::InventoryOld { taken, most_hours })
    }

    fn weak_evidence(&self) -> Vec<Reason> {
        let Some(coverage) = self.input.used.coverage.get(&self.reference.account) else {
            return vec![Reason::NoEvidence];
        };
        let mut reasons: Vec<Reason> =
            coverage.flaws.iter().map(|flaw| Reason::EvidenceFlawed { flaw: flaw.clone() }).collect();
        let most_hours = self.input.settings.evidence_hours;
        let last = Timestamp::from_second(coverage.end_s).unwrap_or_default();
        if hours_between(last, self.input.now) > i64::from(most_hours) {
            reasons.push(Reason::EvidenceOld { last, most_hours });
        }
        reasons.extend(self.stopped_regions(coverage, most_hours));
        reasons
    }

    /// Regions in which it was used and of which nothing is heard any more; of a user nothing is known of, all of the account.
    fn stopped_regions(&self, coverage: &LogCoverage, most_hours: u32) -> Vec<Reason> {
        let activities = self.used.keys.values().chain([&self.used.keyless]);
        let mut regions: BTreeSet<&String> = activities.flat_map(|activity| activity.regions.keys()).collect();
        let keys = self.user.access_keys.value().into_iter().flatten();
        regions.extend(keys.filter_map(|key| key.last_region.as_ref()));
        if regions.is_empty() {
            regions.extend(coverage.regions.keys());
        }
        let stopped = regions.into_iter().filter_map(|region| {
            let last_s = coverage.stopped(region, i64::from(most_hours) * 3600)?;
            let last = Timestamp::from_second(last_s).unwrap_or_default();
            Some(Reason::RegionStopped { region: region.clone(), last })
        });
        stopped.collect()
    }

    /// Days since the user was switched off of which the log has nothing.
    fn unseen_days(&self, since: Timestamp) -> Option<Reason> {
        let coverage = self.input.used.coverage.get(&self.reference.account)?;
        let day = |second: i64| i32::try_from(second.div_euclid(86_400)).ok();
        let (first, last) = (day(since.as_second())?, day(coverage.end_s)?);
        let missing = (first..=last).filter(|day| !coverage.days.contains(*day)).count();
        let days = u32::try_from(missing).unwrap_or(u32::MAX);
        (days > 0).then_some(Reason::EvidenceGap { days })
    }

    fn before_announcement(&self) -> (Next, Vec<Reason>) {
        if self.has_left() {
            return self.of_leaver();
        }
        if self.is_unused() {
            return (Next::Announce, Vec::new());
        }
        match self.missing_way() {
            Some(reason) => (Next::Hold, vec![reason]),
            None => (Next::Announce, Vec::new()),
        }
    }

    /// Whoever has left is not told, and has no other way to find; that it is theirs must be beyond doubt.
    pub(super) fn of_leaver(&self) -> (Next, Vec<Reason>) {
        match self.owner.map(|owner| &owner.ownership) {
            Some(Ownership::Settled { .. }) => (Next::SwitchOff, Vec::new()),
            Some(Ownership::Matched { confidence, .. }) if *confidence >= SURE => (Next::SwitchOff, Vec::new()),
            Some(Ownership::Matched { owner, confidence }) => {
                (Next::Hold, vec![Reason::OwnerUnsure { owner: owner.clone(), confidence: *confidence }])
            }
            _ => (Next::Hold, vec![Reason::NoOwner]),
        }
    }

    pub(super) fn is_unused(&self) -> bool {
        self.verdict.is_some_and(|found| found.verdict == Verdict::Unused)
    }

    /// Why the owner would be locked out.
    fn missing_way(&self) -> Option<Reason> {
        let Some(owner) = self.owner.and_then(OwnerFinding::owner) else { return Some(Reason::NoOwner) };
        match self.input.ways.is_open(owner, &self.reference.account) {
            Ok(true) => None,
            Ok(false) => Some(Reason::NoOtherWay { owner: owner.to_owned() }),
            Err(why) => Some(Reason::WaysUnknown { why: why.to_owned() }),
        }
    }

    pub(super) fn in_parallel(&self) -> (Next, Vec<Reason>) {
        let Some((announced, until)) = self.case.and_then(|case| case.announced) else {
            return (Next::Hold, Vec::new());
        };
        if self.has_left() {
            return self.of_leaver();
        }
        let confirmed = self.case.and_then(|case| case.confirmed.clone()).map(|(at, _)| at);
        let mut reasons = Vec::new();
        if !self.is_unused() {
            reasons.extend(self.missing_way());
            if confirmed.is_none() {
                reasons.extend(self.not_signed_in(announced));
            }
        }
        reasons.extend(
            self.uses_after(self.still_since().as_second())
                .into_iter()
                .map(|(credential, last, actions)| Reason::StillUsed { credential, last, actions }),
        );
        if self.input.now < until && confirmed.is_none() {
            reasons.insert(0, Reason::Parallel { until });
            return (Next::Wait, reasons);
        }
        if reasons.is_empty() { (Next::SwitchOff, reasons) } else { (Next::Hold, reasons) }
    }

    /// Since when nothing may have run through it before it is switched off.
    pub(super) fn still_since(&self) -> Timestamp {
        let still = days_before(self.input.now, self.input.settings.still_days);
        // Whoever says that it is not needed any more may say so an hour after the last use.
        let confirmed = self.case.and_then(|case| case.confirmed.as_ref());
        confirmed.map_or(still, |(at, _)| (*at).max(still))
    }

    /// Since when (in seconds) nothing may have been tried, of one that was switched off then.
    pub(super) fn quiet_since(&self, off: Timestamp) -> i64 {
        // What came before a complaint was settled is explained.
        let settled = self.case.and_then(|case| case.settled).map_or(i64::MIN, |at| at.as_second());
        (off.as_second() + SETTLING_S).max(settled)
    }

    fn not_signed_in(&self, announced: Timestamp) -> Option<Reason> {
        let owner = self.owner.and_then(OwnerFinding::owner)?;
        let last = self.input.used.portal.get(&owner.to_lowercase()).and_then(|portal| portal.last_s());
        let has = last.is_some_and(|last| last >= announced.as_second());
        (!has).then(|| Reason::NotSignedIn { owner: owner.to_owned() })
    }

    fn in_quiet(&self, since: Timestamp) -> (Next, Vec<Reason>) {
        let working = self.working();
        let mut reasons = self.disturbances(&working, since);
        let until = days_after(since, self.input.settings.quiet_days);
        // An inventory from before it was switched off shows neither that it is, nor that it is not.
        if !working.left.is_empty() || self.input.now >= until {
            reasons.extend(self.stale_inventory(&working));
        }
        if !working.left.is_empty() {
            return self.half_way(&working.left, reasons);
        }
        if !reasons.is_empty() {
            return (Next::Hold, reasons);
        }
        if self.input.now < until {
            return (Next::Wait, vec![Reason::Quiet { until }]);
        }
        // The whole quiet time has to be in the log, not only most of it.
        let seen_until = self.input.used.coverage.get(&self.reference.account).map_or(0, |coverage| coverage.end_s);
        if seen_until < until.as_second() {
            return (Next::Wait, vec![Reason::Quiet { until }]);
        }
        (Next::Delete, Vec::new())
    }

    /// What was done or tried with each credential after this second: by the log, and by what IAM tells itself.
    pub(super) fn uses_after(&self, since_s: i64) -> Vec<(String, Timestamp, Vec<String>)> {
        let mut uses = Vec::new();
        let activities = self.used.keys.iter().map(|(key, activity)| (key.as_str(), activity));
        for (credential, activity) in activities.chain([("sessions", &self.used.keyless)]) {
            if activity.all.events > 0 && activity.all.last_s > since_s {
                let last = Timestamp::from_second(activity.all.last_s).unwrap_or_default();
                uses.push((credential.to_owned(), last, actions_after(activity, since_s)));
            }
        }
        for key in self.user.access_keys.value().into_iter().flatten() {
            let named = uses.iter().any(|(credential, _, _)| *credential == key.id);
            if let LastUse::At { at } = key.last_use
                && at.as_second() > since_s
                && !named
            {
                let service = key.last_service.clone().into_iter().collect();
                uses.push((key.id.clone(), at, service));
            }
        }
        if let Some(LastUse::At { at }) = self.user.password.value().and_then(Option::as_ref).map(|one| one.last_use)
            && at.as_second() > since_s
        {
            uses.push(("console".to_owned(), at, Vec::new()));
        }
        uses
    }

    fn risk(&self) -> Risk {
        let since_s = self.input.now.as_second() - RISK_DAYS * 86_400;
        let uses = self.uses_after(since_s);
        match uses.iter().any(|(credential, _, _)| !matches!(credential.as_str(), "console" | "sessions")) {
            true => Risk::High,
            false if uses.is_empty() => Risk::Low,
            false => Risk::Medium,
        }
    }
}

/// The most frequent actions of those done after this second.
fn actions_after(activity: &Activity, since_s: i64) -> Vec<String> {
    let mut actions: Vec<(u64, &String)> = activity
        .actions
        .iter()
        .filter(|(_, action)| action.all.last_s > since_s)
        .map(|(name, action)| (action.all.events, name))
        .collect();
    actions.sort_by(|left, right| right.0.cmp(&left.0).then(left.1.cmp(right.1)));
    actions.into_iter().take(NAMED).map(|(_, name)| name.clone()).collect()
}

fn hours_between(from: Timestamp, to: Timestamp) -> i64 {
    (to.as_second() - from.as_second()).div_euclid(3600)
}

fn days_before(at: Timestamp, days: u32) -> Timestamp {
    at.checked_sub(SignedDuration::from_hours(i64::from(days) * 24)).unwrap_or(Timestamp::MIN)
}

fn add(list: &mut Vec<String>, name: &str) {
    if !list.iter().any(|held| held == name) {
        list.push(name.to_owned());
    }
}

/// What Sekisho itself added to the user is not part of it.
pub(super) fn without_own_steps(user: &IamUser, case: Option<&RetirementCase>) -> IamUser {
    let mut definition = user.clone();
    // The last first, as they would be taken back.
    for made in case.map(|case| case.steps.as_slice()).unwrap_or_default().iter().rev() {
        match &made.step {
            IamStep::SetPolicy { name, from: None, .. } => drop(definition.inline_policies.remove(name)),
            IamStep::SetPolicy { name, from: Some(from), .. } => {
                definition.inline_policies.insert(name.clone(), from.clone());
            }
            IamStep::AttachPolicy { policy } => definition.attached_policies.retain(|attached| attached != policy),
            IamStep::DetachPolicy { policy } => add(&mut definition.attached_policies, policy),
            IamStep::JoinGroup { group } => definition.groups.retain(|name| name != group),
            IamStep::LeaveGroup { group } => add(&mut definition.groups, group),
            _ => {}
        }
    }
    definition
}
