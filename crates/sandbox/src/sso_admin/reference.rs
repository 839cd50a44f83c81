//! What requests refer to: the instance, a set, an account, a principal; and what a delegated administrator may touch.

use crate::call::{Call, Standing};
use crate::error::ApiError;
use crate::state::center::{PermissionSet, Principal, PrincipalKind};
use crate::state::id::{AccountId, SetId, Uuid};

impl Call<'_> {
    /// Whether the call reached the instance's primary Region; elsewhere there is no instance.
    pub(super) fn in_primary_region(&self) -> bool {
        self.region == self.config.region
    }

    /// Refuses every instance but ours.
    pub(super) fn check_instance(&self) -> Result<(), ApiError> {
        match self.text("InstanceArn") {
            Some(arn) if arn != self.world.center.arn() || !self.in_primary_region() => {
                Err(ApiError::not_found(format!("Instance {arn} does not exist in {}.", self.region)))
            }
            _ => Ok(()),
        }
    }

    /// The set of the member `PermissionSetArn`.
    pub(super) fn set(&self) -> Result<(SetId, &PermissionSet), ApiError> {
        self.check_instance()?;
        self.set_of(self.required("PermissionSetArn")?)
    }

    pub(super) fn set_of(&self, arn: &str) -> Result<(SetId, &PermissionSet), ApiError> {
        let found = self.world.center.parse_set_arn(arn).and_then(|id| Some((id, self.world.center.sets.get(&id)?)));
        found.ok_or_else(|| ApiError::not_found(format!("Could not find PermissionSet with arn {arn}.")))
    }

    /// The set of the member `PermissionSetArn`, for a change: a delegated administrator may not change sets that are
    /// provisioned in the management account.
    pub(super) fn set_to_change(&self) -> Result<SetId, ApiError> {
        let (set, _) = self.set()?;
        self.check_changeable(set)?;
        Ok(set)
    }

    pub(super) fn check_changeable(&self, set: SetId) -> Result<(), ApiError> {
        let management = self.world.organization.management;
        if self.caller.standing == Standing::Delegated && self.world.center.is_provisioned(management, set) {
            return Err(self.not_authorized());
        }
        Ok(())
    }

    /// An account of the organization, named by this member.
    pub(super) fn account(&self, member: &str) -> Result<AccountId, ApiError> {
        let text = self.required(member)?;
        AccountId::parse(text)
            .filter(|id| self.world.organization.accounts.contains_key(id))
            .ok_or_else(|| ApiError::not_found(format!("Account {text} is not part of the organization.")))
    }

    /// The principal of `PrincipalType` and `PrincipalId`, whether or not it (still) exists.
    pub(super) fn principal(&self) -> Result<Principal, ApiError> {
        let kind = match self.required("PrincipalType")? {
            "USER" => PrincipalKind::User,
            _ => PrincipalKind::Group,
        };
        let text = self.required("PrincipalId")?;
        let id = Uuid::parse(text).ok_or_else(|| self.no_principal(kind, text))?;
        Ok(Principal { kind, id })
    }

    pub(super) fn existing_principal(&self) -> Result<Principal, ApiError> {
        let principal = self.principal()?;
        if self.world.principal_exists(principal) {
            return Ok(principal);
        }
        Err(self.no_principal(principal.kind, &principal.id.to_string()))
    }

    fn no_principal(&self, kind: PrincipalKind, id: &str) -> ApiError {
        ApiError::not_found(format!("{} not found: {id}", kind.name()))
    }
}
