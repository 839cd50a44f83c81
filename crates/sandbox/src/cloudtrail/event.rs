//! One record, as CloudTrail writes it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::element;
use super::identity::{self, Origin, seconds};
use crate::authorize::table;
use crate::error::ApiError;
use crate::faults::is_reading;
use crate::state::credential::Identity;
use crate::state::id::{AccountId, Uuid};
use crate::state::world::World;
use crate::wire::route::{Protocol, Service};

/// The version of the records' format.
pub(super) const VERSION: &str = "1.11";

/// Operations of S3 on objects, which a trail does not record unless it is told to.
const DATA_EVENTS: [&str; 6] = ["ListObjectsV2", "ListObjects", "GetObject", "HeadObject", "PutObject", "DeleteObject"];

/// Operations that carry a proof of somebody else's in the place of a signature, and what such a caller is.
const UNSIGNED: [(&str, &str); 2] =
    [("AssumeRoleWithSAML", "SAMLUser"), ("AssumeRoleWithWebIdentity", "WebIdentityUser")];

/// What is known of a call when it has been answered.
pub(crate) struct Noted<'a> {
    pub(crate) at: Timestamp,
    pub(crate) service: Service,
    pub(crate) operation: &'a str,
    pub(crate) region: &'a str,
    pub(crate) caller: By<'a>,
    pub(crate) agent: &'a str,
    pub(crate) input: &'a Map<String, Value>,
    pub(crate) outcome: Outcome<'a>,
    pub(crate) request_id: &'a str,
}

/// Who called.
#[derive(Clone, Copy)]
pub(crate) enum By<'a> {
    Key { identity: &'a Identity, key: &'a str, origin: Option<&'a Origin> },
    Portal(Option<Uuid>),
}

/// How a call ended.
#[derive(Clone, Copy)]
pub(crate) enum Outcome<'a> {
    Json(&'a Value),
    Xml(&'a str),
    Nothing,
    Refused(&'a ApiError),
}

/// A record with what it is looked up by.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) at: Timestamp,
    pub(crate) account: AccountId,
    pub(crate) region: String,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) source: String,
    pub(crate) user_name: String,
    pub(crate) key: Option<String>,
    pub(crate) reads: bool,
    /// Type and name of what it acts on.
    pub(crate) resources: Vec<(String, String)>,
    /// The record as JSON.
    pub(crate) text: String,
}

impl Event {
    /// About what it takes in memory.
    pub(crate) fn size_bytes(&self) -> usize {
        self.text.len() + 400
    }
}

/// The records of a call, with ids from these dice: none for data events and for calls that are nobody's, two where a role of another account is
/// assumed.
pub(crate) fn of(world: &World, noted: &Noted<'_>, dice: &mut fastrand::Rng) -> Vec<Event> {
    if (noted.service == Service::S3 && DATA_EVENTS.contains(&noted.operation)) || !is_vouched_for(noted) {
        return Vec::new();
    }
    let unsigned = UNSIGNED.iter().find(|(operation, _)| *operation == noted.operation);
    let account = match noted.caller {
        // only the role says whose account it is
        By::Key { .. } if unsigned.is_some() => match role_account(noted) {
            Some(account) if world.iam.contains_key(&account) => account,
            _ => return Vec::new(),
        },
        By::Key { identity, .. } => identity.account,
        By::Portal(_) => world.organization.management,
    };
    let role_account = assumed_account(noted).filter(|other| *other != account);
    let shared = role_account.map(|_| Uuid::random(dice).to_string());
    let user = match (unsigned, noted.caller) {
        (Some((_, kind)), _) => identity::of_provider(kind, &elements(noted, true)),
        (None, By::Key { identity, key, origin }) => identity::of(world, identity, key, origin),
        (None, By::Portal(user)) => identity::of_portal(world, user),
    };
    let mut found = vec![record(noted, account, user, shared.as_deref(), dice)];
    if let (Some(other), By::Key { identity, .. }) = (role_account, noted.caller) {
        let stranger = identity::of_stranger(identity);
        found.push(record(noted, other, stranger, shared.as_deref(), dice));
    }
    found
}

