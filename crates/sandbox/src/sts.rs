//! Security Token Service: who am I, and becoming a role.

use jiff::SignedDuration;
use policy::{Decision, Layer};

use crate::authorize::trust::{self, Trust};
use crate::authorize::{self, rights};
use crate::call::Caller;
use crate::error::ApiError;
use crate::iam::Context;
use crate::state::credential::{Credential, IamPrincipal, Identity, Session};
use crate::state::id::{AccountId, secret, upper};
use crate::wire::route::invalid_action;
use crate::wire::xml::{Xml, iso8601};

pub(crate) const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// The IAM action behind AssumeRole.
const ASSUME: &str = "sts:AssumeRole";
/// Shortest and longest session of any kind.
const SHORTEST_SECONDS: i64 = 900;
const LONGEST_SECONDS: i64 = 129_600;
/// The longest session of a role assumed by another role's session.
const CHAINED_SESSION_SECONDS: i64 = 3_600;

pub(crate) fn serve(context: &mut Context<'_>, operation: &str) -> Result<Option<Xml>, ApiError> {
    match operation {
        "GetCallerIdentity" => Ok(Some(caller_identity(context.caller))),
        "AssumeRole" => assume_role(context).map(Some),
        "GetSessionToken" => session_token(context).map(Some),
        "GetAccessKeyInfo" => access_key_info(context).map(Some),
        _ => Err(invalid_action(operation, "2011-06-15")),
    }
}

fn caller_identity(caller: &Caller) -> Xml {
    let identity = &caller.identity;
    Xml::default()
        .leaf("Arn", &identity.arn)
        .leaf("UserId", &identity.user_id)
        .leaf("Account", identity.account.to_string())
}

fn assume_role(context: &mut Context<'_>) -> Result<Xml, ApiError> {
    let role_arn = context.required("RoleArn")?.to_owned();
    let session_name = context.required("RoleSessionName")?.to_owned();
    let session = session(context)?;
    let (account, role_name) = assumable(context, &role_arn, &session_name, session.with_mfa)?;
    let role = context.world.iam.get(&account).and_then(|iam| iam.roles.get(&role_name));
    let (role_id, most) = role
        .map_or_else(Default::default, |role| (role.id.clone(), i64::try_from(role.max_session_seconds).unwrap_or(0)));
    let seconds = duration(context, 3_600)?;
    if seconds > most {
        return Err(ApiError::new(
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ));
    }
    let identity = Identity {
        account,
        arn: format!("arn:aws:sts::{account}:assumed-role/{role_name}/{session_name}"),
        user_id: format!("{role_id}:{session_name}"),
        principal: IamPrincipal::Role(role_name),
        session: Some(session),
    };
    let user = Xml::default().leaf("AssumedRoleId", &identity.user_id).leaf("Arn", &identity.arn);
    Ok(Xml::default().node("AssumedRoleUser", user).and(open_session(context, identity, seconds)))
}

/// Session policies, tags and MFA of the request.
fn session(context: &mut Context<'_>) -> Result<Session, ApiError> {
    let with_mfa = mfa(context)?;
    let mut policies: Vec<String> = context.text("Policy").map(str::to_owned).into_iter().collect();
    if policies.iter().any(|text| policy::parse(text).policy.is_none()) {
        return Err(ApiError::new("MalformedPolicyDocument", "This policy contains invalid Json"));
    }
    let target = context.required("RoleArn")?.split(':').nth(4).and_then(AccountId::parse);
    for member in context.form.members("PolicyArns") {
        let arn = member.get("arn").unwrap_or_default();
        let iam = target.and_then(|account| Some((account, context.world.iam.get(&account)?)));
        let found = iam.and_then(|(account, iam)| rights::managed_source(iam, account, arn));
        policies.push(found.map(|source| source.text).unwrap_or_default());
    }
    let tags = context.form.members("Tags");
    let tags: Vec<(String, String)> =
        tags.iter().filter_map(|tag| Some((tag.get("Key")?.to_owned(), tag.get("Value")?.to_owned()))).collect();
    Ok(Session { policies: policies.into(), with_mfa, tags: tags.into() })
}

/// Whether a code of the caller's own device is shown. Every six digits are taken for right.
fn mfa(context: &mut Context<'_>) -> Result<bool, ApiError> {
    let Some(serial) = context.text("SerialNumber").map(str::to_owned) else {
        let before = context.caller.identity.session.as_ref();
        return Ok(before.is_some_and(|session| session.with_mfa && !context.caller.identity.is_role_session()));
    };
    let code = context.text("TokenCode").is_some_and(|code| code.len() == 6);
    let identity = &context.caller.identity;
    let IamPrincipal::User(name) = &identity.principal else { return Ok(false) };
    let user = context.world.iam.get(&identity.account).and_then(|iam| iam.users.get(name));
    if code && user.is_some_and(|user| user.devices.contains_key(&serial)) {
        return Ok(true);
    }
    let message = "MultiFactorAuthentication failed with invalid MFA one time pass code. ";
    Err(ApiError::new("AccessDenied", message).with_status(403))
}

