//! IAM of the caller's own account. Each family of operations is a file with a table of its own.

mod access_key;
mod account;
mod attached_policy;
mod authorization_details;
mod boundary;
mod certificate;
mod context_key;
mod credential_report;
mod document;
mod extra;
mod group;
mod holder;
mod inline_policy;
mod instance_profile;
mod last_accessed;
mod login_profile;
mod mfa_device;
mod oidc_provider;
mod page;
mod password_policy;
mod policy;
mod policy_entity;
mod policy_version;
mod role;
mod saml_provider;
mod server_certificate;
mod service_access;
mod service_credential;
mod service_linked_role;
mod simulation;
mod ssh_key;
mod tag;
mod user;

use std::collections::HashMap;
use std::sync::LazyLock;

use jiff::Timestamp;

use crate::call::Caller;
use crate::config::Config;
use crate::error::ApiError;
use crate::state::credential::{Credentials, IamPrincipal};
use crate::state::iam::AccountIam;
use crate::state::id::AccountId;
use crate::state::world::World;
use crate::wire::query::Form;
use crate::wire::route::invalid_action;
use crate::wire::xml::Xml;

pub(crate) const NAMESPACE: &str = "https://iam.amazonaws.com/doc/2010-05-08/";

/// What an operation answers; most deletions answer nothing but that they were done.
type Reply = Result<Option<Xml>, ApiError>;
type Handler = fn(&mut Context<'_>) -> Reply;
/// Operations by name.
type Family = &'static [(&'static str, Handler)];

static OPERATIONS: LazyLock<HashMap<&'static str, Handler>> = LazyLock::new(|| {
    let families: [Family; 29] = [
        access_key::OPERATIONS,
        account::OPERATIONS,
        attached_policy::OPERATIONS,
        authorization_details::OPERATIONS,
        boundary::OPERATIONS,
        certificate::OPERATIONS,
        credential_report::OPERATIONS,
        group::OPERATIONS,
        inline_policy::OPERATIONS,
        last_accessed::OPERATIONS,
        login_profile::OPERATIONS,
        mfa_device::OPERATIONS,
        policy::OPERATIONS,
        policy_entity::OPERATIONS,
        policy_version::OPERATIONS,
        role::OPERATIONS,
        service_credential::OPERATIONS,
        simulation::OPERATIONS,
        ssh_key::OPERATIONS,
        tag::OPERATIONS,
        user::OPERATIONS,
        context_key::OPERATIONS,
        instance_profile::OPERATIONS,
        oidc_provider::OPERATIONS,
        password_policy::OPERATIONS,
        saml_provider::OPERATIONS,
        server_certificate::OPERATIONS,
        service_access::OPERATIONS,
        service_linked_role::OPERATIONS,
    ];
    families.into_iter().flatten().copied().collect()
});

/// Everything an operation of a query service sees and changes.
pub(crate) struct Context<'a> {
    pub(crate) world: &'a mut World,
    pub(crate) config: &'a Config,
    pub(crate) credentials: &'a mut Credentials,
    pub(crate) now: Timestamp,
    pub(crate) caller: &'a Caller,
    pub(crate) region: &'a str,
    pub(crate) form: &'a Form,
}

impl Context<'_> {
    /// The account the caller's key belongs to.
    pub(crate) fn account(&self) -> AccountId {
        self.caller.identity.account
    }

    /// A text; empty and absent are the same.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.form.get(name).filter(|value| !value.is_empty())
    }

    pub(crate) fn required(&self, name: &str) -> Result<&str, ApiError> {
        let lower = name.chars().next().map(|first| format!("{}{}", first.to_lowercase(), name.get(1..).unwrap_or("")));
        self.text(name).ok_or_else(|| {
            ApiError::new(
                "ValidationError",
                format!(
                    "1 validation error detected: Value null at '{}' failed to satisfy constraint: Member must not be \
                     null",
                    lower.unwrap_or_default()
                ),
            )
        })
    }

    /// A path, `/` where none is given.
    fn path(&self) -> String {
        self.text("Path").unwrap_or("/").to_owned()
    }

    /// `UserName`, or the user who calls.
    fn user_name(&self) -> Result<String, ApiError> {
        match (self.text("UserName"), &self.caller.identity.principal) {
            (Some(name), _) => Ok(name.to_owned()),
            (None, IamPrincipal::User(name)) => Ok(name.clone()),
            (None, IamPrincipal::Role(_)) => {
                Err(ApiError::new("ValidationError", "Must specify userName when calling with non-User credentials"))
            }
        }
    }

    /// The IAM of the caller's account.
    fn own(&mut self) -> &mut AccountIam {
        let account = self.account();
        self.world.iam.entry(account).or_default()
    }
}

pub(crate) fn serve(context: &mut Context<'_>, operation: &str) -> Reply {
    match OPERATIONS.get(operation) {
        Some(handler) => handler(context),
        None => Err(invalid_action(operation, "2010-05-08")),
    }
}

fn no_such_entity(message: String) -> ApiError {
    ApiError::new("NoSuchEntity", message).with_status(404)
}

fn already_exists(message: String) -> ApiError {
    ApiError::new("EntityAlreadyExists", message).with_status(409)
}

fn delete_conflict(message: &str) -> ApiError {
    ApiError::new("DeleteConflict", message).with_status(409)
}

fn quota(name: &str, most: usize) -> ApiError {
    ApiError::new("LimitExceeded", format!("Cannot exceed quota for {name}: {most}")).with_status(409)
}

/// `Active` or `Inactive`.
fn status(active: bool) -> &'static str {
    if active { "Active" } else { "Inactive" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape;
    use crate::wire::route::Service;

    #[test]
    fn the_table_of_requests_and_the_families_name_the_same_operations() {
        let mut served: Vec<&str> = OPERATIONS.keys().copied().collect();
        served.sort_unstable();
        let known: Vec<&String> = shape::of(Service::Iam).operations.keys().collect();
        assert_eq!(served, known);
    }
}
