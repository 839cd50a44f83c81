"""Drives CloudTrail, S3 and account access with boto3, a client nobody here wrote, and prints one line of JSON per check.

Usage: services.py ENDPOINT ACCOUNT. The credentials in the environment are those of an administrator of the management
account; ACCOUNT is a member account with the role OrganizationAccountAccessRole. Records arrive without delay.
"""

import gzip
import io
import json
import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT, ACCOUNT = sys.argv[1:3]
PLAIN = Config(retries={"max_attempts": 1}, parameter_validation=False)
REGION = "ap-northeast-1"


def client(service, keys=None, region=None):
    named = {"region_name": region} if region else {}
    if keys:
        named |= {
            "aws_access_key_id": keys["AccessKeyId"],
            "aws_secret_access_key": keys["SecretAccessKey"],
            "aws_session_token": keys.get("SessionToken"),
        }
        return boto3.session.Session(**named).client(service, endpoint_url=ENDPOINT, config=PLAIN)
    return boto3.client(service, endpoint_url=ENDPOINT, config=PLAIN, **named)


def check(name, passed, detail=None):
    print(json.dumps({"name": name, "passed": bool(passed), "detail": None if passed else repr(detail)}))


def equal(name, found, expected):
    check(name, found == expected, (found, expected))


def refused(name, code, call, **arguments):
    try:
        answer = call(**arguments)
    except ClientError as error:
        told = error.response["Error"]
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        wanted = code if isinstance(code, tuple) else (code, status)
        check(name, (told["Code"], status) == wanted, (told, status))
        return told
    check(name, False, answer)
    return {}


