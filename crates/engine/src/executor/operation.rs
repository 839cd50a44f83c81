//! One operation, from the last look before it to AWS's answer.

use model::claim::{Claim, PartValue};
use model::iam_change::IamClaim;
use model::id::{PermissionSetArn, RunId};
use model::journal::{PendingRequest, StepState};
use model::operation::Operation;
use ports::{AwsError, AwsErrorKind, AwsWrite, Started};

use crate::advice::advice;
use crate::cancellation::Urgency;
use crate::context::{Context, Followed};
use crate::gate::Precedence;

/// How far an operation came before it is verified.
#[derive(Debug)]
pub(crate) enum Ended {
    /// AWS says it is done.
    Succeeded {
        /// ARN of a set that was created.
        created: Option<PermissionSetArn>,
    },
    /// The answer was lost, but reading shows that it is done.
    Seen {
        /// ARN of a set that was created.
        created: Option<PermissionSetArn>,
    },
    /// Somebody else had done it before anything was sent.
    AlreadySo,
    /// AWS refused, or ended it as FAILED.
    Failed { reason: String, advice: Option<String>, refused: bool },
    /// Not sent.
    Skipped { reason: String },
    /// Sent, and not known how it ended.
    InFlight { reason: String },
    /// The run stopped before it was sent.
    NotStarted,
    /// The journal is lost: what was sent is for the next run to find out.
    Lost,
}

/// What the executor hears while an operation goes on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sign {
    Started,
    Accepted,
    /// AWS no longer counts it as in progress: its place among those is free, before it is known how it ended.
    LeftPlace,
}

/// What the last look before an operation shows.
enum Look {
    Go,
    End(Ended),
}

/// One operation being done.
pub(crate) struct Attempt<'a, 'c> {
    pub(crate) context: &'a Context<'c>,
    pub(crate) run: &'a RunId,
    pub(crate) operation: &'a Operation,
    /// Whether what it relies on is read again first.
    pub(crate) look_first: bool,
    /// Whether other operations wait for it.
    pub(crate) is_needed: bool,
    pub(crate) sign: &'a (dyn Fn(Sign) + Send + Sync),
}

impl Attempt<'_, '_> {
    /// Does the operation up to AWS's answer.
    pub(crate) async fn perform(self) -> Ended {
        let context = self.context;
        let Some(writer) = context.writer(&self.operation.scope) else {
            return Ended::Skipped {
                reason: "only the management account may do this, and no executor of its runs".to_owned(),
            };
        };
        if self.look_first
            && let Look::End(ended) = self.look().await
        {
            return ended;
        }
        if context.halt.urgency() > Urgency::None {
            return Ended::NotStarted;
        }
        self.send(writer).await
    }

    /// Reads again what the operation relies on.
    async fn look(&self) -> Look {
        let context = self.context;
        let (mut pauses, mut tries) = (0, 0_u32);
        loop {
            // What this run did itself may take a while to show.
            let age = if tries == 0 { context.limits.before_fresh } else { std::time::Duration::ZERO };
            match self.first_broken(age).await {
                Ok(None) => return Look::Go,
                // Another user, a new key: what the operation would do may be so, and is not its work.
                Ok(Some(broken)) if self.is_condition(broken) => {
                    if tries >= self.looks() || is_for_good(broken) {
                        let reason = format!("changed meanwhile: {}", described(broken));
                        return Look::End(Ended::Skipped { reason });
                    }
                }
                Ok(Some(broken)) => {
                    match context.holds_now(&self.operation.after).await {
                        // After changes of this run a reading may still show what was so before them.
                        Ok(true) if self.one_look_is_enough() || tries >= self.looks() => {
                            return Look::End(Ended::AlreadySo);
                        }
                        Ok(false) if self.one_look_is_enough() || tries >= self.looks() => {
                            return Look::End(Ended::Skipped {
                                reason: format!("changed meanwhile: {}", described(broken)),
                            });
                        }
                        // A passing error counts like a look that shows nothing yet.
                        Ok(_) | Err(_) => {}
                    }
                }
                Err(error) => match error.kind {
                    AwsErrorKind::Credentials => {
                        if !context.pause_for_credentials(&mut pauses, &error).await {
                            return Look::End(Ended::NotStarted);
                        }
                    }
                    AwsErrorKind::Throttled | AwsErrorKind::Transient | AwsErrorKind::Conflict => {}
                    _ => return Look::End(unreadable(&error)),
                },
            }
            tries += 1;
            if tries > context.limits.attempts {
                return Look::End(Ended::Skipped {
                    reason: "what it relies on could not be read again: nothing was changed".to_owned(),
                });
            }
            if !context.pause(context.limits.backoff(tries, self.operation.id.as_str())).await {
                return Look::End(Ended::NotStarted);
            }
        }
    }

