"""The common core with DuckDB, in the form that was fastest: whole objects as text, then from_json with the wanted members.

Usage: duckdb.py FOLDER OUT THREADS; prints seconds and peak memory as JSON."""

import json
import resource
import sys
import time

# This file has the library's name; its own folder must not be searched for it.
sys.path.pop(0)
import duckdb  # noqa: E402

folder, out, threads = sys.argv[1:4]
record = {
    "userIdentity": {"arn": "VARCHAR", "accessKeyId": "VARCHAR"},
    "eventTime": "VARCHAR",
    "eventSource": "VARCHAR",
    "eventName": "VARCHAR",
    "sourceIPAddress": "VARCHAR",
    "errorCode": "VARCHAR",
    "recipientAccountId": "VARCHAR",
}
shape = json.dumps({"Records": [record]})
query = f"""
COPY (
    SELECT r.recipientAccountId, r.userIdentity.arn, r.userIdentity.accessKeyId,
           count(*), min(r.eventTime), max(r.eventTime), count(r.errorCode),
           count(DISTINCT r.eventSource || ':' || r.eventName), count(DISTINCT r.sourceIPAddress)
    FROM (
        SELECT unnest(from_json(json, '{shape}').Records) AS r
        FROM read_json_objects('{folder}/**/*.json.gz', format='newline_delimited', compression='gzip',
                               maximum_object_size=33554432)
    )
    GROUP BY ALL
) TO '{out}' (FORMAT csv, DELIMITER '\t', HEADER false, NULLSTR '\\N', QUOTE '')
"""
engine = duckdb.connect()
engine.execute(f"SET threads={threads}; SET preserve_insertion_order=false")
started = time.monotonic()
engine.execute(query)
seconds = time.monotonic() - started
print(json.dumps({"seconds": seconds, "peak_kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))
