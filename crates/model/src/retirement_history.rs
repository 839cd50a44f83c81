//! How the retirement of IAM users went over time, as the journal tells it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::iam_user::IamUserRef;
use crate::journal::{JournalEntry, JournalEvent};
use crate::retirement::{RetirementCase, RetirementCases};

/// How far a user has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HistoryStage {
    /// Known, and nothing was done.
    InUse,
    /// It is not to be retired as things are: protected, a machine's, owned by a tool.
    Kept,
    /// It stays, with less.
    Reduced,
    /// The owner was told, and both ways are open.
    Parallel,
    /// The owner was told, and the time in which both ways are open is over.
    Announced,
    /// Switched off, and watched.
    Quiet,
    /// Switched off, and the time in which it is watched is over.
    SwitchedOff,
    /// Deleted.
    Deleted,
}

impl HistoryStage {
    /// All of them, in order.
    pub const ALL: [Self; 8] = [
        Self::InUse,
        Self::Kept,
        Self::Reduced,
        Self::Parallel,
        Self::Announced,
        Self::Quiet,
        Self::SwitchedOff,
        Self::Deleted,
    ];
}

/// What was so of a user from then on.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Moment {
    at: Timestamp,
    deleted: bool,
    off: Option<Timestamp>,
    broken_off: bool,
    parallel_until: Option<Timestamp>,
    reduced: bool,
    stays: bool,
    /// Kinds of reasons.
    held: Vec<String>,
    complaint: Option<String>,
}

impl Moment {
    fn of(at: Timestamp, case: &RetirementCase) -> Self {
        let held = case.held.as_ref();
        Self {
            at,
            deleted: case.deleted.is_some(),
            off: case.switched_off(),
            broken_off: case.is_broken_off(),
            parallel_until: case.announced.map(|(_, until)| until),
            reduced: case.reduced.is_some(),
            stays: held.is_some_and(|held| held.stays),
            held: held.map(|held| held.because.clone()).unwrap_or_default(),
            complaint: case.complaint.as_ref().map(|(_, text)| text.clone()),
        }
    }

    fn stage(&self, now: Timestamp, quiet: SignedDuration) -> HistoryStage {
        if self.deleted {
            return HistoryStage::Deleted;
        }
        if let Some(off) = self.off {
            let until = off.checked_add(quiet).unwrap_or(Timestamp::MAX);
            return if now < until || self.broken_off { HistoryStage::Quiet } else { HistoryStage::SwitchedOff };
        }
        match self.parallel_until {
            _ if self.reduced => HistoryStage::Reduced,
            Some(until) if now < until => HistoryStage::Parallel,
            Some(_) => HistoryStage::Announced,
            None if self.stays => HistoryStage::Kept,
            None => HistoryStage::InUse,
        }
    }

    fn is_held(&self) -> bool {
        !self.deleted && (self.complaint.is_some() || self.broken_off || (!self.held.is_empty() && !self.stays))
    }
}

/// Users by stage on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StageDay {
    /// The end of the day, or now.
    pub at: Timestamp,
    /// How many.
    pub stages: BTreeMap<HistoryStage, usize>,
    /// How many of these something keeps where they are.
    pub held_back: usize,
}

/// A user that is kept where it is, or stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeldUser {
    /// The user.
    pub user: IamUserRef,
    /// How far it has come.
    pub stage: HistoryStage,
    /// Since when it is so.
    pub since: Timestamp,
    /// Kinds of reasons (`still_used`).
    pub because: Vec<String>,
    /// What somebody misses, or why it stays, in their words.
    pub text: Option<String>,
}

/// How far the retirement has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RetirementProgress {
    /// Each day on which something changed, the earliest first; the last one is now.
    pub days: Vec<StageDay>,
    /// Who is held back now.
    pub held_back: Vec<HeldUser>,
    /// Who stays as things are, reduced or not.
    pub stays: Vec<HeldUser>,
}

/// Takes the journal entry by entry, oldest first.
#[derive(Debug, Clone, Default)]
pub struct RetirementHistory {
    cases: RetirementCases,
    current: BTreeMap<IamUserRef, Vec<Moment>>,
    /// Users in whose name there is another by now.
    past: Vec<Vec<Moment>>,
}

