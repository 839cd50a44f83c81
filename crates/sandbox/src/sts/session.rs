//! What temporary credentials have in common: policies, tags, MFA, how long they last.

use jiff::SignedDuration;
use policy::Request;

use crate::authorize::rights;
use crate::cloudtrail::Origin;
use crate::error::ApiError;
use crate::iam::Context;
use crate::state::credential::{IamPrincipal, Identity, Session};
use crate::state::id::AccountId;
use crate::wire::xml::{Xml, iso8601};

/// Shortest session of any kind.
const SHORTEST_SECONDS: i64 = 900;
/// The longest session of a role assumed by another role's session.
const CHAINED_SESSION_SECONDS: i64 = 3_600;
/// Session policies of one call.
const MOST_POLICY_ARNS: usize = 10;
/// Characters of the session policy.
const LARGEST_POLICY: usize = 2_048;

/// How long a kind of session lasts, in seconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    usual: i64,
    longest: i64,
}

impl Limits {
    /// A role's; the role's own maximum is below.
    pub(super) const ROLE: Self = Self { usual: 3_600, longest: 43_200 };
    /// A user's.
    pub(super) const USER: Self = Self { usual: 43_200, longest: 129_600 };
}

/// Session policies and tags of the request. The managed policies are looked for in the account whose session it becomes.
pub(super) fn requested(
    context: &Context<'_>,
    account: Option<AccountId>,
    with_mfa: bool,
) -> Result<Session, ApiError> {
    let mut policies: Vec<String> = context.text("Policy").map(str::to_owned).into_iter().collect();
    if policies.iter().any(|text| policy::parse(text).policy.is_none()) {
        return Err(ApiError::new("MalformedPolicyDocument", "This policy contains invalid Json"));
    }
    if policies.iter().any(|text| text.chars().count() > LARGEST_POLICY) {
        let message = "Packed policy consumes more than 100% of allotted space, please use smaller policy.";
        return Err(ApiError::new("PackedPolicyTooLarge", message));
    }
    let arns = context.form.members("PolicyArns");
    if arns.len() > MOST_POLICY_ARNS {
        let message = format!("The number of policy ARNs must not exceed {MOST_POLICY_ARNS}.");
        return Err(ApiError::new("ValidationError", message));
    }
    for member in arns {
        let arn = member.get("arn").unwrap_or_default();
        let iam = account.and_then(|account| Some((account, context.world.iam.get(&account)?)));
        let found = iam.and_then(|(account, iam)| rights::managed_source(iam, account, arn));
        policies.push(found.map(|source| source.text).unwrap_or_default());
    }
    let tags = context.form.members("Tags");
    let tags: Vec<(String, String)> =
        tags.iter().filter_map(|tag| Some((tag.get("Key")?.to_owned(), tag.get("Value")?.to_owned()))).collect();
    Ok(Session { policies: policies.into(), with_mfa, tags: tags.into(), from_console: false })
}

/// Whether a code of the caller's own device is shown. Every six digits are taken for right.
pub(super) fn mfa(context: &Context<'_>) -> Result<bool, ApiError> {
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

/// The condition keys of STS and of the session that is asked for.
pub(super) fn describe(context: &Context<'_>, request: &mut Request, session_name: &str, with_mfa: bool) {
    request.context.set("aws:RequestedRegion", [context.region]);
    request.context.set("sts:RoleSessionName", [session_name]);
    if with_mfa {
        request.context.set("aws:MultiFactorAuthPresent", ["true"]);
    }
    for (key, member) in [("sts:ExternalId", "ExternalId"), ("sts:SourceIdentity", "SourceIdentity")] {
        if let Some(value) = context.text(member) {
            request.context.set(key, [value]);
        }
    }
    let tags = context.form.members("Tags");
    let keys: Vec<&str> = tags.iter().filter_map(|tag| tag.get("Key")).collect();
    for tag in &tags {
        if let (Some(key), Some(value)) = (tag.get("Key"), tag.get("Value")) {
            request.context.set(&format!("aws:RequestTag/{key}"), [value]);
        }
    }
    if !keys.is_empty() {
        request.context.set("aws:TagKeys", keys);
    }
}

/// How many seconds the session lasts: as asked, or as `otherwise` says, or as is usual.
pub(super) fn duration(
    context: &Context<'_>,
    session_of: &Identity,
    limits: Limits,
    otherwise: Option<i64>,
) -> Result<i64, ApiError> {
    let text = context.text("DurationSeconds");
    let seconds = text.map_or(Some(otherwise.unwrap_or(limits.usual)), |text| text.parse::<i64>().ok());
    let seconds = seconds.filter(|seconds| (SHORTEST_SECONDS..=limits.longest).contains(seconds)).ok_or_else(|| {
        let text = text.unwrap_or_default();
        ApiError::new("ValidationError", format!("DurationSeconds `{text}` is out of range."))
    })?;
    if context.caller.identity.is_role_session() && seconds > CHAINED_SESSION_SECONDS {
        return Err(ApiError::new(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        ));
    }
    let IamPrincipal::Role(role) = &session_of.principal else { return Ok(seconds) };
    let role = context.world.iam.get(&session_of.account).and_then(|iam| iam.roles.get(role));
    let most = role.and_then(|role| i64::try_from(role.max_session_seconds).ok()).unwrap_or(0);
    if seconds > most {
        return Err(ApiError::new(
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ));
    }
    Ok(seconds)
}

/// Makes the credentials of a session and tells them.
pub(super) fn open_session(context: &mut Context<'_>, identity: Identity, seconds: i64) -> Xml {
    let origin = Origin { opened_at: context.now, user: None };
    let lasts = SignedDuration::from_secs(seconds);
    let opened = context.credentials.open(&mut context.world.rng, context.config, identity, origin, lasts);
    Xml::default().node(
        "Credentials",
        Xml::default()
            .leaf("AccessKeyId", &opened.key)
            .leaf("SecretAccessKey", &opened.secret)
            .leaf("SessionToken", &opened.token)
            .leaf("Expiration", iso8601(opened.expires_at)),
    )
}
