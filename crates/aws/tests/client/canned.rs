//! A small AWS of canned answers. Each operation has a happy answer that a test may replace.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aws::{Client, Credentials, InProcessHttp, Options};
use bytes::Bytes;
use ports::{Clock, TokioClock};
use serde_json::{Value, json};

pub(crate) const INSTANCE: &str = "arn:aws:sso:::instance/ssoins-1111222233334444";
pub(crate) const ADMIN: &str = "arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-aaaaaaaaaaaaaaaa";
pub(crate) const READER: &str = "arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-bbbbbbbbbbbbbbbb";

/// What a canned operation answers.
pub(crate) enum Answer {
    /// 200 with this body.
    Json(Value),
    /// 400 with this code and message.
    Error(&'static str, &'static str),
    /// Any status with any body.
    Raw(u16, String),
    /// The connection breaks.
    Broken,
}

type Handler = Box<dyn Fn(&Value, usize) -> Answer + Send + Sync>;

/// The answers, and what was asked.
#[derive(Clone, Default)]
pub(crate) struct Canned {
    handlers: Arc<Mutex<HashMap<String, Handler>>>,
    asked: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Canned {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Replaces an operation's answer. The function gets the request and how often the operation was asked before.
    pub(crate) fn on(
        &self,
        operation: &str,
        answer: impl Fn(&Value, usize) -> Answer + Send + Sync + 'static,
    ) -> &Self {
        self.handlers.lock().unwrap().insert(operation.to_owned(), Box::new(answer));
        self
    }

    /// Replaces an operation's answer by one and the same error.
    pub(crate) fn fails(&self, operation: &str, code: &'static str) -> &Self {
        self.on(operation, move |_, _| Answer::Error(code, "because"))
    }

    /// Requests of an operation so far.
    pub(crate) fn asked(&self, operation: &str) -> Vec<Value> {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|(name, _)| name == operation).map(|(_, body)| body.clone()).collect()
    }

    pub(crate) fn options(&self) -> Options {
        let clock: Arc<dyn Clock> = Arc::new(TokioClock::starting_at("2026-11-22T00:00:00Z".parse().unwrap()));
        let this = self.clone();
        let http = InProcessHttp::new(Arc::clone(&clock), move |request| this.answer(&request));
        Options {
            region: Some("ap-northeast-1".into()),
            credentials: Some(Credentials::new("AKIAEXAMPLE", "secret", None, None, "test")),
            http_client: Some(http.shared()),
            seed: Some(7),
            ..Options::new(clock)
        }
    }

    pub(crate) async fn client(&self) -> Client {
        Client::connect(self.options()).await.unwrap()
    }

