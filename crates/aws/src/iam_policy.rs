//! The least an executor must be allowed, from the table of calls.

mod log;

use std::collections::BTreeSet;

use model::change::Scope;
use model::id::InstanceArn;
use serde_json::{Value, json};

use crate::api::{self, Api, Need, Service};

pub use log::log_policy;

/// What narrows, or widens, the policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyOptions {
    /// `aws`, `aws-cn`, `aws-us-gov`; `aws` if empty.
    pub partition: String,
    /// The instance, if the policy shall be for this one alone.
    pub instance_arn: Option<InstanceArn>,
    /// ARN of the customer managed KMS key of the instance, if it has one.
    pub kms_key_arn: Option<String>,
    /// Name of the role (with path) through which accounts are inspected, if one is.
    pub inspection_role: Option<String>,
}

/// IAM policy (JSON) that allows an executor of this scope exactly the calls this crate makes.
///
/// Resources are as narrow as the service authorization reference (November 2026) lets them be: Identity Center's
/// actions name instance, sets and accounts; listings of Organizations name nothing. Which accounts and sets may be
/// touched is not written here, because AWS cannot tell owned from foreign ones; that is the plan's checker's job.
#[must_use]
pub fn iam_policy(scope: &Scope, options: &PolicyOptions) -> String {
    let partition = if options.partition.is_empty() { "aws" } else { &options.partition };
    let names = Names::of(partition, options);
    let mut statements = vec![
        json!({
            "Sid": "FindOut",
            "Effect": "Allow",
            "Action": actions(|api| {
                api.need == Need::Reading
                    && (matches!(api.service, Service::Organizations | Service::Sts) || *api == api::LIST_INSTANCES)
            }),
            "Resource": "*",
        }),
        json!({
            "Sid": "ReadUsersAndGroups",
            "Effect": "Allow",
            "Action": actions(|api| api.service == Service::IdentityStore && api.need == Need::Reading),
            "Resource": names.identity_store,
        }),
        json!({
            "Sid": "ReadPermissionSetsAndAssignments",
            "Effect": "Allow",
            "Action": actions(|api| {
                let management = api.need == Need::Management && *scope == Scope::Management;
                api.service == Service::SsoAdmin
                    && (management || api.need == Need::Reading)
                    && *api != api::LIST_INSTANCES
            }),
            "Resource": names.identity_center,
        }),
        json!({
            "Sid": "ChangePermissionSetsAndAssignments",
            "Effect": "Allow",
            "Action": actions(|api| api.service == Service::SsoAdmin && api.need == Need::Writing),
            "Resource": names.identity_center,
        }),
    ];
    if *scope == Scope::Management {
        statements.extend(management_account_roles(partition));
    }
    if let Some(key) = &options.kms_key_arn {
        statements.extend(kms(key, &names));
    }
    if let Some(role) = &options.inspection_role {
        statements.push(json!({
            "Sid": "InspectAccounts",
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Resource": format!("arn:{partition}:iam::*:role/{}", role.trim_start_matches('/')),
        }));
        // in the caller's own account no role is assumed
        statements.push(json!({
            "Sid": "InspectOwnAccount", "Effect": "Allow", "Action": "iam:ListPolicies", "Resource": "*",
        }));
    }
    let policy = json!({ "Version": "2012-10-17", "Statement": statements });
    // A JSON value made above is always writable.
    serde_json::to_string_pretty(&policy).unwrap_or_default()
}

/// Who takes stock of IAM users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InventoryPart {
    /// Whoever runs the command: finds the accounts, enters them, and reads its own.
    Caller,
    /// The role that lies in each account.
    Role,
}

