//! The ARNs a call has to be allowed on, by the kinds of the table.

use serde_json::Value;

use super::Asked;
use super::table::Row;
use crate::state::credential::IamPrincipal;
use crate::state::id::AccountId;
use crate::wire::route::Service;

/// The resources of a call. What the request does not name is not asked about; where nothing is left, it is `*`.
pub(crate) fn of(asked: &Asked<'_>, row: &Row) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for kind in &row.kinds {
        match asked.service {
            Service::SsoAdmin => found.extend(identity_center(asked, kind)),
            Service::IdentityStore => found.extend(identity_store(asked, kind)),
            Service::Organizations => found.extend(organizations(asked, kind)),
            Service::Iam | Service::Sts => found.extend(iam(asked, kind)),
            Service::S3 => found.extend(storage(asked, kind)),
            Service::CloudTrail => found.extend(trail(asked, kind)),
            Service::AccountAccess => found.extend(text(asked, "applicationArn").map(str::to_owned)),
            Service::Athena => found.extend(athena(asked, kind)),
            Service::SsoOidc | Service::SsoPortal => {}
        }
    }
    if found.is_empty() { vec!["*".to_owned()] } else { found }
}

fn text<'a>(asked: &Asked<'a>, member: &str) -> Option<&'a str> {
    asked.input.get(member).and_then(Value::as_str)
}

fn storage(asked: &Asked<'_>, kind: &str) -> Option<String> {
    let bucket = text(asked, "Bucket")?;
    match kind {
        "bucket" => Some(format!("arn:aws:s3:::{bucket}")),
        "object" => Some(format!("arn:aws:s3:::{bucket}/{}", text(asked, "Key")?)),
        _ => None,
    }
}

fn trail(asked: &Asked<'_>, kind: &str) -> Option<String> {
    if kind != "trail" {
        return None;
    }
    let name = text(asked, "Name").or_else(|| text(asked, "TrailName"))?;
    if name.starts_with("arn:") {
        return Some(name.to_owned());
    }
    Some(format!("arn:aws:cloudtrail:{}:{}:trail/{name}", asked.region, asked.caller.identity.account))
}

fn athena(asked: &Asked<'_>, kind: &str) -> Option<String> {
    let start = format!("arn:aws:athena:{}:{}", asked.region, asked.caller.identity.account);
    match kind {
        "workgroup" => Some(format!("{start}:workgroup/{}", text(asked, "WorkGroup").unwrap_or("primary"))),
        "datacatalog" => {
            Some(format!("{start}:datacatalog/{}", text(asked, "CatalogName").unwrap_or("AwsDataCatalog")))
        }
        _ => None,
    }
}

fn identity_center(asked: &Asked<'_>, kind: &str) -> Option<String> {
    let tagged = text(asked, "ResourceArn");
    match kind {
        "instance" => text(asked, "InstanceArn").map(str::to_owned),
        "set" => text(asked, "PermissionSetArn")
            .or_else(|| tagged.filter(|arn| arn.contains(":permissionSet/")))
            .map(str::to_owned),
        "application" => text(asked, "ApplicationArn")
            .or_else(|| tagged.filter(|arn| arn.contains(":application/")))
            .map(str::to_owned),
        "provider" => text(asked, "ApplicationProviderArn").map(str::to_owned),
        "issuer" => text(asked, "TrustedTokenIssuerArn")
            .or_else(|| tagged.filter(|arn| arn.contains(":trustedTokenIssuer/")))
            .map(str::to_owned),
        "account" => {
            let id = text(asked, "TargetId").or_else(|| text(asked, "AccountId"))?;
            Some(format!("arn:aws:sso:::account/{id}"))
        }
        _ => None,
    }
}

fn identity_store(asked: &Asked<'_>, kind: &str) -> Option<String> {
    let management = asked.world.organization.management;
    let member = || asked.input.get("MemberId").and_then(|member| member.get("UserId")).and_then(Value::as_str);
    let named = |kind: &str, id: Option<&str>| format!("arn:aws:identitystore:::{kind}/{}", id.unwrap_or("*"));
    match kind {
        "store" => {
            let id = text(asked, "IdentityStoreId")?;
            Some(format!("arn:aws:identitystore::{management}:identitystore/{id}"))
        }
        "user" => Some(named("user", text(asked, "UserId").or_else(member))),
        "group" => Some(named("group", text(asked, "GroupId"))),
        "membership" => Some(named("membership", text(asked, "MembershipId"))),
        _ => None,
    }
}

