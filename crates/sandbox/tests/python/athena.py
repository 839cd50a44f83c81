"""Drives the sandbox's Athena with boto3 and the AWS CLI, and holds what its queries give against DuckDB over the same records, to whose SQL
sqlglot translates them. Prints one line of JSON per check.

Usage: athena.py ENDPOINT QUERY.sql [AWS-CLI]. QUERY.sql is the query of `sekisho trail athena`."""

import json
import math
import subprocess
import sys
import tempfile

import boto3
import duckdb
import sqlglot
from botocore.config import Config
from botocore.exceptions import ClientError

import athena_log as log
import athena_queries

ENDPOINT, QUERY = sys.argv[1:3]
CLI = sys.argv[3:4]
REGION = "ap-northeast-1"
RESULTS = {"OutputLocation": "s3://results/here/"}


def client(service, keys=None):
    named = {}
    if keys:
        named = {"aws_access_key_id": keys["AccessKeyId"], "aws_secret_access_key": keys["SecretAccessKey"]}
    return boto3.client(service, endpoint_url=ENDPOINT, config=Config(retries={"max_attempts": 1}, parameter_validation=False), **named)


def check(name, passed, detail=None):
    print(json.dumps({"name": name, "passed": bool(passed), "detail": None if passed else repr(detail)[:4000]}))


def equal(name, found, expected):
    check(name, found == expected, (found, expected))


def refused(name, code, call, **arguments):
    try:
        answer = call(**arguments)
    except ClientError as error:
        told = error.response["Error"]
        check(name, told["Code"] == code, told)
        return error.response
    check(name, False, answer)
    return {}


athena, s3 = client("athena"), client("s3")


def ended(sql, on=None, **more):
    on = on or athena
    more = {"ResultConfiguration": RESULTS, "QueryExecutionContext": {"Database": "logs"}} | more
    id = on.start_query_execution(QueryString=sql, **more)["QueryExecutionId"]
    return on.get_query_execution(QueryExecutionId=id)["QueryExecution"]


def rows(execution):
    pages = athena.get_paginator("get_query_results").paginate(QueryExecutionId=execution["QueryExecutionId"])
    found = [[cell.get("VarCharValue") for cell in row["Data"]] for page in pages for row in page["ResultSet"]["Rows"]]
    return found


def ask(sql):
    execution = ended(sql)
    if execution["Status"]["State"] != "SUCCEEDED":
        raise ValueError(execution["Status"].get("StateChangeReason"))
    found = rows(execution)
    return found[0], found[1:]


def set_up():
    where = {"LocationConstraint": REGION}
    for bucket in (log.BUCKET, "results"):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
    taken = {}
    for key, partition, records in log.files(20_261_122):
        body = log.packed(records)
        s3.put_object(Bucket=log.BUCKET, Key=key, Body=body)
        taken[partition] = (len(body), records)
    return taken


def members(value, columns):
    """What the SerDe makes of an object."""
    found = {name.lower(): inner for name, inner in value.items()}
    return {name: typed(found.get(name), kind) for name, kind in columns}


def typed(value, kind):
    if value is None or kind == "string":
        if value is None or isinstance(value, str):
            return value
        return json.dumps(value, separators=(",", ":"))
    if kind.startswith("array<"):
        return [typed(inner, kind[6:-1]) for inner in value]
    if kind.startswith("map<"):
        return value
    return members(value, split(kind[7:-1]))