def buckets(s3):
    where = {"LocationConstraint": REGION}
    equal("bucket made", s3.create_bucket(Bucket="files", CreateBucketConfiguration=where)["Location"], "/files")
    twice = dict(Bucket="files", CreateBucketConfiguration=where)
    refused("bucket twice", ("BucketAlreadyOwnedByYou", 409), s3.create_bucket, **twice)
    refused("bucket name", "InvalidBucketName", s3.create_bucket, Bucket="Files_", CreateBucketConfiguration=where)
    elsewhere = dict(Bucket="other", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    refused("bucket of another Region", "IllegalLocationConstraintException", s3.create_bucket, **elsewhere)
    refused("bucket of no Region", "IllegalLocationConstraintException", s3.create_bucket, Bucket="other")
    names = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    equal("buckets", names, ["files", "sandbox-organization-trail"])
    equal("bucket's Region", s3.get_bucket_location(Bucket="files")["LocationConstraint"], REGION)
    head = s3.head_bucket(Bucket="files")["ResponseMetadata"]["HTTPHeaders"]
    equal("bucket's head", head["x-amz-bucket-region"], REGION)
    refused("no bucket", ("NoSuchBucket", 404), s3.list_objects_v2, Bucket="nothing-here")
    refused("no bucket's head", ("404", 404), s3.head_bucket, Bucket="nothing-here")
    us = client("s3", region="us-east-1")
    equal("redirected to the bucket's Region", us.list_objects_v2(Bucket="files")["KeyCount"], 0)
    us.create_bucket(Bucket="in-us")
    equal("the oldest Region has no name", us.get_bucket_location(Bucket="in-us")["LocationConstraint"], None)
    us.delete_bucket(Bucket="in-us")


def objects(s3):
    body = "こんにちは".encode() * 1000
    put = s3.put_object(Bucket="files", Key="a/b c+d/ü&<.txt", Body=body, ContentType="text/plain", Metadata={"who": "x"})
    equal("etag", put["ETag"], '"%s"' % __import__("hashlib").md5(body).hexdigest())
    check("checksum told", "ChecksumCRC32" in put, put)
    got = s3.get_object(Bucket="files", Key="a/b c+d/ü&<.txt")
    equal("object", (got["Body"].read(), got["ContentType"], got["Metadata"]), (body, "text/plain", {"who": "x"}))
    head = s3.head_object(Bucket="files", Key="a/b c+d/ü&<.txt")
    equal("head", (head["ContentLength"], head["ETag"]), (len(body), put["ETag"]))
    for given, status, part in [
        ("bytes=0-4", 206, body[:5]),
        ("bytes=14995-", 206, body[14995:]),
        ("bytes=-3", 206, body[-3:]),
        ("lines=1-2", 200, body),
    ]:
        got = s3.get_object(Bucket="files", Key="a/b c+d/ü&<.txt", Range=given)
        told = (got["ResponseMetadata"]["HTTPStatusCode"], got["Body"].read())
        equal(f"range {given}", told, (status, part))
    missing = dict(Bucket="files", Key="none")
    refused("range behind the end", ("InvalidRange", 416), s3.get_object, Bucket="files", Key="a/b c+d/ü&<.txt", Range="bytes=99999-")
    refused("no object", ("NoSuchKey", 404), s3.get_object, **missing)
    refused("no object's head", ("404", 404), s3.head_object, **missing)
    refused("not changed", ("304", 304), s3.get_object, Bucket="files", Key="a/b c+d/ü&<.txt", IfNoneMatch=put["ETag"])
    refused("not there yet", ("PreconditionFailed", 412), s3.put_object, Bucket="files", Key="a/b c+d/ü&<.txt", Body=b"", IfNoneMatch="*")
    for algorithm in ["SHA256", "CRC32", "SHA1"]:
        s3.put_object(Bucket="files", Key=f"sum/{algorithm}", Body=b"x", ChecksumAlgorithm=algorithm)
        told = s3.head_object(Bucket="files", Key=f"sum/{algorithm}", ChecksumMode="ENABLED")
        check(f"checksum {algorithm}", f"Checksum{algorithm}" in told, told)
    wrong = dict(Bucket="files", Key="wrong", Body=b"x", ChecksumCRC32="AAAAAA==")
    refused("wrong checksum", "BadDigest", s3.put_object, **wrong)
    refused("wrong md5", "BadDigest", s3.put_object, Bucket="files", Key="wrong", Body=b"x", ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg==")
    refused("uploads in parts", ("NotImplemented", 501), s3.create_multipart_upload, Bucket="files", Key="large")
    refused("versions", ("NotImplemented", 501), s3.get_bucket_versioning, Bucket="files")
    refused("copies", ("NotImplemented", 501), s3.copy_object, Bucket="files", Key="b", CopySource="files/a")
    s3.upload_fileobj(io.BytesIO(b"y" * 300_000), "files", "large")
    equal("uploaded by the transfer manager", s3.head_object(Bucket="files", Key="large")["ContentLength"], 300_000)
    refused("bucket in use", ("BucketNotEmpty", 409), s3.delete_bucket, Bucket="files")


def listings(s3):
    keys = [f"list/{folder}/{number:02}" for folder in "abc" for number in range(5)] + ["list/x y", "list/z+"]
    for key in keys:
        s3.put_object(Bucket="files", Key=key, Body=key.encode())
    told = s3.list_objects_v2(Bucket="files", Prefix="list/")
    equal("listing", ([one["Key"] for one in told["Contents"]], told["KeyCount"]), (sorted(keys), len(keys)))
    equal("sizes", {one["Size"] for one in told["Contents"]}, {len(key) for key in keys})
    told = s3.list_objects_v2(Bucket="files", Prefix="list/", Delimiter="/")
    folders = [one["Prefix"] for one in told["CommonPrefixes"]]
    equal("folders", (folders, [one["Key"] for one in told["Contents"]]), (["list/a/", "list/b/", "list/c/"], ["list/x y", "list/z+"]))
    for size in [1, 2, 3, 4, 100]:
        for call in ["list_objects_v2", "list_objects"]:
            pages = s3.get_paginator(call).paginate(
                Bucket="files", Prefix="list/", Delimiter="/", PaginationConfig={"PageSize": size}
            )
            found = []
            for page in pages:
                found += [one["Prefix"] for one in page.get("CommonPrefixes", [])]
                found += [one["Key"] for one in page.get("Contents", [])]
            equal(f"{call} by {size}", sorted(found), folders + ["list/x y", "list/z+"])
    after = s3.list_objects_v2(Bucket="files", Prefix="list/", StartAfter="list/c/03")
    equal("start after", [one["Key"] for one in after["Contents"]], ["list/c/04", "list/x y", "list/z+"])
    equal("nothing", s3.list_objects_v2(Bucket="files", Prefix="none/")["KeyCount"], 0)
    refused("token", "InvalidArgument", s3.list_objects_v2, Bucket="files", ContinuationToken="x")
    equal("no keys", s3.list_objects_v2(Bucket="files", MaxKeys=0)["KeyCount"], 0)
    s3.delete_object(Bucket="files", Key="list/x y")
    s3.delete_object(Bucket="files", Key="list/x y")
    refused("deleted", ("NoSuchKey", 404), s3.get_object, Bucket="files", Key="list/x y")


def rights(s3):
    iam = client("iam")
    iam.create_user(UserName="reader")
    statements = [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::files/list/a/*"},
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::sandbox-organization-trail",
         "Condition": {"StringLike": {"s3:prefix": "AWSLogs/*"}}},
    ]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_user_policy(UserName="reader", PolicyName="p", PolicyDocument=document)
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    reader = client("s3", key)
    equal("allowed object", reader.get_object(Bucket="files", Key="list/a/01")["Body"].read(), b"list/a/01")
    refused("other object", ("AccessDenied", 403), reader.get_object, Bucket="files", Key="list/b/01")
    refused("hidden whether it is there", ("AccessDenied", 403), reader.get_object, Bucket="files", Key="list/a/none")
    refused("no listing", ("AccessDenied", 403), reader.list_objects_v2, Bucket="files")
    check("prefix as a condition", "KeyCount" in reader.list_objects_v2(Bucket="sandbox-organization-trail", Prefix="AWSLogs/o"))
    refused("without the prefix", ("AccessDenied", 403), reader.list_objects_v2, Bucket="sandbox-organization-trail")
    refused("unknown key", ("InvalidAccessKeyId", 403), client("s3", {"AccessKeyId": "AKIANOSUCHKEY0000000", "SecretAccessKey": "x"}).list_buckets)
    forged = {"AccessKeyId": key["AccessKeyId"], "SecretAccessKey": "x"}
    refused("wrong signature", ("SignatureDoesNotMatch", 403), client("s3", forged).list_buckets)
    from botocore import UNSIGNED

    nobody = boto3.client("s3", endpoint_url=ENDPOINT, config=Config(signature_version=UNSIGNED, retries={"max_attempts": 1}))
    refused("unsigned", ("AccessDenied", 403), nobody.get_object, Bucket="files", Key="large")
    refused("reader looks up", "AccessDeniedException", client("cloudtrail", key).lookup_events)
    return key


def found(trail, **attribute):
    """Events of the only attribute; a page holds 50, twice a second."""
    events, token = [], {}
    attributes = [{"AttributeKey": key, "AttributeValue": value} for key, value in attribute.items()]
    while True:
        page = trail.lookup_events(LookupAttributes=attributes, **token)
        events += page["Events"]
        if "NextToken" not in page:
            return events
        token = {"NextToken": page["NextToken"]}


def records(reader_key):
    trail, global_trail = client("cloudtrail"), client("cloudtrail", region="us-east-1")
    [event] = found(global_trail, EventName="PutUserPolicy")
    record = json.loads(event["CloudTrailEvent"])
    user = record["userIdentity"]
    equal("identity", (user["type"], user["userName"], record["awsRegion"]), ("IAMUser", "sandbox-administrator", "us-east-1"))
    equal("parameters", sorted(record["requestParameters"]), ["policyDocument", "policyName", "userName"])
    equal("nothing answered", record["responseElements"], None)
    equal("resources", [one["ResourceName"] for one in event["Resources"]], ["reader"])
    equal("not in another Region", found(trail, EventName="PutUserPolicy"), [])
    [event] = found(global_trail, EventName="CreateAccessKey")
    made = json.loads(event["CloudTrailEvent"])["responseElements"]["accessKey"]
    equal("no secret", (sorted(made), made["accessKeyId"]), (["accessKeyId", "createDate", "status", "userName"], reader_key["AccessKeyId"]))
    check("no secret anywhere", reader_key["SecretAccessKey"] not in event["CloudTrailEvent"])
    denied = [json.loads(one["CloudTrailEvent"]) for one in found(trail, Username="reader")]
    told = {(one["eventName"], one.get("errorCode")) for one in denied}
    equal("refusals are recorded, data events are not", told, {("LookupEvents", "AccessDeniedException")})
    equal("by key", len(found(trail, AccessKeyId=reader_key["AccessKeyId"])), len(denied))
    equal("by id", len(found(global_trail, EventId=event["EventId"])), 1)
    equal("by name of a bucket", {one["EventName"] for one in found(trail, ResourceName="files")}, {"CreateBucket", "GetBucketLocation", "HeadBucket", "DeleteBucket"})
    check("by source", all(one["EventSource"] == "s3.amazonaws.com" for one in found(trail, EventSource="s3.amazonaws.com")))
    check("writes", all(one["ReadOnly"] == "false" for one in found(trail, ReadOnly="false")))
    everything = found(trail)
    times = [one["EventTime"] for one in everything]
    equal("newest first", times, sorted(times, reverse=True))
    equal("each once", len({one["EventId"] for one in everything}), len(everything))
    small = trail.lookup_events(MaxResults=1)
    equal("pages", len(small["Events"]), 1)
    two = [{"AttributeKey": "EventName", "AttributeValue": "a"}, {"AttributeKey": "EventId", "AttributeValue": "b"}]
    refused("two attributes", "InvalidLookupAttributesException", trail.lookup_events, LookupAttributes=two)
    refused("an unknown attribute", "InvalidLookupAttributesException", trail.lookup_events, LookupAttributes=[{"AttributeKey": "Nonsense", "AttributeValue": "b"}])
    refused("too many", "InvalidMaxResultsException", trail.lookup_events, MaxResults=51)
    refused("a token of nobody", "InvalidNextTokenException", trail.lookup_events, NextToken="x")
    now = time.time()
    refused("the end before the start", "InvalidTimeRangeException", trail.lookup_events, StartTime=now, EndTime=now - 60)
    equal("nothing yet", trail.lookup_events(StartTime=now - 7200, EndTime=now - 3600)["Events"], [])


def sessions():
    role = f"arn:aws:iam::{ACCOUNT}:role/OrganizationAccountAccessRole"
    keys = client("sts").assume_role(RoleArn=role, RoleSessionName="visitor")["Credentials"]
    member = client("sts", keys)
    member.get_caller_identity()
    client("iam", keys).list_users()
    here, there = client("cloudtrail"), client("cloudtrail", keys)
    [mine] = [json.loads(one["CloudTrailEvent"]) for one in found(here, EventName="AssumeRole")]
    [theirs] = [json.loads(one["CloudTrailEvent"]) for one in found(there, EventName="AssumeRole")]
    equal("one event in both accounts", mine["sharedEventID"], theirs["sharedEventID"])
    equal("recipients", theirs["recipientAccountId"], ACCOUNT)
    equal("a stranger", theirs["userIdentity"]["type"], "AWSAccount")
    check("credentials without their secret", "secretAccessKey" not in mine["responseElements"]["credentials"], mine)
    equal("the role", mine["resources"][0]["ARN"], role)
    [event] = found(client("cloudtrail", keys, "us-east-1"), EventName="ListUsers")
    user = json.loads(event["CloudTrailEvent"])["userIdentity"]
    equal("session", (user["type"], user["sessionContext"]["sessionIssuer"]["userName"], event["Username"]), ("AssumedRole", "OrganizationAccountAccessRole", "visitor"))
    equal("since when", user["sessionContext"]["attributes"]["mfaAuthenticated"], "false")


def trails():
    trail = client("cloudtrail")
    [told] = trail.describe_trails()["trailList"]
    equal("trail", (told["Name"], told["IsOrganizationTrail"], told["IsMultiRegionTrail"]), ("organization-trail", True, True))
    equal("the same by name", trail.get_trail(Name="organization-trail")["Trail"]["TrailARN"], told["TrailARN"])
    equal("the same by ARN", trail.get_trail(Name=told["TrailARN"])["Trail"]["Name"], told["Name"])
    equal("listed", trail.list_trails()["Trails"][0]["TrailARN"], told["TrailARN"])
    check("it logs", trail.get_trail_status(Name="organization-trail")["IsLogging"])
    [selector] = trail.get_event_selectors(TrailName="organization-trail")["EventSelectors"]
    equal("management events", (selector["IncludeManagementEvents"], selector["DataResources"]), (True, []))
    refused("no trail", "TrailNotFoundException", trail.get_trail, Name="nothing")
    refused("not served", "UnknownOperationException", trail.stop_logging, Name="organization-trail")


def entitlements():
    access, iam, center = client("account-access"), client("iam"), client("sso-admin")
    instance = center.list_instances()["Instances"][0]
    made = access.create_application(identitySource={"identityCenter": {"instanceArn": instance["InstanceArn"]}}, tags={"a": "b"})
    arn = made["applicationArn"]
    equal("application", access.get_application(applicationArn=arn)["status"], "ACTIVE")
    equal("applications", [one["applicationArn"] for one in access.list_applications()["applications"]], [arn])
    refused("application twice", ("AlreadyCreatedException", 409), access.create_application, identitySource={"identityCenter": {"instanceArn": instance["InstanceArn"]}})
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "account-access.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:SetContext"]}]}
    role = iam.create_role(RoleName="Entered", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    closed = iam.create_role(RoleName="Closed", AssumeRolePolicyDocument=json.dumps(trust).replace("account-access", "ec2"))["Role"]["Arn"]
    store = client("identitystore")
    users = store.list_users(IdentityStoreId=instance["IdentityStoreId"], MaxResults=3)["Users"]

    def entitle(user, role=role):
        principal = {"identityCenter": {"userId": user}}
        return dict(applicationArn=arn, entitlement={"principalRole": {"principal": principal, "roleArn": role}})

    ids = [access.create_entitlement(**entitle(user["UserId"]))["entitlementId"] for user in users]
    refused("entitlement twice", ("ConflictException", 409), access.create_entitlement, **entitle(users[0]["UserId"]))
    refused("a role that trusts others", ("ValidationException", 400), access.create_entitlement, **entitle(users[0]["UserId"], closed))
    refused("no role", ("ResourceNotFoundException", 404), access.create_entitlement, **entitle(users[0]["UserId"], role + "x"))
    refused("no user", ("ResourceNotFoundException", 404), access.create_entitlement, **entitle("00000000-0000-4000-8000-000000000000"))
    refused("no principal", ("ValidationException", 400), access.create_entitlement, applicationArn=arn, entitlement={"principalRole": {"roleArn": role}})
    told = access.get_entitlement(applicationArn=arn, entitlementId=ids[0])
    equal("entitlement", told["entitlement"]["principalRole"]["roleArn"], role)
    pages = access.get_paginator("list_entitlements").paginate(applicationArn=arn, filter={"principalRole": {"roleArn": role}}, PaginationConfig={"PageSize": 2})
    equal("entitlements", sorted(one["entitlementId"] for page in pages for one in page["entitlements"]), sorted(ids))
    mine = {"principalRole": {"principal": {"identityCenter": {"userId": users[1]["UserId"]}}}}
    equal("of a user", [one["entitlementId"] for one in access.list_entitlements(applicationArn=arn, filter=mine)["entitlements"]], [ids[1]])
    refused("application in use", ("ConflictException", 409), access.delete_application, applicationArn=arn)
    for one in ids:
        access.delete_entitlement(applicationArn=arn, entitlementId=one)
    refused("entitlement gone", ("ResourceNotFoundException", 404), access.get_entitlement, applicationArn=arn, entitlementId=ids[0])
    access.delete_application(applicationArn=arn)
    refused("application gone", ("ResourceNotFoundException", 404), access.get_application, applicationArn=arn)


storage = client("s3")
buckets(storage)
objects(storage)
listings(storage)
key = rights(storage)
records(key)
sessions()
trails()
entitlements()
