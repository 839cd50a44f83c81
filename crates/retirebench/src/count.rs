//! Counting what was right and what was wrong.

use std::collections::{BTreeMap, BTreeSet};

use plan::iam_users::owner::{OwnerReason, Told};
use plan::iam_users::{OwnerFinding, Ownership, Reason, UserVerdict, Verdict};
use sandbox::wild::{Habit, Truth, WildCompany};

use model::iam_user::IamUserRef;

/// What a number of companies came to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counts {
    pub(crate) companies: u64,
    pub(crate) records: u64,
    /// By truth and verdict.
    pub(crate) verdicts: BTreeMap<(Truth, Verdict), u64>,
    /// By habit and verdict.
    pub(crate) habits: BTreeMap<(Habit, Verdict), u64>,
    /// Why people's users are unknown: how many have this doubt, and of how many it is the only one.
    pub(crate) doubts: BTreeMap<String, (u64, u64)>,
    /// Why the use itself does not look like a person's, by the name of the reason: how many have it, and of how many it is the only one.
    pub(crate) looks: BTreeMap<String, (u64, u64)>,
    /// What must never be: in words.
    pub(crate) dangerous: Vec<String>,
    pub(crate) owners: Owners,
    /// By the ways in which a name was found: how many were right, and wrong.
    pub(crate) ways: BTreeMap<String, (u64, u64)>,
}

/// What became of the search for owners.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Owners {
    /// Users of people in the directory.
    pub(crate) findable: u64,
    /// Users for which one owner was named.
    pub(crate) named: u64,
    /// And it was the right one.
    pub(crate) right: u64,
    /// Several were named, the right one among them.
    pub(crate) among: u64,
    /// Users of people who are not in the directory, or of systems.
    pub(crate) unfindable: u64,
    /// Of these, somebody was named.
    pub(crate) invented: u64,
    /// Leavers with a user, and those that were told.
    pub(crate) leavers: u64,
    pub(crate) leavers_told: u64,
}

impl Counts {
    pub(crate) fn add(&mut self, other: Self) {
        self.companies += other.companies;
        self.records += other.records;
        for (key, number) in other.verdicts {
            *self.verdicts.entry(key).or_default() += number;
        }
        for (key, number) in other.habits {
            *self.habits.entry(key).or_default() += number;
        }
        for (doubt, (all, alone)) in other.doubts {
            let held = self.doubts.entry(doubt).or_default();
            *held = (held.0 + all, held.1 + alone);
        }
        for (look, (all, alone)) in other.looks {
            let held = self.looks.entry(look).or_default();
            *held = (held.0 + all, held.1 + alone);
        }
        for (way, (right, wrong)) in other.ways {
            let held = self.ways.entry(way).or_default();
            *held = (held.0 + right, held.1 + wrong);
        }
        self.dangerous.extend(other.dangerous);
        let (ours, theirs) = (&mut self.owners, other.owners);
        ours.findable += theirs.findable;
        ours.named += theirs.named;
        ours.right += theirs.right;
        ours.among += theirs.among;
        ours.unfindable += theirs.unfindable;
        ours.invented += theirs.invented;
        ours.leavers += theirs.leavers;
        ours.leavers_told += theirs.leavers_told;
    }

    pub(crate) fn judge(&mut self, seed: u64, company: &WildCompany, verdicts: &[UserVerdict]) {
        self.companies += 1;
        self.records += company.records;
        let told: BTreeMap<(&str, &str), &UserVerdict> =
            verdicts.iter().map(|one| ((one.user.account.as_str(), one.user.name.as_str()), one)).collect();
        for user in &company.users {
            let Some(told) = told.get(&(user.account.as_str(), user.name.as_str())) else { continue };
            let truth = user.truth();
            *self.verdicts.entry((truth, told.verdict)).or_default() += 1;
            *self.habits.entry((user.habit, told.verdict)).or_default() += 1;
            if truth == Truth::Person && told.verdict == Verdict::Unknown {
                self.note_doubts(told);
            }
            let is_live = matches!(truth, Truth::Machine | Truth::Mixed);
            if is_live && matches!(told.verdict, Verdict::Person | Verdict::Unused) {
                let why = told.reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n    ");
                self.dangerous.push(format!(
                    "company {seed}, {}/{} ({}) was called {}\n    {why}\n    log: {:?}",
                    user.account,
                    user.name,
                    user.habit.about(),
                    told.verdict.word(),
                    company.log
                ));
            }
        }
    }

    /// Of somebody who looks like a person: what could hide a job. Of others: what does not look so.
    fn note_doubts(&mut self, told: &UserVerdict) {
        let mut found: Vec<String> = told.reasons.iter().filter_map(doubt).collect();
        found.dedup();
        if !told.reasons.contains(&Reason::JobCouldHide) {
            found = vec!["the use itself does not look like a person's alone".to_owned()];
            let parts = told.parts.iter().filter(|part| part.verdict == Verdict::Unknown);
            let looks: BTreeSet<String> = parts.flat_map(|part| &part.reasons).filter_map(look).collect();
            note(&mut self.looks, looks);
        }
        note(&mut self.doubts, found.into_iter().collect());
    }

