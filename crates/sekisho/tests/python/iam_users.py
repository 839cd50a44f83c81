"""Makes IAM users on an endpoint, and reads them back call by call, the long way round, as JSON.

Usage: iam_users.py make|read ENDPOINT. Credentials and Region come from the environment.
"""

import json
import sys

import boto3
from botocore.exceptions import ClientError

DOCUMENT = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'


def make(iam):
    iam.create_group(GroupName="developers", Path="/team/")
    iam.put_group_policy(GroupName="developers", PolicyName="own", PolicyDocument=DOCUMENT)
    local = iam.create_policy(PolicyName="local", PolicyDocument=DOCUMENT)["Policy"]["Arn"]
    iam.attach_group_policy(GroupName="developers", PolicyArn=local)
    iam.create_user(UserName="hanako", Path="/people/", Tags=[{"Key": "email", "Value": "hanako@example.com"}])
    iam.add_user_to_group(GroupName="developers", UserName="hanako")
    iam.create_login_profile(UserName="hanako", Password="Long-enough-1!")
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="hanako")["VirtualMFADevice"]["SerialNumber"]
    iam.enable_mfa_device(UserName="hanako", SerialNumber=device, AuthenticationCode1="123456", AuthenticationCode2="234567")
    iam.create_user(UserName="=batch@1")
    iam.put_user_policy(UserName="=batch@1", PolicyName="own", PolicyDocument=DOCUMENT)
    iam.create_access_key(UserName="=batch@1")
    second = iam.create_access_key(UserName="=batch@1")["AccessKey"]["AccessKeyId"]
    iam.update_access_key(UserName="=batch@1", AccessKeyId=second, Status="Inactive")
    iam.upload_ssh_public_key(UserName="=batch@1", SSHPublicKeyBody="ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC batch")
    for number in range(30):
        iam.create_user(UserName=f"quiet-{number:02}")
    return {}


def has_password(iam, name):
    try:
        iam.get_login_profile(UserName=name)
        return True
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchEntity":
            raise
        return False


def read(iam):
    users = {}
    for page in iam.get_paginator("list_users").paginate():
        for user in page["Users"]:
            name = user["UserName"]
            users[name] = {
                "id": user["UserId"],
                "arn": user["Arn"],
                "path": user["Path"],
                "tags": {tag["Key"]: tag["Value"] for tag in iam.list_user_tags(UserName=name)["Tags"]},
                "groups": [group["GroupName"] for group in iam.list_groups_for_user(UserName=name)["Groups"]],
                "attached": [one["PolicyArn"] for one in iam.list_attached_user_policies(UserName=name)["AttachedPolicies"]],
                "inline": {
                    policy: iam.get_user_policy(UserName=name, PolicyName=policy)["PolicyDocument"]
                    for policy in iam.list_user_policies(UserName=name)["PolicyNames"]
                },
                "password": has_password(iam, name),
                "keys": {key["AccessKeyId"]: key["Status"].lower() for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]},
                "mfa": [device["SerialNumber"] for device in iam.list_mfa_devices(UserName=name)["MFADevices"]],
                "other": sorted(
                    [key["SSHPublicKeyId"] for key in iam.list_ssh_public_keys(UserName=name)["SSHPublicKeys"]]
                    + [one["CertificateId"] for one in iam.list_signing_certificates(UserName=name)["Certificates"]]
                ),
            }
    return users


def main():
    iam = boto3.client("iam", endpoint_url=sys.argv[2])
    json.dump({"make": make, "read": read}[sys.argv[1]](iam), sys.stdout)


main()
