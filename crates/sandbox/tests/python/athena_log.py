"""A log of CloudTrail's records, made from a seed: odd ones among them, over accounts, Regions and days."""

import gzip
import json
import random

ACCOUNTS = ["111122223333", "444455556666", "777788889999"]
REGIONS = ["ap-northeast-1", "us-east-1"]
DAYS = ["2026/03/01", "2026/03/02", "2026/03/05"]
BUCKET, ORGANIZATION = "org-log", "o-exampleorg1"
COLUMNS = [
    ("eventversion", "string"),
    (
        "useridentity",
        "struct<type:string,principalid:string,arn:string,accountid:string,invokedby:string,accesskeyid:string,username:string,"
        "identityprovider:string,onbehalfof:struct<userid:string,identitystorearn:string>,sessioncontext:struct<attributes:struct<"
        "mfaauthenticated:string,creationdate:string>,sessionissuer:struct<type:string,principalid:string,arn:string,accountid:string,"
        "username:string>,ec2roledelivery:string,sourceidentity:string,webidfederationdata:struct<federatedprovider:string,"
        "attributes:map<string,string>>>>",
    ),
    *((name, "string") for name in "eventtime eventsource eventname awsregion sourceipaddress useragent errorcode errormessage".split()),
    *((name, "string") for name in "requestparameters responseelements additionaleventdata requestid eventid readonly".split()),
    ("resources", "array<struct<arn:string,accountid:string,type:string>>"),
    *((name, "string") for name in "eventtype apiversion managementevent recipientaccountid sharedeventid vpcendpointid".split()),
    *((name, "string") for name in "eventcategory sessioncredentialfromconsole".split()),
]
TABLE = f"""CREATE EXTERNAL TABLE IF NOT EXISTS `logs`.`cloudtrail` (
{", ".join(f"`{name}` {kind}" for name, kind in COLUMNS)})
PARTITIONED BY (`account` string, `region` string, `day` string)
ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe'
STORED AS INPUTFORMAT 'com.amazon.emr.cloudtrail.CloudTrailInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION 's3://{BUCKET}/AWSLogs/{ORGANIZATION}/'
TBLPROPERTIES ('projection.enabled'='true',
  'projection.account.type'='enum', 'projection.account.values'='{",".join(ACCOUNTS)}',
  'projection.region.type'='enum', 'projection.region.values'='{",".join(REGIONS)}',
  'projection.day.type'='date', 'projection.day.format'='yyyy/MM/dd', 'projection.day.range'='2026/01/01,NOW',
  'projection.day.interval'='1', 'projection.day.interval.unit'='DAYS',
  'storage.location.template'='s3://{BUCKET}/AWSLogs/{ORGANIZATION}/${{account}}/CloudTrail/${{region}}/${{day}}')"""


def identity(dice, account):
    kind = dice.choice(["AssumedRole", "IAMUser", "AWSService", "Root", "AWSAccount", "FederatedUser", "WebIdentityUser", "IdentityCenterUser", None])
    name = dice.choice(["taro", "hanako", "Jirō", "o'neil", "a\"b", "x,y", ""])
    role = f"arn:aws:iam::{account}:role/" + dice.choice(["Deploy", "aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef"])
    found = {"type": kind, "accountId": account, "principalId": f"AIDA{name}:{name}", "userName": dice.choice([name, None])}
    if kind == "AssumedRole":
        found["arn"] = f"arn:aws:sts::{account}:assumed-role/{role.rsplit('/', 1)[1]}/{name}"
        found["sessionContext"] = {
            "attributes": {"mfaAuthenticated": dice.choice(["true", "false"]), "creationDate": "2026-03-01T00:00:00Z"},
            "sessionIssuer": {"type": "Role", "arn": role, "accountId": account} if dice.random() < 0.8 else {},
        }
        if dice.random() < 0.3:
            found["sessionContext"]["sourceIdentity"] = name
    elif kind == "AWSService":
        found["invokedBy"] = "ec2.amazonaws.com"
    elif kind in ("IAMUser", "FederatedUser"):
        found["arn"] = f"arn:aws:iam::{account}:user/{name}"
        found["accessKeyId"] = dice.choice(["AKIAEXAMPLE1", "AKIAEXAMPLE2", "ASIAEXAMPLE3", ""])
    elif kind == "IdentityCenterUser":
        found["onBehalfOf"] = {"userId": "u-" + name, "identityStoreArn": "arn:aws:identitystore:::identitystore/d-1"}
    return {key: value for key, value in found.items() if value is not None or dice.random() < 0.3}


def record(dice, account, region, day, number):
    source, name = dice.choice(
        [("s3", "GetObject"), ("s3", "PutObject"), ("ec2", "RunInstances"), ("iam", "CreateUser"), ("sts", "AssumeRole"), ("signin", "ConsoleLogin"), ("kms", "Decrypt")]
    )
    second = dice.randrange(86_400)
    found = {
        "eventVersion": "1.11",
        "eventTime": f"{day.replace('/', '-')}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z",
        "eventSource": source + ".amazonaws.com",
        "eventName": name,
        "awsRegion": dice.choice([region, region, None]),
        "sourceIPAddress": f"10.{dice.randrange(3)}.{dice.randrange(4)}.{dice.randrange(250)}",
        "userAgent": dice.choice(["aws-cli/2.15.24 Python/3.11", "Boto3/1.34", "console.amazonaws.com", "line\nbreak", None]),
        "userIdentity": identity(dice, account),
        "recipientAccountId": dice.choice([account, account, None]),
        "eventID": f"{number:08x}",
        "readOnly": dice.choice([True, False, None]),
        "managementEvent": dice.choice([True, False]),
        "eventCategory": dice.choice(["Management", "Data", None, "Insight"]),
        "requestParameters": dice.choice([None, {"bucketName": f"b{dice.randrange(3)}", "n": dice.randrange(9), "list": [1, {"a": "b c"}]}]),
    }
    if name == "AssumeRole":
        found["requestParameters"] = {"roleArn": f"arn:aws:iam::{account}:role/Deploy", "roleSessionName": "s"}
    if name == "ConsoleLogin":
        found["responseElements"] = {"ConsoleLogin": dice.choice(["Success", "Failure"])}
        found["additionalEventData"] = {"MFAUsed": dice.choice(["Yes", "No"])}
    if dice.random() < 0.2:
        found["errorCode"] = dice.choice(["AccessDenied", "Client.UnauthorizedOperation", "NoSuchKey"])
    if dice.random() < 0.4:
        resources = [{"ARN": f"arn:aws:s3:::b{dice.randrange(3)}/k{n}", "accountId": account, "type": "AWS::S3::Object"} for n in range(dice.randrange(4))]
        found["resources"] = resources + dice.choice([[], [{"type": "AWS::KMS::Key"}], [{"ARN": None}]])
    return {key: value for key, value in found.items() if value is not None or dice.random() < 0.3}


def files(seed, records=30):
    """Keys, partitions and records; the folder of one Region of one account holds nothing."""
    dice, number = random.Random(seed), 0
    for account in ACCOUNTS:
        for region in REGIONS:
            for day in DAYS:
                if account == ACCOUNTS[2] and region == REGIONS[1]:
                    continue
                found = [record(dice, account, region, day, number + at) for at in range(dice.randrange(records // 2, records))]
                number += len(found)
                key = f"AWSLogs/{ORGANIZATION}/{account}/CloudTrail/{region}/{day}/{account}_CloudTrail_{region}_x{number}.json.gz"
                yield key, (account, region, day), found


def packed(records):
    return gzip.compress(json.dumps({"Records": records}).encode())