/// IAM policy (JSON) that allows exactly the calls of a stock-taking. The caller may enter accounts through
/// [`PolicyOptions::inspection_role`]; without one it reads its own account alone.
#[must_use]
pub fn inventory_policy(part: InventoryPart, options: &PolicyOptions) -> String {
    let partition = if options.partition.is_empty() { "aws" } else { &options.partition };
    let of_inventory = |api: &Api| api.need == Need::Inventory && api.service == Service::Iam;
    let mut statements = vec![
        json!({
            "Sid": "ReadIam",
            "Effect": "Allow",
            "Action": actions(|api| of_inventory(api) && !is_about_a_user(api)),
            "Resource": "*",
        }),
        json!({
            "Sid": "ReadIamUsers",
            "Effect": "Allow",
            "Action": actions(|api| of_inventory(api) && is_about_a_user(api)),
            "Resource": format!("arn:{partition}:iam::*:user/*"),
        }),
    ];
    if part == InventoryPart::Caller {
        let finds = |api: &Api| *api == api::ALL_ACCOUNTS || *api == api::GET_CALLER_IDENTITY;
        statements.push(json!({
            "Sid": "FindAccounts", "Effect": "Allow", "Action": actions(finds), "Resource": "*",
        }));
        if let Some(role) = &options.inspection_role {
            statements.push(json!({
                "Sid": "EnterAccounts",
                "Effect": "Allow",
                "Action": api::ASSUME_ROLE.action(),
                "Resource": format!("arn:{partition}:iam::*:role/{}", role.trim_start_matches('/')),
            }));
        }
    }
    let policy = json!({ "Version": "2012-10-17", "Statement": statements });
    // A JSON value made above is always writable.
    serde_json::to_string_pretty(&policy).unwrap_or_default()
}

/// IAM policy (JSON) of the role through which IAM users are changed: exactly the calls of a retirement, on users alone. Whoever may put
/// policies on users and make keys for them is an administrator in effect: the role is to be guarded like one.
#[must_use]
pub fn retirement_policy(options: &PolicyOptions) -> String {
    let partition = if options.partition.is_empty() { "aws" } else { &options.partition };
    let looks: [&Api; 7] = [
        &api::ACCESS_KEY_LAST_USED,
        &api::LIST_ACCESS_KEYS,
        &api::GET_LOGIN_PROFILE,
        &api::LIST_MFA_DEVICES,
        &api::LIST_SSH_PUBLIC_KEYS,
        &api::LIST_SERVICE_CREDENTIALS,
        &api::LIST_SIGNING_CERTIFICATES,
    ];
    let in_groups = |api: &Api| *api == api::ADD_USER_TO_GROUP || *api == api::REMOVE_USER_FROM_GROUP;
    let of_devices = |api: &Api| *api == api::DEACTIVATE_MFA_DEVICE || *api == api::DELETE_VIRTUAL_MFA_DEVICE;
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "ChangeIamUsers",
                "Effect": "Allow",
                "Action": actions(|api| {
                    (api.need == Need::Retirement && !in_groups(api) && *api != api::DELETE_VIRTUAL_MFA_DEVICE)
                        || looks.contains(&api)
                }),
                "Resource": format!("arn:{partition}:iam::*:user/*"),
            },
            {
                "Sid": "ChangeMemberships",
                "Effect": "Allow",
                "Action": actions(in_groups),
                "Resource": format!("arn:{partition}:iam::*:group/*"),
            },
            {
                "Sid": "RemoveDevices",
                "Effect": "Allow",
                "Action": actions(of_devices),
                "Resource": [format!("arn:{partition}:iam::*:mfa/*"), format!("arn:{partition}:iam::*:sms-mfa/*")],
            },
        ],
    });
    // A JSON value made above is always writable.
    serde_json::to_string_pretty(&policy).unwrap_or_default()
}

/// Actions of the inventory that the service authorization reference lets be narrowed to users.
fn is_about_a_user(api: &Api) -> bool {
    [
        &api::GET_LOGIN_PROFILE,
        &api::LIST_ACCESS_KEYS,
        &api::ACCESS_KEY_LAST_USED,
        &api::LIST_MFA_DEVICES,
        &api::LIST_SSH_PUBLIC_KEYS,
        &api::LIST_SERVICE_CREDENTIALS,
        &api::LIST_SIGNING_CERTIFICATES,
        &api::GENERATE_LAST_ACCESSED,
    ]
    .contains(&api)
}

