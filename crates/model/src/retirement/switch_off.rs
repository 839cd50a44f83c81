//! Runs that switched a user off, or began to: what each was to do, and how far it came.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{RetirementCase, switches_off, takes_back};
use crate::iam_change::IamStep;
use crate::id::RunId;

/// How far a step of switching a user off came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OffState {
    /// It was planned, and not sent.
    NotSent,
    /// It was sent, and nobody heard how it ended.
    Perhaps,
    /// AWS refused it each time.
    Refused,
    /// It was done, and seen to be so.
    Done,
    /// It was so already, by somebody else.
    FoundSo,
}

impl OffState {
    /// Whether the run saw that it is so.
    #[must_use]
    pub fn is_seen(self) -> bool {
        matches!(self, Self::Done | Self::FoundSo)
    }
}

/// A step of switching a user off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OffStep {
    /// What was to be done.
    pub step: IamStep,
    /// How far it came.
    pub state: OffState,
}

/// A run that was to switch a user off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OffRun {
    /// The run.
    pub run: RunId,
    /// When it began.
    pub began: Timestamp,
    /// What it was to do, in its order: all that worked then and had not been switched off.
    pub steps: Vec<OffStep>,
    /// Another run has begun to take this back since: what is left of it is nobody's wish any more.
    pub is_taken_back: bool,
}

impl RetirementCase {
    /// Steps that the last run that switched it off neither did nor found done, unless the user was seen off in full since.
    pub fn unheard(&self) -> impl Iterator<Item = &OffStep> {
        let open = self.off_runs.last().filter(|run| self.seen_off.is_none_or(|seen| seen < run.began));
        open.into_iter().flat_map(|run| &run.steps).filter(|one| !one.state.is_seen())
    }

    /// Steps that are left of a switching off: those nobody heard of, as long as nobody has begun to take it back.
    pub fn left(&self) -> impl Iterator<Item = &OffStep> {
        let is_wanted = self.off_runs.last().is_some_and(|run| !run.is_taken_back);
        self.unheard().filter(move |_| is_wanted)
    }

    /// Whether it was switched off in part only, as far as the journal knows.
    #[must_use]
    pub fn is_broken_off(&self) -> bool {
        self.switched_off().is_some() && self.left().next().is_some()
    }

    /// A run begins, that is to take these steps.
    pub(super) fn begins(&mut self, at: Timestamp, run: &RunId, steps: &[&IamStep]) {
        // Whatever is attached to a user that is made again was its own.
        if steps.iter().any(|step| matches!(step, IamStep::CreateUser { .. })) {
            return;
        }
        let undoes = |step: &&IamStep| self.steps.iter().any(|made| takes_back(step, &made.step));
        if steps.iter().any(undoes) {
            self.off_runs.iter_mut().for_each(|run| run.is_taken_back = true);
        }
        let off = steps.iter().filter(|step| switches_off(step));
        let steps: Vec<OffStep> = off.map(|step| OffStep { step: (*step).clone(), state: OffState::NotSent }).collect();
        if !steps.is_empty() {
            self.off_runs.push(OffRun { run: run.clone(), began: at, steps, is_taken_back: false });
        }
    }

    /// What became of a step of a run; what was seen once stays seen.
    pub(super) fn off_step(&mut self, run: &RunId, step: &IamStep, state: OffState) {
        let steps = self.off_runs.iter_mut().filter(|one| one.run == *run).flat_map(|one| &mut one.steps);
        for one in steps.filter(|one| one.step == *step && !one.state.is_seen()) {
            one.state = state;
        }
    }

    pub(super) fn forget_off_runs(&mut self) {
        self.off_runs.clear();
        self.seen_off = None;
    }
}
