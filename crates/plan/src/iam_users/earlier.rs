//! What earlier inventories tell: each says of a service or a key when it was used last, and so that nothing used it from then until the answer.
//!
//! One such answer proves little, since whoever comes after a job hides it. Of many, each time that is told has to be in the log, and between them little time
//! is left in which nobody would have told of a job.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use model::iam_user::{IamInventory, IamUser, LastUse};

/// How far AWS's answers may be behind: services last accessed and the credential report, up to four hours.
const BEHIND_S: i64 = 4 * 3600;
/// How exact the times are: those of keys to 15 minutes.
const EXACT_S: i64 = 15 * 60;
/// Services last accessed reach back at least so far.
const REACH_S: i64 = 400 * 86_400;

/// What earlier inventories tell of users. Inventories may be added in any order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EarlierUse {
    /// By ARN and id: a user that was made again is another one.
    users: BTreeMap<(String, String), UserAnswers>,
}

/// What they tell of one user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserAnswers {
    taken: BTreeSet<i64>,
    services: BTreeMap<String, Answers>,
    keys: BTreeMap<String, Answers>,
}

/// What they tell of one service or key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers {
    /// Last uses that were told, in seconds since 1970.
    told: BTreeSet<i64>,
    /// From and until when there was no use.
    silences: Vec<(i64, i64)>,
}

impl Answers {
    /// `last_s` is none where there never was any, back to `reach_s`.
    fn note(&mut self, last_s: Option<i64>, reach_s: i64, until_s: i64) {
        self.told.extend(last_s);
        let after_s = last_s.map_or(reach_s, |last_s| last_s + EXACT_S);
        match self.silences.last_mut() {
            Some((from_s, to_s)) if *from_s <= after_s && after_s <= *to_s => *to_s = until_s.max(*to_s),
            _ if after_s < until_s => self.silences.push((after_s, until_s)),
            _ => {}
        }
    }

    /// Last uses that were told, in seconds since 1970.
    pub fn told(&self) -> impl Iterator<Item = i64> + '_ {
        self.told.iter().copied()
    }

    /// Of so many hours from one (counted since 1970) on: whether it is certain that there was no use.
    #[must_use]
    pub fn silent_hours(&self, first: i64, hours: usize) -> Vec<bool> {
        let mut silent = vec![false; hours];
        for (from_s, to_s) in &self.silences {
            // Hours that lie wholly in it.
            let from = from_s.saturating_add(3599).div_euclid(3600).saturating_sub(first).max(0);
            let to = to_s.div_euclid(3600).saturating_sub(first);
            let (Ok(from), Ok(to)) = (usize::try_from(from), usize::try_from(to)) else { continue };
            if let Some(part) = silent.get_mut(from..to.min(hours)) {
                part.fill(true);
            }
        }
        // Whatever another answer said: then there was a use.
        for told_s in &self.told {
            for at_s in [*told_s, told_s + EXACT_S] {
                let hour = usize::try_from(at_s.div_euclid(3600) - first).ok();
                if let Some(used) = hour.and_then(|hour| silent.get_mut(hour)) {
                    *used = false;
                }
            }
        }
        silent
    }
}

impl UserAnswers {
    /// Of a service, as IAM calls it.
    #[must_use]
    pub fn service(&self, name: &str) -> Option<&Answers> {
        self.services.get(name)
    }

    /// Of a key.
    #[must_use]
    pub fn key(&self, id: &str) -> Option<&Answers> {
        self.keys.get(id)
    }

    /// How many inventories tell of the user.
    #[must_use]
    pub fn inventories(&self) -> usize {
        self.taken.len()
    }

    /// When the first of them was taken, in seconds since 1970.
    #[must_use]
    pub fn first_s(&self) -> Option<i64> {
        self.taken.first().copied()
    }

    /// Notes when a service was called last, as it was told at a time; none: never.
    pub fn note_service(&mut self, at_s: i64, name: &str, last_s: Option<i64>) {
        self.taken.insert(at_s);
        let answers = entry(&mut self.services, name);
        answers.note(last_s, at_s - REACH_S, at_s - BEHIND_S);
    }

