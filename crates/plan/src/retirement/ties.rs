//! Where else a user is written down: what would bring it back, or miss it.

use std::collections::{BTreeMap, BTreeSet};

use model::iam_user::{IamInventory, IamUser, IamUserRef};
use model::{Pattern, Reading};
use serde_json::Value;

use super::Tie;

/// Files beside the inventory that may name users, each with how people call it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TieFiles {
    /// States of Terraform (`terraform state pull`, format 4).
    pub terraform_states: Vec<(String, Value)>,
    /// What CloudFormation lists of its stacks (`describe-stack-resources`, `list-stack-resources`).
    pub stack_resources: Vec<(String, Value)>,
    /// Policies of resources: buckets, keys, queues.
    pub policies: Vec<(String, Value)>,
}

/// All ties of all users: from their tags and names, from trust policies of the inventory, and from the files.
#[must_use]
pub fn ties(inventory: &IamInventory, files: &TieFiles) -> BTreeMap<IamUserRef, Vec<Tie>> {
    let owned: Vec<(Owned, String)> = files
        .terraform_states
        .iter()
        .flat_map(|(name, state)| of_terraform(name, state))
        .chain(files.stack_resources.iter().flat_map(|(name, listed)| of_stacks(name, listed)))
        .collect();
    let named = named_in_policies(inventory, files);
    let mut all = BTreeMap::new();
    for (reference, user) in inventory.users() {
        let mut found: BTreeSet<Tie> = of_user(user).map(Tie::Tool).into_iter().collect();
        let of_tools = owned.iter().filter(|(owned, _)| owned.is(&reference, user));
        found.extend(of_tools.map(|(_, place)| Tie::Tool(place.clone())));
        let places = named.iter().filter(|(mark, _)| names(mark, user)).flat_map(|(_, places)| places);
        found.extend(places.map(|place| Tie::Policy(place.clone())));
        if !found.is_empty() {
            all.insert(reference, found.into_iter().collect());
        }
    }
    all
}

/// Whether a text of a policy means this user: its ARN, a pattern of ARNs (but not of all users), or its id.
fn names(mark: &str, user: &IamUser) -> bool {
    let (mark, arn) = (mark.to_lowercase(), user.arn.to_lowercase());
    let is_pattern = mark.contains(['*', '?']) && !mark.ends_with(":user/*");
    mark == arn || mark == user.id.to_lowercase() || (is_pattern && Pattern::new(mark).matches(&arn))
}

/// A user as a tool names it.
enum Owned {
    Arn(String),
    /// In whatever account: a tool's list does not always say.
    Name(String),
}

impl Owned {
    fn is(&self, reference: &IamUserRef, user: &IamUser) -> bool {
        match self {
            Self::Arn(arn) => *arn == user.arn,
            // IAM takes names that differ in case only for one.
            Self::Name(name) => name.eq_ignore_ascii_case(&reference.name),
        }
    }
}

/// What a user's own tags and name say.
fn of_user(user: &IamUser) -> Option<String> {
    for (key, value) in &user.tags {
        let (lower, said) = (key.to_ascii_lowercase(), value.to_ascii_lowercase());
        if lower == "aws:cloudformation:stack-name" {
            return Some(format!("CloudFormation stack {value}"));
        }
        let tools = ["terraform", "opentofu", "pulumi", "cloudformation", "cdk"];
        let managed = ["managedby", "managed-by", "managed_by", "createdby", "created-by", "created_by", "provisioner"];
        let by_value = managed.contains(&lower.as_str()) && tools.iter().any(|tool| said.contains(tool));
        let by_key = tools.contains(&lower.as_str()) && !["false", "no", "0"].contains(&said.as_str());
        if by_value || by_key {
            return Some(format!("tag {key} = {value}"));
        }
    }
    generated_name(&user.name)
}

