#!/usr/bin/env python3
"""Write the request tables (`sso-admin.json`, …) that the sandbox validates against.

The source is botocore's service models (Apache-2.0, see LICENSE.botocore). Only the operations the sandbox serves are
kept, and of them only what a request is checked by: members, required, length, range, pattern, enum, and whether AWS calls it
sensitive (`s`). The others are kept
by name (`absent`), for the table of what is served and what is not (`docs/sandbox.md`).

    pip install botocore==1.44.5
    python3 generate.py            # rewrites the tables beside this file

A pattern is kept as AWS writes it (`p`, for the message) and, where Rust's `regex` reads it differently, as `r` (for the
check): `\\w` and `\\d` are ASCII in AWS, and look-ahead is left to hand-written checks.
"""

import gzip
import json
import pathlib

import botocore

HERE = pathlib.Path(__file__).parent
DATA = pathlib.Path(botocore.__file__).parent / "data"

SERVED = {
    "sso-admin": """
        ListInstances DescribeInstance ListRegions DescribeRegion
        CreatePermissionSet DescribePermissionSet UpdatePermissionSet DeletePermissionSet ListPermissionSets
        AttachManagedPolicyToPermissionSet DetachManagedPolicyFromPermissionSet ListManagedPoliciesInPermissionSet
        AttachCustomerManagedPolicyReferenceToPermissionSet DetachCustomerManagedPolicyReferenceFromPermissionSet
        ListCustomerManagedPolicyReferencesInPermissionSet
        PutInlinePolicyToPermissionSet GetInlinePolicyForPermissionSet DeleteInlinePolicyFromPermissionSet
        PutPermissionsBoundaryToPermissionSet GetPermissionsBoundaryForPermissionSet
        DeletePermissionsBoundaryFromPermissionSet
        TagResource UntagResource ListTagsForResource
        ProvisionPermissionSet DescribePermissionSetProvisioningStatus ListPermissionSetProvisioningStatus
        ListAccountsForProvisionedPermissionSet ListPermissionSetsProvisionedToAccount
        CreateAccountAssignment DeleteAccountAssignment ListAccountAssignments ListAccountAssignmentsForPrincipal
        DescribeAccountAssignmentCreationStatus DescribeAccountAssignmentDeletionStatus
        ListAccountAssignmentCreationStatus ListAccountAssignmentDeletionStatus
        UpdateInstance
        CreateInstanceAccessControlAttributeConfiguration DescribeInstanceAccessControlAttributeConfiguration
        UpdateInstanceAccessControlAttributeConfiguration DeleteInstanceAccessControlAttributeConfiguration
        ListApplicationProviders DescribeApplicationProvider
        CreateApplication DescribeApplication ListApplications UpdateApplication DeleteApplication
        CreateApplicationAssignment DescribeApplicationAssignment DeleteApplicationAssignment
        ListApplicationAssignments ListApplicationAssignmentsForPrincipal
        PutApplicationAssignmentConfiguration GetApplicationAssignmentConfiguration
        PutApplicationAccessScope GetApplicationAccessScope DeleteApplicationAccessScope ListApplicationAccessScopes
        CreateTrustedTokenIssuer DescribeTrustedTokenIssuer ListTrustedTokenIssuers UpdateTrustedTokenIssuer
        DeleteTrustedTokenIssuer
    """,
    "identitystore": """
        ListUsers DescribeUser CreateUser UpdateUser DeleteUser GetUserId
        ListGroups DescribeGroup CreateGroup UpdateGroup DeleteGroup GetGroupId
        ListGroupMemberships ListGroupMembershipsForMember IsMemberInGroups
        CreateGroupMembership DeleteGroupMembership DescribeGroupMembership GetGroupMembershipId
        DescribeIdentityStore ListIdentityStores UpdateIdentityStore
    """,
    "organizations": """
        CreateOrganization DeleteOrganization DescribeEffectivePolicy
        DescribeOrganization ListRoots ListOrganizationalUnitsForParent ListAccountsForParent ListAccounts ListParents
        ListChildren DescribeAccount DescribeOrganizationalUnit ListTagsForResource TagResource UntagResource
        ListDelegatedAdministrators ListDelegatedServicesForAccount CreateOrganizationalUnit MoveAccount CreateAccount
        DescribeCreateAccountStatus
        EnablePolicyType DisablePolicyType CreatePolicy UpdatePolicy DescribePolicy DeletePolicy ListPolicies
        AttachPolicy DetachPolicy ListPoliciesForTarget ListTargetsForPolicy
        RegisterDelegatedAdministrator DeregisterDelegatedAdministrator
        EnableAWSServiceAccess DisableAWSServiceAccess ListAWSServiceAccessForOrganization
        UpdateOrganizationalUnit DeleteOrganizationalUnit
        InviteAccountToOrganization AcceptHandshake DeclineHandshake CancelHandshake DescribeHandshake
        ListHandshakesForAccount ListHandshakesForOrganization EnableAllFeatures
        LeaveOrganization RemoveAccountFromOrganization CloseAccount ListCreateAccountStatus
        PutResourcePolicy DescribeResourcePolicy DeleteResourcePolicy
    """,
    "iam": """
        CreateUser GetUser ListUsers UpdateUser DeleteUser TagUser UntagUser ListUserTags
        PutUserPermissionsBoundary DeleteUserPermissionsBoundary
        CreateAccessKey ListAccessKeys UpdateAccessKey DeleteAccessKey GetAccessKeyLastUsed
        CreateLoginProfile GetLoginProfile UpdateLoginProfile DeleteLoginProfile
        CreateVirtualMFADevice EnableMFADevice DeactivateMFADevice ListMFADevices ListVirtualMFADevices
        DeleteVirtualMFADevice
        CreateGroup GetGroup ListGroups UpdateGroup DeleteGroup AddUserToGroup RemoveUserFromGroup ListGroupsForUser
        PutUserPolicy GetUserPolicy DeleteUserPolicy ListUserPolicies
        PutGroupPolicy GetGroupPolicy DeleteGroupPolicy ListGroupPolicies
        PutRolePolicy GetRolePolicy DeleteRolePolicy ListRolePolicies
        AttachUserPolicy DetachUserPolicy ListAttachedUserPolicies
        AttachGroupPolicy DetachGroupPolicy ListAttachedGroupPolicies
        AttachRolePolicy DetachRolePolicy ListAttachedRolePolicies
        CreatePolicy GetPolicy ListPolicies DeletePolicy CreatePolicyVersion GetPolicyVersion ListPolicyVersions
        DeletePolicyVersion SetDefaultPolicyVersion ListEntitiesForPolicy TagPolicy UntagPolicy ListPolicyTags
        CreateRole GetRole ListRoles DeleteRole UpdateRole UpdateAssumeRolePolicy TagRole UntagRole ListRoleTags
        PutRolePermissionsBoundary DeleteRolePermissionsBoundary
        UploadSSHPublicKey ListSSHPublicKeys UpdateSSHPublicKey DeleteSSHPublicKey
        CreateServiceSpecificCredential ListServiceSpecificCredentials UpdateServiceSpecificCredential
        DeleteServiceSpecificCredential
        UploadSigningCertificate ListSigningCertificates UpdateSigningCertificate DeleteSigningCertificate
        ListAccountAliases CreateAccountAlias DeleteAccountAlias GetAccountSummary
        GenerateCredentialReport GetCredentialReport GetAccountAuthorizationDetails SimulatePrincipalPolicy
        GenerateServiceLastAccessedDetails GetServiceLastAccessedDetails GetServiceLastAccessedDetailsWithEntities
        ListPoliciesGrantingServiceAccess GetContextKeysForCustomPolicy GetContextKeysForPrincipalPolicy
        SimulateCustomPolicy
        CreateInstanceProfile GetInstanceProfile ListInstanceProfiles DeleteInstanceProfile
        AddRoleToInstanceProfile RemoveRoleFromInstanceProfile ListInstanceProfilesForRole
        TagInstanceProfile UntagInstanceProfile ListInstanceProfileTags
        CreateOpenIDConnectProvider GetOpenIDConnectProvider ListOpenIDConnectProviders DeleteOpenIDConnectProvider
        AddClientIDToOpenIDConnectProvider RemoveClientIDFromOpenIDConnectProvider
        UpdateOpenIDConnectProviderThumbprint
        TagOpenIDConnectProvider UntagOpenIDConnectProvider ListOpenIDConnectProviderTags
        CreateSAMLProvider GetSAMLProvider ListSAMLProviders UpdateSAMLProvider DeleteSAMLProvider
        TagSAMLProvider UntagSAMLProvider ListSAMLProviderTags
        UploadServerCertificate GetServerCertificate ListServerCertificates UpdateServerCertificate
        DeleteServerCertificate TagServerCertificate UntagServerCertificate ListServerCertificateTags
        CreateServiceLinkedRole DeleteServiceLinkedRole GetServiceLinkedRoleDeletionStatus
        GetAccountPasswordPolicy UpdateAccountPasswordPolicy DeleteAccountPasswordPolicy ChangePassword
        GetMFADevice ResyncMFADevice TagMFADevice UntagMFADevice ListMFADeviceTags
        GetSSHPublicKey ResetServiceSpecificCredential UpdateRoleDescription SetSecurityTokenServicePreferences
    """,
    "sts": """
        GetCallerIdentity AssumeRole GetSessionToken GetAccessKeyInfo
        AssumeRoleWithSAML AssumeRoleWithWebIdentity GetFederationToken DecodeAuthorizationMessage
    """,
    "cloudtrail": "LookupEvents DescribeTrails ListTrails GetTrail GetTrailStatus GetEventSelectors",
    "s3": """
        ListBuckets CreateBucket HeadBucket DeleteBucket GetBucketLocation
        ListObjectsV2 ListObjects GetObject HeadObject PutObject DeleteObject
    """,
    "sso-oidc": "RegisterClient StartDeviceAuthorization CreateToken",
    "sso": "ListAccounts ListAccountRoles GetRoleCredentials Logout",
    "account-access": """
        CreateApplication GetApplication ListApplications DeleteApplication
        CreateEntitlement GetEntitlement ListEntitlements DeleteEntitlement
    """,
    "athena": """
        StartQueryExecution GetQueryExecution BatchGetQueryExecution GetQueryResults StopQueryExecution ListQueryExecutions
        ListWorkGroups GetWorkGroup ListDataCatalogs ListDatabases GetDatabase ListTableMetadata GetTableMetadata
    """,
}

