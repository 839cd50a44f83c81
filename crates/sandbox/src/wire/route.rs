//! Which service and operation a request is for.

use serde_json::{Map, Value};

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
    /// CloudTrail.
    CloudTrail,
    /// Simple Storage Service.
    S3,
    /// Sign-in of programs to Identity Center (OIDC).
    SsoOidc,
    /// The access portal's API.
    SsoPortal,
    /// Entitlements of Identity Center's principals to roles.
    AccountAccess,
    /// Athena.
    Athena,
}

/// How a service is spoken with.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// `x-amz-target`, JSON both ways.
    Json,
    /// A form in, XML out.
    Query,
    /// Method, path and query; JSON.
    RestJson,
    /// Method, path and query; XML.
    RestXml,
}

impl Service {
    /// All of them.
    pub(crate) const ALL: [Self; 11] = [
        Self::SsoAdmin,
        Self::IdentityStore,
        Self::Organizations,
        Self::Iam,
        Self::Sts,
        Self::CloudTrail,
        Self::S3,
        Self::SsoOidc,
        Self::SsoPortal,
        Self::AccountAccess,
        Self::Athena,
    ];

    /// botocore's name of the service.
    pub fn name(self) -> &'static str {
        match self {
            Self::SsoAdmin => "sso-admin",
            Self::IdentityStore => "identitystore",
            Self::Organizations => "organizations",
            Self::Iam => "iam",
            Self::Sts => "sts",
            Self::CloudTrail => "cloudtrail",
            Self::S3 => "s3",
            Self::SsoOidc => "sso-oidc",
            Self::SsoPortal => "sso",
            Self::AccountAccess => "account-access",
            Self::Athena => "athena",
        }
    }

    /// The name requests are signed for; also the prefix of the IAM actions.
    pub fn signing_name(self) -> &'static str {
        match self {
            Self::SsoAdmin => "sso",
            Self::SsoOidc => "sso-oauth",
            Self::SsoPortal => "awsssoportal",
            other => other.name(),
        }
    }

    pub(crate) fn protocol(self) -> Protocol {
        match self {
            Self::SsoAdmin | Self::IdentityStore | Self::Organizations | Self::CloudTrail | Self::Athena => {
                Protocol::Json
            }
            Self::Iam | Self::Sts => Protocol::Query,
            Self::S3 => Protocol::RestXml,
            Self::SsoOidc | Self::SsoPortal | Self::AccountAccess => Protocol::RestJson,
        }
    }

    /// Whether errors are written in XML, with the codes that go with it.
    pub(crate) fn speaks_xml(self) -> bool {
        matches!(self.protocol(), Protocol::Query | Protocol::RestXml)
    }

    /// Whether requests carry a token of a sign-in, or nothing, in the place of a signature.
    pub(crate) fn is_unsigned(self) -> bool {
        matches!(self, Self::SsoOidc | Self::SsoPortal)
    }
}

/// Where a request goes.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) service: Service,
    pub(crate) operation: String,
    pub(crate) form: Option<Form>,
    /// What a request of a REST service says outside its body.
    pub(crate) input: Option<Map<String, Value>>,
}

/// Why a request goes nowhere, and in which protocol to say so.
#[derive(Debug)]
pub(crate) struct NoRoute {
    pub(crate) protocol: Protocol,
    pub(crate) error: ApiError,
}

/// Reads the target header of the JSON services, else for which service the request is signed, else the form of the query
/// services.
pub(crate) fn find(request: &WireRequest) -> Result<Route, NoRoute> {
    if let Some(target) = request.header("x-amz-target") {
        return by_target(target).ok_or_else(|| NoRoute { protocol: Protocol::Json, error: unknown_operation() });
    }
    let scope = request.header("authorization").and_then(signed_for);
    match scope {
        Some("s3") => return crate::s3::route::find(request),
        Some("account-access") => return crate::account_access::route(request),
        Some(_) => return by_form(request),
        None => {}
    }
    if let Some(route) = crate::sign_in::route(request) {
        return Ok(route);
    }
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    if path.len() > 1 && !query.contains("Action=") && request.method != "POST" {
        // nobody but S3 is asked for a path without a signature
        return crate::s3::route::find(request);
    }
    by_form(request)
}

/// The service of the credential scope.
fn signed_for(authorization: &str) -> Option<&str> {
    let (_, scope) = authorization.split_once("Credential=")?;
    scope.split('/').nth(3)
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
        Service::S3 => crate::s3::error::not_implemented(),
        _ => unknown_operation(),
    }
}

/// What the query services answer for an operation they do not have.
pub(crate) fn invalid_action(operation: &str, version: &str) -> ApiError {
    ApiError::new("InvalidAction", format!("Could not find operation {operation} for version {version}"))
}

fn by_target(target: &str) -> Option<Route> {
    let (prefix, operation) = target.rsplit_once('.')?;
    let service = match prefix {
        "SWBExternalService" => Service::SsoAdmin,
        "AWSIdentityStore" => Service::IdentityStore,
        "AWSOrganizationsV20161128" => Service::Organizations,
        "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101" | "CloudTrail_20131101" => Service::CloudTrail,
        "AmazonAthena" => Service::Athena,
        _ => return None,
    };
    Some(Route { service, operation: operation.to_owned(), form: None, input: None })
}

fn by_form(request: &WireRequest) -> Result<Route, NoRoute> {
    let query = request.path.split_once('?').map_or("", |(_, query)| query);
    let mut form = Form::parse(query);
    form.extend(Form::parse(&String::from_utf8_lossy(&request.body)));
    let refused = |error| NoRoute { protocol: Protocol::Query, error };
    let Some(operation) = form.get("Action").map(str::to_owned) else {
        return Err(refused(ApiError::new("MissingAction", "Missing Action")));
    };
    let version = form.get("Version").unwrap_or("").to_owned();
    let service = match version.as_str() {
        "2011-06-15" => Service::Sts,
        "2010-05-08" => Service::Iam,
        _ => return Err(refused(invalid_action(&operation, &version))),
    };
    Ok(Route { service, operation, form: Some(form), input: None })
}