    fn answer(
        &self,
        request: &http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, Box<dyn std::error::Error + Send + Sync>> {
        let (operation, body) = match request.headers().get("x-amz-target") {
            Some(target) => {
                let operation = target.to_str()?.rsplit('.').next().unwrap().to_owned();
                (operation, serde_json::from_slice(request.body())?)
            }
            None => {
                let form = String::from_utf8(request.body().to_vec())?;
                let operation = form.split('&').find_map(|pair| pair.strip_prefix("Action=")).unwrap().to_owned();
                (operation, Value::String(form))
            }
        };
        let before = self.asked(&operation).len();
        self.asked.lock().unwrap().push((operation.clone(), body.clone()));
        let answer = match self.handlers.lock().unwrap().get(&operation) {
            Some(handler) => handler(&body, before),
            None => happy(&operation, &body),
        };
        let (status, text) = match answer {
            Answer::Json(body) => (200, body.to_string()),
            Answer::Error(code, message) => (400, json!({"__type": code, "Message": message}).to_string()),
            Answer::Raw(status, text) => (status, text),
            Answer::Broken => return Err("connection reset".into()),
        };
        Ok(http::Response::builder().status(status).header("x-amzn-requestid", "req-1").body(Bytes::from(text))?)
    }
}

/// Two accounts in two OUs, two sets, two users in one group, three assignments.
pub(crate) fn happy(operation: &str, body: &Value) -> Answer {
    let set = body["PermissionSetArn"].as_str().unwrap_or_default();
    Answer::Json(match operation {
        "GetCallerIdentity" => {
            let xml = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
                <GetCallerIdentityResult><Arn>arn:aws:sts::222222222222:assumed-role/sekisho/ci</Arn>\
                <UserId>AROA:ci</UserId><Account>222222222222</Account></GetCallerIdentityResult>\
                <ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetCallerIdentityResponse>";
            return Answer::Raw(200, xml.to_owned());
        }
        "ListInstances" => json!({"Instances": [
            {"InstanceArn": INSTANCE, "IdentityStoreId": "d-1234567890", "Status": "ACTIVE",
             "OwnerAccountId": "111111111111", "PrimaryRegion": "ap-northeast-1"}]}),
        "DescribeOrganization" => json!({"Organization": {"Id": "o-1", "MasterAccountId": "111111111111"}}),
        "ListDelegatedAdministrators" => json!({"DelegatedAdministrators": [{"Id": "222222222222"}]}),
        "ListRoots" => json!({"Roots": [{"Id": "r-1", "Name": "Root"}]}),
        "ListOrganizationalUnitsForParent" => match body["ParentId"].as_str().unwrap() {
            "r-1" => json!({"OrganizationalUnits": [{"Id": "ou-1", "Name": "service"}]}),
            _ => json!({"OrganizationalUnits": []}),
        },
        "ListAccountsForParent" => match body["ParentId"].as_str().unwrap() {
            "r-1" => json!({"Accounts": [{"Id": "111111111111", "Name": "management", "State": "ACTIVE"}]}),
            _ => json!({"Accounts": [
                {"Id": "222222222222", "Name": "admin", "Status": "ACTIVE", "Email": "aws+admin@example.com"}]}),
        },
        "ListTagsForResource" if body["ResourceId"].is_string() => {
            json!({"Tags": [{"Key": "env", "Value": body["ResourceId"]}]})
        }
        "ListTagsForResource" => json!({"Tags": [{"Key": "owner", "Value": "sre"}]}),
        "ListUsers" => json!({"Users": [
            {"UserId": "u-1", "IdentityStoreId": "d-1", "UserName": "hanako@example.com", "DisplayName": "山田 花子",
             "Emails": [{"Value": "x@example.com"}, {"Value": "hanako@example.com", "Primary": true}]},
            {"UserId": "u-2", "IdentityStoreId": "d-1", "UserName": "taro@example.com"}]}),
        "ListGroups" => json!({"Groups": [{"GroupId": "g-1", "IdentityStoreId": "d-1", "DisplayName": "dev"}]}),
        "ListGroupMemberships" => json!({"GroupMemberships": [
            {"IdentityStoreId": "d-1", "MembershipId": "m-1", "GroupId": "g-1", "MemberId": {"UserId": "u-2"}},
            {"IdentityStoreId": "d-1", "MembershipId": "m-2", "GroupId": "g-1", "MemberId": {"UserId": "u-1"}}]}),
        "ListPermissionSets" => json!({"PermissionSets": [ADMIN, READER]}),
        "DescribePermissionSet" => json!({"PermissionSet": {
            "Name": name_of(set), "PermissionSetArn": set, "SessionDuration": "PT8H", "CreatedDate": 1_760_000_000.5,
            "Description": "rights"}}),
        "ListManagedPoliciesInPermissionSet" => json!({"AttachedManagedPolicies": [
            {"Name": "ReadOnlyAccess", "Arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]}),
        "ListCustomerManagedPolicyReferencesInPermissionSet" => {
            json!({"CustomerManagedPolicyReferences": [{"Name": "Team"}]})
        }
        "GetInlinePolicyForPermissionSet" => json!({"InlinePolicy": if set == ADMIN { "{}" } else { "" }}),
        "GetPermissionsBoundaryForPermissionSet" => {
            return Answer::Error("ResourceNotFoundException", "no boundary");
        }
        "ListAccountsForProvisionedPermissionSet" => match (set, body["ProvisioningStatus"].as_str()) {
            (ADMIN, None) => json!({"AccountIds": ["222222222222", "111111111111"]}),
            (ADMIN, Some(_)) => json!({"AccountIds": ["222222222222"]}),
            (_, None) => json!({"AccountIds": ["222222222222"]}),
            (_, Some(_)) => json!({"AccountIds": []}),
        },
        "ListAccountAssignments" => json!({"AccountAssignments": [
            {"AccountId": body["AccountId"], "PermissionSetArn": set, "PrincipalType": "GROUP", "PrincipalId": "g-1"}]}),
        _ => json!({}),
    })
}

fn name_of(set: &str) -> &'static str {
    if set == ADMIN { "Admin" } else { "Reader" }
}
