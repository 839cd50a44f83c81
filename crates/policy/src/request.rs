//! What somebody wants to do.

use std::collections::BTreeMap;
use std::fmt;

/// The context of a request: condition keys and their values. Letter case of keys does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    values: BTreeMap<String, Vec<String>>,
}

impl Context {
    /// No keys at all.
    #[must_use]
    pub const fn new() -> Self {
        Self { values: BTreeMap::new() }
    }

    /// The values of a key given in lower case. A key without values counts as absent.
    #[must_use]
    pub(crate) fn get(&self, lower_key: &str) -> Option<&[String]> {
        self.values.get(lower_key).map(Vec::as_slice)
    }

    /// The values of a key; `None` when it is absent.
    #[must_use]
    pub fn values(&self, key: &str) -> Option<&[String]> {
        self.get(&key.to_lowercase())
    }

    /// Sets the values of a key; none removes it.
    pub fn set<V: Into<String>>(&mut self, key: &str, values: impl IntoIterator<Item = V>) {
        let values: Vec<String> = values.into_iter().map(Into::into).collect();
        if values.is_empty() {
            self.values.remove(&key.to_lowercase());
        } else {
            self.values.insert(key.to_lowercase(), values);
        }
    }

    /// The same context with one more value of a key.
    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.values.entry(key.to_lowercase()).or_default().push(value.to_owned());
        self
    }

    /// All keys (in lower case) with their values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.values.iter().map(|(key, values)| (key.as_str(), values.as_slice()))
    }
}

/// One request. The principal is in the context, under the keys AWS fills: `aws:PrincipalArn`, `aws:userid`, …
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `service:Name`.
    action: String,
    lower_action: String,
    /// An ARN, or `*` for an action that has no resource.
    pub resource: String,
    /// The rest.
    pub context: Context,
}

impl Request {
    /// A request without context.
    #[must_use]
    pub fn new(action: &str, resource: &str) -> Self {
        Self {
            action: action.to_owned(),
            lower_action: action.to_lowercase(),
            resource: resource.to_owned(),
            context: Context::new(),
        }
    }

    /// The same request with one more value of a context key.
    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.context = self.context.with(key, value);
        self
    }

    /// The same request by this principal, an ARN of a user, role or assumed-role session: fills `aws:PrincipalArn`,
    /// `aws:PrincipalAccount`, `aws:PrincipalType` and, for users, `aws:username`.
    #[must_use]
    pub fn by(mut self, principal_arn: &str) -> Self {
        let parts: Vec<&str> = principal_arn.splitn(6, ':').collect();
        if let [_, partition, service, _, account, rest] = parts.as_slice() {
            let names: Vec<&str> = rest.split('/').collect();
            let (kind, arn) = match (*service, names.as_slice()) {
                ("iam", ["user", .., name]) => {
                    self.context.set("aws:username", [*name]);
                    ("User", principal_arn.to_owned())
                }
                // the key holds the role, not the session
                ("sts", ["assumed-role", role, ..]) => {
                    ("AssumedRole", format!("arn:{partition}:iam::{account}:role/{role}"))
                }
                ("iam", ["role", ..]) => ("AssumedRole", principal_arn.to_owned()),
                ("sts", ["federated-user", ..]) => ("FederatedUser", principal_arn.to_owned()),
                _ => ("Account", principal_arn.to_owned()),
            };
            self.context.set("aws:PrincipalArn", [arn]);
            self.context.set("aws:PrincipalAccount", [*account]);
            self.context.set("aws:PrincipalType", [kind]);
        }
        self
    }

    /// `service:Name` as given.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.action
    }

    pub(crate) fn lower_action(&self) -> &str {
        &self.lower_action
    }
}

impl fmt::Display for Request {
    /// `s3:GetObject on arn:aws:s3:::b/x when aws:requestedregion is ap-northeast-1`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} on {}", self.action, self.resource)?;
        for (number, (key, values)) in self.context.iter().enumerate() {
            let word = if number == 0 { "when" } else { "and" };
            write!(formatter, " {word} {key} is {}", values.join(" and "))?;
        }
        Ok(())
    }
}
