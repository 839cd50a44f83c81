//! A sandbox with a clock that only moves when told to.

use jiff::{SignedDuration, Timestamp};
use sandbox::{Client, Company, Config, Sandbox, Start};
use serde_json::{Value, json};

pub struct Desk {
    pub sandbox: Sandbox,
    pub now: Timestamp,
    pub management: Client,
    pub delegated: Client,
}

/// An answer: the body, or AWS's error code.
pub type Told = Result<Value, String>;

impl Desk {
    pub fn sample(config: Config) -> Self {
        Self::of(config, &Company::sample(), Start::Declared)
    }

    pub fn calm() -> Self {
        Self::sample(Config::calm())
    }

    pub fn of(config: Config, company: &Company, start: Start) -> Self {
        let management = Client::new(&config.administrator, &config.region);
        let delegated = Client::new(&config.delegated, &config.region);
        let sandbox = Sandbox::with_company(config, company, start).unwrap();
        Self { sandbox, now: "2026-11-22T00:00:00Z".parse().unwrap(), management, delegated }
    }

    pub fn pass_ms(&mut self, milliseconds: i64) {
        self.now += SignedDuration::from_millis(milliseconds);
    }

    pub fn ask(&mut self, client: &Client, target: &str, body: Value) -> Told {
        let response = client.json(&mut self.sandbox, self.now, target, body);
        let body = response.json();
        if response.status == 200 { Ok(body) } else { Err(body["__type"].as_str().unwrap().to_owned()) }
    }

    /// sso-admin as the management account; the instance is filled in.
    pub fn sso(&mut self, operation: &str, body: Value) -> Told {
        let client = self.management.clone();
        self.sso_as(&client, operation, body)
    }

    pub fn sso_as(&mut self, client: &Client, operation: &str, mut body: Value) -> Told {
        body["InstanceArn"] = json!(self.sandbox.instance_arn());
        self.ask(client, &format!("SWBExternalService.{operation}"), body)
    }

    /// identitystore as the management account; the store is filled in.
    pub fn ids(&mut self, operation: &str, mut body: Value) -> Told {
        body["IdentityStoreId"] = json!(self.sandbox.identity_store_id());
        let client = self.management.clone();
        self.ask(&client, &format!("AWSIdentityStore.{operation}"), body)
    }

    pub fn org(&mut self, operation: &str, body: Value) -> Told {
        let client = self.management.clone();
        self.ask(&client, &format!("AWSOrganizationsV20161128.{operation}"), body)
    }

    pub fn set(&self, name: &str) -> String {
        self.sandbox.permission_set_arn(name).unwrap_or_else(|| panic!("no set {name}"))
    }

    pub fn account(&self, name: &str) -> String {
        self.sandbox.account_id(name).unwrap_or_else(|| panic!("no account {name}")).to_string()
    }

    pub fn principal(&self, name: &str) -> String {
        self.sandbox.principal(name).unwrap_or_else(|| panic!("no principal {name}")).id.to_string()
    }

    /// The request of an assignment by names (`group:sre`).
    pub fn row(&self, account: &str, set: &str, principal: &str) -> Value {
        json!({
            "TargetId": self.account(account),
            "TargetType": "AWS_ACCOUNT",
            "PermissionSetArn": self.set(set),
            "PrincipalType": if principal.starts_with("user:") { "USER" } else { "GROUP" },
            "PrincipalId": self.principal(principal),
        })
    }

    pub fn assign(&mut self, account: &str, set: &str, principal: &str) -> Result<String, String> {
        let row = self.row(account, set, principal);
        let told = self.sso("CreateAccountAssignment", row)?;
        Ok(told["AccountAssignmentCreationStatus"]["RequestId"].as_str().unwrap().to_owned())
    }

    pub fn withdraw(&mut self, account: &str, set: &str, principal: &str) -> Result<String, String> {
        let row = self.row(account, set, principal);
        let told = self.sso("DeleteAccountAssignment", row)?;
        Ok(told["AccountAssignmentDeletionStatus"]["RequestId"].as_str().unwrap().to_owned())
    }

    pub fn creation(&mut self, id: &str) -> Value {
        let asked = json!({"AccountAssignmentCreationRequestId": id});
        self.sso("DescribeAccountAssignmentCreationStatus", asked).unwrap()["AccountAssignmentCreationStatus"].clone()
    }

    pub fn deletion(&mut self, id: &str) -> Value {
        let asked = json!({"AccountAssignmentDeletionRequestId": id});
        self.sso("DescribeAccountAssignmentDeletionStatus", asked).unwrap()["AccountAssignmentDeletionStatus"].clone()
    }

