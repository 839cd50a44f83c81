//! `userIdentity`: who called, in CloudTrail's words.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::state::credential::{IamPrincipal, Identity};
use crate::state::id::{AccountId, Uuid};
use crate::state::world::World;

/// Where temporary credentials come from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Origin {
    pub(crate) opened_at: Timestamp,
    /// The user of the identity store on whose behalf they were given out.
    pub(crate) user: Option<Uuid>,
}

/// A caller with the key that signed.
pub(super) fn of(world: &World, identity: &Identity, key: &str, origin: Option<&Origin>) -> Value {
    let mut told = Map::new();
    let kind = match &identity.principal {
        IamPrincipal::Role(_) => "AssumedRole",
        IamPrincipal::User(_) if identity.is_federated() => "FederatedUser",
        IamPrincipal::User(_) => "IAMUser",
    };
    told.insert("type".to_owned(), Value::from(kind));
    told.insert("principalId".to_owned(), Value::from(identity.user_id.as_str()));
    told.insert("arn".to_owned(), Value::from(identity.arn.as_str()));
    told.insert("accountId".to_owned(), Value::from(identity.account.to_string()));
    told.insert("accessKeyId".to_owned(), Value::from(key));
    if let IamPrincipal::User(name) = &identity.principal
        && !identity.is_federated()
    {
        told.insert("userName".to_owned(), Value::from(name.as_str()));
    }
    if let Some(session) = &identity.session {
        let mut context = Map::new();
        if let Some(issuer) = issuer(world, identity) {
            context.insert("sessionIssuer".to_owned(), issuer);
        }
        let opened_at = origin.map_or(Timestamp::UNIX_EPOCH, |origin| origin.opened_at);
        let attributes = json!({"creationDate": seconds(opened_at), "mfaAuthenticated": session.with_mfa.to_string()});
        context.insert("attributes".to_owned(), attributes);
        told.insert("sessionContext".to_owned(), Value::Object(context));
    }
    if let Some(user) = origin.and_then(|origin| origin.user) {
        told.insert("onBehalfOf".to_owned(), on_behalf_of(world, user));
    }
    Value::Object(told)
}

/// Whose rights a session has: the role's, or those of the user that a federated user stands for.
fn issuer(world: &World, identity: &Identity) -> Option<Value> {
    let account = identity.account;
    let (kind, id, arn, name) = match &identity.principal {
        IamPrincipal::Role(name) => {
            let id = identity.user_id.split(':').next().unwrap_or_default();
            ("Role", id, world.role_arn(identity)?, name)
        }
        IamPrincipal::User(name) if identity.is_federated() => {
            let user = world.iam.get(&account)?.users.get(name)?;
            ("IAMUser", user.id.as_str(), user.arn(account, name), name)
        }
        IamPrincipal::User(_) => return None,
    };
    let account = account.to_string();
    Some(json!({"type": kind, "principalId": id, "arn": arn, "accountId": account, "userName": name}))
}

/// Somebody whom an identity provider vouches for, as far as the answer tells: AWS's documentation, Logging IAM and AWS STS API calls.
pub(super) fn of_provider(kind: &str, answer: &Value) -> Value {
    let text = |name: &str| answer.get(name).and_then(Value::as_str);
    let mut told = Map::new();
    told.insert("type".to_owned(), Value::from(kind));
    if let (Some(provider), Some(subject)) = (text("provider"), text("subjectFromWebIdentityToken")) {
        let id = format!("{provider}:{}:{subject}", text("audience").unwrap_or_default());
        told.insert("principalId".to_owned(), Value::from(id));
        told.insert("userName".to_owned(), Value::from(subject));
        told.insert("identityProvider".to_owned(), Value::from(provider));
    }
    if let Some(subject) = text("subject") {
        told.insert("userName".to_owned(), Value::from(subject));
    }
    Value::Object(told)
}

/// A user of the access portal, or somebody before signing in.
pub(super) fn of_portal(world: &World, user: Option<Uuid>) -> Value {
    let account = world.organization.management.to_string();
    match user {
        Some(user) => json!({
            "type": "IdentityCenterUser", "accountId": account, "onBehalfOf": on_behalf_of(world, user),
        }),
        None => json!({"type": "Unknown", "principalId": "", "accountId": account}),
    }
}

/// How the account of a role tells of a caller from another account.
pub(super) fn of_stranger(identity: &Identity) -> Value {
    json!({"type": "AWSAccount", "principalId": identity.user_id, "accountId": identity.account.to_string()})
}

fn on_behalf_of(world: &World, user: Uuid) -> Value {
    let account: AccountId = world.organization.management;
    let store = format!("arn:aws:identitystore::{account}:identitystore/{}", world.directory.id());
    json!({"userId": user.to_string(), "identityStoreArn": store})
}

/// `2026-11-22T00:00:00Z`
pub(super) fn seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
