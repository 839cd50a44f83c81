//! A company as a declaration: accounts, people, permission sets and who is granted what. The sandbox is seeded from it,
//! and whoever writes a catalog for the same company reads the same values.

mod build;
mod grants;
mod sample;
mod selector;
mod sets;
mod start;
mod synthetic;
mod wild;

use serde::{Deserialize, Serialize};

pub(crate) use build::FOUNDED;
pub use start::Start;

/// Everything that is declared about a company.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Company {
    /// All accounts, the management and the delegated administrator account among them.
    pub accounts: Vec<CompanyAccount>,
    /// All people.
    pub people: Vec<Person>,
    /// All groups.
    pub groups: Vec<Team>,
    /// All permission sets.
    pub permission_sets: Vec<SetDeclaration>,
    /// Customer managed policies that exist in accounts.
    pub customer_policies: Vec<CustomerPolicy>,
    /// Who is granted what, where.
    pub grants: Vec<Grant>,
}

/// An account and its place in the organization.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CompanyAccount {
    /// Twelve digits.
    pub id: String,
    /// The account's name, unique in the company.
    pub name: String,
    /// Names of the OUs above it (`/service/minimo`); `/` directly below the root.
    pub unit: String,
    /// Whether AWS suspended it. Grants leave it out.
    pub suspended: bool,
    /// What it is to the organization.
    pub part: Part,
    /// Tags, in order.
    pub tags: Vec<(String, String)>,
}

impl CompanyAccount {
    /// `name@example.com`
    pub fn email(&self) -> String {
        format!("aws+{}@example.com", self.name)
    }
}

/// What an account is to the organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Owns the organization. There is exactly one.
    Management,
    /// Administers Identity Center. There is at most one.
    Delegated,
    /// Any other.
    Member,
}

/// A person, as a user of the identity store.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Person {
    /// The name to sign in with; also the e-mail address.
    pub user_name: String,
    /// Family name in the person's own script.
    pub family_name: String,
    /// Given name in the person's own script.
    pub given_name: String,
    /// Names of the groups the person is in.
    pub groups: Vec<String>,
}

impl Person {
    /// `山田 花子`
    pub fn display_name(&self) -> String {
        format!("{} {}", self.family_name, self.given_name)
    }
}

/// A group of the identity store.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Team {
    /// Its display name.
    pub name: String,
    /// What it is for.
    pub description: String,
}

/// A permission set.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SetDeclaration {
    /// AWS's name.
    pub name: String,
    /// The name people use, in any language. AWS never sees it.
    pub title: String,
    /// Latin-1 text for AWS.
    pub description: String,
    /// ISO 8601, `PT1H`–`PT12H`.
    pub session_duration: String,
    /// The console page a session opens on.
    pub relay_state: Option<String>,
    /// AWS managed policies by what follows `arn:aws:iam::aws:policy/`.
    pub managed_policies: Vec<String>,
    /// Customer managed policies by name and path.
    pub customer_managed_policies: Vec<(String, String)>,
    /// The inline policy, a JSON document.
    pub inline_policy: Option<serde_json::Value>,
    /// An AWS managed policy as permissions boundary.
    pub managed_boundary: Option<String>,
    /// Tags, in order.
    pub tags: Vec<(String, String)>,
}

/// A customer managed policy that exists in accounts.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CustomerPolicy {
    /// Its name.
    pub name: String,
    /// Its path, with `/` at both ends.
    pub path: String,
    /// The JSON document.
    pub document: serde_json::Value,
    /// Selectors of the accounts it is in.
    pub accounts: Vec<String>,
}

/// Principals × sets × accounts. The texts are those of a catalog: `group:NAME`, `user:NAME`; account selectors by name,
/// id, `ou:/service/minimo/**` (with `/**` for everything below), `tag:key=value`, `name:*-prod`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Grant {
    /// Who.
    pub principals: Vec<String>,
    /// What.
    pub permission_sets: Vec<String>,
    /// Where.
    pub accounts: Vec<String>,
    /// Where not.
    pub except: Vec<String>,
}

/// What one grant comes down to: a principal, a set and an account, by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Assigned {
    /// The account's name.
    pub account: String,
    /// The set's name.
    pub permission_set: String,
    /// `group:NAME` or `user:NAME`.
    pub principal: String,
}

/// A declaration that names something it does not declare, or that AWS would refuse.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum CompanyError {
    #[error("no account matches `{0}`")]
    NoAccount(String),
    #[error("`{0}` is not an account id of twelve digits")]
    AccountId(String),
    #[error("there must be exactly one management account, not {0}")]
    Management(usize),
    #[error("no permission set named `{0}`")]
    NoSet(String),
    #[error("no principal named `{0}`; write `group:NAME` or `user:NAME`")]
    NoPrincipal(String),
    #[error("permission set `{set}`: {reason}")]
    Refused { set: String, reason: String },
    #[error("the settings have no trail with a bucket to put the company's log into")]
    NoTrail,
}
