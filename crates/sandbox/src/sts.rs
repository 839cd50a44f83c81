//! Security Token Service: who am I, and becoming a role.

mod base64;
mod federation_token;
pub(crate) mod saml;
mod saml_role;
mod session;
mod web_identity;

use policy::{Decision, Layer};

use crate::authorize::trust::{self, Trust};
use crate::authorize::{self, rights};
use crate::call::{Caller, Standing};
use crate::error::ApiError;
use crate::iam::Context;
use crate::state::credential::{IamPrincipal, Identity};
use crate::state::iam::Role;
use crate::state::id::AccountId;
use crate::wire::route::{Route, Service, invalid_action};
use crate::wire::signature::Authorization;
use crate::wire::xml::Xml;

use session::{Limits, duration, mfa, open_session, requested};

pub(crate) const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// The IAM action behind AssumeRole.
const ASSUME: &str = "sts:AssumeRole";

/// Whether the operation decides about itself, because a role's trust policy has a say.
pub(crate) fn decides(service: Service, operation: &str) -> bool {
    service == Service::Sts && (operation == "AssumeRole" || is_unsigned(operation))
}

/// What stands for the signature of a call that carries none: an identity provider's token vouches for the caller.
pub(crate) fn unsigned(route: &Route, region: &str) -> Option<Authorization> {
    (route.service == Service::Sts && is_unsigned(&route.operation)).then(|| Authorization {
        access_key_id: String::new(),
        date: String::new(),
        region: region.to_owned(),
        service: String::new(),
        signed_headers: String::new(),
        signature: String::new(),
    })
}

fn is_unsigned(operation: &str) -> bool {
    matches!(operation, "AssumeRoleWithSAML" | "AssumeRoleWithWebIdentity")
}

/// The caller without a key: a user that no account has, in an account that nobody has.
pub(crate) fn nobody() -> Caller {
    let (account, principal) = (AccountId::from_number(0), IamPrincipal::User(String::new()));
    let identity = Identity { account, arn: "anonymous".to_owned(), user_id: String::new(), principal, session: None };
    Caller { identity, standing: Standing::Member }
}

pub(crate) fn serve(context: &mut Context<'_>, operation: &str) -> Result<Option<Xml>, ApiError> {
    check_session(&context.caller.identity, operation)?;
    match operation {
        "GetCallerIdentity" => Ok(Some(caller_identity(context.caller))),
        "AssumeRole" => assume_role(context).map(Some),
        "AssumeRoleWithWebIdentity" => web_identity::assume(context).map(Some),
        "AssumeRoleWithSAML" => saml_role::assume(context).map(Some),
        "GetSessionToken" => session_token(context).map(Some),
        "GetFederationToken" => federation_token::get(context).map(Some),
        "GetAccessKeyInfo" => access_key_info(context).map(Some),
        // messages are encoded by services that the sandbox does not have
        "DecodeAuthorizationMessage" => {
            Err(ApiError::new("InvalidAuthorizationMessageException", "Message is not valid"))
        }
        _ => Err(invalid_action(operation, "2011-06-15")),
    }
}

/// What a user's temporary credentials may call: AWS's documentation, Compare AWS STS credentials.
fn check_session(identity: &Identity, operation: &str) -> Result<(), ApiError> {
    if identity.session.is_none() || identity.is_role_session() || operation == "GetCallerIdentity" {
        return Ok(());
    }
    let (refused, kind) = match identity.is_federated() {
        true => (true, "federation token"),
        false => (operation != "AssumeRole", "session"),
    };
    if refused {
        let message = format!("Cannot call {operation} with {kind} credentials");
        return Err(ApiError::new("AccessDenied", message).with_status(403));
    }
    Ok(())
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
    let with_mfa = mfa(context)?;
    let target = role_arn.split(':').nth(4).and_then(AccountId::parse);
    let session = requested(context, target, with_mfa)?;
    let (account, role_name) = assumable(context, &role_arn, &session_name, with_mfa)?;
    let identity = become_role(context, account, role_name, &session_name, session);
    let seconds = duration(context, &identity, Limits::ROLE, None)?;
    let user = Xml::default().leaf("AssumedRoleId", &identity.user_id).leaf("Arn", &identity.arn);
    let source = context.text("SourceIdentity").map(str::to_owned);
    let xml = open_session(context, identity, seconds);
    Ok(xml.node("AssumedRoleUser", user).maybe("SourceIdentity", source))
}

