//! AssumeRoleWithWebIdentity. Checked are the token's form and times, the issuer against the account's OpenID Connect providers, the
//! audience against the provider's client ids, and the role's trust policy. The signature is not: the keys lie with the issuer, and the
//! sandbox speaks to nobody.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::base64::decode;
use super::session::{Limits, describe, duration, open_session, requested};
use super::{become_role, role_of};
use crate::authorize;
use crate::authorize::trust::{self, Trust};
use crate::error::ApiError;
use crate::iam::Context;
use crate::state::credential::Session;
use crate::state::id::AccountId;
use crate::wire::xml::{Xml, iso8601};

const ACTION: &str = "sts:AssumeRoleWithWebIdentity";
/// The claim with session tags, as AWS documents it.
const TAGS_CLAIM: &str = "https://aws.amazon.com/tags";

pub(super) fn assume(context: &mut Context<'_>) -> Result<Xml, ApiError> {
    let role_arn = context.required("RoleArn")?.to_owned();
    let session_name = context.required("RoleSessionName")?.to_owned();
    let token = Token::read(context.required("WebIdentityToken")?)?;
    let account = role_arn.split(':').nth(4).and_then(AccountId::parse);
    let provider = provider(context, account, &token)?;
    token.check_times(context.now)?;
    let tags = token.tags();
    let session = requested(context, account, false)?;
    let session = Session { tags: tags.clone().into(), ..session };
    let (account, name) = trusted(context, &role_arn, &session_name, &provider, &token, &tags)?;
    let identity = become_role(context, account, name, &session_name, session);
    let seconds = duration(context, &identity, Limits::ROLE, None)?;
    let user = Xml::default().leaf("AssumedRoleId", &identity.user_id).leaf("Arn", &identity.arn);
    let xml = open_session(context, identity, seconds).node("AssumedRoleUser", user);
    let xml = xml.maybe("SubjectFromWebIdentityToken", token.text("sub"));
    Ok(xml.leaf("Provider", provider.arn).maybe("Audience", token.audience()))
}

/// A provider of the account that the token is from and for.
struct Provider {
    arn: String,
    /// Issuer without the scheme: the prefix of its condition keys.
    url: String,
}

fn provider(context: &Context<'_>, account: Option<AccountId>, token: &Token) -> Result<Provider, ApiError> {
    let issuer = token.text("iss").unwrap_or_default();
    let url = issuer.strip_prefix("https://").unwrap_or(issuer);
    let iam = account.and_then(|account| Some((account, context.world.iam.get(&account)?)));
    let found = iam.and_then(|(account, iam)| Some((account, iam.oidc_providers.get(url)?)));
    let Some((account, found)) = found else {
        // aws-actions/configure-aws-credentials#280
        return Err(invalid(format!("No OpenIDConnect provider found in your account for {issuer}")));
    };
    if !token.audiences().iter().any(|audience| found.clients.iter().any(|client| client == audience)) {
        // awslabs/amazon-eks-irsa-cfn#18
        return Err(invalid("Incorrect token audience".to_owned()));
    }
    Ok(Provider { arn: format!("arn:aws:iam::{account}:oidc-provider/{url}"), url: url.to_owned() })
}

fn trusted(
    context: &Context<'_>,
    role_arn: &str,
    session_name: &str,
    provider: &Provider,
    token: &Token,
    tags: &[(String, String)],
) -> Result<(AccountId, String), ApiError> {
    let refused = |action: &str| {
        let message = format!("Not authorized to perform {action}");
        ApiError::new("AccessDenied", message).with_status(403)
    };
    let (account, name, role) = role_of(context, role_arn).ok_or_else(|| refused(ACTION))?;
    let actions = [(ACTION, true), ("sts:TagSession", !tags.is_empty())];
    for (action, _) in actions.into_iter().filter(|(_, asked)| *asked) {
        let mut request = authorize::by(context.world, &context.caller.identity, context.now, action, role_arn);
        describe(context, &mut request, session_name, false);
        request.context.set("aws:FederatedProvider", [provider.arn.as_str()]);
        for (key, values) in token.conditions() {
            request.context.set(&format!("{}:{key}", provider.url), values);
        }
        for (key, value) in tags {
            request.context.set(&format!("aws:RequestTag/{key}"), [value.as_str()]);
        }
        if trust::of_federated(&role.trust, &provider.arn, &request) != Trust::Named {
            return Err(refused(action));
        }
    }
    Ok((account, name.to_owned()))
}

