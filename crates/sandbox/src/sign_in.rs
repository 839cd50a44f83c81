//! Signing in to Identity Center as programs do (`sso-oidc`), and what the access portal then gives out (`sso`).

mod approval;
mod portal;
mod redirect;
mod registration;
mod token;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use crate::config::Config;
use crate::error::ApiError;
use crate::state::credential::Credentials;
use crate::state::id::Uuid;
use crate::state::world::World;
use crate::wire::query::Form;
use crate::wire::route::{Route, Service, unknown_operation};
use crate::wire::{Plain, WireRequest};

pub use approval::SignInError;

/// Everything an operation sees and changes.
pub(crate) struct Call<'a> {
    pub(crate) world: &'a mut World,
    pub(crate) config: &'a Config,
    pub(crate) credentials: &'a mut Credentials,
    pub(crate) now: Timestamp,
    pub(crate) request: &'a WireRequest,
    pub(crate) input: &'a Map<String, Value>,
    /// Whose token it is, once that is known.
    pub(crate) user: Option<Uuid>,
}

impl Call<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        self.input.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    fn texts(&self, name: &str) -> Vec<String> {
        crate::call::texts(self.input.get(name))
    }

    /// This many seconds from now.
    fn after(&self, seconds: i64) -> Timestamp {
        self.now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
    }
}

/// Operations by method and path; the paths belong to nobody else.
const PATHS: [(&str, &str, Service, &str); 7] = [
    ("POST", "/client/register", Service::SsoOidc, "RegisterClient"),
    ("POST", "/device_authorization", Service::SsoOidc, "StartDeviceAuthorization"),
    ("POST", "/token", Service::SsoOidc, "CreateToken"),
    ("GET", "/assignment/accounts", Service::SsoPortal, "ListAccounts"),
    ("GET", "/assignment/roles", Service::SsoPortal, "ListAccountRoles"),
    ("GET", "/federation/credentials", Service::SsoPortal, "GetRoleCredentials"),
    ("POST", "/logout", Service::SsoPortal, "Logout"),
];

/// Members of the portal's requests that stand in the query.
const PARAMETERS: [(&str, &str); 4] =
    [("account_id", "accountId"), ("role_name", "roleName"), ("next_token", "nextToken"), ("max_result", "maxResults")];

pub(crate) fn route(request: &WireRequest) -> Option<Route> {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let found = PATHS.iter().find(|(method, own, ..)| request.method == *method && path == *own);
    let (.., service, operation) = found?;
    if query.contains("aws_iam=") {
        return None;
    }
    let form = Form::parse(query);
    let mut input = Map::new();
    for (parameter, member) in PARAMETERS {
        if let Some(value) = form.get(parameter) {
            let number = value.parse::<i64>().ok().filter(|_| member == "maxResults");
            input.insert(member.to_owned(), number.map_or_else(|| Value::from(value), Value::from));
        }
    }
    if *service == Service::SsoPortal
        && let Some(token) = request.header("x-amz-sso_bearer_token")
    {
        input.insert("accessToken".to_owned(), Value::from(token));
    }
    Some(Route { service: *service, operation: (*operation).to_owned(), form: None, input: Some(input) })
}

pub(crate) fn serve(call: &mut Call<'_>, operation: &str) -> Result<Plain, ApiError> {
    call.world.sign_in.tidy(call.now);
    let answer = match operation {
        "RegisterClient" => registration::register(call),
        "StartDeviceAuthorization" => registration::start_device(call),
        "CreateToken" => token::create(call),
        "ListAccounts" => portal::accounts(call),
        "ListAccountRoles" => portal::roles(call),
        "GetRoleCredentials" => portal::credentials(call),
        "Logout" => portal::logout(call),
        _ => Err(unknown_operation()),
    };
    answer.map(|value| Plain::json(&value))
}

/// The ways to a token, as RFC 6749 and RFC 8628 call them.
const AUTHORIZATION_CODE: &str = "authorization_code";
const REFRESH_TOKEN: &str = "refresh_token";
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

const GRANT_TYPES: [&str; 3] = [AUTHORIZATION_CODE, REFRESH_TOKEN, DEVICE_CODE];

/// A refusal in OAuth's words and in AWS's.
fn refused(code: &'static str, error: &'static str, description: &str) -> ApiError {
    let status = if code == "InvalidClientException" { 401 } else { 400 };
    ApiError::new(code, description).with_status(status).with("error", error).with("error_description", description)
}

fn unsupported_grant_type() -> ApiError {
    let message = "There are device_code, authorization_code and refresh_token.";
    refused("UnsupportedGrantTypeException", "unsupported_grant_type", message)
}

fn invalid_request(description: &str) -> ApiError {
    refused("InvalidRequestException", "invalid_request", description)
}