impl RetirementHistory {
    /// Adds what an entry tells.
    pub fn add(&mut self, entry: &JournalEntry) {
        if let JournalEvent::Retirement { user, user_id, .. } = &entry.event {
            let case = self.cases.by_user.get(user);
            if case.is_some_and(|case| case.user_id.as_ref().is_some_and(|held| held != user_id)) {
                self.past.extend(self.current.remove(user));
            }
        }
        let concerned = self.cases.concerned(entry).cloned();
        self.cases.add(entry);
        let Some(user) = concerned else { return };
        let Some(case) = self.cases.by_user.get(&user) else { return };
        let mut moment = Moment::of(entry.at, case);
        // Made again: what is kept of the old one is not the new one's.
        moment.deleted &= case.recreated.is_none();
        let moments = self.current.entry(user).or_default();
        if moments.last().is_none_or(|last| Moment { at: moment.at, ..last.clone() } != moment) {
            moments.push(moment);
        }
    }

    /// How many were in which stage on which day. `quiet_days`: how long users that are switched off are watched.
    #[must_use]
    pub fn progress(&self, quiet_days: u32, now: Timestamp) -> RetirementProgress {
        let quiet = SignedDuration::from_hours(i64::from(quiet_days) * 24);
        let all = || self.current.values().chain(&self.past);
        let day_of = |at: Timestamp| at.as_second().div_euclid(DAY_S);
        let mut days: BTreeSet<i64> = BTreeSet::new();
        for moment in all().flatten() {
            let ends = [moment.parallel_until, moment.off.and_then(|off| off.checked_add(quiet).ok())];
            let dates = [Some(moment.at)].into_iter().chain(ends).flatten();
            days.extend(dates.filter(|at| *at <= now).map(day_of));
        }
        days.remove(&day_of(now));
        let ends = days.into_iter().filter_map(|day| Timestamp::from_second((day + 1) * DAY_S - 1).ok());
        let days = ends.chain([now]).map(|at| {
            let mut stages: BTreeMap<HistoryStage, usize> = HistoryStage::ALL.iter().map(|stage| (*stage, 0)).collect();
            let mut held_back = 0;
            for moment in all().filter_map(|moments| moments.iter().rev().find(|moment| moment.at <= at)) {
                *stages.entry(moment.stage(at, quiet)).or_default() += 1;
                held_back += usize::from(moment.is_held());
            }
            StageDay { at, stages, held_back }
        });
        let days = days.collect();
        let (mut held_back, mut stays) = (Vec::new(), Vec::new());
        for (user, moments) in &self.current {
            let Some(moment) = moments.last() else { continue };
            let stage = moment.stage(now, quiet);
            let reduced = self.cases.by_user.get(user).and_then(|case| case.reduced.as_ref());
            let text = moment.complaint.clone().or_else(|| reduced.map(|(_, reason)| reason.clone()));
            let mut because = moment.held.clone();
            if moment.broken_off && !because.iter().any(|kind| kind == BROKEN_OFF) {
                because.insert(0, BROKEN_OFF.to_owned());
            }
            let one = HeldUser { user: user.clone(), stage, since: moment.at, because, text };
            match stage {
                _ if moment.is_held() => held_back.push(one),
                HistoryStage::Kept | HistoryStage::Reduced => stays.push(one),
                _ => {}
            }
        }
        RetirementProgress { days, held_back, stays }
    }
}

