"""A batch job that runs until it is told to stop: every call has to succeed.

Usage: batch_job.py ENDPOINT STOP_FILE. Credentials and Region come from the environment. Prints how often it called.
"""

import pathlib
import sys
import time

import boto3

endpoint, stop = sys.argv[1], pathlib.Path(sys.argv[2])
iam = boto3.client("iam", endpoint_url=endpoint)
sts = boto3.client("sts", endpoint_url=endpoint)
calls = 0
while not stop.exists():
    sts.get_caller_identity()
    iam.list_users(MaxItems=1)
    calls += 2
    time.sleep(0.02)
print(calls)