    /// The whole of a listing.
    pub fn all(&mut self, target: &str, body: &Value, list: &str) -> Vec<Value> {
        let client = self.management.clone();
        let (mut items, mut token) = (Vec::new(), Value::Null);
        loop {
            let mut body = body.clone();
            if !token.is_null() {
                body["NextToken"] = token;
            }
            let page = self.ask(&client, target, body).unwrap();
            items.extend(page[list].as_array().unwrap().iter().cloned());
            token = page["NextToken"].clone();
            if token.is_null() {
                return items;
            }
        }
    }

    pub fn is_assigned(&self, account: &str, set: &str, principal: &str) -> bool {
        let rows = self.sandbox.assigned();
        rows.iter().any(|row| row.account == account && row.permission_set == set && row.principal == principal)
    }

    /// The reserved role of a pair.
    pub fn role(&self, account: &str, set: &str) -> Option<String> {
        let facts = self.sandbox.provisioned();
        facts.into_iter().find(|fact| fact.account == account && fact.permission_set == set).map(|fact| fact.role)
    }

    /// A client in a role of a member account.
    pub fn enter(&mut self, account: &str) -> Client {
        let arn = format!("arn:aws:iam::{}:role/OrganizationAccountAccessRole", self.account(account));
        let fields = [("RoleArn", arn.as_str()), ("RoleSessionName", "test")];
        let client = self.management.clone();
        let response = client.query(&mut self.sandbox, self.now, "AssumeRole", &fields);
        assert_eq!(response.status, 200, "{}", response.text());
        session(&response.text())
    }
}

/// A client of the credentials in AssumeRole's answer.
pub fn session(xml: &str) -> Client {
    let key = sandbox::KeyPair::new(element(xml, "AccessKeyId"), element(xml, "SecretAccessKey"));
    Client::with_session(key, element(xml, "SessionToken"), "ap-northeast-1")
}

pub fn element(xml: &str, name: &str) -> String {
    let (_, rest) = xml.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("no {name} in {xml}"));
    rest.split_once(&format!("</{name}>")).unwrap().0.to_owned()
}

/// Latencies of exactly these milliseconds.
pub fn timed(assignment_ms: u64, provisioning_ms: u64) -> Config {
    let exactly = |milliseconds| sandbox::Span::milliseconds(milliseconds, milliseconds);
    let latency = sandbox::Latency {
        assignment: exactly(assignment_ms),
        provisioning: exactly(provisioning_ms),
        account_creation: exactly(30_000),
    };
    Config { latency, ..Config::calm() }
}

/// IAM and STS of one account through one client: tables of calls and what they are answered.
pub struct Office {
    pub desk: Desk,
    pub client: Client,
    pub account: String,
}

impl Office {
    /// The administrator of a member account.
    pub fn member() -> Self {
        let mut desk = Desk::calm();
        let client = desk.enter("minimo-dev");
        let account = desk.account("minimo-dev");
        Self { desk, client, account }
    }

    /// `ok`, or AWS's code and message.
    pub fn say(&mut self, operation: &str, fields: &[(&str, &str)]) -> String {
        let client = self.client.clone();
        self.say_as(&client, operation, fields)
    }

    pub fn say_as(&mut self, client: &Client, operation: &str, fields: &[(&str, &str)]) -> String {
        let told = client.query(&mut self.desk.sandbox, self.desk.now, operation, fields);
        if told.status == 200 {
            return "ok".to_owned();
        }
        format!("{} {}: {}", told.status, element(&told.text(), "Code"), element(&told.text(), "Message"))
    }

    /// The answer's XML; the call must succeed.
    pub fn ask(&mut self, operation: &str, fields: &[(&str, &str)]) -> String {
        let told = self.client.query(&mut self.desk.sandbox, self.desk.now, operation, fields);
        assert_eq!(told.status, 200, "{operation}: {}", told.text());
        told.text()
    }

    /// Calls one after another; a line for each.
    pub fn table(&mut self, calls: &[(&str, &[(&str, &str)])]) -> String {
        let lines = calls.iter().map(|(operation, fields)| {
            let named: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
            format!("{operation}({}) → {}", named.join(", "), self.say(operation, fields))
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// A user with an active key and this inline policy.
    pub fn user(&mut self, name: &str, policy: &Value) -> Client {
        self.ask("CreateUser", &[("UserName", name)]);
        let text = policy.to_string();
        self.ask("PutUserPolicy", &[("UserName", name), ("PolicyName", "own"), ("PolicyDocument", &text)]);
        self.key(name)
    }

    pub fn key(&mut self, name: &str) -> Client {
        let made = self.ask("CreateAccessKey", &[("UserName", name)]);
        let key = sandbox::KeyPair::new(element(&made, "AccessKeyId"), element(&made, "SecretAccessKey"));
        Client::new(&key, "ap-northeast-1")
    }
}

/// A policy of one statement.
pub fn statement(effect: &str, action: &str, resource: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": action, "Resource": resource}]})
}
