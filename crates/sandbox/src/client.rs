//! A small signing client, for tests of the sandbox and of what runs against it: the administrator next door who changes
//! things behind somebody's back.

use jiff::Timestamp;
use serde_json::Value;

use crate::config::KeyPair;
use crate::machine::Sandbox;
use crate::wire::query::encode;
use crate::wire::signature::{Authorization, signing_key};
use crate::wire::{WireRequest, WireResponse};

/// Signs requests with one key.
#[derive(Debug, Clone)]
pub struct Client {
    key: KeyPair,
    token: Option<String>,
    region: String,
}

impl Client {
    /// A client of a long-term key.
    pub fn new(key: &KeyPair, region: &str) -> Self {
        Self { key: key.clone(), token: None, region: region.to_owned() }
    }

    /// A client of a session (AssumeRole).
    pub fn with_session(key: KeyPair, token: String, region: &str) -> Self {
        Self { key, token: Some(token), region: region.to_owned() }
    }

    /// The same key, signing for another Region.
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        Self { region: region.to_owned(), ..self.clone() }
    }

    /// Asks a JSON service; `target` is the header's value (`SWBExternalService.ListInstances`).
    pub fn json(&self, sandbox: &mut Sandbox, now: Timestamp, target: &str, body: Value) -> WireResponse {
        sandbox.handle(now, &self.json_request(now, target, &body))
    }

    /// Asks a query service (`sts`, `iam`).
    pub fn query(
        &self,
        sandbox: &mut Sandbox,
        now: Timestamp,
        operation: &str,
        fields: &[(&str, &str)],
    ) -> WireResponse {
        sandbox.handle(now, &self.query_request(now, operation, fields))
    }

    /// The signed request of [`Client::json`].
    pub fn json_request(&self, now: Timestamp, target: &str, body: &Value) -> WireRequest {
        let service = match target.split_once('.').map(|(prefix, _)| prefix) {
            Some("AWSIdentityStore") => "identitystore",
            Some("AWSOrganizationsV20161128") => "organizations",
            Some("CloudTrail_20131101") => "cloudtrail",
            Some("AmazonAthena") => "athena",
            _ => "sso",
        };
        let headers = vec![
            ("content-type".to_owned(), "application/x-amz-json-1.1".to_owned()),
            ("x-amz-target".to_owned(), target.to_owned()),
        ];
        self.signed(now, service, ("POST", "/"), headers, body.to_string().into_bytes())
    }

    /// A signed request of a REST service (`s3`, `account-access`).
    pub fn rest_request(
        &self,
        now: Timestamp,
        service: &str,
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> WireRequest {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.signed(now, service, (method, path), headers, body)
    }

    /// Asks a REST service.
    pub fn rest(&self, sandbox: &mut Sandbox, now: Timestamp, service: &str, to: (&str, &str)) -> WireResponse {
        sandbox.handle(now, &self.rest_request(now, service, to, &[], Vec::new()))
    }

    /// The signed request of [`Client::query`]. STS for the operations that STS has here, else IAM.
    pub fn query_request(&self, now: Timestamp, operation: &str, fields: &[(&str, &str)]) -> WireRequest {
        let (service, version) = match operation {
            "AssumeRole" | "GetCallerIdentity" | "GetSessionToken" | "GetFederationToken" | "GetAccessKeyInfo" => {
                ("sts", "2011-06-15")
            }
            _ => ("iam", "2010-05-08"),
        };
        let mut body = format!("Action={operation}&Version={version}");
        for (name, value) in fields {
            body.push_str(&format!("&{}={}", encode(name, false), encode(value, false)));
        }
        let headers = vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
        self.signed(now, service, ("POST", "/"), headers, body.into_bytes())
    }

    fn signed(
        &self,
        now: Timestamp,
        service: &str,
        (method, path): (&str, &str),
        mut headers: Vec<(String, String)>,
        body: Vec<u8>,
    ) -> WireRequest {
        let stamp = now.strftime("%Y%m%dT%H%M%SZ").to_string();
        let date = now.strftime("%Y%m%d").to_string();
        if !headers.iter().any(|(name, _)| name == "host") {
            headers.push(("host".to_owned(), "sandbox.invalid".to_owned()));
        }
        headers.push(("x-amz-date".to_owned(), stamp));
        if let Some(token) = &self.token {
            headers.push(("x-amz-security-token".to_owned(), token.clone()));
        }
        let mut names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        let mut authorization = Authorization {
            access_key_id: self.key.access_key_id.clone(),
            date: date.clone(),
            region: self.region.clone(),
            service: service.to_owned(),
            signed_headers: names.join(";"),
            signature: String::new(),
        };
        let mut request = WireRequest { method: method.to_owned(), path: path.to_owned(), headers, body };
        let key = signing_key(&self.key.secret_access_key, &date, &self.region, service);
        authorization.signature = authorization.expected(&request, &key).unwrap_or_default();
        let Authorization { access_key_id, region, signed_headers, signature, .. } = authorization;
        let header = format!(
            "AWS4-HMAC-SHA256 Credential={access_key_id}/{date}/{region}/{service}/aws4_request, \
             SignedHeaders={signed_headers}, Signature={signature}"
        );
        request.headers.push(("authorization".to_owned(), header));
        request
    }
}
