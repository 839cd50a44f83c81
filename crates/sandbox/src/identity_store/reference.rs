//! What requests refer to, and the errors that say it is not there.

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::error::ApiError;
use crate::state::directory::{Group, Membership, Stamps, User};
use crate::state::id::Uuid;
use crate::wire::epoch_seconds;

impl Call<'_> {
    /// Refuses every store but ours, given as id or as ARN.
    pub(super) fn check_store(&self) -> Result<(), ApiError> {
        let id = self.text("IdentityStoreId").unwrap_or_default();
        let ours = self.world.directory.id();
        let arn = format!("arn:aws:identitystore::{}:identitystore/{ours}", self.world.organization.management);
        if (id == ours || id == arn) && self.region == self.config.region {
            return Ok(());
        }
        Err(not_found("IDENTITY_STORE", id, "IDENTITY_STORE not found."))
    }

    /// The id in a member that may hold an ARN.
    pub(super) fn resource_id(&self, member: &str) -> Option<Uuid> {
        parse_resource(self.text(member)?)
    }

    pub(super) fn user(&self) -> Result<(Uuid, &User), ApiError> {
        let id = self.resource_id("UserId");
        let found = id.and_then(|id| Some((id, self.world.directory.users.get(&id)?)));
        found.ok_or_else(|| no_user(self.text("UserId").unwrap_or_default()))
    }

    pub(super) fn group(&self) -> Result<(Uuid, &Group), ApiError> {
        let id = self.resource_id("GroupId");
        let found = id.and_then(|id| Some((id, self.world.directory.groups.get(&id)?)));
        found.ok_or_else(|| no_group(self.text("GroupId").unwrap_or_default()))
    }

    /// The user of `MemberId.UserId`.
    pub(super) fn member(&self) -> Result<Uuid, ApiError> {
        let text = self.nested("MemberId", "UserId").unwrap_or_default();
        let found = parse_resource(text).filter(|id| self.world.directory.users.contains_key(id));
        found.ok_or_else(|| no_user(text))
    }

    pub(super) fn membership(&self) -> Result<(Uuid, &Membership), ApiError> {
        let id = self.resource_id("MembershipId");
        let found = id.and_then(|id| Some((id, self.world.directory.memberships.get(&id)?)));
        let text = self.text("MembershipId").unwrap_or_default();
        found.ok_or_else(|| not_found("GROUP_MEMBERSHIP", text, "MEMBERSHIP not found."))
    }

    /// Refuses a change to what somebody else changed since, where the caller says which revision it saw.
    pub(super) fn check_revision(&self, stamps: &Stamps) -> Result<(), ApiError> {
        match self.text("Revision") {
            Some(revision) if revision != stamps.revision.to_string() => {
                Err(ApiError::conflict("The resource was changed since the given revision.")
                    .with("Reason", "CONCURRENT_MODIFICATION"))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn caller_arn(&self) -> String {
        self.caller.identity.arn.clone()
    }
}

/// `UUID` or `arn:aws:identitystore:::user/UUID`
pub(super) fn parse_resource(text: &str) -> Option<Uuid> {
    Uuid::parse(text.rsplit('/').next()?)
}

pub(super) fn arn(kind: &str, id: Uuid) -> String {
    format!("arn:aws:identitystore:::{kind}/{id}")
}

pub(super) fn no_user(id: &str) -> ApiError {
    not_found("USER", id, "USER not found.")
}

pub(super) fn no_group(id: &str) -> ApiError {
    not_found("GROUP", id, "GROUP not found.")
}

pub(super) fn not_found(kind: &'static str, id: &str, message: &str) -> ApiError {
    ApiError::not_found(message).with("ResourceType", kind).with("ResourceId", id)
}

pub(super) fn duplicate(message: &str) -> ApiError {
    ApiError::conflict(message).with("Reason", "UNIQUENESS_CONSTRAINT_VIOLATION")
}

pub(super) fn insert_stamps(body: &mut Map<String, Value>, stamps: &Stamps) {
    body.insert("CreatedAt".to_owned(), epoch_seconds(stamps.created_at));
    body.insert("CreatedBy".to_owned(), Value::from(stamps.created_by.as_str()));
    body.insert("UpdatedAt".to_owned(), epoch_seconds(stamps.updated_at));
    body.insert("UpdatedBy".to_owned(), Value::from(stamps.updated_by.as_str()));
}

pub(super) fn insert_external_ids(body: &mut Map<String, Value>, ids: &[(String, String)]) {
    if !ids.is_empty() {
        let ids = ids.iter().map(|(issuer, id)| json!({"Issuer": issuer, "Id": id})).collect();
        body.insert("ExternalIds".to_owned(), Value::Array(ids));
    }
}

/// The one filter a listing takes: its value where the path is the one it knows.
pub(super) fn filter<'a>(call: &'a Call<'_>, path: &str) -> Result<Option<&'a str>, ApiError> {
    let Some(filter) = call.input.get("Filters").and_then(Value::as_array).and_then(|filters| filters.first()) else {
        return Ok(None);
    };
    let asked = filter.get("AttributePath").and_then(Value::as_str).unwrap_or_default();
    if !asked.eq_ignore_ascii_case(path) {
        return Err(ApiError::validation(format!("Filtering by {asked} is not supported.")));
    }
    Ok(filter.get("AttributeValue").and_then(Value::as_str))
}
