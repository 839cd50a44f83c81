//! IAM of the caller's own account: the reads that Identity Center's work shows in, and customer managed policies.

mod alias;
mod policy;
mod role;

use jiff::Timestamp;

use crate::call::Caller;
use crate::config::Config;
use crate::error::ApiError;
use crate::state::credential::Credentials;
use crate::state::iam::AccountIam;
use crate::state::id::AccountId;
use crate::state::world::World;
use crate::wire::query::Form;
use crate::wire::route::invalid_action;
use crate::wire::xml::Xml;

pub(crate) const NAMESPACE: &str = "https://iam.amazonaws.com/doc/2010-05-08/";

/// Everything an operation of a query service sees and changes.
pub(crate) struct Context<'a> {
    pub(crate) world: &'a mut World,
    pub(crate) config: &'a Config,
    pub(crate) credentials: &'a mut Credentials,
    pub(crate) now: Timestamp,
    pub(crate) caller: &'a Caller,
    pub(crate) form: &'a Form,
}

impl Context<'_> {
    /// The account the caller's key belongs to.
    pub(crate) fn account(&self) -> AccountId {
        self.caller.identity.account
    }

    pub(crate) fn required(&self, name: &str) -> Result<&str, ApiError> {
        let lower = name.chars().next().map(|first| format!("{}{}", first.to_lowercase(), name.get(1..).unwrap_or("")));
        self.form.get(name).filter(|value| !value.is_empty()).ok_or_else(|| {
            ApiError::new(
                "ValidationError",
                format!(
                    "1 validation error detected: Value null at '{}' failed to satisfy constraint: Member must not be \
                     null",
                    lower.unwrap_or_default()
                ),
            )
        })
    }

    fn own(&mut self) -> &mut AccountIam {
        let account = self.account();
        self.world.iam.entry(account).or_default()
    }
}

pub(crate) fn serve(context: &mut Context<'_>, operation: &str) -> Result<Option<Xml>, ApiError> {
    match operation {
        "GetRole" => role::get(context).map(Some),
        "ListRoles" => role::list(context).map(Some),
        "CreateRole" => role::create(context).map(Some),
        "DeleteRole" => role::delete(context).map(|()| None),
        "ListAttachedRolePolicies" => role::list_attached(context).map(Some),
        "ListRolePolicies" => role::list_inline(context).map(Some),
        "GetRolePolicy" => role::get_inline(context).map(Some),
        "GetPolicy" => policy::get(context).map(Some),
        "GetPolicyVersion" => policy::get_version(context).map(Some),
        "ListPolicies" => policy::list(context).map(Some),
        "CreatePolicy" => policy::create(context).map(Some),
        "DeletePolicy" => policy::delete(context).map(|()| None),
        "ListAccountAliases" => Ok(Some(alias::list(context))),
        _ => Err(invalid_action(operation, "2010-05-08")),
    }
}

fn no_such_entity(message: String) -> ApiError {
    ApiError::new("NoSuchEntity", message).with_status(404)
}

fn already_exists(message: String) -> ApiError {
    ApiError::new("EntityAlreadyExists", message).with_status(409)
}

/// One page of items ordered by name: `MaxItems`, `Marker`, `IsTruncated`.
fn page<'a, T>(context: &Context<'_>, items: impl Iterator<Item = (&'a str, T)>) -> (Vec<T>, Option<String>) {
    let size = context.form.get("MaxItems").and_then(|size| size.parse::<usize>().ok()).unwrap_or(100).clamp(1, 1000);
    let after = context.form.get("Marker").and_then(|marker| String::from_utf8(hex::decode(marker).ok()?).ok());
    let mut items = items.skip_while(|(name, _)| after.as_deref().is_some_and(|after| *name <= after)).peekable();
    let mut taken = Vec::new();
    let mut last = "";
    while taken.len() < size {
        let Some((name, item)) = items.next() else { break };
        taken.push(item);
        last = name;
    }
    let marker = items.peek().is_some().then(|| hex::encode(last));
    (taken, marker)
}

fn truncation(xml: Xml, marker: Option<String>) -> Xml {
    let truncated = if marker.is_some() { "true" } else { "false" };
    xml.leaf("IsTruncated", truncated).maybe("Marker", marker)
}

fn tags(form: &Form) -> Vec<(String, String)> {
    let members = form.members("Tags");
    members.iter().filter_map(|tag| Some((tag.get("Key")?.to_owned(), tag.get("Value")?.to_owned()))).collect()
}

fn tags_xml(tags: &std::collections::BTreeMap<String, String>) -> impl Iterator<Item = Xml> {
    tags.iter().map(|(key, value)| Xml::default().leaf("Key", key).leaf("Value", value))
}
