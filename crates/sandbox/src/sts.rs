//! Security Token Service: who am I, and becoming a role of a member account.

use jiff::SignedDuration;

use crate::call::{Caller, Standing};
use crate::error::ApiError;
use crate::iam::Context;
use crate::state::credential::{Credential, Identity};
use crate::state::id::{AccountId, secret, upper};
use crate::wire::route::invalid_action;
use crate::wire::xml::{Xml, iso8601};

pub(crate) const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// Shortest and longest session.
const SESSION_SECONDS: std::ops::RangeInclusive<i64> = 900..=43_200;
/// The longest session of a role assumed by another role's session.
const CHAINED_SESSION_SECONDS: i64 = 3_600;

pub(crate) fn serve(context: &mut Context<'_>, operation: &str) -> Result<Option<Xml>, ApiError> {
    match operation {
        "GetCallerIdentity" => Ok(Some(caller_identity(context.caller))),
        "AssumeRole" => assume_role(context).map(Some),
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
    let session = context.required("RoleSessionName")?.to_owned();
    let named = |character: char| character.is_ascii_alphanumeric() || "_+=,.@-".contains(character);
    if !(2..=64).contains(&session.len()) || !session.chars().all(named) {
        return Err(ApiError::new(
            "ValidationError",
            format!(
                "1 validation error detected: Value '{session}' at 'roleSessionName' failed to satisfy constraint: \
                 Member must satisfy regular expression pattern: [\\w+=,.@-]*"
            ),
        ));
    }
    let seconds = duration(context)?;
    let refused = || {
        let arn = &context.caller.identity.arn;
        let message = format!("User: {arn} is not authorized to perform: sts:AssumeRole on resource: {role_arn}");
        ApiError::new("AccessDenied", message).with_status(403)
    };
    let (account, role_name) = assumable(context, &role_arn).ok_or_else(refused)?;
    let role_id = context.world.iam.get(&account).and_then(|iam| iam.roles.get(&role_name)).map(|role| role.id.clone());
    let role_id = role_id.ok_or_else(refused)?;
    let identity = Identity {
        account,
        arn: format!("arn:aws:sts::{account}:assumed-role/{role_name}/{session}"),
        user_id: format!("{role_id}:{session}"),
        is_session: true,
    };
    Ok(open_session(context, identity, seconds))
}

fn duration(context: &Context<'_>) -> Result<i64, ApiError> {
    let text = context.form.get("DurationSeconds").unwrap_or("3600");
    let seconds = text.parse::<i64>().ok().filter(|seconds| SESSION_SECONDS.contains(seconds));
    let seconds = seconds.ok_or_else(|| {
        ApiError::new("ValidationError", format!("DurationSeconds `{text}` is not between 900 and 43200."))
    })?;
    if context.caller.identity.is_session && seconds > CHAINED_SESSION_SECONDS {
        return Err(ApiError::new(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        ));
    }
    Ok(seconds)
}

/// The account and role of an ARN this caller may assume: a role named in the configuration, in an active member
/// account, asked for from the management or the delegated administrator account.
fn assumable(context: &Context<'_>, arn: &str) -> Option<(AccountId, String)> {
    let (account, path) = arn.strip_prefix("arn:aws:iam::")?.split_once(":role/")?;
    let account = AccountId::parse(account)?;
    let name = path.rsplit('/').next()?;
    let role = context.world.iam.get(&account)?.roles.get(name)?;
    let exact = role.arn(account, name) == arn;
    let trusted = context.caller.standing != Standing::Member;
    let member = account != context.world.organization.management;
    let named = context.config.assumable_roles.iter().any(|assumable| assumable == name);
    let allowed = exact && trusted && member && named && context.world.organization.is_active(account);
    allowed.then(|| (account, name.to_owned()))
}

fn open_session(context: &mut Context<'_>, identity: Identity, seconds: i64) -> Xml {
    let rng = &mut context.world.rng;
    let access_key_id = format!("ASIA{}", upper(rng, 16));
    let secret_key = secret(rng);
    let token = format!("IQoJb3JpZ2luX2Vj{}{}{}", secret(rng), secret(rng), secret(rng));
    let expires_at = context.now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(jiff::Timestamp::MAX);
    let xml = Xml::default()
        .node("AssumedRoleUser", Xml::default().leaf("AssumedRoleId", &identity.user_id).leaf("Arn", &identity.arn))
        .node(
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
    let credential = Credential { secret: secret_key, token: Some(token), expires_at: Some(expires_at), identity };
    context.credentials.keys.insert(access_key_id, credential);
    xml
}