    /// The first claim it relies on that does not hold.
    async fn first_broken(&self, age: std::time::Duration) -> Result<Option<&Claim>, AwsError> {
        for claim in &self.operation.before {
            let value = self.context.parts.recent(claim.part(), age, Precedence::Change).await;
            let value = value.inspect_err(|error| self.context.note_error(error))?;
            if claim.holds(&value) != Some(true) {
                return Ok(Some(claim));
            }
        }
        Ok(None)
    }

    async fn send(&self, writer: &dyn AwsWrite) -> Ended {
        let context = self.context;
        let first_started = context.clock.now();
        let (mut attempt, mut pauses) = (0_u32, 0_u32);
        // An attempt without an answer may have been done.
        let mut is_open = !self.operation.change.is_one_call();
        loop {
            attempt += 1;
            let step = StepState::Started { attempt };
            if context.write_step(self.run, &self.operation.id, step).await.is_err() {
                return Ended::Lost;
            }
            if attempt == 1 {
                (self.sign)(Sign::Started);
            }
            let arn = self.operation.change.set().and_then(|set| context.parts.arn(set));
            let error = match context.send(writer, &self.operation.change, arn.as_ref()).await {
                Ok(Started::Done { created }) => return Ended::Succeeded { created },
                Ok(Started::Accepted(request)) => return self.follow(writer, request, false).await,
                Err(error) => error,
            };
            is_open |= leaves_open(&error);
            let failed = || self.failed(Some(&error), &error.message, !is_open);
            match error.kind {
                AwsErrorKind::Throttled if attempt < context.limits.attempts => {}
                AwsErrorKind::Conflict if context.since(first_started) < context.limits.conflict_patience => {
                    // Perhaps it is in the way of itself: done by an attempt whose answer was lost.
                    if attempt > 1
                        && let Some(ended) = self.seen().await
                    {
                        return ended;
                    }
                }
                AwsErrorKind::Credentials => {
                    if context.pause_for_credentials(&mut pauses, &error).await {
                        continue;
                    }
                    return failed();
                }
                AwsErrorKind::Transient => match self.after_lost_answer(writer, first_started).await {
                    Some(ended) => return ended,
                    None if attempt < context.limits.attempts => {}
                    None => return failed(),
                },
                // Gone already; it may take a while to show.
                AwsErrorKind::NotFound if self.operation.change.is_done_when_gone() => {
                    return Ended::Succeeded { created: None };
                }
                // What this run created itself may not be known everywhere yet.
                AwsErrorKind::NotFound if self.waits_for_own_work() && attempt < context.limits.attempts => {}
                AwsErrorKind::NotFound
                | AwsErrorKind::Throttled
                | AwsErrorKind::Conflict
                | AwsErrorKind::AccessDenied
                | AwsErrorKind::Invalid
                | AwsErrorKind::NotSupported => {
                    // A set whose creation was answered with an error may be there all the same.
                    if attempt > 1
                        && let Some(ended) = self.seen().await
                    {
                        return ended;
                    }
                    return failed();
                }
            }
            let wait = context.limits.backoff(attempt, self.operation.id.as_str());
            if !context.pause(wait).await {
                return failed();
            }
        }
    }

    /// Waits for the end of a request that AWS took.
    async fn follow(&self, writer: &dyn AwsWrite, request: PendingRequest, resumed: bool) -> Ended {
        let context = self.context;
        let state = StepState::Accepted { request: request.clone() };
        context.post_step(self.run, &self.operation.id, state);
        (self.sign)(Sign::Accepted);
        let left_list = || (self.sign)(Sign::LeftPlace);
        match context.follow(writer, &self.operation.scope, &request, resumed, self.is_needed, &left_list).await {
            Followed::Succeeded => Ended::Succeeded { created: None },
            Followed::Failed(reason) => self.failed(None, &reason, false),
            Followed::Unknown(reason) => Ended::InFlight { reason },
            Followed::Forgotten => match self.seen().await {
                Some(ended) => ended,
                None => Ended::InFlight { reason: "AWS does not know the request any more".to_owned() },
            },
        }
    }

