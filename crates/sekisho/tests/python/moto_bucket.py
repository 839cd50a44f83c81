"""Puts the files of a folder into a new bucket: moto_bucket.py ENDPOINT BUCKET FOLDER"""

import pathlib
import sys

import boto3

endpoint, bucket, folder = sys.argv[1:]
s3 = boto3.client("s3", endpoint_url=endpoint, region_name="eu-west-1")
s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
for path in sorted(pathlib.Path(folder).rglob("*")):
    if path.is_file():
        s3.put_object(Bucket=bucket, Key=path.relative_to(folder).as_posix(), Body=path.read_bytes())
