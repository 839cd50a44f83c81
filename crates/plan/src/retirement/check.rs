//! Reviews the operations of a retirement with code of its own: a bug of the planner has to get past this as well.

mod kept;
mod look;
mod off_again;

use std::collections::{BTreeMap, BTreeSet};

use model::change::Scope;
use model::finding::{Finding, Severity};
use model::iam_change::{IamPart, IamPartValue};
use model::iam_user::{AccessKeyStatus, IamUser, IamUserRef, LastUse};
use model::operation::Because;
use model::retirement::{RetirementCase, switches_off};
use model::{Change, Claim, IamClaim, IamStep, Operation, OperationId, Plan};

use super::{RetirementInput, days_after};
use crate::iam_users::Verdict;

/// Refuses what must not be done to a user, whoever planned it. `input` is the ground the plan was made on.
///
/// - only IAM users are changed, each through the door of its own account, and each as the user that was seen (by its id);
/// - every claim an operation relies on holds of what was read, with the operations before it done;
/// - nobody protected is touched; only a person's own or an unused user is switched off, a leaver's as well;
/// - before the first step on a user it is looked whether a credential was used since, and before a deletion whether the user is as it was seen;
/// - of one that is switched off in part only what no run saw done is switched off, and nothing was done, tried or complained of since;
/// - a key is deleted inactive, a user only after it was switched off for the whole quiet time in which nobody complained and nothing was
///   tried, with its definition kept whole.
#[must_use]
pub fn check_retirement(plan: &Plan, input: &RetirementInput<'_>) -> Vec<Finding> {
    let mut review = Review { input, users: BTreeMap::new(), done: BTreeMap::new(), findings: Vec::new() };
    if plan.content_id().ok().as_ref() != Some(&plan.id) {
        review.refuse("format", "the plan is not what it was when it was made".to_owned());
    }
    let mut seen = BTreeSet::new();
    for operation in &plan.operations {
        if operation.id != operation.change.operation_id() || !seen.insert(&operation.id) {
            review.refuse("format", format!("{} carries a wrong id, or stands twice", operation.id));
        }
        if !operation.needs.iter().all(|needed| *needed != operation.id && seen.contains(needed)) {
            review.refuse("order", format!("{} comes before what it needs", operation.id));
        }
        review.operation(operation);
    }
    review.findings
}

struct Review<'a> {
    input: &'a RetirementInput<'a>,
    /// Users as the operations so far leave them; none once deleted.
    users: BTreeMap<IamUserRef, Option<IamUser>>,
    /// Operations so far, by user.
    done: BTreeMap<IamUserRef, BTreeSet<OperationId>>,
    findings: Vec<Finding>,
}