    /// The answer was lost: was it done, or is it being done? None: there is no trace of it, as far as can be seen.
    async fn after_lost_answer(&self, writer: &dyn AwsWrite, first_started: jiff::Timestamp) -> Option<Ended> {
        let context = self.context;
        if let Some(ended) = self.seen().await {
            return Some(ended);
        }
        if self.operation.change.lane() == model::Lane::Direct {
            return None;
        }
        let skew = jiff::SignedDuration::try_from(context.limits.clock_skew).unwrap_or_default();
        let since = first_started.checked_sub(skew).unwrap_or(first_started);
        context.gate.pass(context.clock, Precedence::Change).await;
        let requests = context.engine.read.requests_since(since).await.ok()?;
        let id = &self.operation.id;
        // Some of these may be of an earlier run, within the clock skew: those have ended, and the effect of a good
        // one would have been seen. So only one that is still in progress is taken for ours.
        for (request, _) in requests.into_iter().filter(|(_, change)| change.operation_id() == *id) {
            if let Ok(ports::PollResult::InProgress) = writer.poll(&request).await {
                return Some(self.follow(writer, request, true).await);
            }
        }
        self.seen().await
    }

    /// Whether what the operation makes true is so.
    async fn seen(&self) -> Option<Ended> {
        let context = self.context;
        let value = context.parts.fresh(self.operation.after.part(), Precedence::Change).await.ok()?;
        if self.operation.after.holds(&value) != Some(true) {
            return None;
        }
        let created = match (&self.operation.change, value) {
            (model::Change::CreatePermissionSet { .. }, PartValue::PermissionSet(Some((arn, _)))) => Some(arn),
            _ => None,
        };
        Some(Ended::Seen { created })
    }

    /// Whether what it relies on was not touched by this run, so that a reading shows it as it is. IAM's readings lag behind any change.
    fn one_look_is_enough(&self) -> bool {
        self.operation.needs.is_empty() && self.operation.change.iam_user().is_none()
    }

    /// How often it is looked again before a reading is believed that what it does is so already, or that something changed meanwhile.
    fn looks(&self) -> u32 {
        if self.operation.change.iam_user().is_some() { 5 } else { 3 }
    }

    /// Whether a claim about an IAM user is not about what the operation changes, but a condition for changing it: which user
    /// it is, that no key has appeared, that it is switched off. The last claim is about the change itself.
    fn is_condition(&self, broken: &Claim) -> bool {
        self.operation.change.iam_user().is_some() && self.operation.before.last() != Some(broken)
    }

    /// Whether what it acts on may have been made by this run a moment ago.
    fn waits_for_own_work(&self) -> bool {
        match self.operation.change.set() {
            Some(set) => set.arn.is_none(),
            None => !self.operation.needs.is_empty(),
        }
    }

    fn failed(&self, error: Option<&AwsError>, reason: &str, refused: bool) -> Ended {
        let advice = advice(&self.operation.change, error.map(|error| error.kind), reason);
        Ended::Failed { reason: reason.to_owned(), advice, refused }
    }
}

/// Whether the change may have been made although the answer was an error: no answer, or one without AWS's code, as it was cut off or
/// somebody in between wrote it. It may be the answer to a second delivery of what was done the first time.
fn leaves_open(error: &AwsError) -> bool {
    error.kind == AwsErrorKind::Transient || error.code.is_none()
}

/// Whether looking again cannot show it otherwise: no use is undone.
fn is_for_good(broken: &Claim) -> bool {
    matches!(broken, Claim::Iam { says: IamClaim::NotUsedAfter { .. }, .. })
}

fn unreadable(error: &AwsError) -> Ended {
    Ended::Skipped { reason: format!("what it relies on could not be read again: {error}") }
}

/// A claim that does not hold, in words.
pub(crate) fn described(claim: &Claim) -> String {
    match claim {
        Claim::Iam { user, says } => iam_described(&user.name, says),
        Claim::NoPermissionSet { name } => format!("there is a set named {name} by now"),
        Claim::PermissionSetExists { set } => format!("the set {} is not there any more", set.name),
        Claim::AttributesAre { set, .. } => format!("the attributes of {} are others by now", set.name),
        Claim::ManagedPolicy { set, policy, attached: true } => {
            format!("{} is not attached to {} any more", policy.name(), set.name)
        }
        Claim::ManagedPolicy { set, policy, attached: false } => {
            format!("{} is attached to {} by now", policy.name(), set.name)
        }
        Claim::CustomerManagedPolicy { set, policy, attached: true } => {
            format!("{policy} is not attached to {} any more", set.name)
        }
        Claim::CustomerManagedPolicy { set, policy, attached: false } => {
            format!("{policy} is attached to {} by now", set.name)
        }
        Claim::InlinePolicyIs { set, .. } => format!("the inline policy of {} is another by now", set.name),
        Claim::BoundaryIs { set, .. } => format!("the permissions boundary of {} is another by now", set.name),
        Claim::TagIs { set, key, .. } => format!("the tag {key} of {} is another by now", set.name),
        Claim::ProvisionedIs { set, account, .. } => {
            format!("{} is provisioned differently in {account} by now", set.name)
        }
        Claim::NowhereProvisioned { set } => format!("{} is still provisioned in an account", set.name),
        Claim::Assigned { set, account, principal, assigned: true } => {
            format!("{principal} is not assigned {} in {account} any more", set.name)
        }
        Claim::Assigned { set, account, principal, assigned: false } => {
            format!("{principal} is assigned {} in {account} by now", set.name)
        }
    }
}

