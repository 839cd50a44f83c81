//! The rehearsal: what somebody did in the past is asked of the new policies.

use std::collections::BTreeSet;

use model::key_use::{Activity, UserUse};
use policy::{ActionSet, Permissions, Policy, Prepared, Request};
use serde::Serialize;

use crate::iam_users::event_action::{Needs, needs};

/// What would have become of an action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum RehearsedOutcome {
    /// On these resources it would be denied. This is what somebody would lose.
    Denied {
        /// The action.
        action: String,
        /// Resources as the log names them; `*` where it names none.
        resources: Vec<String>,
        /// What decided, in words.
        because: String,
    },
    /// It hangs on something that the log does not tell: a resource it does not name, a condition.
    Open {
        /// The action.
        action: String,
        /// On what it hangs.
        because: String,
    },
    /// Which action the event needed is not known.
    UnknownEvent,
    /// It would be allowed.
    Allowed,
}

/// One event that was seen, asked of the new policies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rehearsed {
    /// `s3.amazonaws.com:GetObject`
    pub event: String,
    /// How often it succeeded, at least.
    pub events: u64,
    /// When last, in seconds since 1970.
    pub last_s: i64,
    /// What would have become of it.
    #[serde(flatten)]
    pub outcome: RehearsedOutcome,
}

/// Who would be asking.
#[derive(Debug, Clone, Copy)]
pub struct Actor<'a> {
    /// The account.
    pub account: &'a str,
    /// Name of the permission set.
    pub set: &'a str,
    /// ARN of the user.
    pub user: &'a str,
    /// The user's own policies, as they are for the user.
    pub before: &'a [Policy],
}

/// Asks the new policies for everything the user did since `since_s`, what would be denied first. Events that were always refused are
/// left out: nobody loses what was never there.
///
/// # Errors
/// When a policy cannot be prepared; in words.
pub fn rehearse(
    used: &UserUse,
    policies: &[Policy],
    boundary: Option<&Policy>,
    actor: Actor<'_>,
    since_s: i64,
) -> Result<Vec<Rehearsed>, String> {
    let (permissions, before) = (permissions(policies, boundary)?, permissions(actor.before, boundary)?);
    let possible = ActionSet::possible(policies);
    let mut all = Activity::default();
    all.add(&used.keyless);
    used.keys.values().for_each(|activity| all.add(activity));
    let mut rehearsed = Vec::new();
    for (event, action_use) in &all.actions {
        let succeeded = action_use.all.events.saturating_sub(action_use.denied);
        if succeeded == 0 || action_use.all.last_s < since_s {
            continue;
        }
        let outcome = match needs(event) {
            Needs::Nothing => continue,
            Needs::Unknown(_) => RehearsedOutcome::UnknownEvent,
            Needs::Actions(actions) => {
                let resources = all.resources.get(event);
                let is_whole = !all.truncated.contains(&format!("resources of {event}"));
                let asked = Asked {
                    permissions: &permissions,
                    before: &before,
                    possible: &possible,
                    actor,
                    resources,
                    is_whole,
                };
                asked.all(&actions)
            }
        };
        rehearsed.push(Rehearsed { event: event.clone(), events: succeeded, last_s: action_use.all.last_s, outcome });
    }
    rehearsed.sort_by(|left, right| {
        (rank(&left.outcome), std::cmp::Reverse(left.events), &left.event).cmp(&(
            rank(&right.outcome),
            std::cmp::Reverse(right.events),
            &right.event,
        ))
    });
    Ok(rehearsed)
}

fn rank(outcome: &RehearsedOutcome) -> u8 {
    match outcome {
        RehearsedOutcome::Denied { .. } => 0,
        RehearsedOutcome::Open { .. } => 1,
        RehearsedOutcome::UnknownEvent => 2,
        RehearsedOutcome::Allowed => 3,
    }
}

fn permissions(policies: &[Policy], boundary: Option<&Policy>) -> Result<Permissions, String> {
    let prepare = |(number, policy): (usize, &Policy)| {
        Prepared::new(&format!("policy {}", number + 1), policy)
            .map_err(|problems| problems.first().map_or_else(String::new, |problem| problem.message.clone()))
    };
    let identity = policies.iter().enumerate().map(prepare).collect::<Result<Vec<_>, _>>()?;
    let mut permissions = Permissions::of(identity);
    if let Some(boundary) = boundary {
        permissions.boundary = Some(prepare((0, boundary))?);
    }
    Ok(permissions)
}