impl Review<'_> {
    fn refuse(&mut self, rule: &str, message: String) {
        self.findings.push(Finding {
            rule: format!("retirement-{rule}"),
            severity: Severity::Refusal,
            message,
            help: None,
            source: None,
        });
    }

    fn operation(&mut self, operation: &Operation) {
        let Change::IamUser { user: reference, step } = &operation.change else {
            self.refuse("scope", format!("{} is no change of an IAM user", operation.id));
            return;
        };
        let title = format!("{} of {} in {}", step.kind().replace('_', " "), reference.name, reference.account);
        if operation.scope != Scope::Account(reference.account.clone()) {
            self.refuse("scope", format!("{title} is not done in the account of the user"));
        }
        if !matches!(operation.because, Because::Retirement { .. }) {
            self.refuse("source", format!("{title} has no reason"));
        }
        let found = self.now(reference);
        let Some(user) = found else {
            self.refuse("unknown", format!("{title}: the user was not seen"));
            return;
        };
        let says = |says| Claim::Iam { user: reference.clone(), says };
        if !operation.before.contains(&says(IamClaim::UserIs { id: user.id.clone() })) {
            self.refuse("identity", format!("{title} does not make sure that it is the user that was seen"));
        }
        if operation.after != says(step.makes_true()) {
            self.refuse("effect", format!("{title} is verified by something else than its effect"));
        }
        for claim in &operation.before {
            let holds = match claim {
                Claim::Iam { user: of, says } if of == reference => {
                    part_of(&user, &says.part()).and_then(|value| says.holds(&value))
                }
                _ => Some(false),
            };
            if holds != Some(true) {
                self.refuse("before", format!("{title} relies on something that was not seen"));
            }
        }
        match self.done.get(reference) {
            None => self.first_look(reference, &user, operation, step, &title),
            Some(done) if !operation.needs.iter().any(|needed| done.contains(needed)) => {
                self.refuse("order", format!("{title} does not wait for the first look at the user"));
            }
            Some(_) => {}
        }
        self.done.entry(reference.clone()).or_default().insert(operation.id.clone());
        self.allowed(reference, &user, step, &title);
        let mut user = Some(user);
        apply(&mut user, step);
        self.users.insert(reference.clone(), user);
    }

    fn now(&self, reference: &IamUserRef) -> Option<IamUser> {
        if let Some(user) = self.users.get(reference) {
            return user.clone();
        }
        self.input.inventory.accounts.get(&reference.account)?.value()?.users.get(&reference.name).cloned()
    }

    /// What must not happen to this user.
    fn allowed(&mut self, reference: &IamUserRef, user: &IamUser, step: &IamStep, title: &str) {
        let input = self.input;
        let name = input.account_names.get(&reference.account).map(String::as_str);
        if input.settings.protects(reference, name).is_some() {
            self.refuse("protected", format!("{title}: the user is protected"));
        }
        let case = input.cases.by_user.get(reference).filter(|case| case.is_about(&user.id));
        if !input.settings.also_reduced && case.and_then(RetirementCase::stays_reduced).is_some() {
            self.refuse("reduced", format!("{title}: it was reduced because it stays"));
        }
        let verdict = input.verdicts.iter().find(|one| one.user == *reference).map(|one| one.verdict);
        if !matches!(verdict, Some(Verdict::Person | Verdict::Unused)) {
            self.refuse("verdict", format!("{title}: it is not known to be a person's alone, nor unused"));
        }
        if input.ties.get(reference).is_some_and(|ties| !ties.is_empty()) {
            self.refuse("tied", format!("{title}: something else owns or names the user"));
        }
        if switches_off(step) {
            self.off_again(reference, user, step, title);
            return;
        }
        // All the rest loses something for good.
        let off = case.and_then(RetirementCase::switched_off);
        let rested = off.is_some_and(|since| days_after(since, input.settings.quiet_days) <= input.now);
        if !rested {
            self.refuse("quiet", format!("{title}: the user was not switched off for the whole quiet time"));
        }
        if case.is_some_and(off_again::is_in_doubt) {
            self.refuse("quiet", format!("{title}: not every step of its switching off was seen to be done"));
        }
        if case.is_some_and(|case| case.complaint.is_some()) {
            self.refuse("complaint", format!("{title}: somebody misses something"));
        }
        let keys = user.access_keys.value().into_iter().flatten();
        if keys.into_iter().any(|key| key.status == AccessKeyStatus::Active) {
            self.refuse("active-key", format!("{title}: a key of the user works"));
        }
        self.nothing_tried(reference, user, title);
        if let IamStep::DeleteUser { definition } = step {
            self.deletion(reference, user, definition, title);
        }
    }

    fn deletion(&mut self, reference: &IamUserRef, user: &IamUser, definition: &IamUser, title: &str) {
        let left = !user.groups.is_empty()
            || !user.attached_policies.is_empty()
            || !user.inline_policies.is_empty()
            || user.password.value() != Some(&None)
            || [user.access_keys.value().map(Vec::len), user.mfa_devices.value().map(Vec::len)] != [Some(0); 2]
            || user.other_credentials.value().map(Vec::len) != Some(0);
        if left {
            self.refuse("leftover", format!("{title}: something still hangs on the user"));
        }
        let account = self.input.inventory.accounts.get(&reference.account).and_then(|account| account.value());
        let seen = account.and_then(|account| account.users.get(&reference.name));
        let case = self.input.cases.by_user.get(reference).filter(|case| case.is_about(&user.id));
        let lost = seen.map_or(Some("everything"), |seen| kept::difference(definition, seen, case));
        if let Some(what) = lost {
            self.refuse("definition", format!("{title}: what the user was is not kept whole: {what}"));
        }
    }
}

