//! One authenticated, validated call on its way to its operation.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::config::Config;
use crate::error::ApiError;
use crate::state::credential::Identity;
use crate::state::world::World;
use crate::wire::route::Service;

/// Everything an operation sees and changes.
pub(crate) struct Call<'a> {
    pub(crate) world: &'a mut World,
    pub(crate) config: &'a Config,
    pub(crate) now: Timestamp,
    pub(crate) caller: &'a Caller,
    /// The Region of the credential scope.
    pub(crate) region: &'a str,
    pub(crate) service: Service,
    pub(crate) operation: &'a str,
    pub(crate) input: &'a Map<String, Value>,
    /// What the request was signed with, where a signature goes on into its body.
    pub(crate) signing_key: Option<&'a [u8]>,
}

/// Who calls, and from what kind of account.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) identity: Identity,
    pub(crate) standing: Standing,
}

/// What the caller's account is in the organization.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Management,
    Delegated,
    Member,
    /// In no organization.
    Outside,
}

impl Call<'_> {
    /// A text member; absent and `null` are the same.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.input.get(name).and_then(Value::as_str)
    }

    /// A text member that validation has already required.
    pub(crate) fn required(&self, name: &str) -> Result<&str, ApiError> {
        self.text(name).ok_or_else(|| ApiError::validation(format!("{name} is required")))
    }

    /// A text inside a structure (`Filter.Status`).
    pub(crate) fn nested(&self, outer: &str, inner: &str) -> Option<&str> {
        self.input.get(outer)?.get(inner)?.as_str()
    }

    /// Whether the caller's account may call the APIs of Identity Center for the organization at all.
    pub(crate) fn administers_identity_center(&self) -> bool {
        let organization = &self.world.organization;
        let account = self.caller.identity.account;
        account == organization.management || organization.administers(account, "sso.amazonaws.com")
    }

    /// What a page token that is not ours is answered with.
    pub(crate) fn bad_token(&self) -> ApiError {
        match self.service {
            Service::Organizations => {
                ApiError::new("InvalidInputException", "You provided an invalid pagination token.")
                    .with("Reason", "INVALID_NEXT_TOKEN")
            }
            _ => ApiError::validation("NextToken is invalid."),
        }
    }

    /// AWS's words for a caller without the right.
    pub(crate) fn not_authorized(&self) -> ApiError {
        let action = format!("{}:{}", self.service.signing_name(), self.operation);
        let arn = &self.caller.identity.arn;
        match self.service {
            Service::Organizations => ApiError::denied("You don't have permissions to access this resource."),
            _ => ApiError::denied(format!("User: {arn} is not authorized to perform: {action}")),
        }
    }
}

/// Reads `[{Key, Value}]`.
pub(crate) fn tags(value: Option<&Value>) -> Vec<(String, String)> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items
        .filter_map(|tag| Some((tag.get("Key")?.as_str()?.to_owned(), tag.get("Value")?.as_str()?.to_owned())))
        .collect()
}

/// Reads a list of texts.
pub(crate) fn texts(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}