fn organizations(asked: &Asked<'_>, kind: &str) -> Vec<String> {
    const MEMBERS: [&str; 11] = [
        "PolicyId",
        "TargetId",
        "ResourceId",
        "AccountId",
        "OrganizationalUnitId",
        "ParentId",
        "ChildId",
        "RootId",
        "SourceParentId",
        "DestinationParentId",
        "HandshakeId",
    ];
    if kind != "target" {
        return Vec::new();
    }
    let organization = &asked.world.organization;
    let ids = MEMBERS.iter().filter_map(|member| text(asked, member));
    let arn = |id: &str| match AccountId::parse(id) {
        Some(account) => organization.account_arn(account),
        None if id.starts_with("h-") => {
            // an invitation is of the organization that sent it
            let sender = asked.world.organizations().find(|other| other.handshakes.contains_key(id));
            sender.unwrap_or(organization).handshake_arn(id)
        }
        None if id.starts_with("r-") => organization.root_arn(),
        None if id.starts_with("p-") => organization.policy_arn(id),
        None => organization.unit_arn(id),
    };
    ids.map(arn).collect()
}

fn iam(asked: &Asked<'_>, kind: &str) -> Option<String> {
    let account = asked.caller.identity.account;
    let own = asked.world.iam.get(&account);
    let prefix = text(asked, "PathPrefix").unwrap_or("/");
    // what does not exist yet has the path of the request
    let new_path = text(asked, "Path").unwrap_or("/");
    let named = |kind: &str, path: Option<&str>, name: &str| {
        format!("arn:aws:iam::{account}:{kind}{}{name}", path.unwrap_or(new_path))
    };
    match kind {
        "user" => {
            let name = user_of(asked)?;
            let path = own.and_then(|iam| iam.users.get(name)).map(|user| user.path.as_str());
            Some(named("user", path, name))
        }
        "group" => {
            let name = text(asked, "GroupName")?;
            let path = own.and_then(|iam| iam.groups.get(name)).map(|group| group.path.as_str());
            Some(named("group", path, name))
        }
        "role" => {
            let name = text(asked, "RoleName")?;
            let path = own.and_then(|iam| iam.roles.get(name)).map(|role| role.path.as_str());
            Some(named("role", path, name))
        }
        "policy" => match text(asked, "PolicyArn") {
            Some(arn) => Some(arn.to_owned()),
            None => Some(named("policy", None, text(asked, "PolicyName")?)),
        },
        "mfa" => match text(asked, "SerialNumber") {
            Some(arn) => Some(arn.to_owned()),
            None => Some(named("mfa", None, text(asked, "VirtualMFADeviceName")?)),
        },
        "profile" => {
            let name = text(asked, "InstanceProfileName")?;
            let path = own.and_then(|iam| iam.instance_profiles.get(name)).map(|profile| profile.path.as_str());
            Some(named("instance-profile", path, name))
        }
        "certificate" => {
            let name = text(asked, "ServerCertificateName")?;
            let path = own.and_then(|iam| iam.server_certificates.get(name)).map(|found| found.path.as_str());
            Some(named("server-certificate", path, name))
        }
        "oidc" => match text(asked, "OpenIDConnectProviderArn") {
            Some(arn) => Some(arn.to_owned()),
            None => {
                let url = text(asked, "Url")?;
                Some(named("oidc-provider", Some("/"), url.strip_prefix("https://").unwrap_or(url)))
            }
        },
        "saml" => match text(asked, "SAMLProviderArn") {
            Some(arn) => Some(arn.to_owned()),
            None => Some(named("saml-provider", Some("/"), text(asked, "Name")?)),
        },
        "service-role" => {
            let service = text(asked, "AWSServiceName")?;
            Some(format!("arn:aws:iam::{account}:role/aws-service-role/{service}/*"))
        }
        "federated" => Some(format!("arn:aws:sts::{account}:federated-user/{}", text(asked, "Name")?)),
        "arn" => text(asked, "Arn").or_else(|| text(asked, "PolicySourceArn")).map(str::to_owned),
        "role-arn" => text(asked, "RoleArn").map(str::to_owned),
        "users" => Some(named("user", Some(prefix), "")),
        "groups" => Some(named("group", Some(prefix), "")),
        "roles" => Some(named("role", Some(prefix), "")),
        "profiles" => Some(named("instance-profile", Some(prefix), "")),
        "certificates" => Some(named("server-certificate", Some(prefix), "")),
        "policies" => Some(format!("policy path {prefix}")),
        "mfas" => Some(named("mfa", Some("/"), "")),
        _ => None,
    }
}

/// The user of the request: named, behind a key, or the caller.
fn user_of<'a>(asked: &Asked<'a>) -> Option<&'a str> {
    if let Some(name) = text(asked, "UserName") {
        return Some(name);
    }
    if asked.operation == "GetAccessKeyLastUsed" {
        let key = text(asked, "AccessKeyId")?;
        let users = &asked.world.iam.get(&asked.caller.identity.account)?.users;
        return users.iter().find(|(_, user)| user.keys.contains_key(key)).map(|(name, _)| name.as_str());
    }
    match &asked.caller.identity.principal {
        IamPrincipal::User(name) => Some(name),
        IamPrincipal::Role(_) => None,
    }
}