def split(text):
    parts, depth, start = [], 0, 0
    for at, letter in enumerate(text + ","):
        depth += {"<": 1, ">": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            parts.append(tuple(text[start:at].split(":", 1)))
            start = at + 1
    return parts


def duck_kind(kind):
    if kind.startswith("array<"):
        return duck_kind(kind[6:-1]) + "[]"
    if kind.startswith("map<"):
        return "MAP(VARCHAR, VARCHAR)"
    if kind.startswith("struct<"):
        return "STRUCT(" + ", ".join(f'"{name}" {duck_kind(inner)}' for name, inner in split(kind[7:-1])) + ")"
    return "VARCHAR"


def duck(taken):
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("CREATE SCHEMA logs")
    columns = {name: duck_kind(kind) for name, kind in log.COLUMNS} | {name: "VARCHAR" for name in ("account", "region", "day")}
    typed_columns = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
    with tempfile.NamedTemporaryFile("w", suffix=".ndjson") as file:
        for (account, region, day), (_, records) in taken.items():
            for record in records:
                row = members(record, log.COLUMNS) | {"account": account, "region": region, "day": day}
                file.write(json.dumps(row) + "\n")
        file.flush()
        connection.execute(f"CREATE TABLE logs.cloudtrail AS SELECT * FROM read_json('{file.name}', format='newline_delimited', columns={{{typed_columns}}})")
    connection.execute("SET schema = 'logs'")
    return connection


def shown(value):
    """A value of DuckDB as Athena writes it."""
    import datetime

    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        text = value.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
        return text + (" UTC" if value.tzinfo else "")
    if isinstance(value, datetime.timedelta):
        seconds = value.days * 86_400 + value.seconds
        return f"{seconds // 86_400} {seconds // 3600 % 24:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.000"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join("null" if inner is None else shown(inner) for inner in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}={'null' if inner is None else shown(inner)}" for name, inner in value.items()) + "}"
    return str(value)


def alike(left, right):
    if left == right:
        return True
    try:
        return left is not None and right is not None and math.isclose(float(left), float(right), rel_tol=1e-9)
    except ValueError:
        return False


def compare(name, sql, connection, by_hand=None):
    ordered = "order by" in sql.lower().rsplit(")", 1)[-1]
    try:
        names, found = ask(sql)
        translated = by_hand or sqlglot.transpile(sql, read="trino", write="duckdb")[0]
        cursor = connection.execute(translated)
        expected = [[shown(cell) for cell in row] for row in cursor.fetchall()]
    except Exception as error:
        check(name, False, error)
        return
    key = lambda row: [(cell is not None, cell or "") for cell in row]
    if not ordered:
        found, expected = sorted(found, key=key), sorted(expected, key=key)
    same = len(found) == len(expected) and all(len(left) == len(right) and all(map(alike, left, right)) for left, right in zip(found, expected))
    different = [(left, right) for left, right in zip(found, expected) if not all(map(alike, left, right))][:3]
    # a query that gives nothing shows nothing
    check(name, same and (found or "-- empty" in sql), (len(found), len(expected), different))


def oracle(taken):
    connection = duck(taken)
    for number, entry in enumerate(athena_queries.QUERIES):
        sql, by_hand = entry if isinstance(entry, tuple) else (entry, None)
        compare(f"oracle {number}: {' '.join(sql.split())[:60]}", sql, connection, by_hand)
    sql = open(QUERY, encoding="utf-8").read().replace("{from}", '"logs"."cloudtrail"').replace("{partitions}", "")
    compare("oracle: the query of `sekisho trail athena`", sql, connection)