/// What a reader of the part would tell of the user; none where it was not read.
fn part_of(user: &IamUser, part: &IamPart) -> Option<IamPartValue> {
    Some(match part {
        IamPart::User => {
            let mark = user.tags.get(model::iam_change::MARK).cloned();
            IamPartValue::User(Some((user.id.clone(), mark)))
        }
        IamPart::Keys => {
            IamPartValue::Keys(user.access_keys.value()?.iter().map(|key| (key.id.clone(), key.status)).collect())
        }
        IamPart::Credentials => {
            let held = user.other_credentials.value()?.iter();
            IamPartValue::Credentials(held.map(|one| (one.kind, one.id.clone(), one.active)).collect())
        }
        IamPart::Policy(name) => IamPartValue::Policy(user.inline_policies.get(name).cloned()),
        IamPart::Attached => IamPartValue::Attached(user.attached_policies.iter().cloned().collect()),
        IamPart::Groups => IamPartValue::Groups(user.groups.iter().cloned().collect()),
        IamPart::Password => IamPartValue::Password(user.password.value()?.is_some()),
        IamPart::MfaDevices => IamPartValue::MfaDevices(user.mfa_devices.value()?.iter().cloned().collect()),
        IamPart::Policies => IamPartValue::Policies(user.inline_policies.clone()),
        IamPart::Profile => IamPartValue::Profile {
            path: user.path.clone(),
            boundary: user.permissions_boundary.clone(),
            tags: user.tags.clone(),
        },
        IamPart::KeyUse(id) => {
            let key = user.access_keys.value()?.iter().find(|key| key.id == *id)?;
            IamPartValue::LastUse(key.last_use)
        }
        IamPart::PasswordUse => {
            let password = user.password.value()?.as_ref();
            IamPartValue::LastUse(password.map_or(LastUse::Never, |password| password.last_use))
        }
    })
}

/// The user after a step.
fn apply(slot: &mut Option<IamUser>, step: &IamStep) {
    let Some(user) = slot else { return };
    match step {
        IamStep::SetKeyStatus { key, to, .. } => {
            let keys = user.access_keys.value_mut().into_iter().flatten();
            keys.filter(|held| held.id == *key).for_each(|held| held.status = *to);
        }
        IamStep::DeleteKey { key } => {
            if let Some(keys) = user.access_keys.value_mut() {
                keys.retain(|held| held.id != *key);
            }
        }
        IamStep::SetCredentialStatus { kind, id, active } => {
            let held = user.other_credentials.value_mut().into_iter().flatten();
            held.filter(|one| one.kind == *kind && one.id == *id).for_each(|one| one.active = *active);
        }
        IamStep::DeleteCredential { kind, id } => {
            if let Some(held) = user.other_credentials.value_mut() {
                held.retain(|one| one.kind != *kind || one.id != *id);
            }
        }
        IamStep::SetPolicy { name, to, .. } => match to {
            Some(text) => drop(user.inline_policies.insert(name.clone(), text.clone())),
            None => drop(user.inline_policies.remove(name)),
        },
        IamStep::AttachPolicy { policy } => user.attached_policies.push(policy.clone()),
        IamStep::DetachPolicy { policy } => user.attached_policies.retain(|held| held != policy),
        IamStep::JoinGroup { group } => user.groups.push(group.clone()),
        IamStep::LeaveGroup { group } => user.groups.retain(|held| held != group),
        IamStep::DeletePassword => {
            if let Some(password) = user.password.value_mut() {
                *password = None;
            }
        }
        IamStep::RemoveMfaDevice { serial } => {
            if let Some(devices) = user.mfa_devices.value_mut() {
                devices.retain(|held| held != serial);
            }
        }
        IamStep::CreateUser { .. } => {}
        IamStep::DeleteUser { .. } => *slot = None,
    }
}
