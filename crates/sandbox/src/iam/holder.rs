//! Users, groups and roles as those that hold policies: the operations on them are the same three times.

use super::{Context, group, no_such_entity, user};
use crate::error::ApiError;
use crate::state::iam::{AccountIam, OwnRights, Rights};

/// Roles below this path belong to Identity Center and are changed by nobody else.
pub(super) const RESERVED_PATH: &str = "/aws-reserved/";
/// Roles below this path belong to services of AWS.
pub(super) const SERVICE_PATH: &str = "/aws-service-role/";

/// Whether only AWS changes the roles of this path.
pub(super) fn is_protected(path: &str) -> bool {
    path.starts_with(RESERVED_PATH) || path.starts_with(SERVICE_PATH)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holder {
    User,
    Group,
    Role,
}

impl Holder {
    /// `user`, as in messages.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Role => "role",
        }
    }

    /// `UserName`
    pub(super) const fn parameter(self) -> &'static str {
        match self {
            Self::User => "UserName",
            Self::Group => "GroupName",
            Self::Role => "RoleName",
        }
    }

    /// Characters that all inline policies may have together.
    pub(super) const fn inline_limit(self) -> usize {
        match self {
            Self::User => 2_048,
            Self::Group => 5_120,
            Self::Role => 10_240,
        }
    }

    /// The name of the quota of attached policies.
    pub(super) const fn attached_quota(self) -> &'static str {
        match self {
            Self::User => "PoliciesPerUser",
            Self::Group => "PoliciesPerGroup",
            Self::Role => "PoliciesPerRole",
        }
    }

    /// The name given in the request.
    pub(super) fn named(self, context: &Context<'_>) -> Result<String, ApiError> {
        context.required(self.parameter()).map(str::to_owned)
    }

    /// What it holds, to be changed. A role of Identity Center is refused.
    pub(super) fn rights<'a>(self, context: &'a mut Context<'_>, name: &str) -> Result<&'a mut OwnRights, ApiError> {
        match self {
            Self::User => Ok(&mut context.user(name)?.rights),
            Self::Group => Ok(&mut context.group(name)?.rights),
            Self::Role => {
                let role = context.role(name)?;
                match &mut role.rights {
                    Rights::Own(own) if !is_protected(&role.path) => Ok(own),
                    Rights::Own(_) | Rights::Reserved(_) => Err(protected(name)),
                }
            }
        }
    }

    /// What it holds, to be read.
    pub(super) fn held(self, context: &mut Context<'_>, name: &str) -> Result<OwnRights, ApiError> {
        let account = context.account();
        let iam: &AccountIam = context.own();
        match self {
            Self::User => iam.users.get(name).map(|user| user.rights.clone()).ok_or_else(|| user::missing(name)),
            Self::Group => iam.groups.get(name).map(|group| group.rights.clone()).ok_or_else(|| group::missing(name)),
            Self::Role => {
                let role = iam.roles.get(name).ok_or_else(|| missing_role(name))?;
                let inline = role.inline().into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
                Ok(OwnRights { attached: role.attached(account), inline, boundary: role.boundary(account) })
            }
        }
    }
}

pub(super) fn missing_role(name: &str) -> ApiError {
    no_such_entity(format!("The role with name {name} cannot be found."))
}

pub(super) fn protected(name: &str) -> ApiError {
    ApiError::new(
        "UnmodifiableEntity",
        format!("Cannot perform the operation on the protected role '{name}' - this role is only modifiable by AWS"),
    )
}