    pub(crate) fn judge_owners(&mut self, company: &WildCompany, findings: &BTreeMap<IamUserRef, OwnerFinding>) {
        let told: BTreeMap<(&str, &str), &OwnerFinding> =
            findings.iter().map(|(user, found)| ((user.account.as_str(), user.name.as_str()), found)).collect();
        let owners = &mut self.owners;
        for user in &company.users {
            let Some(told) = told.get(&(user.account.as_str(), user.name.as_str())) else { continue };
            let person = user.owner.and_then(|owner| company.people.get(owner)).filter(|person| person.in_directory);
            if let Some(named) = told.owner() {
                let held = self.ways.entry(way(told)).or_default();
                match person.is_some_and(|person| person.user_name == named) {
                    true => held.0 += 1,
                    false => held.1 += 1,
                }
            }
            let Some(person) = person else {
                owners.unfindable += 1;
                owners.invented += u64::from(told.owner().is_some());
                continue;
            };
            owners.findable += 1;
            owners.named += u64::from(told.owner().is_some());
            let is_right = told.owner() == Some(person.user_name.as_str());
            owners.right += u64::from(is_right);
            if let Ownership::Ambiguous { candidates } = &told.ownership {
                owners.among += u64::from(candidates.contains(&person.user_name));
            }
            owners.leavers += u64::from(person.has_left);
            owners.leavers_told += u64::from(person.has_left && is_right && told.has_left);
        }
    }

    /// The most frequent first.
    pub(crate) fn frequent(counted: &BTreeMap<String, (u64, u64)>) -> Vec<(&str, u64, u64)> {
        let mut sorted: Vec<_> = counted.iter().map(|(what, (all, alone))| (what.as_str(), *all, *alone)).collect();
        sorted.sort_by_key(|(what, all, _)| (std::cmp::Reverse(*all), *what));
        sorted
    }

    pub(crate) fn of(&self, truth: Truth, verdict: Verdict) -> u64 {
        self.verdicts.get(&(truth, verdict)).copied().unwrap_or(0)
    }

    /// Of those that truly are it, the share that was called it; in percent.
    pub(crate) fn recall(&self, truth: Truth, verdict: Verdict) -> f64 {
        let all: u64 = Verdict::ALL.iter().map(|verdict| self.of(truth, *verdict)).sum();
        percent(self.of(truth, verdict), all)
    }

    /// Of those that were called it, the share that truly is it; in percent.
    pub(crate) fn precision(&self, truth: Truth, verdict: Verdict) -> f64 {
        let all: u64 = TRUTHS.iter().map(|(truth, _)| self.of(*truth, verdict)).sum();
        percent(self.of(truth, verdict), all)
    }
}

fn note(counted: &mut BTreeMap<String, (u64, u64)>, found: BTreeSet<String>) {
    let is_alone = found.len() == 1;
    for what in found {
        let held = counted.entry(what).or_default();
        *held = (held.0 + 1, held.1 + u64::from(is_alone));
    }
}

/// What leaves a doubt about one credential, by its name: `OtherNetworks`.
fn look(reason: &Reason) -> Option<String> {
    let is_fact = matches!(reason, Reason::Fact { .. } | Reason::SignIns { .. } | Reason::PasswordLastUsed { .. });
    let text = format!("{reason:?}");
    (!is_fact).then(|| text.split([' ', '{', '(']).next().unwrap_or_default().to_owned())
}

/// A doubt in a few words, without dates and numbers.
fn doubt(reason: &Reason) -> Option<String> {
    Some(match reason {
        Reason::ServiceNotRecorded { service, .. } => format!("{service} was used, and trails do not record all of it"),
        Reason::ServiceUnexplained { service, .. } => format!("use of {service} is not in the log"),
        Reason::EarlierUnexplained { service, .. } => format!("an earlier use of {service} is not in the log"),
        Reason::NotRecorded { class } => format!("`{class}` is not recorded whole"),
        Reason::SelectorsMissing { .. } => "event selectors are not known".to_owned(),
        Reason::Gaps { .. } | Reason::RegionGaps { .. } | Reason::RegionUnseen { .. } => {
            "days or Regions are missing".to_owned()
        }
        Reason::KeysMissed { .. } => "keys were used that the log does not show".to_owned(),
        Reason::LogUnread | Reason::LogNotWhole { .. } | Reason::LogShort { .. } | Reason::LogEnds { .. } => {
            "the log is short, old or not whole".to_owned()
        }
        _ => return None,
    })
}

#[expect(clippy::cast_precision_loss, reason = "a share for people")]
pub(crate) fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 100.0 } else { part as f64 * 100.0 / whole as f64 }
}

/// The truths, and the verdict that says so.
pub(crate) const TRUTHS: [(Truth, Verdict); 4] = [
    (Truth::Person, Verdict::Person),
    (Truth::Machine, Verdict::Machine),
    (Truth::Mixed, Verdict::Mixed),
    (Truth::Unused, Verdict::Unused),
];

/// The best of the reasons for an owner, without names.
fn way(found: &OwnerFinding) -> String {
    let of = |told: &Told| match told {
        Told::Name { .. } => "name",
        Told::Tag { .. } => "tag",
    };
    let mut ways: Vec<String> = found
        .reasons
        .iter()
        .map(|reason| match reason {
            OwnerReason::CalledSo { told } => format!("{} of the directory", of(told)),
            OwnerReason::Fits { told, is_exact, form } => {
                format!("{} {} {form:?}", of(told), if *is_exact { "is" } else { "sounds like" })
            }
            OwnerReason::Settled => "settled".to_owned(),
            OwnerReason::TooLittle { .. } | OwnerReason::Candidate { .. } | OwnerReason::NobodyFits => {
                "other".to_owned()
            }
        })
        .collect();
    ways.sort();
    ways.dedup();
    ways.join(" + ")
}
