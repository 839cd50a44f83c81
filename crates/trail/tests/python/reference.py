"""The common core the plain way: json and dict. Usage: reference.py FOLDER; rows as a JSON list, sorted."""

import gzip
import json
import pathlib
import re
import sys
from datetime import datetime, timezone

HALVES = re.compile("[\ud800-\udfff]")


def text(value):
    return HALVES.sub("\ufffd", value) if isinstance(value, str) else None


def values(raw):
    try:
        yield json.loads(raw)
    except json.JSONDecodeError:
        for line in raw.splitlines():
            if line.strip():
                yield json.loads(line)


def records(value):
    if isinstance(value, dict):
        value = value["Records"] if "Records" in value else [value]
    return [record for record in value or [] if isinstance(record, dict)]


def instant(value):
    try:
        when = datetime.fromisoformat(value)
    except ValueError:
        return None
    return when.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def core(folder):
    rows = {}
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if not path.name.endswith((".json", ".json.gz")):
            continue
        raw = path.read_bytes()
        raw = gzip.decompress(raw) if path.name.endswith(".gz") else raw
        for value in values(raw.decode("utf-8-sig")):
            for record in records(value):
                names = ("eventTime", "@timestamp", "eventSource", "eventName")
                time, timestamp, source, name = (text(record.get(member)) for member in names)
                time = timestamp if time is None else time
                time = instant(time) if time is not None else None
                if time is None or source is None or name is None:
                    continue
                identity = record.get("userIdentity")
                identity = identity if isinstance(identity, dict) else {}
                key = (text(record.get("recipientAccountId")), text(identity.get("arn")), text(identity.get("accessKeyId")))
                row = rows.setdefault(key, [0, time, time, 0, set(), set()])
                row[0] += 1
                row[1] = min(row[1], time)
                row[2] = max(row[2], time)
                row[3] += text(record.get("errorCode")) is not None
                row[4].add((source, name))
                address = text(record.get("sourceIPAddress"))
                if address is not None:
                    row[5].add(address)
    out = [[*key, *row[:4], len(row[4]), len(row[5])] for key, row in rows.items()]
    return sorted(out, key=repr)


if __name__ == "__main__":
    json.dump(core(sys.argv[1]), sys.stdout)