# Kinds that requests are checked by as if they were another.
LIKE = {"long": "integer", "blob": "document", "double": "document"}


def for_rust(pattern):
    """The same pattern for Rust's regex: ASCII `\\w` `\\d`, no look-ahead, literal `[` and `&` inside classes."""
    # what Java writes as two surrogates is one character
    pattern = pattern.replace(r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF")
    out, depth, i = [], 0, 0
    while i < len(pattern):
        c = pattern[i]
        if c == "\\":
            pair = pattern[i : i + 2]
            ascii_class = {"\\w": "A-Za-z0-9_", "\\d": "0-9"}.get(pair)
            if ascii_class:
                out.append(ascii_class if depth else f"[{ascii_class}]")
            elif pair == "\\b":
                out.append("(?-u:\\b)")
            else:
                out.append(pair)
            i += 2
            continue
        if pattern.startswith(("(?=", "(?!"), i) and not depth:
            nesting, j = 1, i + 3
            while nesting:
                nesting += {"(": 1, ")": -1}.get(pattern[j], 0)
                j += 1
            i = j
            continue
        if c == "[" and not depth:
            depth = 1
        elif c == "]" and depth:
            depth = 0
        elif depth and c in "[&~":
            out.append("\\")
        out.append(c)
        i += 1
    return "".join(out)


def table(service, operations):
    path = sorted((DATA / service).glob("*/service-2.json*"))[-1]
    opened = gzip.open(path) if path.suffix == ".gz" else open(path, "rb")
    with opened as file:
        model = json.load(file)
    shapes = {}

    def keep(name):
        if name in shapes:
            return
        shape = model["shapes"][name]
        kind = LIKE.get(shape["type"], shape["type"])
        row = shapes[name] = {"t": "document" if shape.get("document") else kind}
        for key, short in (("min", "min"), ("max", "max"), ("enum", "enum"), ("required", "req")):
            if shape.get(key):
                row[short] = shape[key]
        if shape.get("sensitive"):
            row["s"] = True
        if "pattern" in shape:
            row["p"] = shape["pattern"]
            check = for_rust(shape["pattern"])
            if check != shape["pattern"]:
                row["r"] = check
        if kind == "structure" and row["t"] != "document":
            row["m"] = {member: value["shape"] for member, value in shape["members"].items()}
            if shape.get("union"):
                row["union"] = True
        elif kind == "list":
            row["of"] = shape["member"]["shape"]
        elif kind == "map":
            row["key"], row["of"] = shape["key"]["shape"], shape["value"]["shape"]
        for child in list(row.get("m", {}).values()) + [row[k] for k in ("of", "key") if k in row]:
            keep(child)

    inputs = {}
    for name in sorted(operations):
        operation = model["operations"][name]
        shape = operation.get("input", {}).get("shape")
        inputs[name] = shape
        if shape:
            keep(shape)
    return {
        "source": f"botocore {botocore.__version__} {service} {path.parent.name}",
        "target": model["metadata"].get("targetPrefix", ""),
        "absent": sorted(set(model["operations"]) - set(operations)),
        "operations": inputs,
        "shapes": dict(sorted(shapes.items())),
    }


def write(service, value):
    lines = ["{"]
    lines.append(f'"source":{json.dumps(value["source"])},"target":{json.dumps(value["target"])},')
    lines.append(f'"absent":{json.dumps(value["absent"], separators=(",", ":"))},')
    for part in ("operations", "shapes"):
        rows = [
            f"{json.dumps(k)}:{json.dumps(v, separators=(',', ':'), ensure_ascii=True)}" for k, v in value[part].items()
        ]
        lines.append(f'"{part}":{{')
        lines.append(",\n".join(rows))
        lines.append("}," if part == "operations" else "}")
    lines.append("}")
    (HERE / f"{service}.json").write_text("\n".join(lines) + "\n")


for service, operations in SERVED.items():
    write(service, table(service, operations.split()))
