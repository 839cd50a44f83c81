"""Reads a table with DuckDB and compares it with the same evidence as JSON. Usage: compare.py TABLE.parquet EVIDENCE.json"""

import json
import sys
from datetime import datetime

import duckdb

LISTS = {
    "actions": "action",
    "errors": "error",
    "resources": "resource",
    "addresses": "address",
    "agents": "agent",
    "regions": "region",
    "invoked_by": "invoked_by",
    "on_behalf_of": "on_behalf_of",
    "source_identities": "source_identity",
    "sessions": "session",
    "providers": "provider",
    "classes": "class",
}


def time(text):
    return int(datetime.fromisoformat(text).timestamp()) * 1000


def used(use):
    return (use["events"], time(use["last"]) if use["events"] else None)


def rows(evidence):
    for row in evidence["principals"]:
        key, it = row["principal"], row["evidence"]
        who = (key["account"], key["principal"], key["access_key"], key["opened_by"], it["kind"])
        none = (None, None)
        yield (*who, "all", None, it["all"]["events"], time(it["first"]), time(it["all"]["last"]), *used(it["succeeded"]), *none, False)
        for name in ("reads", "writes", "sessions_with_mfa", "sessions_without_mfa", "from_console"):
            yield (*who, "count", name, it[name], None, None, *none, *none, False)
        for name, use in it["sign_ins"].items():
            if use["events"]:
                yield (*who, "sign_in", name, use["events"], None, time(use["last"]), *none, *none, False)
        for hour, events in it["hours"]:
            yield (*who, "hour", str(hour), events, None, None, *none, *none, False)
        for list_name, short in LISTS.items():
            held = it[list_name]
            for name, use in held["entries"].items():
                parts = (*none, *none)
                if short == "action":
                    parts = (*used(use["succeeded"]), *used(use["denied"]))
                    use = use["all"]
                yield (*who, short, name, use["events"], None, time(use["last"]), *parts, held["truncated"])
    for role, openings in evidence["openings"].items():
        who = (role.split(":")[4] if role.count(":") >= 4 else "", role, None, None, None)
        for list_name, short in (("callers", "opening_caller"), ("sessions", "opening_session")):
            held = openings[list_name]
            for name, use in held["entries"].items():
                yield (*who, short, name, use["events"], None, time(use["last"]), None, None, None, None, held["truncated"])


table, evidence = sys.argv[1:]
expected = sorted(map(repr, rows(json.load(open(evidence, encoding="utf-8")))))
connection = duckdb.connect()
times = ", ".join(f"epoch_ms({name}) AS {name}" for name in ("first", "last", "succeeded_last", "denied_last"))
kinds = connection.execute("SELECT typeof(first), typeof(events) FROM read_parquet(?) LIMIT 1", [table]).fetchall()
assert kinds in ([], [("TIMESTAMP WITH TIME ZONE", "BIGINT")]), kinds
found = connection.execute(f"SELECT * REPLACE ({times}) FROM read_parquet(?)", [table])
names = [column[0] for column in found.description]
found = sorted(map(repr, found.fetchall()))
assert names[:7] == ["account", "principal", "access_key", "opened_by", "kind", "list", "name"], names
different = set(found) ^ set(expected)
assert found == expected, f"{len(found)} {len(expected)} {list(different)[:6]}"
print(len(found))
