//! Do two sets of policies allow the same requests? With a proof, or with a request that tells them apart.
//!
//! The actions are sorted into classes that concern the same statements; most classes concern equal statements on both sides. For the
//! rest, the resources are sorted into classes by the patterns they match (products of automata), and for each the conditions are
//! solved over finitely many cases of each key. What is found is replayed through the evaluator before it is shown. What cannot be
//! understood (variables) is taken as free: a proof of equality holds all the same, and a difference that hangs on it is
//! "possibly". What is too large is "unknown".
//!
//! Assumed: keys are independent of each other and hold values of the kind their operators compare; a key has one value unless it is one
//! of AWS's keys with several, or a condition of either side quantifies it.

mod actions;
#[cfg(test)]
#[expect(dead_code, reason = "the tests outside use more of it")]
mod aimed;
mod automaton;
pub(crate) mod containment;
mod domain;
pub(crate) mod overlap;
mod search;
mod solve;
mod spelling;
mod statements;
mod vectors;
#[cfg(test)]
mod weakness;
mod witness;

use std::collections::HashMap;
use std::fmt;
use std::ops::ControlFlow;

use actions::{Actions, Concerned, Directions};
use search::{Finding, Search};
use statements::Statements;
use witness::Replay;

use crate::open_question::OpenQuestion;
use crate::pattern::Reading;
use crate::policy::{Effect, Policy, Statement};
use crate::request::Request;

/// Bound on the work of one comparison: about half a second.
const MAX_STEPS: usize = 300_000;

/// What the second side is, seen from the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// Allows exactly the same requests. Proven.
    Equal,
    /// Allows all the first allows, and more. Proven.
    Broader,
    /// Allows less, and nothing else. Proven.
    Narrower,
    /// Allows some that the first does not, and does not allow others. Proven.
    Incomparable,
    /// A difference could not be ruled out; it hangs on variables, or on how far wildcards reach.
    PossiblyDifferent,
    /// A bound was reached.
    Unknown,
}

impl Relation {
    /// As in JSON output: `equal`, `possibly_different`, …
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Broader => "broader",
            Self::Narrower => "narrower",
            Self::Incomparable => "incomparable",
            Self::PossiblyDifferent => "possibly_different",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Whether there are requests that one side allows and the other does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// There are none. Proven.
    Never,
    /// There are: this one, replayed through the evaluator on both sides.
    Witness(Request),
    /// There may be, such as this one.
    Possibly {
        /// A request to look at.
        candidate: Request,
        /// What it hangs on.
        because: String,
    },
    /// It could not be found out.
    Unknown {
        /// Which bound was reached, at which statement.
        because: String,
    },
}

/// The answer over one universe of actions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What the second side is, seen from the first.
    pub relation: Relation,
    /// Requests that only the second side allows.
    pub gained: Difference,
    /// Requests that only the first side allows.
    pub lost: Difference,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// Over all texts that an action can be: holds for actions that AWS will add.
    pub all_strings: Verdict,
    /// Over the actions of the [catalogue](crate::catalogue).
    pub catalogue: Verdict,
}

/// Compares what two sets of identity policies allow. The second is described relative to the first. What differs only if AWS answers an
/// [open question](OpenQuestion) one way is "possibly" different.
#[must_use]
pub fn compare(first: &[Policy], second: &[Policy]) -> Comparison {
    let mut comparison = both_readings(first, second);
    for (question, first, second) in other_ways(first, second) {
        let other = both_readings(&first, &second);
        let because = question.to_string();
        comparison = Comparison {
            all_strings: Verdict::either(comparison.all_strings, other.all_strings, &because),
            catalogue: Verdict::either(comparison.catalogue, other.catalogue, &because),
        };
    }
    comparison.spelled_as([first, second])
}

