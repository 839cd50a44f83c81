"""The common core with ClickHouse (chdb, the engine of clickhouse-local), with the settings that made it fastest.

Usage: clickhouse.py FOLDER OUT THREADS; prints seconds and peak memory as JSON."""

import json
import resource
import sys
import time

from chdb import session

folder, out, threads = sys.argv[1:4]
record = (
    "Tuple(userIdentity Tuple(arn Nullable(String), accessKeyId Nullable(String)), eventTime String, eventSource String, "
    "eventName String, sourceIPAddress Nullable(String), errorCode Nullable(String), recipientAccountId Nullable(String))"
)
settings = {
    "max_threads": threads,
    "max_parsing_threads": threads,
    "max_download_threads": threads,
    "input_format_skip_unknown_fields": 1,
    "input_format_json_ignore_unknown_keys_in_named_tuple": 1,
    "input_format_json_defaults_for_missing_elements_in_named_tuple": 1,
    "input_format_json_try_infer_named_tuples_from_objects": 0,
    # A file is one object: splitting it for parallel parsing only costs.
    "input_format_parallel_parsing": 0,
}
query = f"""
SELECT r.recipientAccountId AS account, r.userIdentity.arn AS arn, r.userIdentity.accessKeyId AS access_key,
       count(), min(r.eventTime), max(r.eventTime), count(r.errorCode),
       uniqExact(r.eventSource || ':' || r.eventName), uniqExact(r.sourceIPAddress)
FROM (SELECT arrayJoin(Records) AS r FROM file('{folder}/**/*.json.gz', JSONEachRow, 'Records Array({record})', 'gzip'))
GROUP BY account, arn, access_key
INTO OUTFILE '{out}' TRUNCATE FORMAT TSV
SETTINGS {", ".join(f"{name}={value}" for name, value in settings.items())}
"""
engine = session.Session()
started = time.monotonic()
engine.query(query)
seconds = time.monotonic() - started
print(json.dumps({"seconds": seconds, "peak_kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))
