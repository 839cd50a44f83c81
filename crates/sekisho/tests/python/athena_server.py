"""An Athena on loopback, over the files of a folder: takes queries, lets them wait and run, gives their results in pages.

Usage: athena_server.py HELPERS FOLDER; says its address in the first line. What a running query has read grows with every look: 1 GB each.
A workgroup `slow` never ends, one named `failing` ends badly, and every third call is throttled."""

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

helpers, folder = sys.argv[1:]
sys.path.insert(0, helpers)
from athena import answer, loaded  # noqa: E402

PAGE_ROWS = 50


class Queries:
    def __init__(self):
        self.found, self.tokens, self.connection, self.calls = {}, {}, None, 0

    def start_query_execution(self, it):
        token = it["ClientRequestToken"]
        assert 32 <= len(token) <= 128
        if token not in self.tokens:
            self.tokens[token] = f"query-{len(self.tokens)}"
            self.found[self.tokens[token]] = {"sql": it["QueryString"], "group": it.get("WorkGroup"), "looks": 0, "stopped": False}
        return {"QueryExecutionId": self.tokens[token]}

    def get_query_execution(self, it):
        query = self.found[it["QueryExecutionId"]]
        query["looks"] += 1
        state = ["QUEUED", "RUNNING", "RUNNING", "SUCCEEDED"][min(query["looks"] - 1, 3)]
        reason = None
        if query["stopped"]:
            state, reason = "CANCELLED", "stopped by the user"
        elif query["group"] == "slow" and state == "SUCCEEDED":
            state = "RUNNING"
        elif query["group"] == "failing" and state == "SUCCEEDED":
            state, reason = "FAILED", "HIVE_BAD_DATA: no such thing"
        elif state == "SUCCEEDED":
            self.run(query)
        status = {"State": state} | ({"StateChangeReason": reason} if reason else {})
        scanned = (query["looks"] - 1) * 1_000_000_000
        return {"QueryExecution": {"QueryExecutionId": it["QueryExecutionId"], "Status": status, "Statistics": {"DataScannedInBytes": scanned}}}

    def run(self, query):
        if query["sql"].startswith("CREATE"):
            self.connection = self.connection or loaded(query["sql"], folder)
            query["rows"] = []
        elif "rows" not in query:
            names, rows = answer(self.connection, query["sql"])
            query["rows"] = [names, *rows]

    def stop_query_execution(self, it):
        self.found[it["QueryExecutionId"]]["stopped"] = True
        return {}

    def get_query_results(self, it):
        rows = self.found[it["QueryExecutionId"]]["rows"]
        at = int(it.get("NextToken", "0"))
        cells = lambda row: {"Data": [{} if cell is None else {"VarCharValue": cell} for cell in row]}
        page = {"ResultSet": {"Rows": [cells(row) for row in rows[at : at + PAGE_ROWS]]}}
        return page | ({"NextToken": str(at + PAGE_ROWS)} if at + PAGE_ROWS < len(rows) else {})


QUERIES = Queries()
NAMES = {
    "StartQueryExecution": QUERIES.start_query_execution,
    "GetQueryExecution": QUERIES.get_query_execution,
    "StopQueryExecution": QUERIES.stop_query_execution,
    "GetQueryResults": QUERIES.get_query_results,
}


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        it = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = self.headers["X-Amz-Target"].split(".")[-1]
        QUERIES.calls += 1
        code, found = 200, None
        if QUERIES.calls % 3 == 0:
            code, found = 400, {"__type": "ThrottlingException", "message": "slow down"}
        else:
            try:
                found = NAMES[name](it)
            except Exception as error:  # told to the client, where the test sees it
                code, found = 400, {"__type": "InvalidRequestException", "message": repr(error)[:2000]}
        body = json.dumps(found).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Handler)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
