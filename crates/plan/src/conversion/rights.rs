//! What a user may do: all policies that bind it, put into words that mean the same in a role's session.

use std::collections::BTreeSet;

use model::iam_user::{IamAccount, IamUser, IamUserRef};
use policy::translate::{Outcome, UserFacts, translate};
use policy::{Policy, managed};
use serde::Serialize;

/// Where a policy of a user comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum Origin {
    /// A managed policy of AWS's own.
    AwsManaged {
        /// Its ARN.
        arn: String,
    },
    /// A managed policy of the account.
    CustomerManaged {
        /// Its ARN.
        arn: String,
    },
    /// A policy of the user itself.
    User {
        /// Its name.
        policy: String,
    },
    /// A policy of a group of the user's.
    Group {
        /// The group.
        group: String,
        /// Its name.
        policy: String,
    },
}

impl Origin {
    /// The policy's own name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::AwsManaged { arn } | Self::CustomerManaged { arn } => arn.rsplit('/').next().unwrap_or(arn),
            Self::User { policy } | Self::Group { policy, .. } => policy,
        }
    }
}

/// One policy that a user holds.
#[derive(Debug, Clone, PartialEq)]
pub struct SourcePolicy {
    /// Where it comes from.
    pub origin: Origin,
    /// As it is for the user.
    pub policy: Policy,
    /// As it is to be for the role; without statements where none has a meaning there.
    pub translated: Policy,
}

impl SourcePolicy {
    /// The AWS managed policy that can be attached as it is.
    #[must_use]
    pub fn attachable(&self) -> Option<&str> {
        match &self.origin {
            Origin::AwsManaged { arn } if self.translated == self.policy => Some(arn),
            _ => None,
        }
    }
}

/// What the translation says about a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TranslationNote {
    /// Where the statement is.
    pub origin: Origin,
    /// Its `Sid` or number.
    pub statement: String,
    /// `keep`, `rewrite`, `drop` or `review`.
    pub outcome: &'static str,
    /// Why.
    pub reasons: Vec<String>,
    /// Whether the role may do other things than the user could, because of this.
    pub changes_meaning: bool,
}

/// Why a user is not converted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Left {
    /// A policy's document is not known.
    UnknownPolicy {
        /// Its ARN.
        arn: String,
    },
    /// A policy cannot be read.
    UnreadablePolicy {
        /// Its name.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A group that the user is in is not known.
    UnknownGroup {
        /// Its name.
        group: String,
    },
    /// The user holds nothing that has a meaning for a role.
    Nothing,
    /// The permissions boundary says something of the user that means another thing, or nothing, in a role's session.
    BoundaryOfUser {
        /// Its ARN.
        arn: String,
    },
    /// The policies cannot be put into one permission set.
    DoesNotFit {
        /// What was found.
        reason: String,
    },
}

impl std::fmt::Display for Left {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnknownPolicy { arn } => write!(formatter, "the document of `{arn}` was not read"),
            Self::UnreadablePolicy { name, problem } => {
                write!(formatter, "the policy `{name}` cannot be read: {problem}")
            }
            Self::UnknownGroup { group } => write!(formatter, "the group `{group}` was not read"),
            Self::BoundaryOfUser { arn } => {
                write!(
                    formatter,
                    "the permissions boundary `{arn}` speaks of the user or of MFA, and would not mean the same for a role"
                )
            }
            Self::Nothing => formatter.write_str("holds nothing that has a meaning for a role"),
            Self::DoesNotFit { reason } => formatter.write_str(reason),
        }
    }
}

/// A permissions boundary.
#[derive(Debug, Clone, PartialEq)]
pub struct Boundary {
    /// Its ARN.
    pub arn: String,
    /// What it says.
    pub policy: Policy,
}

/// All that a user holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Rights {
    /// The user.
    pub user: IamUserRef,
    /// Names of its groups.
    pub groups: Vec<String>,
    /// Its policies, each once.
    pub sources: Vec<SourcePolicy>,
    /// Its permissions boundary, which means the same for a role.
    pub boundary: Option<Boundary>,
    /// What the translation says.
    pub notes: Vec<TranslationNote>,
}