def definitions():
    equal("database made", ended("CREATE DATABASE IF NOT EXISTS logs", QueryExecutionContext={})["Status"]["State"], "SUCCEEDED")
    made = ended(log.TABLE)
    equal("table made", (made["Status"]["State"], made["StatementType"]), ("SUCCEEDED", "DDL"))
    equal("table made again", ended(log.TABLE)["Status"]["State"], "SUCCEEDED")
    failed = ended(log.TABLE.replace("IF NOT EXISTS ", ""))
    check("table twice", "already exists" in failed["Status"]["StateChangeReason"], failed)
    equal("tables shown", rows(ended("SHOW TABLES IN logs")), [["cloudtrail"]])
    equal("databases shown", rows(ended("SHOW DATABASES")), [["default"], ["logs"]])
    found = athena.get_table_metadata(CatalogName="AwsDataCatalog", DatabaseName="logs", TableName="cloudtrail")["TableMetadata"]
    equal("partition keys", [key["Name"] for key in found["PartitionKeys"]], ["account", "region", "day"])
    equal("tables listed", [table["Name"] for table in athena.list_table_metadata(CatalogName="AwsDataCatalog", DatabaseName="logs")["TableMetadataList"]], ["cloudtrail"])
    equal("databases listed", [one["Name"] for one in athena.list_databases(CatalogName="AwsDataCatalog")["DatabaseList"]], ["default", "logs"])
    equal("database", athena.get_database(CatalogName="AwsDataCatalog", DatabaseName="logs")["Database"]["Name"], "logs")
    refused("no database", "MetadataException", athena.get_database, CatalogName="AwsDataCatalog", DatabaseName="none")
    refused("no table", "MetadataException", athena.get_table_metadata, CatalogName="AwsDataCatalog", DatabaseName="logs", TableName="none")
    equal("catalogs", [one["CatalogName"] for one in athena.list_data_catalogs()["DataCatalogsSummary"]], ["AwsDataCatalog"])
    equal("workgroups", [one["Name"] for one in athena.list_work_groups()["WorkGroups"]], ["primary"])
    equal("workgroup", athena.get_work_group(WorkGroup="primary")["WorkGroup"]["State"], "ENABLED")
    refused("no workgroup", "InvalidRequestException", athena.get_work_group, WorkGroup="other")
    other = log.TABLE.replace("`cloudtrail`", "`bad`").replace("org.apache.hive.hcatalog.data.JsonSerDe", "org.apache.hadoop.hive.serde2.OpenCSVSerde")
    check("a SerDe that is not read", "only JSON is read" in ended(other)["Status"]["StateChangeReason"])
    plain = f"CREATE EXTERNAL TABLE logs.lines (a string, n int, b boolean) ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION 's3://{log.BUCKET}/lines/'"
    equal("table of lines", ended(plain)["Status"]["State"], "SUCCEEDED")
    s3.put_object(Bucket=log.BUCKET, Key="lines/a.json", Body=b'{"a":"x","n":1,"b":true}\n{"A":"y\\"z","n":null}\n')
    equal("lines read", ask("SELECT * FROM lines")[1], [["x", "1", "true"], ['y"z', None, None]])
    s3.put_object(Bucket=log.BUCKET, Key="lines/b.json", Body=b'{"a":"x","n":"one"}\n')
    check("bad data fails", ended("SELECT n FROM lines")["Status"]["StateChangeReason"].startswith("HIVE_BAD_DATA"))
    equal("what is not looked at does no harm", ask("SELECT count(a) FROM lines")[1], [["3"]])
    parts = plain.replace("logs.lines", "logs.parts").replace("ROW FORMAT", "PARTITIONED BY (p string) ROW FORMAT")
    ended(parts)
    equal("no partition, no rows", ask("SELECT count(*) FROM parts")[1], [["0"]])
    added = f"ALTER TABLE parts ADD IF NOT EXISTS PARTITION (p = 'one') LOCATION 's3://{log.BUCKET}/lines/'"
    equal("partition added", ended(added)["Status"]["State"], "SUCCEEDED")
    equal("partition shown", rows(ended("SHOW PARTITIONS parts")), [["p=one"]])
    equal("partition read", ask("SELECT p, count(a) FROM parts GROUP BY p")[1], [["one", "3"]])
    equal("table dropped", ended("DROP TABLE parts")["Status"]["State"], "SUCCEEDED")
    equal("dropped", rows(ended("SHOW TABLES")), [["cloudtrail"], ["lines"]])
    injected = log.TABLE.replace("`cloudtrail`", "`injected`").replace("'projection.account.type'='enum', ", "'projection.account.type'='injected', ")
    ended(injected)
    check("injected without a condition", "CONSTRAINT_VIOLATION" in ended("SELECT count(*) FROM injected")["Status"]["StateChangeReason"])
    sql = "SELECT count(*) FROM {} WHERE account = '111122223333'"
    equal("injected", ask(sql.format("injected"))[1], ask(sql.format("cloudtrail"))[1])


