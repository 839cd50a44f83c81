//! Cutting a run that fails down: fewer rounds, a smaller company, fewer kinds of faults, fewer strokes, as long as the same rule does
//! not hold.

use std::collections::BTreeSet;

use sandbox::{FaultKind, Stroke};

use crate::run::{Outcome, simulate};
use crate::scenario::{Scenario, Size};

/// A run that was cut down.
#[derive(Debug)]
pub struct Shrunk {
    /// What is left of it.
    pub scenario: Scenario,
    /// How it fails.
    pub outcome: Outcome,
    /// Runs it took.
    pub runs: u32,
}

struct Shrinking {
    invariant: &'static str,
    scenario: Scenario,
    outcome: Outcome,
    runs: u32,
    most: u32,
}

/// Cuts a run that fails down, in at most `most` runs. A run that does not fail comes back as it is.
#[must_use]
pub fn shrink(scenario: &Scenario, most: u32) -> Shrunk {
    let outcome = simulate(scenario);
    let Some(violation) = &outcome.violation else {
        return Shrunk { scenario: scenario.clone(), outcome, runs: 1 };
    };
    let invariant = violation.invariant;
    let mut shrinking = Shrinking { invariant, scenario: scenario.clone(), outcome, runs: 1, most };
    // what was taken out may make room for more
    while shrinking.runs < shrinking.most && shrinking.once() {}
    let Shrinking { scenario, outcome, runs, .. } = shrinking;
    Shrunk { scenario, outcome, runs }
}

impl Shrinking {
    /// Keeps a smaller run if it still fails.
    fn accept(&mut self, smaller: Scenario) -> bool {
        if self.runs >= self.most {
            return false;
        }
        self.runs += 1;
        let outcome = simulate(&smaller);
        let fails = outcome.violation.as_ref().is_some_and(|violation| violation.invariant == self.invariant);
        if fails {
            (self.scenario, self.outcome) = (smaller, outcome);
        }
        fails
    }

    fn once(&mut self) -> bool {
        let mut smaller = false;
        smaller |= self.calm();
        smaller |= self.rounds();
        smaller |= self.kinds();
        smaller |= self.size();
        smaller | self.strokes()
    }

    fn calm(&mut self) -> bool {
        let mut smaller = false;
        for change in [
            (|scenario| scenario.crashes = false) as fn(&mut Scenario),
            |scenario| scenario.kept_plans = false,
            |scenario| scenario.lag = std::time::Duration::ZERO,
        ] {
            let mut other = self.scenario.clone();
            change(&mut other);
            let changed = (other.crashes, other.kept_plans, other.lag)
                != (self.scenario.crashes, self.scenario.kept_plans, self.scenario.lag);
            smaller |= changed && self.accept(other);
        }
        smaller
    }

    fn rounds(&mut self) -> bool {
        let mut smaller = false;
        for rounds in 1..self.scenario.rounds {
            if self.accept(Scenario { rounds, ..self.scenario.clone() }) {
                smaller = true;
                break;
            }
        }
        smaller
    }

    fn kinds(&mut self) -> bool {
        let kinds: Vec<FaultKind> = self.scenario.faults.keys().copied().collect();
        let mut smaller = false;
        for kind in kinds {
            let mut other = self.scenario.clone();
            other.faults.remove(&kind);
            smaller |= self.accept(other);
        }
        smaller
    }

    fn size(&mut self) -> bool {
        let mut smaller = false;
        let parts: [fn(&mut Size) -> &mut usize; 5] = [
            |size| &mut size.accounts,
            |size| &mut size.sets,
            |size| &mut size.groups,
            |size| &mut size.people,
            |size| &mut size.entries,
        ];
        for part in parts {
            let mut least = Size::LEAST;
            let from = *part(&mut least);
            let now = *part(&mut self.scenario.size.clone());
            for count in from..now {
                let mut other = self.scenario.clone();
                *part(&mut other.size) = count;
                if self.accept(other) {
                    smaller = true;
                    break;
                }
            }
        }
        smaller
    }

    /// Halves, then quarters … of the strokes are taken out.
    fn strokes(&mut self) -> bool {
        let mut smaller = false;
        let mut parts = 2;
        loop {
            let strokes: Vec<Stroke> = match &self.scenario.only {
                Some(only) => only.iter().copied().filter(|stroke| self.outcome.strokes.contains(stroke)).collect(),
                None => self.outcome.strokes.iter().copied().collect(),
            };
            if strokes.is_empty() || self.runs >= self.most {
                return smaller;
            }
            let length = strokes.len().div_ceil(parts);
            let mut less = false;
            for at in 0..strokes.len().div_ceil(length) {
                let kept = strokes.iter().enumerate().filter(|(place, _)| place / length != at);
                let only: BTreeSet<Stroke> = kept.map(|(_, stroke)| *stroke).collect();
                if self.accept(Scenario { only: Some(only), ..self.scenario.clone() }) {
                    (less, smaller) = (true, true);
                    break;
                }
            }
            if !less {
                if length == 1 {
                    return smaller;
                }
                parts = (parts * 2).min(strokes.len());
            }
        }
    }
}