/// The two sides as they would be if AWS answered the open questions they raise the other way, each alone and all together.
fn other_ways(first: &[Policy], second: &[Policy]) -> Vec<(OpenQuestion, Vec<Policy>, Vec<Policy>)> {
    let turn = |question: OpenQuestion, first: &[Policy], second: &[Policy]| {
        let turned = (question.other_way_of_all(first), question.other_way_of_all(second));
        match turned {
            (None, None) => None,
            (one, other) => {
                Some((question, one.unwrap_or_else(|| first.to_vec()), other.unwrap_or_else(|| second.to_vec())))
            }
        }
    };
    let mut ways: Vec<(OpenQuestion, Vec<Policy>, Vec<Policy>)> = Vec::new();
    for question in OpenQuestion::ALL {
        let further: Vec<_> = ways.iter().filter_map(|(_, first, second)| turn(question, first, second)).collect();
        ways.extend(turn(question, first, second).into_iter().chain(further));
    }
    ways
}

fn both_readings(first: &[Policy], second: &[Policy]) -> Comparison {
    let (crossing, hangs_on_reading) = one_reading(first, second, Reading::Crossing);
    #[cfg(test)]
    let hangs_on_reading = hangs_on_reading && !weakness::has(weakness::Weakness::OneReadingOnly);
    if !hangs_on_reading {
        return crossing;
    }
    let (segments, _) = one_reading(first, second, Reading::Segments);
    Comparison {
        all_strings: Verdict::either(crossing.all_strings, segments.all_strings, HANGS_ON_READING),
        catalogue: Verdict::either(crossing.catalogue, segments.catalogue, HANGS_ON_READING),
    }
}

const HANGS_ON_READING: &str =
    "it hangs on whether a wildcard in one of the first parts of an ARN reaches across colons";

/// Compares what two sets of policies deny explicitly. Policies that allow the same on their own can still differ in this, and that
/// counts as soon as something else allows what they deny: an attached policy, or one on the resource.
#[must_use]
pub fn compare_denies(first: &[Policy], second: &[Policy]) -> Verdict {
    // what is denied by one side and not by the other is what the Denies would allow if they were Allows
    let turned = |policies: &[Policy]| -> Vec<Policy> {
        let turn = |policy: &Policy| {
            let denies = policy.statements.iter().filter(|statement| statement.effect.value == Effect::Deny);
            let mut statements: Vec<Statement> = denies.cloned().collect();
            statements.iter_mut().for_each(|statement| statement.effect.value = Effect::Allow);
            Policy { declared_version: policy.declared_version, id: None, statements }
        };
        policies.iter().map(turn).filter(|policy| !policy.statements.is_empty()).collect()
    };
    let (first, second) = (turned(first), turned(second));
    if first.is_empty() && second.is_empty() {
        return Verdict::of(Difference::Never, Difference::Never);
    }
    compare(&first, &second).all_strings
}

/// Whether it is proven, with this much work, that the second allows all that the first allows. `steps` is reduced by what it cost.
pub(crate) fn loses_nothing(first: &[Policy], second: &[Policy], steps: &mut usize) -> bool {
    let other_ways = other_ways(first, second);
    let others = other_ways.iter().map(|(_, first, second)| (first.as_slice(), second.as_slice()));
    let mut ways = std::iter::once((first, second)).chain(others);
    ways.all(|(first, second)| loses_nothing_either_way(first, second, steps))
}

fn loses_nothing_either_way(first: &[Policy], second: &[Policy], steps: &mut usize) -> bool {
    [Reading::Crossing, Reading::Segments].into_iter().all(|reading| {
        let Ok(statements) = Statements::of([first, second], reading) else { return false };
        let Ok(actions) = Actions::of(&statements, Directions::LOSES) else { return false };
        let replay = Replay::of(first, second, reading);
        let mut run = Run { statements: &statements, replay, steps: *steps, known: HashMap::new() };
        let lost = run.all_texts(&actions, &actions.cheap(), false);
        *steps = run.steps;
        lost == Difference::Never
    })
}

/// What the second side allows over all texts and the first does not. Half of a comparison, for half its cost.
pub(crate) fn gained(first: &[Policy], second: &[Policy]) -> Difference {
    let mut gained = gained_either_reading(first, second);
    for (question, first, second) in other_ways(first, second) {
        gained = Difference::either(gained, gained_either_reading(&first, &second), &question.to_string());
    }
    gained.spell_as([first, second]);
    gained
}