/// The identity of a session of this role.
fn become_role(
    context: &Context<'_>,
    account: AccountId,
    role_name: String,
    session_name: &str,
    session: crate::state::credential::Session,
) -> Identity {
    let role = context.world.iam.get(&account).and_then(|iam| iam.roles.get(&role_name));
    let role_id = role.map(|role| role.id.clone()).unwrap_or_default();
    Identity {
        account,
        arn: format!("arn:aws:sts::{account}:assumed-role/{role_name}/{session_name}"),
        user_id: format!("{role_id}:{session_name}"),
        principal: IamPrincipal::Role(role_name),
        session: Some(session),
    }
}

fn session_token(context: &mut Context<'_>) -> Result<Xml, ApiError> {
    let identity = context.caller.identity.clone();
    if identity.is_role_session() {
        let message = "Cannot call GetSessionToken with session credentials";
        return Err(ApiError::new("AccessDenied", message).with_status(403));
    }
    let with_mfa = mfa(context)?;
    let session = crate::state::credential::Session { with_mfa, ..Default::default() };
    let identity = Identity { session: Some(session), ..identity };
    let seconds = duration(context, &identity, Limits::USER, None)?;
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

/// The role with this ARN, in an account that is in use.
fn role_of<'a>(context: &'a Context<'_>, arn: &str) -> Option<(AccountId, &'a str, &'a Role)> {
    let world = &*context.world;
    let (account, _) = arn.strip_prefix("arn:aws:iam::")?.split_once(":role/")?;
    let account = AccountId::parse(account)?;
    let (name, role) = world.iam.get(&account)?.roles.get_key_value(arn.rsplit('/').next()?)?;
    let usable = world.is_usable(account) && role.arn(account, name) == arn;
    usable.then_some((account, name.as_str(), role))
}

/// The account and role of an ARN that the caller may assume: the role's trust policy names the caller, or trusts the
/// caller's account and the caller's own policies allow it. Session tags and a source identity have to be allowed as well.
fn assumable(
    context: &Context<'_>,
    arn: &str,
    session_name: &str,
    with_mfa: bool,
) -> Result<(AccountId, String), ApiError> {
    let caller = &context.caller.identity;
    let refused = |action: &str, decision: Option<&Decision>| {
        let message = authorize::message(&caller.arn, action, arn, decision);
        ApiError::new("AccessDenied", message).with_status(403)
    };
    let world = &*context.world;
    let (account, name, role) = role_of(context, arn).ok_or_else(|| refused(ASSUME, None))?;
    let tags = !context.form.members("Tags").is_empty();
    let source = context.text("SourceIdentity");
    let actions = [(ASSUME, true), ("sts:TagSession", tags), ("sts:SetSourceIdentity", source.is_some())];
    let permissions = rights::permissions(world, caller);
    for (action, _) in actions.into_iter().filter(|(_, asked)| *asked) {
        let mut request = authorize::by(world, caller, context.now, action, arn);
        session::describe(context, &mut request, session_name, with_mfa);
        let own = permissions.evaluate(&request);
        let allowed = match trust::of(world, &role.trust, caller, &request) {
            Trust::Denied | Trust::Nobody => return Err(refused(action, None)),
            // named within its own account, a principal needs no policy of its own
            Trust::Named if account == caller.account => {
                matches!(own, Decision::Allowed(_) | Decision::NotAllowed(Layer::Identity | Layer::Boundary))
            }
            Trust::Named | Trust::Account => own.is_allowed(),
        };
        if !allowed {
            return Err(refused(action, Some(&own)));
        }
    }
    Ok((account, name.to_owned()))
}
