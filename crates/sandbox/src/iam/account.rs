//! The account as a whole: its alias and its numbers.

use super::page::truncation;
use super::{Context, Family, Reply, already_exists, no_such_entity};
use crate::error::ApiError;
use crate::wire::xml::Xml;

pub(super) const OPERATIONS: Family = &[
    ("ListAccountAliases", list_aliases),
    ("CreateAccountAlias", create_alias),
    ("DeleteAccountAlias", delete_alias),
    ("GetAccountSummary", summary),
    ("SetSecurityTokenServicePreferences", |_| Ok(None)),
];

fn list_aliases(context: &mut Context<'_>) -> Reply {
    let aliases = context.own().alias.clone();
    Ok(Some(truncation(Xml::default().texts("AccountAliases", aliases), None)))
}

/// Aliases are unique among all of AWS: here, among the organization. A second one replaces the first.
fn create_alias(context: &mut Context<'_>) -> Reply {
    let (account, alias) = (context.account(), context.required("AccountAlias")?.to_owned());
    if alias.contains("--") {
        return Err(ApiError::new(
            "ValidationError",
            format!(
                "1 validation error detected: Value '{alias}' at 'accountAlias' failed to satisfy constraint: Member \
                 must satisfy regular expression pattern: ^[a-z0-9]([a-z0-9]|-(?!-)){{1,61}}[a-z0-9]$"
            ),
        ));
    }
    let taken = |(id, iam): (&crate::state::id::AccountId, &crate::state::iam::AccountIam)| {
        *id != account && iam.alias.as_deref() == Some(alias.as_str())
    };
    if context.world.iam.iter().any(taken) {
        return Err(already_exists(format!("The account alias {alias} already exists.")));
    }
    context.own().alias = Some(alias);
    Ok(None)
}

fn delete_alias(context: &mut Context<'_>) -> Reply {
    let alias = context.required("AccountAlias")?.to_owned();
    let own = &mut context.own().alias;
    if own.as_deref() != Some(alias.as_str()) {
        return Err(no_such_entity(format!("The account alias {alias} does not exist.")));
    }
    *own = None;
    Ok(None)
}

fn summary(context: &mut Context<'_>) -> Reply {
    let iam = context.own();
    let in_use = iam.devices.values().filter(|device| device.enabled.is_some()).count();
    let versions: usize = iam.policies.values().map(|policy| policy.versions.len()).sum();
    let rows = [
        ("Users", iam.users.len()),
        ("UsersQuota", 5_000),
        ("Groups", iam.groups.len()),
        ("GroupsQuota", 300),
        ("Roles", iam.roles.len()),
        ("RolesQuota", 1_000),
        ("Policies", iam.policies.len()),
        ("PoliciesQuota", 1_500),
        ("PolicyVersionsInUse", versions),
        ("PolicyVersionsInUseQuota", 10_000),
        ("PolicySizeQuota", 6_144),
        ("VersionsPerPolicyQuota", 5),
        ("MFADevices", iam.devices.len()),
        ("MFADevicesInUse", in_use),
        ("AccountMFAEnabled", 0),
        ("AccountAccessKeysPresent", 0),
        ("AccountPasswordPresent", 1),
        ("AccountSigningCertificatesPresent", 0),
        ("AccessKeysPerUserQuota", 2),
        ("GroupsPerUserQuota", 10),
        ("AttachedPoliciesPerUserQuota", 10),
        ("AttachedPoliciesPerGroupQuota", 10),
        ("AttachedPoliciesPerRoleQuota", 10),
        ("UserPolicySizeQuota", 2_048),
        ("GroupPolicySizeQuota", 5_120),
        ("RolePolicySizeQuota", 10_240),
        ("AssumeRolePolicySizeQuota", 2_048),
        ("SigningCertificatesPerUserQuota", 2),
        ("ServerCertificates", iam.server_certificates.len()),
        ("ServerCertificatesQuota", 20),
        ("InstanceProfiles", iam.instance_profiles.len()),
        ("InstanceProfilesQuota", 1_000),
        ("Providers", iam.oidc_providers.len() + iam.saml_providers.len()),
        ("GlobalEndpointTokenVersion", 1),
    ];
    let entries = rows.into_iter().fold(Xml::default(), |xml, (key, value)| {
        xml.node("entry", Xml::default().leaf("key", key).leaf("value", value.to_string()))
    });
    Ok(Some(Xml::default().node("SummaryMap", entries)))
}