/// Every IAM action the crate's calls need in this scope: `sso:ListInstances` …
#[must_use]
pub fn iam_actions(scope: &Scope) -> BTreeSet<String> {
    api::ALL
        .iter()
        .filter(|api| match api.need {
            Need::Reading | Need::Writing => true,
            Need::Management => *scope == Scope::Management,
            Need::Inspection | Need::Evidence | Need::Inventory | Need::Retirement => false,
        })
        .map(|api| api.action())
        .collect()
}

fn actions(wanted: impl Fn(&Api) -> bool) -> Vec<String> {
    let actions: BTreeSet<String> = api::ALL.iter().filter(|api| wanted(api)).map(|api| api.action()).collect();
    actions.into_iter().collect()
}

/// ARNs, narrowed to one instance where it is known.
struct Names {
    identity_center: Vec<String>,
    identity_store: Vec<String>,
    instance: String,
    store: String,
}

impl Names {
    fn of(partition: &str, options: &PolicyOptions) -> Self {
        let id = options.instance_arn.as_ref().and_then(|arn| arn.as_str().rsplit('/').next()).unwrap_or("*");
        let instance = format!("arn:{partition}:sso:::instance/{id}");
        let store = format!("arn:{partition}:identitystore::*:identitystore/*");
        Self {
            identity_center: vec![
                instance.clone(),
                format!("arn:{partition}:sso:::permissionSet/{id}/*"),
                format!("arn:{partition}:sso:::account/*"),
            ],
            identity_store: vec![
                store.clone(),
                format!("arn:{partition}:identitystore:::user/*"),
                format!("arn:{partition}:identitystore:::group/*"),
                format!("arn:{partition}:identitystore:::membership/*"),
            ],
            instance,
            store,
        }
    }
}

/// In the management account Identity Center writes its roles with the caller's own rights ("Identity-based policy
/// examples for IAM Identity Center", statement `AccessToSSOProvisionedRoles`); boundaries are newer than that page.
fn management_account_roles(partition: &str) -> [Value; 3] {
    [
        json!({
            "Sid": "ManagementAccountRoles",
            "Effect": "Allow",
            "Action": [
                "iam:AttachRolePolicy",
                "iam:CreateRole",
                "iam:DeleteRole",
                "iam:DeleteRolePermissionsBoundary",
                "iam:DeleteRolePolicy",
                "iam:DetachRolePolicy",
                "iam:GetRole",
                "iam:ListAttachedRolePolicies",
                "iam:ListRolePolicies",
                "iam:PutRolePermissionsBoundary",
                "iam:PutRolePolicy",
                "iam:UpdateRole",
                "iam:UpdateRoleDescription",
            ],
            "Resource": format!("arn:{partition}:iam::*:role/aws-reserved/sso.amazonaws.com/*"),
        }),
        json!({
            "Sid": "ManagementAccountProvider",
            "Effect": "Allow",
            "Action": ["iam:GetSAMLProvider", "iam:UpdateSAMLProvider"],
            "Resource": format!("arn:{partition}:iam::*:saml-provider/AWSSSO_*_DO_NOT_DELETE"),
        }),
        json!({
            "Sid": "ManagementAccountLists",
            "Effect": "Allow",
            "Action": ["iam:ListPolicies", "iam:ListRoles"],
            "Resource": "*",
        }),
    ]
}

/// Identity Center and the identity store use the key in the caller's name ("Baseline KMS key and IAM policy
/// statements"); of the identity store this crate only reads.
fn kms(key: &str, names: &Names) -> [Value; 2] {
    [
        json!({
            "Sid": "KeyThroughIdentityCenter",
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKeyWithoutPlaintext"],
            "Resource": key,
            "Condition": { "StringLike": {
                "kms:ViaService": "sso.*.amazonaws.com",
                "kms:EncryptionContext:aws:sso:instance-arn": names.instance,
            } },
        }),
        json!({
            "Sid": "KeyThroughIdentityStore",
            "Effect": "Allow",
            "Action": ["kms:Decrypt"],
            "Resource": key,
            "Condition": { "StringLike": {
                "kms:ViaService": "identitystore.*.amazonaws.com",
                "kms:EncryptionContext:aws:identitystore:identitystore-arn": names.store,
            } },
        }),
    ]
}
