//! Which policies give somebody access to a service.

use policy::{Effect, glob};

use super::page::truncation;
use super::{Context, Family, Reply, last_accessed};
use crate::authorize::rights::Source;
use crate::state::iam::{AccountIam, OwnRights};
use crate::wire::xml::Xml;

pub(super) const OPERATIONS: Family = &[("ListPoliciesGrantingServiceAccess", list)];

fn list(context: &mut Context<'_>) -> Reply {
    let arn = context.required("Arn")?.to_owned();
    let services = context.form.texts("ServiceNamespaces");
    let account = context.account();
    let sources = last_accessed::sources_of(context, &arn)?;
    let iam: &AccountIam = context.own();
    let rows = services.iter().map(|service| {
        let granting = sources.iter().filter(|source| grants(source, service));
        let policies = granting.filter_map(|source| {
            let own = iam.policies.keys().find(|key| key.rsplit('/').next() == Some(source.id.as_str()));
            match source.kind {
                "aws-managed" => {
                    Some(managed(&source.id, policy::managed::resolve(&source.id).map(|found| found.arn())))
                }
                "user-managed" => Some(managed(&source.id, own.map(|key| super::policy::arn_of(account, key)))),
                kind => inline(iam, kind, &source.id),
            }
        });
        Xml::default().leaf("ServiceNamespace", service).list("Policies", policies.collect::<Vec<_>>())
    });
    let rows: Vec<Xml> = rows.collect();
    Ok(Some(truncation(Xml::default().list("PoliciesGrantingServiceAccess", rows), None)))
}

fn managed(name: &str, arn: Option<String>) -> Xml {
    Xml::default().leaf("PolicyName", name).leaf("PolicyType", "MANAGED").maybe("PolicyArn", arn)
}

/// The source's id is `kind_holder_policy`, and both names may hold `_`: so it is looked for.
fn inline(iam: &AccountIam, kind: &str, id: &str) -> Option<Xml> {
    let held: Vec<(&String, Vec<&str>)> = match kind {
        "user" => iam.users.iter().map(|(name, user)| (name, names(&user.rights))).collect(),
        "group" => iam.groups.iter().map(|(name, group)| (name, names(&group.rights))).collect(),
        _ => iam
            .roles
            .iter()
            .map(|(name, role)| (name, role.inline().into_iter().map(|(name, _)| name).collect()))
            .collect(),
    };
    let all = held.iter().flat_map(|(holder, policies)| policies.iter().map(move |policy| (holder.as_str(), *policy)));
    let (holder, policy) = all.into_iter().find(|(holder, policy)| format!("{kind}_{holder}_{policy}") == id)?;
    let xml = Xml::default().leaf("PolicyName", policy).leaf("PolicyType", "INLINE");
    Some(xml.leaf("EntityType", kind.to_uppercase()).leaf("EntityName", holder))
}

fn names(rights: &OwnRights) -> Vec<&str> {
    rights.inline.keys().map(String::as_str).collect()
}

fn grants(source: &Source, service: &str) -> bool {
    let parsed = policy::parse(&source.text).policy.unwrap_or_default();
    parsed.statements.iter().filter(|statement| statement.effect.value == Effect::Allow).any(|statement| {
        let mut prefixes = statement.action.patterns().map(|pattern| pattern.split(':').next().unwrap_or(pattern));
        statement.action.negated || prefixes.any(|prefix| glob::matches_ignore_case(prefix, service))
    })
}
