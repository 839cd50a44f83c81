#!/usr/bin/env python3
"""Turn the two source files into the forms that are embedded. Usage: convert.py SOURCE_DIR TARGET_DIR

SOURCE_DIR holds `aws-managed-policies.json.xz` ({arn: {version, updated, document}}) and `action-catalogue.tsv.xz`
(service, action, access level, ARN patterns). Output is sorted, so that the program can search without building an index.
"""

import json
import lzma
import pathlib
import sys
import zlib

source, target = map(pathlib.Path, sys.argv[1:3])

policies = json.loads(lzma.open(source / "aws-managed-policies.json.xz").read())
rows = []
for arn, entry in policies.items():
    path_and_name = arn.removeprefix("arn:aws:iam::aws:policy/")
    path, _, name = path_and_name.rpartition("/")
    rows.append((name, f"/{path}/" if path else "/", entry["version"], entry["updated"], entry["document"]))
rows.sort(key=lambda row: row[0])
(target / "managed-names.tsv").write_text("".join("\t".join(row[:4]) + "\n" for row in rows))
documents = "".join(json.dumps(row[4], separators=(",", ":"), ensure_ascii=False) + "\n" for row in rows)
(target / "managed-documents.jsonl.zz").write_bytes(zlib.compress(documents.encode(), 9))



def without_commas(line):
    """AWS's pages separate some ARN patterns by commas, which came along as the end of the pattern before."""
    *fields, arns = line.split("\t")
    return "\t".join([*fields, " ".join(dict.fromkeys(arn.rstrip(",") for arn in arns.split(" ")))])


lines = [without_commas(line) for line in lzma.open(source / "action-catalogue.tsv.xz").read().decode().splitlines()]
lines.sort(key=lambda line: [field.lower() for field in line.split("\t")[:2]])
(target / "action-catalogue.tsv.zz").write_bytes(zlib.compress(("\n".join(lines) + "\n").encode(), 9))
