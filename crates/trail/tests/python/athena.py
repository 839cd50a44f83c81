"""The query for Athena, translated by sqlglot, run by DuckDB. Usage: athena.py TABLE.sql QUERY.sql FOLDER; its rows as a JSON list.

The table is filled as Athena's SerDe fills it: members by name without case, structures of open shape as texts of JSON."""

import gzip
import json
import pathlib
import sys
import tempfile

import duckdb
import sqlglot
from sqlglot import exp

from reference import HALVES, instant, records, values

TEXTS = (
    "eventVersion eventTime eventSource eventName awsRegion sourceIPAddress userAgent errorCode errorMessage requestID eventID eventType "
    "apiVersion recipientAccountId sharedEventID vpcEndpointId eventCategory"
).split()
WORDS = "readOnly managementEvent sessionCredentialFromConsole".split()
OPEN = "requestParameters responseElements additionalEventData".split()


def text(value):
    return HALVES.sub("\ufffd", value) if isinstance(value, str) else None


def word(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return text(value)


def members(value, names):
    value = value if isinstance(value, dict) else {}
    return {name.lower(): text(value.get(name)) for name in names.split()}


def row(record):
    row = {name.lower(): text(record.get(name)) for name in TEXTS}
    row |= {name.lower(): word(record.get(name)) for name in WORDS}
    row |= {name.lower(): json.dumps(record[name]) for name in OPEN if record.get(name) is not None}
    if row["eventtime"] is None and text(record.get("@timestamp")) is not None:
        # Of other programs' files, which Athena is not given.
        row["eventtime"] = instant(text(record["@timestamp"]))
    who = record.get("userIdentity")
    who = who if isinstance(who, dict) else {}
    session = who.get("sessionContext")
    session = session if isinstance(session, dict) else {}
    row["useridentity"] = members(who, "type principalId arn accountId invokedBy accessKeyId userName identityProvider") | {
        "onbehalfof": members(who.get("onBehalfOf"), "userId identityStoreArn"),
        "sessioncontext": members(session, "ec2RoleDelivery sourceIdentity")
        | {
            "attributes": members(session.get("attributes"), "mfaAuthenticated creationDate"),
            "sessionissuer": members(session.get("sessionIssuer"), "type principalId arn accountId userName"),
            "webidfederationdata": members(session.get("webIdFederationData"), "federatedProvider"),
        },
    }
    resources = record.get("resources")
    resources = [part for part in resources if isinstance(part, dict)] if isinstance(resources, list) else None
    if resources is not None:
        last = lambda part: [part[name] for name in part if name in ("ARN", "arn")][-1:] or [None]
        row["resources"] = [{"arn": text(last(part)[0]), "type": text(part.get("type")), "accountid": text(part.get("accountId"))} for part in resources]
    return row


def loaded(definition, folder):
    """A database with the log below a folder in the table that is defined so."""
    defined = sqlglot.parse_one(definition, dialect="athena")
    schema = defined.find(exp.Schema)
    columns = {part.name: part.args["kind"].sql(dialect="duckdb") for part in schema.expressions if isinstance(part, exp.ColumnDef)}
    for partition in ("account", "region", "day"):
        columns[partition] = "TEXT"
    connection = duckdb.connect()
    name = schema.this
    connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{name.db}"')
    with tempfile.NamedTemporaryFile("w", suffix=".ndjson", encoding="utf-8") as file:
        for path in sorted(pathlib.Path(folder).rglob("*")):
            if path.name.endswith((".json", ".json.gz")):
                raw = path.read_bytes()
                raw = gzip.decompress(raw) if path.name.endswith(".gz") else raw
                for value in values(raw.decode("utf-8-sig")):
                    for record in records(value):
                        file.write(json.dumps(row(record)) + "\n")
        file.flush()
        typed = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
        connection.execute(
            f'CREATE TABLE "{name.db}"."{name.name}" AS SELECT * FROM read_json('
            f"'{file.name}', format='newline_delimited', columns={{{typed}}}, maximum_object_size=200000000)"
        )
    return connection


def answer(connection, query):
    """The rows of Athena's SQL: texts, none for null."""
    statement = sqlglot.parse_one(query, dialect="athena")
    found = connection.execute(statement.sql(dialect="duckdb"))
    names = [column[0] for column in found.description]
    return names, [[None if cell is None else str(cell) for cell in row] for row in found.fetchall()]


if __name__ == "__main__":
    table, query, folder = sys.argv[1:]
    connection = loaded(open(table, encoding="utf-8").read(), folder)
    json.dump(answer(connection, open(query, encoding="utf-8").read())[1], sys.stdout)
