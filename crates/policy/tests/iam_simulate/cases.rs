//! Cases for the second opinion: policies and requests that are likely to meet.

use policy::{Policy, Scalar, glob, managed};
use serde_json::{Value, json};

/// One request and the policies that decide over it.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) policies: Vec<Value>,
    /// The permissions boundary.
    pub(crate) boundary: Option<Value>,
    /// Service control policies of one level.
    pub(crate) service_control: Option<Value>,
    /// The session policy: then the caller is a role's session, else a user.
    pub(crate) session: Option<Value>,
    pub(crate) action: String,
    pub(crate) resource: String,
    pub(crate) context: Vec<(String, Vec<String>)>,
}

/// Numbers that look random and are the same every time.
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn below(&mut self, bound: usize) -> usize {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % bound as u64).unwrap()
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    fn some<T: Clone>(&mut self, of: &[T], most: usize) -> Vec<T> {
        (0..=self.below(most)).map(|_| self.one(of).clone()).collect()
    }
}

const ACTION_PATTERNS: [&str; 14] = [
    "s3:GetObject",
    "s3:Get*",
    "S3:PUTOBJECT",
    "s3:*",
    "*",
    "sqs:SendMessage",
    "sqs:?endMessage",
    "ec2:Describe*",
    "ec2:StopInstances",
    "dynamodb:*Item",
    "dynamodb:GetItem",
    "s3:*Object",
    "logs:*",
    "s3:List*",
];
const ACTIONS: [&str; 12] = [
    "s3:GetObject",
    "s3:PutObject",
    "s3:GetObjectAcl",
    "s3:DeleteObject",
    "sqs:SendMessage",
    "sqs:DeleteMessage",
    "ec2:StopInstances",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "logs:PutLogEvents",
    "s3:ListBucket",
    "S3:getobject",
];
const RESOURCE_PATTERNS: [&str; 19] = [
    "arn:aws:sqs",
    "*",
    "arn:aws:s3:::reports/*",
    "arn:aws:s3:::reports",
    "arn:aws:s3:::*",
    "arn:aws:s3:::re?orts/a*",
    "arn:aws:s3:::*/public/*",
    "arn:aws:s3:::reports/${aws:username}/*",
    "arn:aws:s3:::reports/${aws:PrincipalTag/team, 'none'}/*",
    "arn:aws:s3:::reports/${*}",
    "arn:aws:sqs:*:111122223333:jobs",
    "arn:aws:sqs:ap-northeast-1:*:jobs*",
    "arn:aws:sqs:ap-northeast-?:111122223333:*",
    "arn:aws:ec2:ap-northeast-1:111122223333:instance/*",
    "arn:aws:ec2:*:*:instance/i-1",
    "arn:aws:dynamodb:*:111122223333:table/trial-*",
    "arn:*:dynamodb:ap-northeast-1:111122223333:table/*",
    "arn:aws:logs:ap-northeast-1:111122223333:log-group:app:*",
    "arn:aws:s3:::other/x",
];
const RESOURCES: [&str; 17] = [
    "arn:aws:s3:::reports/a.csv",
    "arn:aws:s3:::reports",
    "arn:aws:s3:::reports/taro/a.csv",
    "arn:aws:s3:::reports/none/x",
    "arn:aws:s3:::reports/web/x",
    "arn:aws:s3:::Reports/a.csv",
    "arn:aws:s3:::other/x",
    "arn:aws:s3:::other/public/y",
    "arn:aws:s3:::reports/",
    "arn:aws:sqs:ap-northeast-1:111122223333:jobs",
    "arn:aws:sqs:us-east-1:111122223333:jobs-dead",
    "arn:aws:sqs:ap-northeast-3:111122223333:x",
    "arn:aws:ec2:ap-northeast-1:111122223333:instance/i-1",
    "arn:aws:ec2:us-east-1:111122223333:instance/i-2",
    "arn:aws:dynamodb:ap-northeast-1:111122223333:table/trial-1",
    "arn:aws-cn:dynamodb:ap-northeast-1:111122223333:table/x",
    "arn:aws:logs:ap-northeast-1:111122223333:log-group:app:log-stream:a",
];