/// CloudFormation names what has no name `stack-LogicalId-RANDOM`: the random part is 12 or 13 capital letters and digits.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-name.html>
fn generated_name(name: &str) -> Option<String> {
    let (rest, random) = name.rsplit_once('-')?;
    let (stack, logical) = rest.rsplit_once('-')?;
    let is_random = (12..=13).contains(&random.len())
        && random.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let is_logical = logical.bytes().all(|byte| byte.is_ascii_alphanumeric()) && !logical.is_empty();
    (is_random && is_logical && !stack.is_empty())
        .then(|| format!("its name is one that CloudFormation makes: stack {stack}"))
}

fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn list<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn of_terraform(file: &str, state: &Value) -> Vec<(Owned, String)> {
    let mut owned = Vec::new();
    for resource in list(state, "resources") {
        let (Some(kind), Some(name)) = (text(resource, "type"), text(resource, "name")) else { continue };
        if text(resource, "mode") == Some("data") || !kind.starts_with("aws_iam_") {
            continue;
        }
        let module = text(resource, "module").map(|module| format!("{module}.")).unwrap_or_default();
        let place = format!("Terraform state {file}: {module}{kind}.{name}");
        for attributes in list(resource, "instances").filter_map(|instance| instance.get("attributes")) {
            match (kind, text(attributes, "arn"), text(attributes, "user")) {
                ("aws_iam_user", Some(arn), _) => owned.push((Owned::Arn(arn.to_owned()), place.clone())),
                ("aws_iam_user", None, _) => {
                    owned.extend(text(attributes, "name").map(|name| (Owned::Name(name.to_owned()), place.clone())));
                }
                (_, _, Some(user)) => owned.push((Owned::Name(user.to_owned()), place.clone())),
                _ => {}
            }
            for user in list(attributes, "users").filter_map(Value::as_str) {
                owned.push((Owned::Name(user.to_owned()), place.clone()));
            }
        }
    }
    owned
}

fn of_stacks(file: &str, listed: &Value) -> Vec<(Owned, String)> {
    let resources = list(listed, "StackResources").chain(list(listed, "StackResourceSummaries"));
    let users = resources.filter(|resource| text(resource, "ResourceType") == Some("AWS::IAM::User"));
    users
        .filter_map(|resource| {
            let name = text(resource, "PhysicalResourceId")?;
            let stack = text(resource, "StackName").unwrap_or(file);
            Some((Owned::Name(name.to_owned()), format!("CloudFormation stack {stack}")))
        })
        .collect()
}

/// Places by the ARN or id of the user that stands in them.
fn named_in_policies(inventory: &IamInventory, files: &TieFiles) -> BTreeMap<String, BTreeSet<String>> {
    let mut named: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut note = |policy: &Value, place: &str| {
        let mut marks = BTreeSet::new();
        user_marks(policy, &mut marks);
        for mark in marks {
            named.entry(mark).or_default().insert(place.to_owned());
        }
    };
    for (account, read) in &inventory.accounts {
        let Reading::Known { value, .. } = read else { continue };
        for (name, role) in &value.roles {
            match serde_json::from_str::<Value>(&role.trust_policy) {
                Ok(policy) => note(&policy, &format!("trust policy of the role {name} in {account}")),
                // Whom it names nobody can tell: all that stands in it counts.
                Err(_) => note(&Value::String(role.trust_policy.clone()), &format!("role {name} in {account}")),
            }
        }
    }
    for (name, policy) in &files.policies {
        note(policy, &format!("policy in {name}"));
    }
    named
}

/// All texts in a policy that are the ARN or the id of a user.
fn user_marks(value: &Value, marks: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if text.contains(":user/") || text.starts_with("AIDA") => drop(marks.insert(text.clone())),
        // A policy in a policy's answer: `{"Policy": "{…}"}`.
        Value::String(text) if text.trim_start().starts_with('{') && text.contains("Statement") => {
            if let Ok(inner) = serde_json::from_str::<Value>(text) {
                user_marks(&inner, marks);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| user_marks(item, marks)),
        Value::Object(fields) => fields.values().for_each(|field| user_marks(field, marks)),
        _ => {}
    }
}