impl Rights {
    /// The policies for the role, without empty ones.
    #[must_use]
    pub fn policies(&self) -> Vec<Policy> {
        let kept = self.sources.iter().filter(|source| !source.translated.statements.is_empty());
        kept.map(|source| source.translated.clone()).collect()
    }
}

/// What the user holds.
///
/// # Errors
/// When something of it is not known or cannot be read: half of a user's rights is nothing to carry over.
pub fn rights(reference: &IamUserRef, user: &IamUser, account: &IamAccount) -> Result<Rights, Left> {
    let mut read: Vec<(Origin, Policy)> = Vec::new();
    let mut attached: BTreeSet<&str> = BTreeSet::new();
    let groups = user.groups.iter().map(|name| {
        account.groups.get(name).map(|group| (name, group)).ok_or_else(|| Left::UnknownGroup { group: name.clone() })
    });
    let groups: Vec<_> = groups.collect::<Result<_, _>>()?;
    let all_attached =
        user.attached_policies.iter().chain(groups.iter().flat_map(|(_, group)| &group.attached_policies));
    for arn in all_attached {
        if attached.insert(arn) {
            read.push(managed_policy(arn, account)?);
        }
    }
    for (name, text) in &user.inline_policies {
        read.push((Origin::User { policy: name.clone() }, parsed(name, text)?));
    }
    for (group, held) in &groups {
        for (name, text) in &held.inline_policies {
            let origin = Origin::Group { group: (*group).clone(), policy: name.clone() };
            read.push((origin, parsed(name, text)?));
        }
    }
    let facts = UserFacts {
        arn: user.arn.clone(),
        name: user.name.clone(),
        id: Some(user.id.clone()),
        tags: Some(user.tags.clone()),
    };
    let policies: Vec<Policy> = read.iter().map(|(_, policy)| policy.clone()).collect();
    let translated = translate(&policies, &facts);
    let notes = translated.findings.iter().filter_map(|finding| {
        Some(TranslationNote {
            origin: read.get(finding.policy)?.0.clone(),
            statement: finding.label.clone(),
            outcome: finding.outcome.name(),
            reasons: finding.reasons.clone(),
            changes_meaning: finding.changes_meaning || finding.outcome == Outcome::Review,
        })
    });
    let notes = notes.collect();
    let boundary = user.permissions_boundary.as_ref().map(|arn| boundary(arn, account, &facts)).transpose()?;
    let sources = read.into_iter().zip(translated.policies).map(|((origin, policy), translated)| SourcePolicy {
        origin,
        policy,
        translated,
    });
    let rights =
        Rights { user: reference.clone(), groups: user.groups.clone(), sources: sources.collect(), boundary, notes };
    if rights.policies().is_empty() { Err(Left::Nothing) } else { Ok(rights) }
}

fn boundary(arn: &str, account: &IamAccount, facts: &UserFacts) -> Result<Boundary, Left> {
    let (_, policy) = managed_policy(arn, account)?;
    // It lies in the account for others as well, so that it stays as it is or is none for a set.
    if translate(std::slice::from_ref(&policy), facts).policies.first() != Some(&policy) {
        return Err(Left::BoundaryOfUser { arn: arn.to_owned() });
    }
    Ok(Boundary { arn: arn.to_owned(), policy })
}

fn managed_policy(arn: &str, account: &IamAccount) -> Result<(Origin, Policy), Left> {
    let is_aws = arn.split(':').nth(4) == Some("aws");
    let unknown = || Left::UnknownPolicy { arn: arn.to_owned() };
    if is_aws {
        let origin = Origin::AwsManaged { arn: arn.to_owned() };
        // What the account answered is newer than what is embedded.
        if let Some(text) = account.managed_policies.get(arn) {
            return Ok((origin, parsed(arn, text)?));
        }
        let known = managed::by_arn(arn).and_then(|known| known.policy()).ok_or_else(unknown)?;
        return Ok((origin, known));
    }
    let text = account.managed_policies.get(arn).ok_or_else(unknown)?;
    Ok((Origin::CustomerManaged { arn: arn.to_owned() }, parsed(arn, text)?))
}

fn parsed(name: &str, text: &str) -> Result<Policy, Left> {
    policy::parse(text).into_result().map_err(|problems| Left::UnreadablePolicy {
        name: name.to_owned(),
        problem: problems.first().map_or_else(String::new, |problem| problem.message.clone()),
    })
}