const DAY_S: i64 = 86_400;
/// Kind of the reason of whoever was switched off in part only.
const BROKEN_OFF: &str = "broken_off";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::Change;
    use crate::id::{AccountId, IdentityStoreId, InstanceArn, RunId};
    use crate::journal::StepState;
    use crate::observed::InstanceKey;
    use crate::retirement::RetirementNote;
    use crate::{IamStep, OperationId};

    fn day(day: i64) -> Timestamp {
        Timestamp::from_second(day * DAY_S + 3_600).unwrap()
    }

    fn user(name: &str) -> IamUserRef {
        IamUserRef { account: AccountId::new("111122223333").unwrap(), name: name.to_owned() }
    }

    fn entry(at: Timestamp, event: JournalEvent) -> JournalEntry {
        let instance = InstanceKey {
            partition: "aws".to_owned(),
            instance: InstanceArn::new("arn:aws:sso:::instance/ssoins-1").unwrap(),
            identity_store: IdentityStoreId::new("d-1").unwrap(),
            primary_region: "us-east-1".to_owned(),
        };
        JournalEntry { sequence: 1, at, instance, event, previous: String::new(), hash: String::new() }
    }

    fn note(history: &mut RetirementHistory, on: i64, name: &str, id: &str, note: RetirementNote) {
        let event = JournalEvent::Retirement { user: user(name), user_id: id.to_owned(), who: String::new(), note };
        history.add(&entry(day(on), event));
    }

    fn off(history: &mut RetirementHistory, on: i64, name: &str) {
        let text = Some("{}".to_owned());
        let step = IamStep::SetPolicy { name: crate::retirement::DENIAL_POLICY.to_owned(), from: None, to: text };
        let change = Box::new(Change::IamUser { user: user(name), step });
        let event = JournalEvent::Step {
            run: RunId::new("run-1").unwrap(),
            operation: OperationId::new("operation").unwrap(),
            state: StepState::Verified { change, set_arn: None },
        };
        history.add(&entry(day(on), event));
    }

    #[test]
    fn stages_burn_down_day_by_day() {
        let mut history = RetirementHistory::default();
        let held = |stays, because: &[&str]| RetirementNote::HeldBack {
            stays,
            because: because.iter().map(|kind| (*kind).to_owned()).collect(),
        };
        note(&mut history, 0, "taro", "A1", RetirementNote::Announced { parallel_until: day(30) });
        note(&mut history, 0, "batch", "A2", held(true, &["not_a_persons"]));
        note(&mut history, 0, "jiro", "A3", held(false, &["no_owner"]));
        note(&mut history, 5, "vendor", "A4", RetirementNote::Reduced { reason: "until March".to_owned() });
        note(&mut history, 31, "taro", "A1", held(false, &["still_used"]));
        note(&mut history, 40, "taro", "A1", held(false, &[]));
        off(&mut history, 40, "taro");
        note(&mut history, 45, "taro", "A1", RetirementNote::Complaint { text: "the report".to_owned() });
        let told = history.progress(14, day(60));
        let by_day: Vec<(i64, Vec<usize>, usize)> = (told.days.iter())
            .map(|day| (day.at.as_second() / DAY_S, day.stages.values().copied().collect(), day.held_back))
            .collect();
        // In use, kept, reduced, parallel, announced, quiet, switched off, deleted; held back.
        assert_eq!(
            by_day,
            [
                (0, vec![1, 1, 0, 1, 0, 0, 0, 0], 1),
                (5, vec![1, 1, 1, 1, 0, 0, 0, 0], 1),
                (30, vec![1, 1, 1, 0, 1, 0, 0, 0], 1),
                (31, vec![1, 1, 1, 0, 1, 0, 0, 0], 2),
                (40, vec![1, 1, 1, 0, 0, 1, 0, 0], 1),
                (45, vec![1, 1, 1, 0, 0, 1, 0, 0], 2),
                (54, vec![1, 1, 1, 0, 0, 0, 1, 0], 2),
                (60, vec![1, 1, 1, 0, 0, 0, 1, 0], 2),
            ]
        );
        let held: Vec<&str> = told.held_back.iter().map(|one| one.user.name.as_str()).collect();
        assert_eq!(held, ["jiro", "taro"]);
        assert_eq!(told.held_back[1].text.as_deref(), Some("the report"));
        let stays: Vec<&str> = told.stays.iter().map(|one| one.user.name.as_str()).collect();
        assert_eq!(stays, ["batch", "vendor"]);
        // Another user of the name is another one.
        note(&mut history, 61, "taro", "A9", RetirementNote::Announced { parallel_until: day(90) });
        let told = history.progress(14, day(62));
        assert_eq!(told.days.last().unwrap().stages.values().sum::<usize>(), 5);
    }
}