struct Asked<'a> {
    permissions: &'a Permissions,
    /// What the user had.
    before: &'a Permissions,
    possible: &'a ActionSet,
    actor: Actor<'a>,
    resources: Option<&'a BTreeSet<String>>,
    /// Whether these are all that the log named.
    is_whole: bool,
}

impl Asked<'_> {
    /// What becomes of an event that needs these actions.
    fn all(&self, actions: &[String]) -> RehearsedOutcome {
        let mut outcomes: Vec<RehearsedOutcome> = actions.iter().map(|action| self.ask(action)).collect();
        outcomes.sort_by_key(rank);
        // What a transaction of DynamoDB did is not in the log: of several actions it needed one at least.
        let is_one_of = actions.len() > 1 && actions.iter().all(|action| action.starts_with("dynamodb:"));
        let differ = outcomes.first().map(rank) != outcomes.last().map(rank);
        match outcomes.into_iter().next() {
            Some(RehearsedOutcome::Denied { action, .. }) if is_one_of && differ => {
                let because =
                    "the log does not tell which of several actions it was, and the new set allows some of them"
                        .to_owned();
                RehearsedOutcome::Open { action, because }
            }
            Some(worst) => worst,
            None => RehearsedOutcome::Allowed,
        }
    }

    fn ask(&self, action: &str) -> RehearsedOutcome {
        // Only what looks like an ARN can be asked for as it is.
        let named: Vec<&String> =
            self.resources.into_iter().flatten().filter(|resource| resource.starts_with("arn:")).collect();
        if named.is_empty() {
            return self.ask_without_resource(action);
        }
        let mut denied = Vec::new();
        let mut because = String::new();
        for resource in named {
            let decision = self.permissions.evaluate(&self.request(action, resource));
            if !decision.is_allowed() {
                because = decision.to_string();
                denied.push(resource.clone());
            }
        }
        let Some(first) = denied.first() else {
            let is_everywhere = || self.permissions.allows(&self.request(action, "*"));
            if self.is_whole || is_everywhere() {
                return RehearsedOutcome::Allowed;
            }
            let because = "it is allowed on the resources that are known, and there were more than are kept".to_owned();
            return RehearsedOutcome::Open { action: action.to_owned(), because };
        };
        let by_user =
            self.context(Request::new(action, first).by(self.actor.user)).with("aws:MultiFactorAuthPresent", "true");
        if !self.before.allows(&by_user) {
            // It was done, and the user's policies do not say why: what does is lost unless somebody looks.
            because.push_str(
                "; the user's own policies do not allow it either, so that a policy on the resource does, or a condition the log does not tell",
            );
        } else if self.is_possible(action) {
            because.push_str(", but it is allowed on other resources or under conditions");
        }
        RehearsedOutcome::Denied { action: action.to_owned(), resources: denied, because }
    }

    fn ask_without_resource(&self, action: &str) -> RehearsedOutcome {
        let decision = self.permissions.evaluate(&self.request(action, "*"));
        if decision.is_allowed() {
            return RehearsedOutcome::Allowed;
        }
        if self.is_possible(action) {
            let because =
                "the log names no resource, and the new set allows it on some only, or under conditions".to_owned();
            return RehearsedOutcome::Open { action: action.to_owned(), because };
        }
        RehearsedOutcome::Denied {
            action: action.to_owned(),
            resources: vec!["*".to_owned()],
            because: decision.to_string(),
        }
    }

    fn is_possible(&self, action: &str) -> bool {
        self.possible.iter().any(|(name, _)| name.eq_ignore_ascii_case(action))
    }

    fn request(&self, action: &str, resource: &str) -> Request {
        let Actor { account, set, .. } = self.actor;
        let session = format!("arn:aws:sts::{account}:assumed-role/AWSReservedSSO_{set}_0000000000000000/rehearsal");
        self.context(Request::new(action, resource).by(&session))
    }

    /// What is true of every request of either. Sessions of Identity Center do not carry `aws:MultiFactorAuthPresent`.
    fn context(&self, request: Request) -> Request {
        let account = self.actor.account;
        request.with("aws:ResourceAccount", account).with("aws:SecureTransport", "true")
    }
}