/// The claims of a JSON Web Token.
struct Token(Map<String, Value>);

impl Token {
    fn read(text: &str) -> Result<Self, ApiError> {
        let parts: Vec<&str> = text.split('.').collect();
        let json = |part: &str| serde_json::from_slice::<Value>(&decode(part)?).ok();
        let read = match parts.as_slice() {
            [header, claims, _signature] => json(header).filter(Value::is_object).and_then(|_| json(claims)),
            _ => None,
        };
        match read {
            Some(Value::Object(claims)) => Ok(Self(claims)),
            _ => Err(invalid(
                "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
                    .to_owned(),
            )),
        }
    }

    fn text(&self, claim: &str) -> Option<&str> {
        self.0.get(claim).and_then(Value::as_str)
    }

    fn check_times(&self, now: Timestamp) -> Result<(), ApiError> {
        let second = |claim: &str| self.0.get(claim).and_then(Value::as_i64);
        let missing = |claim: &str| invalid(format!("Missing a required claim: {claim}"));
        let expires = second("exp").ok_or_else(|| missing("exp"))?;
        second("iat").ok_or_else(|| missing("iat"))?;
        if expires <= now.as_second() {
            let until = Timestamp::from_second(expires).map_or_else(|_| expires.to_string(), iso8601);
            let message = format!(
                "Token expired: current date/time {} must be before the expiration date/time {until}",
                iso8601(now)
            );
            return Err(ApiError::new("ExpiredTokenException", message));
        }
        if second("nbf").is_some_and(|from| from > now.as_second()) {
            return Err(invalid("Token is not yet valid".to_owned()));
        }
        Ok(())
    }

    /// What `aud` holds: one text or several.
    fn own_audiences(&self) -> Vec<String> {
        match self.0.get("aud") {
            Some(Value::String(one)) => vec![one.clone()],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        }
    }

    /// Whom the token is for: `azp` where there is one, as AWS documents for its condition keys.
    fn audiences(&self) -> Vec<String> {
        self.text("azp").map_or_else(|| self.own_audiences(), |party| vec![party.to_owned()])
    }

    fn audience(&self) -> Option<String> {
        self.audiences().into_iter().next()
    }

    fn conditions(&self) -> Vec<(&'static str, Vec<String>)> {
        let list = |claim: &str| match self.0.get(claim) {
            Some(Value::String(one)) => vec![one.clone()],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        let original = if self.0.contains_key("azp") { self.own_audiences() } else { Vec::new() };
        let all = [
            ("aud", self.audiences()),
            ("sub", list("sub")),
            ("amr", list("amr")),
            ("email", list("email")),
            ("oaud", original),
        ];
        all.into_iter().filter(|(_, values)| !values.is_empty()).collect()
    }

    fn tags(&self) -> Vec<(String, String)> {
        let tags = self.0.get(TAGS_CLAIM).and_then(|claim| claim.get("principal_tags")).and_then(Value::as_object);
        let first = |value: &Value| match value {
            Value::Array(values) => values.first().and_then(Value::as_str).map(str::to_owned),
            other => other.as_str().map(str::to_owned),
        };
        tags.into_iter().flatten().filter_map(|(key, value)| Some((key.clone(), first(value)?))).collect()
    }
}

fn invalid(message: String) -> ApiError {
    ApiError::new("InvalidIdentityToken", message)
}