    /// Notes when a key was used last, as it was told at a time; none: never.
    pub fn note_key(&mut self, at_s: i64, id: &str, last_s: Option<i64>) {
        self.taken.insert(at_s);
        entry(&mut self.keys, id).note(last_s, 0, at_s - BEHIND_S);
    }
}

fn entry<'a>(answers: &'a mut BTreeMap<String, Answers>, name: &str) -> &'a mut Answers {
    if !answers.contains_key(name) {
        answers.insert(name.to_owned(), Answers::default());
    }
    answers.entry(name.to_owned()).or_default()
}

impl EarlierUse {
    /// Adds what an inventory tells. What it could not read says nothing.
    pub fn add(&mut self, inventory: &IamInventory) {
        for (_, user) in inventory.users() {
            self.add_user(user);
        }
    }

    fn add_user(&mut self, user: &IamUser) {
        let answers = self.user_mut(&user.arn, &user.id);
        if let Some((services, at)) = read(&user.services_last_accessed) {
            for (name, last) in services {
                answers.note_service(at.as_second(), name, last.map(Timestamp::as_second));
            }
        }
        if let Some((keys, at)) = read(&user.access_keys) {
            for key in keys {
                match key.last_use {
                    LastUse::At { at: last } => answers.note_key(at.as_second(), &key.id, Some(last.as_second())),
                    LastUse::Never => answers.note_key(at.as_second(), &key.id, None),
                    LastUse::NotTold => {}
                }
            }
        }
    }

    /// What is told of a user, to add to it.
    pub fn user_mut(&mut self, arn: &str, id: &str) -> &mut UserAnswers {
        self.users.entry((arn.to_owned(), id.to_owned())).or_default()
    }

    /// What is told of a user.
    #[must_use]
    pub fn user(&self, user: &IamUser) -> Option<&UserAnswers> {
        self.users.get(&(user.arn.clone(), user.id.clone()))
    }
}

fn read<T>(reading: &model::Reading<T>) -> Option<(&T, Timestamp)> {
    match reading {
        model::Reading::Known { value, as_of } => Some((value, *as_of)),
        model::Reading::Unknown { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOUR_S: i64 = 3600;

    #[test]
    fn from_the_last_use_to_the_answer_there_was_none() {
        let mut answers = Answers::default();
        answers.note(Some(10 * HOUR_S), 0, 20 * HOUR_S);
        answers.note(Some(30 * HOUR_S), 0, 44 * HOUR_S);
        let silent = answers.silent_hours(8, 40);
        let hours: Vec<i64> = (8..48).zip(&silent).filter(|(_, silent)| **silent).map(|(hour, _)| hour).collect();
        assert_eq!(hours, (11..20).chain(31..44).collect::<Vec<i64>>(), "the hour of the use itself is not silent");
        assert_eq!(answers.told().collect::<Vec<_>>(), [10 * HOUR_S, 30 * HOUR_S]);
    }

    #[test]
    fn what_may_not_be_told_yet_proves_nothing() {
        let mut user = UserAnswers::default();
        user.note_service(100 * HOUR_S, "logs", Some(98 * HOUR_S));
        assert!(!user.service("logs").unwrap().silent_hours(90, 20).contains(&true));
    }

    proptest! {
        /// The order of answers does not matter, and no hour is silent in which there was a use that an answer could tell.
        #[test]
        fn no_use_lies_in_silence(uses in proptest::collection::btree_set(0..2_000_i64, 0..30), at in proptest::collection::vec(0..2_100_i64, 0..60)) {
            let uses: Vec<i64> = uses.into_iter().map(|quarter| quarter * 900).collect();
            let sum = |order: &mut dyn Iterator<Item = &i64>| {
                let mut answers = Answers::default();
                for at in order {
                    let at_s = at * 900;
                    let last = uses.iter().copied().rfind(|used| *used <= at_s - BEHIND_S);
                    answers.note(last, 0, at_s - BEHIND_S);
                }
                answers.silent_hours(0, 600)
            };
            let silent = sum(&mut at.iter());
            prop_assert_eq!(&silent, &sum(&mut at.iter().rev()));
            for used in &uses {
                prop_assert!(!silent[usize::try_from(used / HOUR_S).unwrap()], "{used}");
            }
        }
    }
}