fn session_token(context: &mut Context<'_>) -> Result<Xml, ApiError> {
    let identity = context.caller.identity.clone();
    if identity.session.is_some() {
        let message = "Cannot call GetSessionToken with session credentials";
        return Err(ApiError::new("AccessDenied", message).with_status(403));
    }
    let with_mfa = mfa(context)?;
    let seconds = duration(context, 43_200)?;
    let identity = Identity { session: Some(Session { with_mfa, ..Session::default() }), ..identity };
    Ok(open_session(context, identity, seconds))
}

/// The account of a key: that of the key's owner here; AWS reads it out of the key's own letters.
fn access_key_info(context: &Context<'_>) -> Result<Xml, ApiError> {
    let id = context.required("AccessKeyId")?;
    let found = context
        .credentials
        .keys
        .get(id)
        .ok_or_else(|| ApiError::new("ValidationError", format!("Invalid access key id: {id}")))?;
    Ok(Xml::default().leaf("Account", found.identity.account.to_string()))
}

fn duration(context: &Context<'_>, usual: i64) -> Result<i64, ApiError> {
    let text = context.text("DurationSeconds");
    let seconds = text.map_or(Some(usual), |text| text.parse::<i64>().ok());
    let seconds =
        seconds.filter(|seconds| (SHORTEST_SECONDS..=LONGEST_SECONDS).contains(seconds)).ok_or_else(|| {
            let text = text.unwrap_or_default();
            ApiError::new("ValidationError", format!("DurationSeconds `{text}` is out of range."))
        })?;
    if context.caller.identity.is_role_session() && seconds > CHAINED_SESSION_SECONDS {
        return Err(ApiError::new(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        ));
    }
    Ok(seconds)
}

/// The account and role of an ARN that the caller may assume: the role's trust policy names the caller, or trusts the
/// caller's account and the caller's own policies allow it.
fn assumable(
    context: &Context<'_>,
    arn: &str,
    session_name: &str,
    with_mfa: bool,
) -> Result<(AccountId, String), ApiError> {
    let caller = &context.caller.identity;
    let refused = |decision: Option<&Decision>| {
        let message = authorize::message(&caller.arn, ASSUME, arn, decision);
        ApiError::new("AccessDenied", message).with_status(403)
    };
    let world = &*context.world;
    let found = arn.strip_prefix("arn:aws:iam::").and_then(|rest| rest.split_once(":role/"));
    let account = found.and_then(|(account, _)| AccountId::parse(account)).ok_or_else(|| refused(None))?;
    let name = arn.rsplit('/').next().unwrap_or(arn);
    let role = world.iam.get(&account).and_then(|iam| iam.roles.get(name));
    let role = role.filter(|role| role.arn(account, name) == arn && world.organization.is_active(account));
    let role = role.ok_or_else(|| refused(None))?;
    let mut request = authorize::by(world, caller, context.now, ASSUME, arn);
    request.context.set("aws:RequestedRegion", [context.region]);
    request.context.set("sts:RoleSessionName", [session_name]);
    if with_mfa {
        request.context.set("aws:MultiFactorAuthPresent", ["true"]);
    }
    if let Some(external) = context.text("ExternalId") {
        request.context.set("sts:ExternalId", [external]);
    }
    let own = rights::permissions(world, caller).evaluate(&request);
    let allowed = match trust::of(world, &role.trust, caller, &request) {
        Trust::Denied | Trust::Nobody => return Err(refused(None)),
        // named within its own account, a principal needs no policy of its own
        Trust::Named if account == caller.account => {
            matches!(own, Decision::Allowed(_) | Decision::NotAllowed(Layer::Identity | Layer::Boundary))
        }
        Trust::Named | Trust::Account => own.is_allowed(),
    };
    if !allowed {
        return Err(refused(Some(&own)));
    }
    Ok((account, name.to_owned()))
}

/// Makes the credentials of a session and tells them.
fn open_session(context: &mut Context<'_>, identity: Identity, seconds: i64) -> Xml {
    let rng = &mut context.world.rng;
    let access_key_id = format!("ASIA{}", upper(rng, 16));
    let secret_key = secret(rng);
    let token = format!("IQoJb3JpZ2luX2Vj{}{}{}", secret(rng), secret(rng), secret(rng));
    let expires_at = context.now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(jiff::Timestamp::MAX);
    let xml = Xml::default().node(
        "Credentials",
        Xml::default()
            .leaf("AccessKeyId", &access_key_id)
            .leaf("SecretAccessKey", &secret_key)
            .leaf("SessionToken", &token)
            .leaf("Expiration", iso8601(expires_at)),
    );
    if context.config.speed <= 1 {
        let long_ago = context.now.checked_sub(SignedDuration::from_hours(24)).unwrap_or(jiff::Timestamp::MIN);
        context.credentials.forget_expired(long_ago);
    }
    let credential =
        Credential { secret: secret_key, token: Some(token), expires_at: Some(expires_at), active: true, identity };
    context.credentials.keys.insert(access_key_id, credential);
    xml
}
