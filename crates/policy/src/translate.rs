//! From an IAM user to a role: what a user's policies say about being a user, found statement by statement and put into words that
//! keep their meaning in the role's session.
//!
//! For one user the keys that describe the user are constants. Conditions on them are decided, and variables replaced, once and for all.
//! What is left mentions none of these keys, so it means the same in the role's session. Three things change on purpose, and are
//! reported as such: MFA is taken as given (Identity Center asks for it at sign-in), the user's own password, keys and MFA devices
//! no longer exist, and what cannot be decided is left for a person to look at.

mod specialise;

use std::collections::BTreeMap;

use crate::policy::{Effect, Policy, Principal, Scalar, Statement};
use crate::span::Span;
use specialise::Constants;

/// What is known of the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserFacts {
    /// `arn:aws:iam::111122223333:user/dev/taro`.
    pub arn: String,
    /// `taro`: the value of `aws:username`.
    pub name: String,
    /// `AIDA…`: the value of `aws:userid`, if known.
    pub id: Option<String>,
    /// The user's tags: values of `aws:PrincipalTag/…`. `None`: not read, so nothing is decided on them.
    pub tags: Option<BTreeMap<String, String>>,
}

/// What becomes of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Stays, and is worth a note.
    Keep,
    /// Says the same in other words.
    Rewrite,
    /// Has no meaning for a role, or would never match.
    Drop,
    /// Could not be decided; left as it is.
    Review,
}

impl Outcome {
    /// `keep`, `rewrite`, `drop` or `review`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Rewrite => "rewrite",
            Self::Drop => "drop",
            Self::Review => "review",
        }
    }
}

/// What was found in one statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which policy, counted from 0.
    pub policy: usize,
    /// Which statement, counted from 0.
    pub statement: usize,
    /// The statement's `Sid` or number.
    pub label: String,
    /// Its place in its policy's text.
    pub span: Span,
    /// What becomes of it.
    pub outcome: Outcome,
    /// Why, for each thing that was found.
    pub reasons: Vec<String>,
    /// Whether the role may do other things than the user could, because of this. Everything else keeps its meaning.
    pub changes_meaning: bool,
}

/// Policies for the role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translated {
    /// In the order of the user's policies; without statements where all were dropped.
    pub policies: Vec<Policy>,
    /// Only statements about which there is something to say.
    pub findings: Vec<Finding>,
}

/// Translates a user's policies for a role.
#[must_use]
pub fn translate(policies: &[Policy], user: &UserFacts) -> Translated {
    let constants = Constants::of(user);
    let mut translated = Translated { policies: Vec::new(), findings: Vec::new() };
    for (number, policy) in policies.iter().enumerate() {
        let mut kept = policy.clone();
        kept.statements.clear();
        for (index, statement) in policy.statements.iter().enumerate() {
            let mut report = Report::default();
            let result = one(statement, policy, user, &constants, &mut report);
            let outcome = match &result {
                None => Outcome::Drop,
                Some(_) if report.undecided => Outcome::Review,
                Some(changed) if changed != statement => Outcome::Rewrite,
                Some(_) => Outcome::Keep,
            };
            if !report.reasons.is_empty() {
                translated.findings.push(Finding {
                    policy: number,
                    statement: index,
                    label: statement.label(index),
                    span: statement.place.span,
                    outcome,
                    reasons: report.reasons,
                    changes_meaning: report.changes_meaning,
                });
            }
            kept.statements.extend(result);
        }
        translated.policies.push(kept);
    }
    translated
}

/// What is to be said of one statement.
#[derive(Default)]
struct Report {
    reasons: Vec<String>,
    undecided: bool,
    changes_meaning: bool,
}

impl Report {
    fn say(&mut self, reason: impl Into<String>) {
        let reason = reason.into();
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }
}

fn one(
    statement: &Statement,
    policy: &Policy,
    user: &UserFacts,
    constants: &Constants,
    report: &mut Report,
) -> Option<Statement> {
    if is_self_service(statement, user) {
        report.say("it is about the user's own password, access keys or MFA devices, which a role does not have");
        report.changes_meaning = true;
        return None;
    }
    let specialised = constants.specialise(statement, policy.version(), report);
    if let Some(statement) = &specialised
        && statement.action.patterns().any(|action| action.to_lowercase().starts_with("sts:assumerole"))
    {
        report.say("it assumes other roles: their trust policies must admit the new role, and a chained session lasts at most one hour");
    }
    specialised
}