/// Whether it is known whose call it was. Of unsigned calls AWS documents that those may go unrecorded that are not valid enough to be trusted. A token
/// that nobody gave out belongs to no organization.
fn is_vouched_for(noted: &Noted<'_>) -> bool {
    let Outcome::Refused(error) = noted.outcome else { return true };
    let unsigned = UNSIGNED.iter().any(|(operation, _)| *operation == noted.operation);
    match noted.caller {
        By::Key { .. } => !unsigned || matches!(error.code.as_ref(), "AccessDenied" | "ExpiredTokenException"),
        By::Portal(Some(_)) => true,
        By::Portal(None) => !matches!(
            error.code.as_ref(),
            "UnauthorizedException"
                | "InvalidClientException"
                | "ValidationException"
                | "UnsupportedMediaTypeException"
        ),
    }
}

/// The account of the role, where one was assumed.
fn assumed_account(noted: &Noted<'_>) -> Option<AccountId> {
    let assumed = noted.operation == "AssumeRole" && !matches!(noted.outcome, Outcome::Refused(_));
    role_account(noted).filter(|_| assumed)
}

fn role_account(noted: &Noted<'_>) -> Option<AccountId> {
    let arn = noted.input.get("RoleArn")?.as_str()?;
    arn.split(':').nth(4).and_then(AccountId::parse)
}

fn record(noted: &Noted<'_>, account: AccountId, user: Value, shared: Option<&str>, dice: &mut fastrand::Rng) -> Event {
    let service = noted.service;
    let region = match service {
        // these are one for all Regions, and are recorded where they live
        Service::Iam | Service::Organizations => "us-east-1",
        _ => noted.region,
    };
    let reads = is_reading(noted.operation) || service == Service::Sts;
    let source = format!("{}.amazonaws.com", source_of(service));
    let id = Uuid::random(dice).to_string();
    let resources = resources(noted);
    let portal = service.is_unsigned();
    let (parameters, elements) = (parameters(noted), elements(noted, reads));
    let user_name = user_name(&user);
    let mut told = Map::new();
    let mut set = |name: &str, value: Value| drop(told.insert(name.to_owned(), value));
    set("eventVersion", Value::from(VERSION));
    set("userIdentity", user);
    set("eventTime", Value::from(seconds(noted.at)));
    set("eventSource", Value::from(source.as_str()));
    set("eventName", Value::from(noted.operation));
    set("awsRegion", Value::from(region));
    set("sourceIPAddress", Value::from("127.0.0.1"));
    set("userAgent", Value::from(noted.agent));
    if let Outcome::Refused(error) = noted.outcome {
        set("errorCode", Value::from(error_code(service, error)));
        set("errorMessage", Value::from(error.message.as_str()));
    }
    set("requestParameters", parameters);
    set("responseElements", elements);
    set("requestID", Value::from(noted.request_id));
    set("eventID", Value::from(id.as_str()));
    set("readOnly", Value::from(reads));
    if noted.operation.starts_with("AssumeRole")
        && let Some((kind, arn)) = resources.first()
    {
        let owner = arn.split(':').nth(4).unwrap_or_default();
        set("resources", json!([{"accountId": owner, "type": kind, "ARN": arn}]));
    }
    set("eventType", Value::from(if portal { "AwsServiceEvent" } else { "AwsApiCall" }));
    set("managementEvent", Value::from(true));
    set("recipientAccountId", Value::from(account.to_string()));
    if let Some(shared) = shared {
        set("sharedEventID", Value::from(shared));
    }
    set("eventCategory", Value::from("Management"));
    if let By::Key { identity, .. } = noted.caller
        && identity.session.as_ref().is_some_and(|session| session.from_console)
    {
        set("sessionCredentialFromConsole", Value::from("true"));
    }
    let key = match noted.caller {
        By::Key { key, .. } => Some(key.to_owned()).filter(|key| !key.is_empty()),
        By::Portal(_) => None,
    };
    Event {
        at: noted.at,
        account,
        region: region.to_owned(),
        id,
        name: noted.operation.to_owned(),
        source,
        user_name,
        key,
        reads,
        resources,
        text: Value::Object(told).to_string(),
    }
}