def api(taken):
    execution = ended("SELECT count(*) AS n FROM cloudtrail")
    equal("scanned", execution["Statistics"]["DataScannedInBytes"], sum(size for size, _ in taken.values()))
    one = ended("SELECT count(*) FROM cloudtrail WHERE account = '111122223333' AND region = 'us-east-1' AND day = '2026/03/02'")
    equal("one partition", one["Statistics"]["DataScannedInBytes"], taken[("111122223333", "us-east-1", "2026/03/02")][0])
    two = ended("WITH a AS (SELECT * FROM cloudtrail) SELECT count(*) FROM a WHERE day >= '2026/03/02' AND account IN ('444455556666') AND region LIKE 'ap%'")
    equal("two partitions", two["Statistics"]["DataScannedInBytes"], sum(size for key, (size, _) in taken.items() if key[:2] == ("444455556666", "ap-northeast-1") and key[2] >= "2026/03/02"))
    none = ended("SELECT count(*) FROM cloudtrail WHERE day = '2026/02/01'")
    equal("nothing scanned", (none["Statistics"]["DataScannedInBytes"], rows(none)[1]), (0, ["0"]))
    place = execution["ResultConfiguration"]["OutputLocation"]
    equal("place of results", place, f"s3://results/here/{execution['QueryExecutionId']}.csv")
    total = sum(len(records) for _, records in taken.values())
    body = s3.get_object(Bucket="results", Key=place.removeprefix("s3://results/"))["Body"].read().decode()
    equal("file of results", body, f'"n"\n"{total}"\n')
    info = athena.get_query_results(QueryExecutionId=execution["QueryExecutionId"])["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    equal("columns", [(column["Name"], column["Type"]) for column in info], [("n", "bigint")])
    many = ended("SELECT eventid, n FROM cloudtrail CROSS JOIN UNNEST(sequence(1, 10)) AS t(n)")
    page = athena.get_query_results(QueryExecutionId=many["QueryExecutionId"])
    equal("a page", len(page["ResultSet"]["Rows"]), 1000)
    equal("all pages", len(rows(many)), total * 10 + 1)
    small = athena.get_query_results(QueryExecutionId=many["QueryExecutionId"], MaxResults=3)
    equal("a small page", [row["Data"][0]["VarCharValue"] for row in small["ResultSet"]["Rows"]][0], "eventid")
    refused("a token of nobody", "InvalidRequestException", athena.get_query_results, QueryExecutionId=many["QueryExecutionId"], NextToken="x")
    quoted = ask("SELECT 'a\"b' || chr_ FROM (VALUES (',c'), ('line' || U&'\\000A' || 'break'), ('')) AS t(chr_) ORDER BY 1")
    equal("quotes, commas, breaks", quoted[1], [['a"b'], ['a"b,c'], ['a"bline\nbreak']])
    equal("null and empty", ask("SELECT NULL, '', ARRAY[NULL, 'a'], MAP(ARRAY['k'], ARRAY[1]), CAST(ROW(1, 'x') AS ROW(a integer, b varchar))")[1], [[None, "", "[null, a]", "{k=1}", "{a=1, b=x}"]])
    token = "t" * 32
    start = dict(QueryString="SELECT 1", ClientRequestToken=token, ResultConfiguration=RESULTS)
    first = athena.start_query_execution(**start)["QueryExecutionId"]
    equal("the same token", athena.start_query_execution(**start)["QueryExecutionId"], first)
    refused("a token for another query", "InvalidRequestException", athena.start_query_execution, **(start | {"QueryString": "SELECT 2"}))
    listed = athena.list_query_executions(MaxResults=2)
    equal("newest first", listed["QueryExecutionIds"][0], first)
    every = [id for page in athena.get_paginator("list_query_executions").paginate() for id in page["QueryExecutionIds"]]
    check("all listed once", len(every) == len(set(every)) and execution["QueryExecutionId"] in every)
    batch = athena.batch_get_query_execution(QueryExecutionIds=[first, "00000000-0000-4000-8000-000000000000"])
    equal("a batch", (len(batch["QueryExecutions"]), len(batch["UnprocessedQueryExecutionIds"])), (1, 1))
    refused("no output", "InvalidRequestException", athena.start_query_execution, QueryString="SELECT 1")
    refused("no such bucket", "InvalidRequestException", athena.start_query_execution, QueryString="SELECT 1", ResultConfiguration={"OutputLocation": "s3://nowhere-1/"})
    refused("no such query", "InvalidRequestException", athena.get_query_execution, QueryExecutionId="00000000-0000-4000-8000-000000000000")
    malformed = refused("malformed", "InvalidRequestException", athena.start_query_execution, QueryString="SELEC 1", ResultConfiguration=RESULTS)
    equal("its code", malformed.get("AthenaErrorCode"), "MALFORMED_QUERY")
    refused("malformed too", "InvalidRequestException", athena.start_query_execution, QueryString="SELECT FROM WHERE", ResultConfiguration=RESULTS)
    refused("too short a token", "InvalidRequestException", athena.start_query_execution, QueryString="SELECT 1", ClientRequestToken="x", ResultConfiguration=RESULTS)


def failures():
    for sql, reason in athena_queries.FAILURES:
        status = ended(sql)["Status"]
        told = status.get("StateChangeReason", "")
        passed = status["State"] == "FAILED" and told.startswith(reason) and status["AthenaError"]["ErrorMessage"] == told
        check(f"fails: {sql[:60]}", passed, status)
    failed = ended("SELECT x FROM cloudtrail")
    refused("results of what failed", "InvalidRequestException", athena.get_query_results, QueryExecutionId=failed["QueryExecutionId"])


def rights():
    iam = client("iam")
    iam.create_user(UserName="analyst")
    allow = lambda action, resource: {"Effect": "Allow", "Action": action, "Resource": resource}
    policy = lambda *statements: json.dumps({"Version": "2012-10-17", "Statement": statements})
    put = lambda *statements: iam.put_user_policy(UserName="analyst", PolicyName="p", PolicyDocument=policy(*statements))
    key = iam.create_access_key(UserName="analyst")["AccessKey"]
    own = client("athena", key)
    start = dict(QueryString="SELECT count(*) FROM logs.cloudtrail", ResultConfiguration=RESULTS)
    refused("nothing allowed", "AccessDeniedException", own.start_query_execution, **start)
    base = [allow("athena:*", "*")]
    told = lambda *more: (put(*base, *more), ended(start["QueryString"], own)["Status"])[1]
    check("no right to the catalog", "not authorized to perform: glue:GetTable" in told()["StateChangeReason"])
    glue = allow("glue:Get*", "*")
    check("no right to the log", told(glue)["StateChangeReason"].startswith(f"PERMISSION_DENIED: Permission denied on S3 path: s3://{log.BUCKET}/"))
    read = [allow("s3:ListBucket", f"arn:aws:s3:::{log.BUCKET}"), allow("s3:GetObject", f"arn:aws:s3:::{log.BUCKET}/*")]
    check("no right to write results", told(glue, *read)["StateChangeReason"].startswith("PERMISSION_DENIED: Permission denied on S3 path: s3://results/"))
    equal("all rights", told(glue, *read, allow("s3:PutObject", "arn:aws:s3:::results/*"))["State"], "SUCCEEDED")
    only = [allow("s3:ListBucket", f"arn:aws:s3:::{log.BUCKET}"), allow("s3:GetObject", f"arn:aws:s3:::{log.BUCKET}/*/444455556666/*"), allow("s3:PutObject", "*")]
    check("another account's part", told(glue, *only)["StateChangeReason"].startswith("PERMISSION_DENIED"))


def command_line():
    def aws(*arguments):
        done = subprocess.run([*CLI, "--endpoint-url", ENDPOINT, "--output", "json", "athena", *arguments], capture_output=True, text=True)
        return json.loads(done.stdout) if done.stdout.strip() else done.stderr

    started = aws("start-query-execution", "--query-string", "SELECT count(*) FROM logs.cloudtrail", "--result-configuration", "OutputLocation=s3://results/cli/")
    id = started["QueryExecutionId"]
    equal("cli: get-query-execution", aws("get-query-execution", "--query-execution-id", id)["QueryExecution"]["Status"]["State"], "SUCCEEDED")
    check("cli: get-query-results", int(aws("get-query-results", "--query-execution-id", id)["ResultSet"]["Rows"][1]["Data"][0]["VarCharValue"]) > 100)
    refused_text = aws("start-query-execution", "--query-string", "SELECT 1")
    check("cli: no output location", "No output location provided" in refused_text, refused_text)


taken = set_up()
definitions()
api(taken)
failures()
rights()
oracle(taken)
if CLI:
    command_line()
