"""Reads an Identity Center instance the plain way, every set in every account, and prints it as sorted JSON.

Usage: read_back.py ENDPOINT. Nothing of this is shared with Sekisho: it is the second opinion.
"""

import json
import sys

import boto3
from botocore.config import Config

SLOW_DOWN = Config(retries={"max_attempts": 10, "mode": "adaptive"})


def pages(call, key, **arguments):
    token = None
    while True:
        answer = call(**arguments, **({"NextToken": token} if token else {}))
        yield from answer[key]
        token = answer.get("NextToken")
        if not token:
            return


def read_set(sso, where, arn):
    described = sso.describe_permission_set(**where, PermissionSetArn=arn)["PermissionSet"]
    inline = sso.get_inline_policy_for_permission_set(**where, PermissionSetArn=arn).get("InlinePolicy") or ""
    return {
        "name": described["Name"],
        "description": described.get("Description") or None,
        "session_duration": described.get("SessionDuration"),
        "relay_state": described.get("RelayState") or None,
        "managed_policies": sorted(
            policy["Arn"]
            for policy in pages(sso.list_managed_policies_in_permission_set, "AttachedManagedPolicies", **where, PermissionSetArn=arn)
        ),
        "customer_managed_policies": sorted(
            policy.get("Path", "/") + policy["Name"]
            for policy in pages(
                sso.list_customer_managed_policy_references_in_permission_set,
                "CustomerManagedPolicyReferences",
                **where,
                PermissionSetArn=arn,
            )
        ),
        "inline_policy": json.loads(inline) if inline else None,
    }


def main():
    endpoint = sys.argv[1]
    sso = boto3.client("sso-admin", endpoint_url=endpoint, config=SLOW_DOWN)
    organizations = boto3.client("organizations", endpoint_url=endpoint, config=SLOW_DOWN)
    where = {"InstanceArn": sso.list_instances()["Instances"][0]["InstanceArn"]}
    accounts = [account["Id"] for account in pages(organizations.list_accounts, "Accounts")]
    sets, assignments = [], []
    for arn in pages(sso.list_permission_sets, "PermissionSets", **where):
        read = read_set(sso, where, arn)
        sets.append(read)
        for account in accounts:
            for row in pages(sso.list_account_assignments, "AccountAssignments", **where, AccountId=account, PermissionSetArn=arn):
                assignments.append([read["name"], account, row["PrincipalType"], row["PrincipalId"]])
    json.dump({"permission_sets": sorted(sets, key=lambda read: read["name"]), "assignments": sorted(assignments)}, sys.stdout)


main()