/// A key, operators that fit it, values a policy may have, values a request may have.
type Family = (&'static str, &'static [&'static str], &'static [&'static str], &'static [&'static str]);

const FAMILIES: [Family; 12] = [
    (
        "aws:PrincipalTag/team",
        &["StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"],
        &["web", "Web", "ops", "${aws:username}"],
        &["web", "WEB", "ops", "taro", ""],
    ),
    (
        "aws:PrincipalTag/path",
        &["StringLike", "StringNotLike"],
        &["we*", "*b", "o?s", "*", "${aws:username}*", "w${*}b"],
        &["web", "ops", "taro-x", "w*b", "Web"],
    ),
    (
        "s3:max-keys",
        &[
            "NumericEquals",
            "NumericNotEquals",
            "NumericLessThan",
            "NumericLessThanEquals",
            "NumericGreaterThan",
            "NumericGreaterThanEquals",
        ],
        &["10", "10.5", "-1", "0"],
        &["10", "11", "10.5", "-1", "0", "9.99"],
    ),
    (
        "aws:CurrentTime",
        &[
            "DateEquals",
            "DateNotEquals",
            "DateLessThan",
            "DateLessThanEquals",
            "DateGreaterThan",
            "DateGreaterThanEquals",
        ],
        &["2026-01-01T00:00:00Z", "2026-06-30T12:00:00Z"],
        &["2026-01-01T00:00:00Z", "2025-12-31T23:59:59Z", "2026-06-30T12:00:01Z"],
    ),
    ("aws:SecureTransport", &["Bool"], &["true", "false"], &["true", "false"]),
    ("aws:MultiFactorAuthPresent", &["Bool"], &["true", "false"], &["true", "false"]),
    (
        "aws:SourceIp",
        &["IpAddress", "NotIpAddress"],
        &["10.0.0.0/8", "203.0.113.7", "203.0.113.0/24", "2001:db8::/32", "192.0.2.128/25"],
        &["10.1.2.3", "203.0.113.7", "203.0.113.8", "192.0.2.127", "192.0.2.200", "2001:db8::1", "2001:db9::1"],
    ),
    (
        "aws:SourceArn",
        &["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"],
        &["arn:aws:sns:*:111122223333:news", "arn:aws:sns:ap-northeast-1:111122223333:n*", "arn:aws:s3:::reports"],
        &[
            "arn:aws:sns:ap-northeast-1:111122223333:news",
            "arn:aws:sns:us-east-1:111122223333:nothing",
            "arn:aws:s3:::reports",
            "arn:aws:sns:ap-northeast-1:444455556666:news",
        ],
    ),
    ("aws:userid", &["Null"], &["true", "false"], &["AIDAEXAMPLE"]),
    (
        "aws:TagKeys",
        &[
            "ForAllValues:StringEquals",
            "ForAnyValue:StringEquals",
            "ForAllValues:StringLike",
            "ForAnyValue:StringLike",
            "ForAnyValue:StringNotEquals",
            "ForAllValues:StringNotEquals",
        ],
        &["team", "cost", "t*"],
        &["team", "cost", "owner"],
    ),
    (
        "aws:RequestedRegion",
        &["StringEquals", "StringNotEquals", "StringLike"],
        &["ap-northeast-1", "us-east-1"],
        &["ap-northeast-1", "us-east-1", "eu-west-1"],
    ),
    ("app:blob", &["BinaryEquals"], &["QmFzZTY0", "AAEC"], &["QmFzZTY0", "AAEC", "qmfzzty0"]),
];

fn texts(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

fn statement(numbers: &mut Numbers) -> Value {
    let mut statement = json!({"Effect": if numbers.below(4) == 0 { "Deny" } else { "Allow" }});
    let actions = numbers.some(&ACTION_PATTERNS, 3);
    let name = if numbers.below(6) == 0 { "NotAction" } else { "Action" };
    statement[name] = json!(texts(&actions));
    let resources = numbers.some(&RESOURCE_PATTERNS, 3);
    let name = if numbers.below(6) == 0 { "NotResource" } else { "Resource" };
    // "everything but everything" is nothing, and tells nothing
    let resources: Vec<&str> =
        if name == "NotResource" { resources.into_iter().filter(|one| *one != "*").collect() } else { resources };
    statement[name] = if resources.is_empty() { json!("arn:aws:s3:::nothing") } else { json!(texts(&resources)) };
    if numbers.below(2) == 0 {
        let mut conditions = json!({});
        for _ in 0..=numbers.below(2) {
            let (key, operators, values, _) = FAMILIES[numbers.below(FAMILIES.len())];
            let mut operator = (*numbers.one(operators)).to_owned();
            if operator != "Null" && numbers.below(4) == 0 {
                operator.push_str("IfExists");
            }
            let several = !matches!(operator.trim_end_matches("IfExists"), "Bool" | "Null");
            let values = numbers.some(values, if several { 3 } else { 1 });
            let key = if numbers.below(5) == 0 { key.to_lowercase() } else { key.to_owned() };
            conditions[operator] = json!({ (key): texts(&values) });
        }
        statement["Condition"] = conditions;
    }
    statement
}

/// Once in so many times a policy that limits: mostly it allows everything and takes something away.
fn limit(numbers: &mut Numbers, once_in: usize) -> Option<Value> {
    (numbers.below(once_in) == 0).then(|| {
        let mut statements = vec![statement(numbers)];
        if numbers.below(4) > 0 {
            statements.push(json!({"Effect": "Allow", "Action": "*", "Resource": "*"}));
        }
        json!({"Version": "2012-10-17", "Statement": statements})
    })
}

/// A case over a small alphabet.
pub(crate) fn generated(numbers: &mut Numbers) -> Case {
    let policies = (0..=numbers.below(2)).map(|_| {
        let statements: Vec<Value> = (0..=numbers.below(3)).map(|_| statement(numbers)).collect();
        json!({"Version": "2012-10-17", "Statement": statements})
    });
    let policies = policies.collect();
    let mut context = Vec::new();
    for (key, _, _, values) in FAMILIES {
        if numbers.below(3) > 0 {
            let values = if key == "aws:TagKeys" { numbers.some(values, 3) } else { vec![*numbers.one(values)] };
            context.push((key.to_owned(), texts(&values)));
        }
    }
    let (boundary, service_control, session) = (limit(numbers, 3), limit(numbers, 3), limit(numbers, 3));
    // a role's session has none
    if numbers.below(4) > 0 && session.is_none() {
        context.push(("aws:username".to_owned(), vec!["taro".to_owned()]));
    }
    let action = (*numbers.one(&ACTIONS)).to_owned();
    // mostly a resource of the action's own service
    let service = action.split(':').next().unwrap().to_lowercase();
    let own: Vec<&str> = RESOURCES.into_iter().filter(|arn| arn.split(':').nth(2) == Some(service.as_str())).collect();
    let odd = ["*", "reports", "arn:aws:s3"];
    let resource = if numbers.below(40) == 0 {
        *numbers.one(&odd)
    } else if numbers.below(8) == 0 || own.is_empty() {
        *numbers.one(&RESOURCES)
    } else {
        *numbers.one(&own)
    };
    Case { policies, boundary, service_control, session, action, resource: resource.to_owned(), context }
}

/// Requests that an AWS managed policy is about, or nearly.
pub(crate) fn about_managed(entry: &managed::ManagedPolicy, numbers: &mut Numbers, requests: usize) -> Vec<Case> {
    let (policy, document) = (entry.policy().unwrap(), serde_json::from_str(entry.document()).unwrap());
    (0..requests).filter_map(|_| managed_case(&policy, &document, numbers)).collect()
}

fn managed_case(policy: &Policy, document: &Value, numbers: &mut Numbers) -> Option<Case> {
    let statement = numbers.one(&policy.statements).clone();
    let pattern = numbers.one(&statement.action.values).value.clone();
    let action = instance_of_action(&pattern, numbers)?;
    let filled = |text: &str, numbers: &mut Numbers| {
        let text = text.replace("${aws:username}", "taro");
        let part: &str = numbers.one::<&str>(&["x", "ap-northeast-1", "111122223333", "a/b"]);
        text.replace('*', part).replace('?', "q")
    };
    let resource = statement.resource.as_ref().map(|clause| numbers.one(&clause.values).value.clone())?;
    let resource = if resource == "*" || numbers.below(6) == 0 {
        (*numbers.one(&[
            "arn:aws:s3:::example/x",
            "arn:aws:ec2:ap-northeast-1:111122223333:instance/i-1",
            "arn:aws:iam::111122223333:role/app",
        ]))
        .to_owned()
    } else {
        filled(&resource, numbers)
    };
    let mut context: Vec<(String, Vec<String>)> = Vec::new();
    for condition in policy.statements.iter().flat_map(|statement| &statement.conditions) {
        let known = context.iter().any(|(key, _)| key.eq_ignore_ascii_case(&condition.key));
        if known || numbers.below(4) == 0 || condition.values.is_empty() {
            continue;
        }
        let value = filled(Scalar::text(&numbers.one(&condition.values).value), numbers);
        // a key with a quantifier may hold several values
        let several = condition.operator.contains(':');
        let values = if several { vec![value, "other".to_owned()] } else { vec![value] };
        context.push((condition.key.value.clone(), values));
    }
    Some(Case {
        policies: vec![document.clone()],
        boundary: None,
        service_control: None,
        session: None,
        action,
        resource,
        context,
    })
}

fn instance_of_action(pattern: &str, numbers: &mut Numbers) -> Option<String> {
    if !pattern.contains(['*', '?']) {
        return Some(pattern.to_owned());
    }
    let service = pattern.split_once(':').map_or("s3", |(service, _)| service);
    let known = policy::catalogue::actions(if service == "*" { "s3" } else { service });
    let names: Vec<String> = known.iter().map(|action| format!("{service}:{}", action.name)).collect();
    let matching: Vec<&String> = names.iter().filter(|name| glob::matches_ignore_case(pattern, name)).collect();
    if matching.is_empty() { None } else { Some((*numbers.one(&matching)).clone()) }
}

impl Case {
    /// As the other program reads it. A key with one value is a text to it, else a list.
    pub(crate) fn line(&self) -> String {
        let context: serde_json::Map<String, Value> = self
            .context
            .iter()
            .map(|(key, values)| {
                let list = values.len() > 1 || key == "aws:TagKeys";
                (key.clone(), if list { json!(values) } else { json!(values[0]) })
            })
            .collect();
        json!({
            "policies": self.policies, "boundary": self.boundary, "service_control": self.service_control,
            "session": self.session,
            "action": self.action, "resource": self.resource, "context": context,
        })
        .to_string()
    }

    fn documents(&self) -> impl Iterator<Item = &Value> {
        self.policies.iter().chain(&self.boundary).chain(&self.service_control).chain(&self.session)
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.context.iter().any(|(name, _)| name.eq_ignore_ascii_case(key))
    }

    /// Keys of variables in the policies that the request lacks and that have no default.
    pub(crate) fn absent_variables(&self) -> Vec<String> {
        let text = Value::from(self.documents().cloned().collect::<Vec<_>>()).to_string();
        let names = text.split("${").skip(1).filter_map(|part| Some(part.split_once('}')?.0));
        let names = names.filter(|name| name.contains(':') && !name.contains(',') && !self.has(name));
        let mut names: Vec<String> = names.map(str::to_owned).collect();
        names.sort();
        names.dedup();
        names
    }

    /// Whether the caller's address is of another IP version than the ranges an operator names.
    pub(crate) fn other_ip_version(&self, values: &Value) -> bool {
        let address = self.context.iter().find(|(key, _)| key == "aws:SourceIp");
        address.is_some_and(|(_, address)| {
            let six = |text: &str| text.contains(':');
            values.as_array().unwrap().iter().any(|value| six(value.as_str().unwrap()) != six(&address[0]))
        })
    }

    /// Puts others in the place of those resource patterns that are asked for (pattern, resource), and says whether there were any.
    pub(crate) fn rewrite_resources(
        &mut self,
        wanted: impl Fn(&str, &str) -> bool,
        other: impl Fn(&str, &str) -> String,
    ) -> bool {
        let mut found = false;
        let documents = self
            .policies
            .iter_mut()
            .chain(&mut self.boundary)
            .chain(&mut self.service_control)
            .chain(&mut self.session);
        let statements = documents.flat_map(|policy| match &mut policy["Statement"] {
            Value::Array(statements) => statements.iter_mut().collect::<Vec<_>>(),
            one => vec![one],
        });
        for statement in statements {
            for name in ["Resource", "NotResource"] {
                let Some(resources) = statement.get_mut(name) else { continue };
                let patterns = match resources {
                    Value::Array(patterns) => patterns.iter_mut().collect(),
                    one => vec![one],
                };
                for pattern in patterns {
                    let text = pattern.as_str().unwrap().to_owned();
                    if wanted(&text, &self.resource) {
                        *pattern = json!(other(&text, &self.resource));
                        found = true;
                    }
                }
            }
        }
        found
    }

    /// Removes the conditions that are asked for (operator, key, values), and says whether there were any.
    pub(crate) fn drop_conditions(&mut self, unwanted: impl Fn(&str, &str, &Value, &Self) -> bool) -> bool {
        let asked = self.clone();
        let mut dropped = false;
        let documents = self
            .policies
            .iter_mut()
            .chain(&mut self.boundary)
            .chain(&mut self.service_control)
            .chain(&mut self.session);
        let statements = documents.filter_map(|policy| policy["Statement"].as_array_mut()).flatten();
        for conditions in statements.filter_map(|statement| statement.get_mut("Condition")?.as_object_mut()) {
            for (operator, keys) in conditions.iter_mut() {
                let keys = keys.as_object_mut().unwrap();
                let before = keys.len();
                keys.retain(|key, values| !unwanted(operator, key, values, &asked));
                dropped |= keys.len() < before;
            }
            conditions.retain(|_, keys| !keys.as_object().unwrap().is_empty());
        }
        dropped
    }

    pub(crate) fn request(&self) -> policy::Request {
        let mut request = policy::Request::new(&self.action, &self.resource);
        for (key, values) in &self.context {
            request.context.set(key, values.clone());
        }
        request
    }
}