/// Actions by which a user looks after itself.
const SELF_SERVICE: [&str; 24] = [
    "iam:changepassword",
    "iam:createaccesskey",
    "iam:createloginprofile",
    "iam:createvirtualmfadevice",
    "iam:deactivatemfadevice",
    "iam:deleteaccesskey",
    "iam:deleteloginprofile",
    "iam:deletesigningcertificate",
    "iam:deletesshpublickey",
    "iam:deletevirtualmfadevice",
    "iam:enablemfadevice",
    "iam:getaccesskeylastused",
    "iam:getloginprofile",
    "iam:getmfadevice",
    "iam:getsshpublickey",
    "iam:listaccesskeys",
    "iam:listmfadevices",
    "iam:listsigningcertificates",
    "iam:listsshpublickeys",
    "iam:resyncmfadevice",
    "iam:updateaccesskey",
    "iam:updateloginprofile",
    "iam:updatesshpublickey",
    "iam:uploadsshpublickey",
];

/// Whether a statement is about nothing but the user itself: its resources are the user and its MFA devices, or its actions are only
/// for that and its resources are not somebody else's.
fn is_self_service(statement: &Statement, user: &UserFacts) -> bool {
    // a Deny goes on protecting the user as long as it exists
    if statement.effect.value == Effect::Deny {
        return false;
    }
    let Some(resource) = statement.resource.as_ref().filter(|clause| !clause.negated && !clause.values.is_empty())
    else {
        return false;
    };
    let own = |text: &str| {
        let tail = text.splitn(6, ':').nth(5).unwrap_or_default().to_lowercase();
        let name = tail.rsplit('/').next().unwrap_or_default();
        let kind_fits = text.starts_with("arn:") && (tail.starts_with("user/") || tail.starts_with("mfa/"));
        kind_fits && (name == "${aws:username}" || name == user.name.to_lowercase())
    };
    if resource.patterns().all(own) {
        return !statement.action.negated
            && statement.action.patterns().all(|action| action.to_lowercase().starts_with("iam:"));
    }
    let only_self = |action: &str| SELF_SERVICE.contains(&action.to_lowercase().as_str());
    let broad = |text: &str| text == "*" || own(text) || text.ends_with(":mfa/*") || text.ends_with(":user/*");
    !statement.action.negated
        && statement.action.patterns().all(|action| {
            action.eq_ignore_ascii_case("iam:ChangePassword") || (only_self(action) && resource.patterns().any(own))
        })
        && resource.patterns().all(broad)
}

/// Statements of a policy on a resource, or of a role's trust policy, that name the user: after the move they must name the role.
/// Gives the statement's number and what names the user.
#[must_use]
pub fn statements_naming_user(policy: &Policy, user: &UserFacts) -> Vec<(usize, String)> {
    let named = |text: &str| text == user.arn || user.id.as_deref() == Some(text);
    let mut found = Vec::new();
    for (number, statement) in policy.statements.iter().enumerate() {
        let listed = statement.principal.iter().filter_map(|clause| match &clause.who {
            Principal::Everyone => None,
            Principal::Listed(listed) => Some(listed),
        });
        let principals = listed.flatten().flat_map(|(_, values)| values).map(|text| text.value.as_str());
        found.extend(principals.filter(|text| named(text)).map(|text| (number, format!("the principal `{text}`"))));
        for condition in &statement.conditions {
            let key = condition.key.to_lowercase();
            let of_user =
                matches!(key.as_str(), "aws:principalarn" | "aws:userid" | "aws:username" | "aws:principaltype");
            let values = || condition.values.iter().map(|value| Scalar::text(value));
            if of_user && values().any(|text| named(text) || text == user.name || text.eq_ignore_ascii_case("User")) {
                found.push((number, format!("the condition on `{}`", condition.key.value)));
            }
        }
    }
    found
}
