"""Seeds a small organization into a moto server, and prints what it made as JSON.

Usage: moto_company.py ENDPOINT. Credentials and Region come from the environment.
"""

import json
import sys

import boto3


def client(service, endpoint):
    return boto3.client(service, endpoint_url=endpoint)


def make_accounts(organizations):
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    service = organizations.create_organizational_unit(ParentId=root, Name="service")["OrganizationalUnit"]["Id"]
    minimo = organizations.create_organizational_unit(ParentId=service, Name="minimo")["OrganizationalUnit"]["Id"]
    accounts = {}
    for name, unit in [("minimo-prod", minimo), ("minimo-stg", minimo), ("tools", service), ("playground", root)]:
        status = organizations.create_account(AccountName=name, Email=f"{name}@example.com")["CreateAccountStatus"]
        account = status["AccountId"]
        if unit != root:
            organizations.move_account(AccountId=account, SourceParentId=root, DestinationParentId=unit)
        accounts[name] = account
    organizations.tag_resource(ResourceId=accounts["minimo-stg"], Tags=[{"Key": "env", "Value": "staging"}])
    organizations.tag_resource(ResourceId=accounts["tools"], Tags=[{"Key": "env", "Value": "staging"}])
    return accounts


def make_people(identity_store, store):
    users = {}
    for user_name, family, given in [("hanako@example.com", "山田", "花子"), ("taro@example.com", "佐藤", "太郎"), ("jiro@example.com", "鈴木", "次郎")]:
        answer = identity_store.create_user(
            IdentityStoreId=store,
            UserName=user_name,
            DisplayName=f"{family} {given}",
            Name={"FamilyName": family, "GivenName": given},
            Emails=[{"Value": user_name, "Type": "work", "Primary": True}],
        )
        users[user_name] = answer["UserId"]
    groups = {}
    for name, members in [("minimo-dev", ["hanako@example.com", "taro@example.com"]), ("platform", ["jiro@example.com"]), ("accounting", [])]:
        groups[name] = identity_store.create_group(IdentityStoreId=store, DisplayName=name)["GroupId"]
        for member in members:
            identity_store.create_group_membership(
                IdentityStoreId=store, GroupId=groups[name], MemberId={"UserId": users[member]}
            )
    return users, groups


def main():
    endpoint = sys.argv[1]
    instance = client("sso-admin", endpoint).list_instances()["Instances"][0]
    accounts = make_accounts(client("organizations", endpoint))
    users, groups = make_people(client("identitystore", endpoint), instance["IdentityStoreId"])
    json.dump({"instance": instance["InstanceArn"], "accounts": accounts, "users": users, "groups": groups}, sys.stdout)


main()
