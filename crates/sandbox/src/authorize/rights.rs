//! What decides about a principal: its policies and its groups', its boundary, and the organization's.

use policy::managed;
use policy::{Permissions, Policy, Prepared};

use crate::state::credential::{IamPrincipal, Identity};
use crate::state::iam::{AccountIam, OwnRights};
use crate::state::id::AccountId;
use crate::state::world::World;

const ADMINISTRATOR_ACCESS: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

/// A policy with what SimulatePrincipalPolicy calls it.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) id: String,
    /// `user`, `group`, `role`, `aws-managed`, `user-managed`.
    pub(crate) kind: &'static str,
    pub(crate) text: String,
}

impl Source {
    /// Ready to be evaluated. A policy that cannot be understood says nothing.
    pub(crate) fn prepared(&self) -> Option<Prepared> {
        let parsed = policy::parse(&self.text).policy.unwrap_or_default();
        Prepared::new(&self.id, &parsed).or_else(|_| Prepared::new(&self.id, &Policy::default())).ok()
    }
}

/// Everything that decides about the calls of this identity.
pub(crate) fn permissions(world: &World, identity: &Identity) -> Permissions {
    let account = identity.account;
    let identity_policies = sources(world, account, &identity.principal);
    let session = identity.session.as_ref().map(|session| session.policies.iter()).into_iter().flatten();
    let session = session.map(|text| Source { id: "session".to_owned(), kind: "none", text: text.clone() });
    Permissions {
        identity: identity_policies.iter().filter_map(Source::prepared).collect(),
        boundary: boundary(world, account, &identity.principal).and_then(|source| source.prepared()),
        service_control: service_control(world, account),
        session: session.filter_map(|source| source.prepared()).collect(),
    }
}

/// The identity policies: attached and inline, for a user also those of the groups.
pub(crate) fn sources(world: &World, account: AccountId, principal: &IamPrincipal) -> Vec<Source> {
    let Some(iam) = world.iam.get(&account) else { return Vec::new() };
    match principal {
        IamPrincipal::User(name) => {
            let Some(user) = iam.users.get(name) else { return Vec::new() };
            let mut found = of_rights(iam, account, "user", name, &user.rights);
            for (group, held) in iam.groups_of(user) {
                found.extend(of_rights(iam, account, "group", group, &held.rights));
            }
            found
        }
        IamPrincipal::Role(name) => {
            let Some(role) = iam.roles.get(name) else { return Vec::new() };
            let inline = role.inline().into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
            let rights = OwnRights { attached: role.attached(account), inline, boundary: None };
            of_rights(iam, account, "role", name, &rights)
        }
    }
}

/// The policies of one user, group or role.
pub(crate) fn of_rights(
    iam: &AccountIam,
    account: AccountId,
    kind: &'static str,
    name: &str,
    rights: &OwnRights,
) -> Vec<Source> {
    let attached = rights.attached.iter().filter_map(|arn| managed_source(iam, account, arn));
    let inline = rights.inline.iter();
    let inline =
        inline.map(|(policy, text)| Source { id: format!("{kind}_{name}_{policy}"), kind, text: text.clone() });
    attached.chain(inline).collect()
}

/// The permissions boundary. One that names a policy that is gone allows nothing.
pub(crate) fn boundary(world: &World, account: AccountId, principal: &IamPrincipal) -> Option<Source> {
    let iam = world.iam.get(&account)?;
    let arn = match principal {
        IamPrincipal::User(name) => iam.users.get(name)?.rights.boundary.clone()?,
        IamPrincipal::Role(name) => iam.roles.get(name)?.boundary(account)?,
    };
    let nothing = || Source { id: arn.clone(), kind: "user-managed", text: String::new() };
    Some(managed_source(iam, account, &arn).unwrap_or_else(nothing))
}

/// The service control policies of the account's organization, level by level; none bind the management account.
pub(crate) fn service_control(world: &World, account: AccountId) -> Vec<Vec<Prepared>> {
    let organization = world.organization_of(account);
    let levels = organization.map(|organization| organization.service_control(account)).unwrap_or_default();
    let prepared =
        |(id, text): (&str, &str)| Source { id: id.to_owned(), kind: "none", text: text.to_owned() }.prepared();
    levels.into_iter().map(|level| level.into_iter().filter_map(prepared).collect()).collect()
}

/// A managed policy with its document.
pub(crate) fn managed_source(iam: &AccountIam, account: AccountId, arn: &str) -> Option<Source> {
    let id = arn.rsplit('/').next().unwrap_or(arn).to_owned();
    if arn == ADMINISTRATOR_ACCESS {
        // everybody has it here, and unpacking all of AWS's documents for it would take a start-up's time
        let text = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
        return Some(Source { id, kind: "aws-managed", text: text.to_owned() });
    }
    if let Some(found) = managed::by_arn(arn) {
        return Some(Source { id, kind: "aws-managed", text: found.document().to_owned() });
    }
    let key = arn.strip_prefix(&format!("arn:aws:iam::{account}:policy"))?;
    let text = iam.policies.get(key)?.document().to_owned();
    Some(Source { id, kind: "user-managed", text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortcut_of_administrator_access_says_what_aws_s_document_says() {
        let iam = AccountIam::default();
        let short = managed_source(&iam, AccountId::from_number(1), ADMINISTRATOR_ACCESS).unwrap();
        let full = managed::by_arn(ADMINISTRATOR_ACCESS).unwrap().policy().unwrap();
        let short = policy::parse(&short.text).policy.unwrap();
        assert_eq!(short.fingerprint(), full.fingerprint());
    }
}