/// A sign-in to the console with a password, which is no call of an API.
pub(crate) fn console_sign_in(
    identity: &Identity,
    name: &str,
    with_mfa: bool,
    at: Timestamp,
    dice: &mut fastrand::Rng,
) -> Event {
    // where the console signs people in unless they ask for another Region
    let region = "us-east-1";
    let id = Uuid::random(dice).to_string();
    let told = json!({
        "eventVersion": VERSION,
        "userIdentity": {
            "type": "IAMUser", "principalId": identity.user_id, "arn": identity.arn,
            "accountId": identity.account.to_string(), "userName": name,
        },
        "eventTime": seconds(at), "eventSource": "signin.amazonaws.com", "eventName": "ConsoleLogin",
        "awsRegion": region, "sourceIPAddress": "127.0.0.1", "userAgent": "Mozilla/5.0 (sandbox)",
        "requestParameters": null, "responseElements": {"ConsoleLogin": "Success"},
        "additionalEventData": {
            "LoginTo": "https://console.aws.amazon.com/console/home", "MobileVersion": "No",
            "MFAUsed": if with_mfa { "Yes" } else { "No" },
        },
        "eventID": id, "readOnly": false, "eventType": "AwsConsoleSignIn", "managementEvent": true,
        "recipientAccountId": identity.account.to_string(), "eventCategory": "Management",
    });
    Event {
        at,
        account: identity.account,
        region: region.to_owned(),
        id,
        name: "ConsoleLogin".to_owned(),
        source: "signin.amazonaws.com".to_owned(),
        user_name: name.to_owned(),
        key: None,
        reads: false,
        resources: Vec::new(),
        text: told.to_string(),
    }
}

/// What stands before `.amazonaws.com`.
fn source_of(service: Service) -> &'static str {
    match service {
        Service::SsoAdmin | Service::SsoOidc | Service::SsoPortal => "sso",
        other => other.name(),
    }
}

/// The name by which LookupEvents knows the caller: a user's, or a session's.
fn user_name(user: &Value) -> String {
    let text = |name: &str| user.get(name).and_then(Value::as_str);
    let session = || text("principalId").and_then(|id| id.split_once(':')).map(|(_, session)| session);
    text("userName").or_else(session).unwrap_or_default().to_owned()
}

fn parameters(noted: &Noted<'_>) -> Value {
    let refused = matches!(noted.outcome, Outcome::Refused(error) if error.code.starts_with("AccessDenied"));
    if refused && noted.service.protocol() == Protocol::Query {
        // what is refused there has not been read
        return Value::Null;
    }
    let told = element::object(noted.service, noted.input);
    if told.is_empty() { Value::Null } else { Value::Object(told) }
}

fn elements(noted: &Noted<'_>, reads: bool) -> Value {
    let gives = noted.service == Service::Sts && noted.operation != "GetCallerIdentity";
    if reads && !gives {
        return Value::Null;
    }
    match noted.outcome {
        Outcome::Json(value) => element::of(noted.service, value),
        Outcome::Xml(text) => element::of_xml(noted.service, text),
        Outcome::Nothing | Outcome::Refused(_) => Value::Null,
    }
}

/// IAM's errors have another name in records than in answers.
fn error_code(service: Service, error: &ApiError) -> String {
    const LONGER: [&str; 7] = [
        "NoSuchEntity",
        "EntityAlreadyExists",
        "DeleteConflict",
        "LimitExceeded",
        "MalformedPolicyDocument",
        "InvalidInput",
        "UnmodifiableEntity",
    ];
    let code = error.code.as_ref();
    if service == Service::Iam && LONGER.contains(&code) { format!("{code}Exception") } else { code.to_owned() }
}

/// What the request names, under the types that AWS Config has for it.
fn resources(noted: &Noted<'_>) -> Vec<(String, String)> {
    let kinds: &[(&str, &str)] = match noted.service {
        Service::Iam => &[
            ("UserName", "AWS::IAM::User"),
            ("RoleName", "AWS::IAM::Role"),
            ("GroupName", "AWS::IAM::Group"),
            ("PolicyArn", "AWS::IAM::Policy"),
            ("AccessKeyId", "AWS::IAM::AccessKey"),
            ("SerialNumber", "AWS::IAM::MfaDevice"),
        ],
        Service::Sts => &[("RoleArn", "AWS::IAM::Role")],
        Service::S3 => &[("Bucket", "AWS::S3::Bucket")],
        Service::SsoAdmin => &[("InstanceArn", "AWS::SSO::Instance"), ("PermissionSetArn", "AWS::SSO::PermissionSet")],
        _ => &[],
    };
    let found = kinds
        .iter()
        .filter_map(|(member, kind)| Some(((*kind).to_owned(), noted.input.get(*member)?.as_str()?.to_owned())));
    found.collect()
}

/// Whether CloudTrail knows the operation at all: what nobody serves is recorded nowhere.
pub(crate) fn is_recorded(service: Service, operation: &str) -> bool {
    table::of(service, operation).is_some()
}