/// The same about an IAM user.
fn iam_described(user: &str, says: &IamClaim) -> String {
    match says {
        IamClaim::NoUser => format!("there is a user {user}"),
        IamClaim::UserIsMarked { .. } => format!("there is no user {user} that was made again here"),
        IamClaim::UserIs { .. } => format!("the user {user} is gone, or is another of that name"),
        IamClaim::KeysAre { .. } => {
            format!("the access keys of {user} are not those that were seen, or not as they were")
        }
        IamClaim::KeyIs { key, status: None } => format!("{user} has the key {key}"),
        IamClaim::KeyIs { key, status: Some(status) } => format!("the key {key} of {user} is not {}", status.word()),
        IamClaim::CredentialIs { id, active: None, .. } => format!("{user} has the credential {id}"),
        IamClaim::CredentialIs { id, active: Some(true), .. } => format!("the credential {id} of {user} is not active"),
        IamClaim::CredentialIs { id, active: Some(false), .. } => {
            format!("the credential {id} of {user} is not inactive")
        }
        IamClaim::PolicyIs { name, document: None } => format!("{user} has an inline policy {name}"),
        IamClaim::PolicyIs { name, .. } => format!("the inline policy {name} of {user} is another"),
        IamClaim::PolicyAttached { policy, attached: true } => format!("{policy} is not attached to {user}"),
        IamClaim::PolicyAttached { policy, attached: false } => format!("{policy} is attached to {user}"),
        IamClaim::InGroup { group, member: true } => format!("{user} is not in the group {group}"),
        IamClaim::InGroup { group, member: false } => format!("{user} is in the group {group}"),
        IamClaim::HasPassword { password: true } => format!("{user} has no console password"),
        IamClaim::HasPassword { password: false } => format!("{user} has a console password"),
        IamClaim::HasMfaDevice { serial, there: true } => format!("{user} has no MFA device {serial}"),
        IamClaim::HasMfaDevice { serial, there: false } => format!("{user} has the MFA device {serial}"),
        IamClaim::MfaDevicesAre { .. } => format!("the MFA devices of {user} are not those that were seen"),
        IamClaim::CredentialsAre { .. } => {
            format!("SSH keys, service-specific credentials or certificates of {user} are not as they were seen")
        }
        IamClaim::GroupsAre { .. } => format!("the groups of {user} are not those that were seen"),
        IamClaim::AttachedAre { .. } => format!("the attached policies of {user} are not those that were seen"),
        IamClaim::PoliciesAre { .. } => format!("the inline policies of {user} are not as they were seen"),
        IamClaim::PathIs { .. } => format!("the path of {user} is another"),
        IamClaim::BoundaryIs { .. } => format!("the permissions boundary of {user} is another"),
        IamClaim::TagsAre { .. } => format!("the tags of {user} are not as they were seen"),
        IamClaim::NotUsedAfter { key, until } if *until <= jiff::Timestamp::UNIX_EPOCH => {
            let what = key.as_ref().map_or_else(|| "the password".to_owned(), |key| format!("the key {key}"));
            format!("{what} of {user}, never used when the inventory was taken, was used")
        }
        IamClaim::NotUsedAfter { key: Some(key), until } => {
            format!("the key {key} of {user} was used after {until:.0}, up to when its use is known")
        }
        IamClaim::NotUsedAfter { key: None, until } => {
            format!("somebody signed in with the password of {user} after {until:.0}, up to when its use is known")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::leaves_open;
    use ports::{AwsError, AwsErrorKind};

    /// A policy was deleted, the request delivered again, and the 404 that answered cut off: `restore` left the policy away.
    #[test]
    fn only_what_aws_says_is_a_refusal() {
        for (kind, code, expected) in [
            (AwsErrorKind::NotSupported, None, true),
            (AwsErrorKind::AccessDenied, None, true),
            (AwsErrorKind::Transient, Some("ServiceFailure"), true),
            (AwsErrorKind::AccessDenied, Some("AccessDenied"), false),
            (AwsErrorKind::NotFound, Some("NoSuchEntity"), false),
        ] {
            let code = code.map(str::to_owned);
            let error = AwsError { kind, operation: "iam:DeleteUserPolicy".into(), message: String::new(), code };
            assert_eq!(leaves_open(&error), expected, "{error:?}");
        }
    }
}