fn gained_either_reading(first: &[Policy], second: &[Policy]) -> Difference {
    let under = |reading: Reading| -> Result<(Difference, bool), String> {
        let statements = Statements::of([first, second], reading).map_err(|error| error.because)?;
        let actions = Actions::of(&statements, Directions::GAINS)?;
        let replay = Replay::of(first, second, reading);
        let mut run = Run { statements: &statements, replay, steps: MAX_STEPS, known: HashMap::new() };
        let gained = run.all_texts(&actions, &actions.cheap(), true);
        Ok((gained, run.hangs_on_reading()))
    };
    let both = || {
        let (crossing, hangs_on_reading) = under(Reading::Crossing)?;
        if !hangs_on_reading {
            return Ok(crossing);
        }
        Ok(Difference::either(crossing, under(Reading::Segments)?.0, HANGS_ON_READING))
    };
    both().unwrap_or_else(|because| Difference::Unknown { because })
}

/// The comparison under one reading of wildcards, and whether the other reading could come to another result.
fn one_reading(first: &[Policy], second: &[Policy], reading: Reading) -> (Comparison, bool) {
    let unknown = |because: String| {
        let verdict = Verdict::of(Difference::Unknown { because: because.clone() }, Difference::Unknown { because });
        (Comparison { all_strings: verdict.clone(), catalogue: verdict }, false)
    };
    let statements = match Statements::of([first, second], reading) {
        Ok(statements) => statements,
        Err(error) => return unknown(error.because),
    };
    let actions = match Actions::of(&statements, Directions::BOTH) {
        Ok(actions) => actions,
        Err(because) => return unknown(because),
    };
    let replay = Replay::of(first, second, reading);
    let mut run = Run { statements: &statements, replay, steps: MAX_STEPS, known: HashMap::new() };
    let (cheap, known) = (actions.cheap(), actions.known());
    let all_strings = Verdict::of(run.all_texts(&actions, &cheap, true), run.all_texts(&actions, &cheap, false));
    let catalogue = Verdict::of(run.classes(&known, true), run.classes(&known, false));
    let hangs_on_reading = run.hangs_on_reading();
    (Comparison { all_strings, catalogue }, hangs_on_reading)
}

/// One comparison under one reading.
struct Run<'a> {
    statements: &'a Statements<'a>,
    replay: Replay<'a>,
    steps: usize,
    known: HashMap<(Concerned, bool), Finding>,
}

