//! Whose is it? IAM users held against the people of the directory: by name, e-mail address, tags, notes on keys, and what was settled by hand.

mod index;
mod reason;

use std::collections::BTreeMap;

use model::iam_user::{IamInventory, IamUser, IamUserRef};
use serde::{Deserialize, Serialize};

use super::directory::{Directory, Standing};
use index::{Candidate, Index};

pub use reason::{NameForm, OwnerReason, Told};

/// From here on somebody is taken for the owner.
const OWNER: u8 = 55;
/// Two candidates nearer than this are one answer too many.
const APART: u8 = 4;

/// Who fits so well is a rival of anybody who fits better,
const RIVAL: u8 = 70;
/// unless that is certain.
const CERTAIN: u8 = 98;

/// Whose a user is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Ownership {
    /// Somebody said so.
    Settled {
        /// `user_name` or e-mail address.
        owner: String,
    },
    /// Somebody said that it is nobody's: a system.
    System,
    /// It fits one person.
    Matched {
        /// `user_name` of the person.
        owner: String,
        /// Of 100.
        confidence: u8,
    },
    /// It fits several, and nothing decides between them.
    Ambiguous {
        /// `user_name`s, the likeliest first.
        candidates: Vec<String>,
    },
    /// It fits nobody.
    Nobody,
}

/// What was found about the owner of one user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnerFinding {
    /// Whose.
    pub ownership: Ownership,
    /// The owner is known to the directory and has left.
    pub has_left: bool,
    /// Why.
    pub reasons: Vec<OwnerReason>,
    /// The name itself (not a tag) is somebody's.
    pub named_for: Option<String>,
}

impl OwnerFinding {
    /// `user_name` of the owner, if there is one.
    #[must_use]
    pub fn owner(&self) -> Option<&str> {
        match &self.ownership {
            Ownership::Settled { owner } | Ownership::Matched { owner, .. } => Some(owner),
            Ownership::System | Ownership::Ambiguous { .. } | Ownership::Nobody => None,
        }
    }

    /// Whether the user's own name is a person's.
    #[must_use]
    pub fn is_named_for_somebody(&self) -> bool {
        self.named_for.is_some()
    }
}

/// Finds the owners of all users.
#[must_use]
pub fn find_owners(inventory: &IamInventory, directory: &Directory) -> BTreeMap<IamUserRef, OwnerFinding> {
    let index = Index::new(&directory.people);
    let users = inventory.users().map(|(user, found)| {
        let finding = find(&user, found, directory, &index);
        (user, finding)
    });
    users.collect()
}

