//! GetFederationToken: a user's rights, narrowed, under another name.

use super::session::{Limits, duration, open_session, requested};
use crate::error::ApiError;
use crate::iam::Context;
use crate::state::credential::{IamPrincipal, Identity, Session};
use crate::wire::xml::Xml;

pub(super) fn get(context: &mut Context<'_>) -> Result<Xml, ApiError> {
    let name = context.required("Name")?.to_owned();
    let caller = context.caller.identity.clone();
    if caller.session.is_some() || !matches!(caller.principal, IamPrincipal::User(_)) {
        let message = "Cannot call GetFederationToken with session credentials";
        return Err(ApiError::new("AccessDenied", message).with_status(403));
    }
    let account = caller.account;
    let mut session = requested(context, Some(account), false)?;
    if session.policies.is_empty() {
        // without a session policy the session has no rights at all
        session = Session { policies: vec![String::new()].into(), ..session };
    }
    let identity = Identity {
        arn: format!("arn:aws:sts::{account}:federated-user/{name}"),
        user_id: format!("{account}:{name}"),
        session: Some(session),
        ..caller
    };
    let seconds = duration(context, &identity, Limits::USER, None)?;
    let user = Xml::default().leaf("FederatedUserId", &identity.user_id).leaf("Arn", &identity.arn);
    Ok(open_session(context, identity, seconds).node("FederatedUser", user).leaf("PackedPolicySize", "0"))
}