impl Run<'_> {
    /// Whether the other reading of wildcards may come to another result: only statements that were looked at can have made a difference.
    fn hangs_on_reading(&self) -> bool {
        let mut concerned = self.known.keys().flat_map(|(concerned, _)| concerned).flatten();
        concerned.any(|rest| self.statements.rests.get(*rest).is_some_and(|rest| rest.has_inner_wildcard))
    }

    /// Over all texts that an action can be: first those that are written out, then what only wildcards match.
    fn all_texts(&mut self, actions: &Actions<'_>, cheap: &[(&Concerned, &String)], gaining: bool) -> Difference {
        let mut total = self.classes(cheap, gaining);
        if matches!(total, Difference::Witness(_)) {
            return total;
        }
        #[cfg(test)]
        if weakness::has(weakness::Weakness::WrittenActionsOnly) {
            return total;
        }
        let mut steps = self.steps;
        let explored = actions.others(gaining, &mut steps, |concerned, action, steps| {
            self.steps = *steps;
            let finding = self.class(concerned, action, gaining);
            *steps = self.steps;
            total = std::mem::replace(&mut total, Difference::Never).and(finding);
            if matches!(total, Difference::Witness(_)) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        self.steps = steps;
        match (explored, total) {
            (Ok(()), total) | (Err(_), total @ Difference::Witness(_)) => total,
            (Err(because), _) => Difference::Unknown { because },
        }
    }

    /// Goes through classes of actions until a witness is found.
    fn classes(&mut self, classes: &[(&Concerned, &String)], gaining: bool) -> Difference {
        let mut total = Difference::Never;
        for (concerned, action) in classes {
            let finding = self.class(concerned, action, gaining);
            total = total.and(finding);
            if matches!(total, Difference::Witness(_)) {
                return total;
            }
        }
        total
    }

    fn class(&mut self, concerned: &Concerned, action: &str, gaining: bool) -> Finding {
        let key = (concerned.clone(), gaining);
        if let Some(finding) = self.known.get(&key) {
            return finding.clone();
        }
        let [first, second] = concerned;
        let (ours, theirs) = if gaining { (second, first) } else { (first, second) };
        let finding = Search { statements: self.statements, action, ours, theirs, replay: &self.replay, gaining }
            .run(&mut self.steps);
        self.known.insert(key, finding.clone());
        finding
    }
}

impl Difference {
    /// Adds what was found for one more class of actions. A witness is the strongest, then what is not known.
    fn and(self, finding: Finding) -> Self {
        match (self, finding) {
            (total, Finding::Never) => total,
            (_, Finding::Witness(request)) => Self::Witness(request),
            (Self::Unknown { because }, _) => Self::Unknown { because },
            (_, Finding::Unknown(label)) => {
                Self::Unknown { because: format!("{label} is too entangled with the others") }
            }
            (Self::Never, Finding::Possibly(candidate)) => Self::Possibly {
                candidate,
                because: "it hangs on the values of policy variables, or on conditions of different kinds on one key"
                    .to_owned(),
            },
            (total, Finding::Possibly(_)) => total,
        }
    }

    /// What can be said when it is not known which of two ways is AWS's.
    fn either(one: Self, other: Self, hangs_on: &str) -> Self {
        match (one, other) {
            (Self::Never, Self::Never) => Self::Never,
            (Self::Witness(request), Self::Witness(_)) => Self::Witness(request),
            (Self::Unknown { because }, _) | (_, Self::Unknown { because }) => Self::Unknown { because },
            (Self::Possibly { candidate, because }, _) | (_, Self::Possibly { candidate, because }) => {
                Self::Possibly { candidate, because }
            }
            (Self::Witness(candidate), Self::Never) | (Self::Never, Self::Witness(candidate)) => {
                Self::Possibly { candidate, because: hangs_on.to_owned() }
            }
        }
    }
}

impl fmt::Display for Verdict {
    /// The relation and what shows it: `broader: allows also s3:PutObject on arn:aws:s3:::b/x`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.relation.name().replace('_', " "))?;
        let mut separator = ": ";
        for (what, whether, difference) in
            [("allows also", "more", &self.gained), ("does not allow", "less", &self.lost)]
        {
            match difference {
                Difference::Never => continue,
                Difference::Witness(request) => write!(formatter, "{separator}{what} {request}")?,
                Difference::Possibly { candidate, because } => {
                    write!(formatter, "{separator}perhaps {what} {candidate} ({because})")?;
                }
                Difference::Unknown { because } => {
                    write!(formatter, "{separator}not known whether it allows {whether}: {because}")?
                }
            }
            separator = "; ";
        }
        Ok(())
    }
}

impl Verdict {
    fn of(gained: Difference, lost: Difference) -> Self {
        use Difference as D;
        let relation = match (&gained, &lost) {
            (D::Never, D::Never) => Relation::Equal,
            (D::Witness(_), D::Never) => Relation::Broader,
            (D::Never, D::Witness(_)) => Relation::Narrower,
            (D::Witness(_), D::Witness(_)) => Relation::Incomparable,
            (D::Unknown { .. }, _) | (_, D::Unknown { .. }) => Relation::Unknown,
            (D::Possibly { .. }, _) | (_, D::Possibly { .. }) => Relation::PossiblyDifferent,
        };
        Self { relation, gained, lost }
    }

    fn either(one: Self, other: Self, hangs_on: &str) -> Self {
        Self::of(
            Difference::either(one.gained, other.gained, hangs_on),
            Difference::either(one.lost, other.lost, hangs_on),
        )
    }

    /// The request to show: one that only one side allows, or might.
    #[must_use]
    pub fn witness(&self) -> Option<&Request> {
        [&self.gained, &self.lost].into_iter().find_map(|difference| match difference {
            Difference::Witness(request) => Some(request),
            Difference::Possibly { candidate, .. } => Some(candidate),
            Difference::Never | Difference::Unknown { .. } => None,
        })
    }
}
