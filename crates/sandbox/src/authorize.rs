//! Every call is decided by the caller's policies, boundary, session policies and service control policies, through
//! crate `policy`. What a call needs stands in `data/authorization.tsv`.

pub(crate) mod resource;
pub(crate) mod rights;
pub(crate) mod table;
pub(crate) mod trust;

use policy::{Decision, Layer, Permissions, Request};

use crate::call::Caller;
use crate::error::ApiError;
use crate::refusal::unknown_key;
use crate::state::credential::{IamPrincipal, Identity};
use crate::state::world::World;
use crate::wire::route::Service;

/// A call before it is decided.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) world: &'a World,
    pub(crate) caller: &'a Caller,
    pub(crate) region: &'a str,
    pub(crate) now: jiff::Timestamp,
    pub(crate) service: Service,
    pub(crate) operation: &'a str,
    pub(crate) input: &'a serde_json::Map<String, serde_json::Value>,
}

/// Refuses the call unless its action is allowed on every resource it names.
pub(crate) fn check(asked: &Asked<'_>, permissions: &Permissions) -> Result<(), ApiError> {
    // an operation without a row is allowed to nobody
    let row = table::of(asked.service, asked.operation).ok_or_else(|| refused(asked, "", "*", None))?;
    if row.is_free() {
        return Ok(());
    }
    check_session(asked)?;
    for resource in resource::of(asked, row) {
        let decision = permissions.evaluate(&request(asked, row.action, &resource));
        if !decision.is_allowed() {
            return Err(refused(asked, row.action, &resource, Some(&decision)));
        }
    }
    Ok(())
}

/// Temporary credentials of a user call IAM only with MFA, and those of a federated user never: AWS's documentation, Compare AWS
/// STS credentials.
fn check_session(asked: &Asked<'_>) -> Result<(), ApiError> {
    let identity = &asked.caller.identity;
    let Some(session) = identity.session.as_ref().filter(|_| !identity.is_role_session()) else { return Ok(()) };
    let shown = session.with_mfa || session.from_console;
    if asked.service == Service::Iam && (!shown || identity.is_federated()) {
        return Err(unknown_key(true));
    }
    Ok(())
}

/// The request with the condition keys that AWS fills for every service, and those of the call itself.
pub(crate) fn request(asked: &Asked<'_>, action: &str, resource: &str) -> Request {
    let mut request = by(asked.world, &asked.caller.identity, asked.now, action, resource);
    request.context.set("aws:RequestedRegion", [asked.region]);
    for (key, member) in [
        ("iam:PolicyARN", "PolicyArn"),
        ("iam:PermissionsBoundary", "PermissionsBoundary"),
        ("sso:InstanceArn", "InstanceArn"),
        ("s3:prefix", "Prefix"),
        ("s3:delimiter", "Delimiter"),
    ] {
        if let Some(value) = asked.input.get(member).and_then(serde_json::Value::as_str) {
            request.context.set(key, [value]);
        }
    }
    request
}

/// The request of this identity, whatever it calls.
pub(crate) fn by(world: &World, identity: &Identity, now: jiff::Timestamp, action: &str, resource: &str) -> Request {
    let mut request = Request::new(action, resource).by(&identity.arn);
    let context = &mut request.context;
    context.set("aws:CurrentTime", [now.to_string()]);
    context.set("aws:EpochTime", [now.as_second().to_string()]);
    context.set("aws:SecureTransport", ["false"]);
    context.set("aws:SourceIp", ["127.0.0.1"]);
    context.set("aws:userid", [identity.user_id.as_str()]);
    if let Some(organization) = world.organization_of(identity.account) {
        context.set("aws:PrincipalOrgID", [organization.id.as_str()]);
    }
    let iam = world.iam.get(&identity.account);
    let own_tags = iam.and_then(|iam| match &identity.principal {
        IamPrincipal::User(name) => iam.users.get(name).map(|user| &user.tags),
        IamPrincipal::Role(name) => iam.roles.get(name).map(|role| &role.tags),
    });
    for (key, value) in own_tags.into_iter().flatten() {
        context.set(&format!("aws:PrincipalTag/{key}"), [value.as_str()]);
    }
    if let IamPrincipal::Role(name) = &identity.principal
        && let Some(role) = iam.and_then(|iam| iam.roles.get(name))
    {
        // the key holds the role's path, too, which the session's ARN does not tell
        context.set("aws:PrincipalArn", [role.arn(identity.account, name)]);
    }
    if let Some(session) = &identity.session {
        context.set("aws:MultiFactorAuthPresent", [if session.with_mfa { "true" } else { "false" }]);
        for (key, value) in session.tags.iter() {
            context.set(&format!("aws:PrincipalTag/{key}"), [value.as_str()]);
        }
    }
    request
}

fn refused(asked: &Asked<'_>, action: &str, resource: &str, decision: Option<&Decision>) -> ApiError {
    let message = message(&asked.caller.identity.arn, action, resource, decision);
    if asked.service.speaks_xml() {
        return ApiError::new("AccessDenied", message).with_status(403);
    }
    ApiError::denied(message)
}

/// AWS's words.
pub(crate) fn message(arn: &str, action: &str, resource: &str, decision: Option<&Decision>) -> String {
    let because = match decision {
        Some(Decision::Denied(by)) => format!(" with an explicit deny in {}", with_article(by.layer)),
        Some(Decision::NotAllowed(layer)) => {
            format!(" because no {} allows the {action} action", kind_of(*layer))
        }
        Some(Decision::Allowed(_)) | None => String::new(),
    };
    format!("User: {arn} is not authorized to perform: {action} on resource: {resource}{because}")
}

fn kind_of(layer: Layer) -> &'static str {
    match layer {
        Layer::Identity => "identity-based policy",
        Layer::Boundary => "permissions boundary",
        Layer::ServiceControl(_) => "service control policy",
        Layer::Session => "session policy",
    }
}

fn with_article(layer: Layer) -> String {
    let kind = kind_of(layer);
    let article = if kind.starts_with('i') { "an" } else { "a" };
    format!("{article} {kind}")
}
