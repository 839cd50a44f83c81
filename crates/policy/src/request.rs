//! What somebody wants to do.

use std::collections::BTreeMap;
use std::fmt;

/// The context of a request: condition keys and their values. Letter case of keys does not matter: contexts that differ in it are
/// equal. It is kept for those who read them.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// Key in lower case → values.
    values: BTreeMap<String, Vec<String>>,
    /// Key in lower case → as it was written, where that is not the same.
    spellings: BTreeMap<String, String>,
}

impl PartialEq for Context {
    fn eq(&self, other: &Self) -> bool {
        self.values == other.values
    }
}

impl Eq for Context {}

impl Context {
    /// No keys at all.
    #[must_use]
    pub const fn new() -> Self {
        Self { values: BTreeMap::new(), spellings: BTreeMap::new() }
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
        let lower = key.to_lowercase();
        if values.is_empty() {
            self.values.remove(&lower);
        } else {
            self.spell(&lower, key);
            self.values.insert(lower, values);
        }
    }

    /// How a key (in lower case) is to be shown.
    pub(crate) fn spell(&mut self, lower_key: &str, written: &str) {
        if lower_key != written {
            self.spellings.insert(lower_key.to_owned(), written.to_owned());
        }
    }

    /// Says of each key (in lower case) how it is to be shown, where the function knows it.
    pub(crate) fn spell_all(&mut self, written: impl Fn(&str) -> Option<String>) {
        let keys = self.values.keys().filter_map(|key| Some((key.clone(), written(key)?)));
        self.spellings = keys.filter(|(lower, written)| lower != written).collect();
    }

    /// The same context with one more value of a key.
    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Self {
        let lower = key.to_lowercase();
        self.spell(&lower, key);
        self.values.entry(lower).or_default().push(value.to_owned());
        self
    }

    /// All keys, as they were written last, with their values, in the order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.values.iter().map(|(key, values)| (self.spellings.get(key).unwrap_or(key).as_str(), values.as_slice()))
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
    /// `s3:GetObject on arn:aws:s3:::b/x when aws:RequestedRegion is ap-northeast-1`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} on {}", self.action, self.resource)?;
        for (number, (key, values)) in self.context.iter().enumerate() {
            let word = if number == 0 { "when" } else { "and" };
            write!(formatter, " {word} {key} is {}", values.join(" and "))?;
        }
        Ok(())
    }
}
