//! What is asked: the reads of which Sekisho's observation of a company consists, spread over what the company has.

use sandbox::{Client, Config, WireRequest};
use serde_json::{Value, json};

use crate::connection::{Connection, bytes};

/// Requests of one operation, to be sent one after the other.
pub(crate) struct Question {
    pub(crate) name: &'static str,
    /// Whole requests, signed.
    pub(crate) requests: Vec<Vec<u8>>,
}

/// Most things of one kind that are asked about.
const MOST_ASKED: usize = 60;

/// Signs as the administrator of the management account.
pub(crate) struct Signer {
    client: Client,
}

impl Signer {
    pub(crate) fn new() -> Self {
        let config = Config::default();
        Self { client: Client::new(&config.administrator, &config.region) }
    }

    /// The sandbox verifies the signature and not its age, so that a request can be signed once and sent many times.
    fn json(&self, target: &str, body: &Value) -> WireRequest {
        self.client.json_request(jiff::Timestamp::UNIX_EPOCH, target, body)
    }

    fn query(&self, operation: &str, fields: &[(&str, &str)]) -> WireRequest {
        self.client.query_request(jiff::Timestamp::UNIX_EPOCH, operation, fields)
    }

    /// The first request of nearly every client.
    pub(crate) fn instances(&self) -> WireRequest {
        self.json("SWBExternalService.ListInstances", &json!({}))
    }
}

/// What the company has, as far as it is asked about.
struct Found {
    instance: String,
    store: String,
    sets: Vec<String>,
    accounts: Vec<String>,
    pairs: Vec<(String, String)>,
    users: Vec<String>,
    groups: Vec<String>,
}

/// All questions, for the company behind this connection.
pub(crate) fn all(signer: &Signer, connection: &mut Connection) -> Result<Vec<Question>, String> {
    let found = look(signer, connection)?;
    let (instance, store) = (&found.instance, &found.store);
    let sso = |operation: &str, more: Value| {
        let mut body = json!({ "InstanceArn": instance });
        merge(&mut body, more);
        signer.json(&format!("SWBExternalService.{operation}"), &body)
    };
    let ids = |operation: &str, more: Value| {
        let mut body = json!({ "IdentityStoreId": store });
        merge(&mut body, more);
        signer.json(&format!("AWSIdentityStore.{operation}"), &body)
    };
    let organizations =
        |operation: &str, body: Value| signer.json(&format!("AWSOrganizationsV20161128.{operation}"), &body);
    let of_sets = |operation: &str| {
        found.sets.iter().map(|set| sso(operation, json!({ "PermissionSetArn": set }))).collect::<Vec<_>>()
    };
    let of_accounts = |operation: &str, member: &str| {
        found.accounts.iter().map(|id| organizations(operation, json!({ member: id }))).collect::<Vec<_>>()
    };
    let pair = |(account, set): &(String, String)| {
        sso("ListAccountAssignments", json!({ "AccountId": account, "PermissionSetArn": set }))
    };
    let member = |group: &String| ids("ListGroupMemberships", json!({ "GroupId": group }));
    let user = |user: &String| ids("DescribeUser", json!({ "UserId": user }));
    let asked = [
        ("sso-admin ListAccountAssignments", found.pairs.iter().map(pair).collect()),
        ("sso-admin DescribePermissionSet", of_sets("DescribePermissionSet")),
        ("sso-admin GetInlinePolicyForPermissionSet", of_sets("GetInlinePolicyForPermissionSet")),
        ("sso-admin ListAccountsForProvisionedPermissionSet", of_sets("ListAccountsForProvisionedPermissionSet")),
        ("identitystore ListGroupMemberships", found.groups.iter().map(member).collect()),
        ("identitystore DescribeUser", found.users.iter().map(user).collect()),
        ("identitystore ListUsers, a page of 100", vec![ids("ListUsers", json!({}))]),
        ("organizations DescribeAccount", of_accounts("DescribeAccount", "AccountId")),
        ("organizations ListTagsForResource", of_accounts("ListTagsForResource", "ResourceId")),
        ("organizations ListAccounts, a page of 20", vec![organizations("ListAccounts", json!({}))]),
        ("iam GetUser", vec![signer.query("GetUser", &[])]),
        ("sts GetCallerIdentity", vec![signer.query("GetCallerIdentity", &[])]),
    ];
    let question = |(name, requests): (&'static str, Vec<WireRequest>)| Question {
        name,
        requests: requests.iter().map(bytes).collect(),
    };
    let questions: Vec<Question> = asked.into_iter().map(question).collect();
    match questions.iter().find(|question| question.requests.is_empty()) {
        Some(empty) => Err(format!("the company has nothing to ask about with {}", empty.name)),
        None => Ok(questions),
    }
}

fn merge(body: &mut Value, more: Value) {
    if let (Value::Object(body), Value::Object(more)) = (body, more) {
        body.extend(more);
    }
}

fn look(signer: &Signer, connection: &mut Connection) -> Result<Found, String> {
    let told = connection.ask_json(&signer.instances())?;
    let text = |pointer: &str| told.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let instance = text("/Instances/0/InstanceArn").ok_or("no instance")?;
    let store = text("/Instances/0/IdentityStoreId").ok_or("no identity store")?;
    let of_instance = json!({ "InstanceArn": instance, "MaxResults": 100 });
    let sets = connection.ask_json(&signer.json("SWBExternalService.ListPermissionSets", &of_instance))?;
    let sets = texts(&sets, "PermissionSets", "");
    let accounts = connection.ask_json(&signer.json("AWSOrganizationsV20161128.ListAccounts", &json!({})))?;
    let accounts = texts(&accounts, "Accounts", "/Id");
    let mut pairs = Vec::new();
    for account in &accounts {
        let asked = json!({ "InstanceArn": instance, "AccountId": account });
        let request = signer.json("SWBExternalService.ListPermissionSetsProvisionedToAccount", &asked);
        let provisioned = texts(&connection.ask_json(&request)?, "PermissionSets", "");
        pairs.extend(provisioned.into_iter().map(|set| (account.clone(), set)));
    }
    pairs.truncate(MOST_ASKED);
    let of_store = json!({ "IdentityStoreId": store });
    let users = connection.ask_json(&signer.json("AWSIdentityStore.ListUsers", &of_store))?;
    let groups = connection.ask_json(&signer.json("AWSIdentityStore.ListGroups", &of_store))?;
    let (users, groups) = (texts(&users, "Users", "/UserId"), texts(&groups, "Groups", "/GroupId"));
    Ok(Found { instance, store, sets, accounts, pairs, users, groups })
}

/// The texts at `pointer` of each item of a list.
fn texts(told: &Value, list: &str, pointer: &str) -> Vec<String> {
    let items = told.get(list).and_then(Value::as_array).into_iter().flatten();
    items.filter_map(|item| item.pointer(pointer)?.as_str()).take(MOST_ASKED).map(str::to_owned).collect()
}
