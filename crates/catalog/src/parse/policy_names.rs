//! Managed policies by name or ARN, customer managed policies by name and path.

use model::{CustomerManagedPolicy, ManagedPolicyArn, PermissionsBoundary};

use super::texts::{is_policy_name, is_policy_path};
use crate::reader::{Reader, Text};
use crate::shape;
use crate::yaml::{Node, Value};

/// A managed policy, and whether it was written by its short name.
pub(super) struct ManagedPolicy {
    pub(super) arn: ManagedPolicyArn,
    pub(super) short: bool,
}

impl Reader<'_, '_> {
    /// `ReadOnlyAccess`, `job-function/Billing`, or an ARN.
    pub(super) fn managed_policy(&mut self, text: Text<'_>) -> Option<ManagedPolicy> {
        if text.text.starts_with("arn:") {
            return self.managed_policy_arn(text).map(|arn| ManagedPolicy { arn, short: false });
        }
        if let Some(found) = policy::managed::resolve(text.text) {
            let arn = ManagedPolicyArn::new(found.arn()).ok()?;
            return Some(ManagedPolicy { arn, short: true });
        }
        let (path, name) = text.text.rsplit_once('/').unwrap_or(("", text.text));
        let path = if path.is_empty() { "/".to_owned() } else { format!("/{}/", path.trim_matches('/')) };
        if !is_policy_name(name) || !is_policy_path(&path) {
            let problem =
                self.file.error("managed-policy-name", text.span, format!("`{}` is no name of a policy", text.text));
            let help = "write the name as in ReadOnlyAccess, or the ARN; names have letters, digits and `_+=,.@-`";
            self.report(problem.label("not a policy name").help(help));
            return None;
        }
        self.warn_unknown(text);
        let arn = ManagedPolicyArn::new(format!("{}{path}{name}", policy::managed::ARN_PREFIX)).ok()?;
        Some(ManagedPolicy { arn, short: true })
    }

    fn managed_policy_arn(&mut self, text: Text<'_>) -> Option<ManagedPolicyArn> {
        let parts: Vec<&str> = text.text.splitn(6, ':').collect();
        let [_, partition, "iam", "", owner, resource] = parts.as_slice() else {
            return self.wrong_arn(text, "not an ARN of a policy");
        };
        let Some(rest) = resource.strip_prefix("policy/") else {
            return self.wrong_arn(text, "not an ARN of a policy");
        };
        let (path, name) =
            rest.rsplit_once('/').map_or(("/".to_owned(), rest), |(path, name)| (format!("/{path}/"), name));
        if !is_policy_name(name) || !is_policy_path(&path) || !(*partition == "aws" || partition.starts_with("aws-")) {
            return self.wrong_arn(text, "not an ARN of a policy");
        }
        if *owner != "aws" {
            let problem =
                self.file.error("managed-policy-arn", text.span, format!("`{}` is a policy of your own", text.text));
            let help = format!("list it under `customer_managed_policies`: {{name: {name}, path: {path}}}");
            self.report(problem.label("not an AWS managed policy").help(help));
            return None;
        }
        let commercial = format!("{}{path}{name}", policy::managed::ARN_PREFIX);
        if policy::managed::by_arn(&commercial).is_none() {
            self.warn_unknown(text);
        }
        ManagedPolicyArn::new(text.text).ok()
    }

    fn wrong_arn(&mut self, text: Text<'_>, label: &str) -> Option<ManagedPolicyArn> {
        let problem =
            self.file.error("managed-policy-arn", text.span, format!("`{}` is no ARN of a managed policy", text.text));
        self.report(
            problem.label(label).help("it looks like arn:aws:iam::aws:policy/ReadOnlyAccess; the name alone will do"),
        );
        None
    }

    fn warn_unknown(&mut self, text: Text<'_>) {
        let message = format!("no AWS managed policy `{}` is known", text.text);
        let problem = self.file.warning("unknown-managed-policy", text.span, message);
        let near = policy::managed::nearest(text.text, 3);
        let help = policy::did_you_mean(&near)
            .unwrap_or_else(|| "check the name in the console; a policy newer than the list is fine".to_owned());
        self.report(problem.label(format!("not in AWS's list of {}", policy::managed::DATE)).help(help));
    }

    /// `{name: …, path: …}`.
    pub(super) fn customer_managed_policy(&mut self, node: &Node) -> Option<CustomerManagedPolicy> {
        if let Value::Scalar { text, .. } = &node.value
            && !node.is_null()
        {
            let (path, name) = match text.rsplit_once(":policy/") {
                Some((_, rest)) => {
                    rest.rsplit_once('/').map_or((None, rest), |(path, name)| (Some(format!("/{path}/")), name))
                }
                None => (None, text.as_str()),
            };
            let path = path.map(|path| format!(", path: {path}")).unwrap_or_default();
            let help = format!("write {{name: {name}{path}}}");
            self.wrong_type(node, "a customer managed policy", "a mapping", help);
            return None;
        }
        let fields = self.mapping(node, &shape::CUSTOMER_MANAGED_POLICY)?;
        let name = self.text_of(&fields, "name");
        let path = self.text_of(&fields, "path");
        let mut valid = !fields.broken;
        if let Some(name) = name
            && !is_policy_name(name.text)
        {
            valid = false;
            let problem =
                self.file.error("customer-policy-name", name.span, format!("`{}` is no name of a policy", name.text));
            self.report(problem.label("not a policy name").help("1–128 letters, digits and `_+=,.@-`; not the ARN"));
        }
        if let Some(path) = path
            && !is_policy_path(path.text)
        {
            valid = false;
            let problem =
                self.file.error("customer-policy-path", path.span, format!("`{}` is no path of a policy", path.text));
            let wanted = format!("/{}/", path.text.trim_matches('/'));
            let help =
                if is_policy_path(&wanted) { format!("write {wanted}") } else { "write it as in /team/".to_owned() };
            self.report(problem.label("a path begins and ends with `/`").help(help));
        }
        let path_given = fields.get("path").is_some();
        let policy = CustomerManagedPolicy {
            name: name?.text.to_owned(),
            path: if path_given { path?.text.to_owned() } else { "/".to_owned() },
        };
        valid.then_some(policy)
    }

    /// A boundary: text is an AWS managed policy, a mapping one of your own.
    pub(super) fn boundary(&mut self, node: &Node) -> Option<(PermissionsBoundary, bool)> {
        if matches!(node.value, Value::Mapping { .. }) {
            return self
                .customer_managed_policy(node)
                .map(|policy| (PermissionsBoundary::CustomerManaged(policy), false));
        }
        let text = self.text(node, "`permissions_boundary`")?;
        let policy = self.managed_policy(text)?;
        Some((PermissionsBoundary::Managed(policy.arn), policy.short))
    }
}
