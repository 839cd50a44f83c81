"""What AWS documents of five services, as checks that a client nobody here wrote makes: boto3 and AWS CLI.

    python -m conformance sandbox ENDPOINT [--slow ENDPOINT --lagging ENDPOINT --busy ENDPOINT]
    python -m conformance moto ENDPOINT
    python -m conformance cli ENDPOINT AWS
    python -m conformance differences

One line of JSON for each check; exit code 1 when one failed. `moto.py` says of each check that moto does not pass why not.
"""