fn find(user: &IamUserRef, found: &IamUser, directory: &Directory, index: &Index) -> OwnerFinding {
    let by_name = index.of_user_name(&found.name);
    let person = |number: usize| directory.people.get(number);
    let user_name = |number: usize| person(number).map_or_else(String::new, |person| person.user_name.clone());
    let best = by_name.iter().max_by_key(|candidate| candidate.score);
    let named_for = best.filter(|best| best.score >= OWNER).map(|best| user_name(best.person));
    let settled = directory.settled.iter().filter(|settled| settled.user.eq_ignore_ascii_case(&found.name));
    // What names the account counts more than what does not.
    let settled = settled
        .filter(|settled| settled.account.as_deref().is_none_or(|account| account == user.account.as_str()))
        .max_by_key(|settled| settled.account.is_some());
    if let Some(settled) = settled {
        return of_settled(settled, directory, index, named_for);
    }
    let by_tag: Vec<Candidate> = found.tags.iter().flat_map(|(key, value)| index.of_tag(key, value)).collect();
    let mut people: BTreeMap<usize, (u8, Vec<OwnerReason>)> = BTreeMap::new();
    for candidate in by_name.iter().chain(&by_tag) {
        let held = people.entry(candidate.person).or_insert((0, Vec::new()));
        // Two things that say the same are more than one.
        let bonus = if held.0 >= 40 && candidate.score >= 40 && !held.1.contains(&candidate.why) { 6 } else { 0 };
        held.0 = held.0.max(candidate.score).saturating_add(bonus).min(99);
        if !held.1.contains(&candidate.why) {
            held.1.push(candidate.why.clone());
        }
    }
    let mut ranked: Vec<(usize, u8, Vec<OwnerReason>)> =
        people.into_iter().map(|(number, (score, why))| (number, score, why)).collect();
    ranked.sort_by_key(|(number, score, _)| (std::cmp::Reverse(*score), *number));
    let strong_tag = by_tag.iter().map(|candidate| candidate.score).max().unwrap_or(0) >= OWNER;
    let strong_name = best.is_some_and(|best| best.score >= 70);
    let one_says_otherwise = strong_tag
        && strong_name
        && best.is_some_and(|best| {
            by_tag.iter().filter(|candidate| candidate.score >= OWNER).all(|candidate| candidate.person != best.person)
        });
    let Some((first, score, why)) = ranked.first().cloned().filter(|(_, score, _)| *score >= OWNER) else {
        let reasons = match ranked.first() {
            Some((number, _, why)) => vec![OwnerReason::TooLittle { person: user_name(*number), why: why.clone() }],
            None => vec![OwnerReason::NobodyFits],
        };
        return OwnerFinding { ownership: Ownership::Nobody, has_left: false, reasons, named_for };
    };
    // One spelling against another decides between full names, not between family names alone.
    let apart = if score < RIVAL { APART + 1 } else { APART };
    let rivals: Vec<&(usize, u8, Vec<OwnerReason>)> = ranked
        .iter()
        .skip(1)
        .filter(|(_, other, _)| {
            one_says_otherwise && *other >= OWNER || score - other < apart || *other >= RIVAL && score < CERTAIN
        })
        .collect();
    if !rivals.is_empty() {
        let all = std::iter::once((first, why)).chain(rivals.iter().map(|(number, _, why)| (*number, why.clone())));
        return of_several(all.map(|(number, why)| (user_name(number), why)), named_for);
    }
    if is_family_name_alone(&why) {
        let reasons = vec![OwnerReason::TooLittle { person: user_name(first), why }];
        return OwnerFinding { ownership: Ownership::Nobody, has_left: false, reasons, named_for };
    }
    let has_left = person(first).is_some_and(|person| person.standing == Standing::Left);
    OwnerFinding {
        ownership: Ownership::Matched { owner: user_name(first), confidence: score },
        has_left,
        reasons: why,
        named_for,
    }
}

fn of_several(people: impl Iterator<Item = (String, Vec<OwnerReason>)>, named_for: Option<String>) -> OwnerFinding {
    let told = people.take(8).map(|(person, why)| (person.clone(), OwnerReason::Candidate { person, why }));
    let (candidates, reasons) = told.unzip();
    OwnerFinding { ownership: Ownership::Ambiguous { candidates }, has_left: false, reasons, named_for }
}

/// Whether only a family name in the user's own name speaks for somebody. The directory does not know everybody who has the name (contractors,
/// people who left long ago): in invented companies with such people one in three of these guesses was wrong, of the others one in fifty.
fn is_family_name_alone(why: &[OwnerReason]) -> bool {
    why.iter()
        .all(|reason| matches!(reason, OwnerReason::Fits { told: Told::Name { .. }, form: NameForm::FamilyName, .. }))
}

fn of_settled(
    settled: &super::directory::Settled,
    directory: &Directory,
    index: &Index,
    named_for: Option<String>,
) -> OwnerFinding {
    let reasons = vec![OwnerReason::Settled];
    let Some(owner) = &settled.owner else {
        return OwnerFinding { ownership: Ownership::System, has_left: false, reasons, named_for: None };
    };
    let person = index.exactly(owner).and_then(|number| directory.people.get(number));
    let has_left = person.is_some_and(|person| person.standing == Standing::Left);
    let owner = person.map_or_else(|| owner.clone(), |person| person.user_name.clone());
    OwnerFinding { ownership: Ownership::Settled { owner }, has_left, reasons, named_for }
}

#[cfg(test)]
mod tests;
