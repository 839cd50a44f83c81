//! Whether a user that was switched off in part may be switched off further.

use model::IamStep;
use model::iam_user::{IamUser, IamUserRef};
use model::retirement::{OffRun, OffState, RetirementCase};

use super::Review;

impl Review<'_> {
    /// Only what every run of this switching off left undone is for another one. What one of them did, or found done, and works now, somebody
    /// else made work; what the last one did not mean to do came after it.
    pub(super) fn off_again(&mut self, reference: &IamUserRef, user: &IamUser, step: &IamStep, title: &str) {
        let case = self.input.cases.by_user.get(reference).filter(|case| case.is_about(&user.id));
        let Some((case, off)) = case.and_then(|case| Some((case, case.switched_off()?))) else { return };
        if case.complaint.is_some() {
            self.refuse("complaint", format!("{title}: somebody misses something"));
        }
        self.nothing_tried(reference, user, title);
        let object = subject(step);
        let steps = case.off_runs.iter().flat_map(|run| &run.steps);
        let mut same = steps.filter(|one| subject(&one.step) == object);
        if same.any(|one| matches!(one.state, OffState::Done | OffState::FoundSo)) {
            self.refuse("again", format!("{title}: it was switched off already, and somebody switched it on since"));
        }
        let is_meant = |run: &OffRun| !run.is_taken_back && run.steps.iter().any(|one| one.step == *step);
        if !case.off_runs.last().is_some_and(is_meant) {
            self.refuse("again", format!("{title}: the switching off that broke off did not mean it"));
        }
        if case.off_runs.iter().all(|run| case.seen_off.is_some_and(|seen| seen >= run.began)) {
            self.refuse("again", format!("{title}: since {off} nothing of the user worked"));
        }
    }
}

/// What a step is about: all that denies everything is one.
fn subject(step: &IamStep) -> &str {
    match step {
        IamStep::SetPolicy { .. } | IamStep::AttachPolicy { .. } => "",
        step => step.object(),
    }
}

/// Whether of the last run that switched it off a step is neither done nor found done, and nobody saw since that nothing works.
pub(super) fn is_in_doubt(case: &RetirementCase) -> bool {
    let Some(last) = case.off_runs.last() else { return false };
    let heard = |state| matches!(state, OffState::Done | OffState::FoundSo);
    !last.steps.iter().all(|one| heard(one.state)) && case.seen_off.is_none_or(|seen| seen < last.began)
}
