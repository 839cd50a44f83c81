//! AssumeRoleWithSAML. Checked are the assertion's form and age, its issuer against the provider's metadata, its attributes, and the role's
//! trust policy. The signature is not: XML signatures need a canonical form that nothing here writes.

use jiff::{SignedDuration, Timestamp};

use super::base64::decode;
use super::saml::{Assertion, issuer_of_metadata};
use super::session::{Limits, describe, duration, open_session, requested};
use super::{become_role, role_of};
use crate::authorize;
use crate::authorize::trust::{self, Trust};
use crate::error::ApiError;
use crate::iam::Context;
use crate::state::credential::Session;
use crate::state::id::AccountId;
use crate::wire::xml::Xml;

const ACTION: &str = "sts:AssumeRoleWithSAML";
/// How old an assertion may be, and how far ahead its clock.
const REDEEMED_WITHIN: SignedDuration = SignedDuration::from_mins(5);

pub(super) fn assume(context: &mut Context<'_>) -> Result<Xml, ApiError> {
    let role_arn = context.required("RoleArn")?.to_owned();
    let provider = context.required("PrincipalArn")?.to_owned();
    let assertion = read(context.required("SAMLAssertion")?)?;
    check_issuer(context, &provider, &assertion)?;
    check_times(&assertion, context.now)?;
    let session_name = session_name(&assertion)?;
    let pair = assertion.values("Role").any(|value| {
        let (one, other) = value.split_once(',').unwrap_or((value, ""));
        let (one, other) = (one.trim(), other.trim());
        (one == role_arn && other == provider) || (other == role_arn && one == provider)
    });
    if !pair {
        return Err(refused(ACTION));
    }
    let account = role_arn.split(':').nth(4).and_then(AccountId::parse);
    let tags = assertion.tags();
    let session = Session { tags: tags.clone().into(), ..requested(context, account, false)? };
    let (account, name) = trusted(context, &role_arn, &session_name, &provider, &assertion, &tags)?;
    let identity = become_role(context, account, name, &session_name, session);
    let wished = assertion.values("SessionDuration").next().and_then(|seconds| seconds.parse().ok());
    let seconds = duration(context, &identity, Limits::ROLE, wished)?;
    let user = Xml::default().leaf("AssumedRoleId", &identity.user_id).leaf("Arn", &identity.arn);
    Ok(open_session(context, identity, seconds)
        .node("AssumedRoleUser", user)
        .leaf("PackedPolicySize", "0")
        .leaf("Subject", &assertion.subject)
        .leaf("SubjectType", &assertion.subject_type)
        .leaf("Issuer", &assertion.issuer)
        .maybe("Audience", assertion.recipient.as_ref()))
}

fn read(text: &str) -> Result<Assertion, ApiError> {
    let xml = decode(text).and_then(|bytes| String::from_utf8(bytes).ok());
    let xml = xml.ok_or_else(|| invalid("Invalid base64 SAMLResponse"))?;
    Assertion::read(&xml).ok_or_else(|| invalid("Your request included an invalid SAML response."))
}

/// Words of AWS's documentation, Troubleshoot SAML federation.
fn check_issuer(context: &Context<'_>, provider: &str, assertion: &Assertion) -> Result<(), ApiError> {
    let named = provider.strip_prefix("arn:aws:iam::").and_then(|rest| rest.split_once(":saml-provider/"));
    let found = named.and_then(|(account, name)| {
        let iam = context.world.iam.get(&AccountId::parse(account)?)?;
        iam.saml_providers.get(name)
    });
    let found = found.ok_or_else(|| invalid("Specified provider doesn't exist."))?;
    if issuer_of_metadata(&found.metadata).as_ref() != Some(&assertion.issuer) {
        return Err(invalid("Issuer not present in specified provider"));
    }
    if assertion.recipient.is_none() {
        return Err(invalid("Response does not contain the required audience."));
    }
    Ok(())
}

fn check_times(assertion: &Assertion, now: Timestamp) -> Result<(), ApiError> {
    let at = |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<Timestamp>().ok());
    let issued = at(&assertion.issued_at).ok_or_else(|| invalid("Your request included an invalid SAML response."))?;
    let old = now.duration_since(issued) > REDEEMED_WITHIN;
    if old || at(&assertion.not_after).is_some_and(|until| until <= now) {
        let message = "Token must be redeemed within 5 minutes of issuance";
        return Err(ApiError::new("ExpiredTokenException", message));
    }
    if issued.duration_since(now) > REDEEMED_WITHIN {
        return Err(invalid("Your request included an invalid SAML response."));
    }
    Ok(())
}

/// Words of AWS's documentation, Troubleshoot SAML federation.
fn session_name(assertion: &Assertion) -> Result<String, ApiError> {
    let name = assertion.values("RoleSessionName").next();
    let name = name.ok_or_else(|| invalid("RoleSessionName is required in AuthnResponse"))?;
    let letter = |letter: char| letter.is_ascii_alphanumeric() || "_+=,.@-".contains(letter);
    if !(2..=64).contains(&name.len()) || !name.chars().all(letter) {
        return Err(invalid("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}"));
    }
    Ok(name.to_owned())
}

fn trusted(
    context: &Context<'_>,
    role_arn: &str,
    session_name: &str,
    provider: &str,
    assertion: &Assertion,
    tags: &[(String, String)],
) -> Result<(AccountId, String), ApiError> {
    let (account, name, role) = role_of(context, role_arn).ok_or_else(|| refused(ACTION))?;
    // Identity Center alone opens its roles, as AWS documents
    if role.is_reserved() {
        return Err(refused(ACTION));
    }
    let actions = [(ACTION, true), ("sts:TagSession", !tags.is_empty())];
    for (action, _) in actions.into_iter().filter(|(_, asked)| *asked) {
        let mut request = authorize::by(context.world, &context.caller.identity, context.now, action, role_arn);
        describe(context, &mut request, session_name, false);
        request.context.set("aws:FederatedProvider", [provider]);
        request.context.set("SAML:iss", [assertion.issuer.as_str()]);
        request.context.set("SAML:sub", [assertion.subject.as_str()]);
        request.context.set("SAML:sub_type", [assertion.subject_type.as_str()]);
        if let Some(recipient) = &assertion.recipient {
            request.context.set("SAML:aud", [recipient.as_str()]);
        }
        for (key, value) in tags {
            request.context.set(&format!("aws:RequestTag/{key}"), [value.as_str()]);
        }
        if trust::of_federated(&role.trust, provider, &request) != Trust::Named {
            return Err(refused(action));
        }
    }
    Ok((account, name.to_owned()))
}

fn refused(action: &str) -> ApiError {
    ApiError::new("AccessDenied", format!("Not authorized to perform {action}")).with_status(403)
}

fn invalid(message: &str) -> ApiError {
    ApiError::new("InvalidIdentityToken", message)
}
