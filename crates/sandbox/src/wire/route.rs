//! Which service and operation a request is for.

use super::WireRequest;
use super::query::Form;
use crate::error::ApiError;

/// A service the sandbox speaks for.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// IAM Identity Center's administration.
    SsoAdmin,
    /// Users, groups, memberships.
    IdentityStore,
    /// AWS Organizations.
    Organizations,
    /// Identity and Access Management.
    Iam,
    /// Security Token Service.
    Sts,
}

impl Service {
    /// All of them.
    pub(crate) const ALL: [Self; 5] = [Self::SsoAdmin, Self::IdentityStore, Self::Organizations, Self::Iam, Self::Sts];

    /// botocore's name of the service.
    pub fn name(self) -> &'static str {
        match self {
            Self::SsoAdmin => "sso-admin",
            Self::IdentityStore => "identitystore",
            Self::Organizations => "organizations",
            Self::Iam => "iam",
            Self::Sts => "sts",
        }
    }

    /// The name requests are signed for; also the prefix of the IAM actions.
    pub fn signing_name(self) -> &'static str {
        match self {
            Self::SsoAdmin => "sso",
            other => other.name(),
        }
    }

    pub(crate) fn speaks_xml(self) -> bool {
        matches!(self, Self::Iam | Self::Sts)
    }
}

/// Where a request goes.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) service: Service,
    pub(crate) operation: String,
    pub(crate) form: Option<Form>,
}

/// Why a request goes nowhere, and in which protocol to say so.
#[derive(Debug)]
pub(crate) struct NoRoute {
    pub(crate) xml: bool,
    pub(crate) error: ApiError,
}

/// Reads the target header of the JSON services, else the form of the query services.
pub(crate) fn find(request: &WireRequest) -> Result<Route, NoRoute> {
    if let Some(target) = request.header("x-amz-target") {
        return by_target(target).ok_or_else(|| NoRoute { xml: false, error: unknown_operation() });
    }
    by_form(request)
}

/// What the JSON services answer for an operation they do not have.
pub(crate) fn unknown_operation() -> ApiError {
    ApiError::new("UnknownOperationException", "")
}

/// What a service answers for an operation it does not have.
pub(crate) fn unknown(service: Service, operation: &str) -> ApiError {
    match service {
        Service::Iam => invalid_action(operation, "2010-05-08"),
        Service::Sts => invalid_action(operation, "2011-06-15"),
        Service::SsoAdmin | Service::IdentityStore | Service::Organizations => unknown_operation(),
    }
}

/// What the query services answer for an operation they do not have.
pub(crate) fn invalid_action(operation: &str, version: &str) -> ApiError {
    ApiError::new("InvalidAction", format!("Could not find operation {operation} for version {version}"))
}

fn by_target(target: &str) -> Option<Route> {
    let (prefix, operation) = target.split_once('.')?;
    let service = match prefix {
        "SWBExternalService" => Service::SsoAdmin,
        "AWSIdentityStore" => Service::IdentityStore,
        "AWSOrganizationsV20161128" => Service::Organizations,
        _ => return None,
    };
    Some(Route { service, operation: operation.to_owned(), form: None })
}

fn by_form(request: &WireRequest) -> Result<Route, NoRoute> {
    let query = request.path.split_once('?').map_or("", |(_, query)| query);
    let mut form = Form::parse(query);
    form.extend(Form::parse(&String::from_utf8_lossy(&request.body)));
    let refused = |error| NoRoute { xml: true, error };
    let Some(operation) = form.get("Action").map(str::to_owned) else {
        return Err(refused(ApiError::new("MissingAction", "Missing Action")));
    };
    let version = form.get("Version").unwrap_or("").to_owned();
    let service = match version.as_str() {
        "2011-06-15" => Service::Sts,
        "2010-05-08" => Service::Iam,
        _ => return Err(refused(invalid_action(&operation, &version))),
    };
    Ok(Route { service, operation, form: Some(form) })
}
