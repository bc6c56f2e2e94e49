"""An S3 on this machine."""

import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

_KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


@contextmanager
def served(*buckets: str, region: str = "us-east-1") -> Iterator[dict[str, str]]:
    """Serve these buckets, empty; give the environment variables with which programs find them.

    One at a time: all servers of a process share what they store, so a new one begins by forgetting it.
    """
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    variables = {"AWS_ENDPOINT_URL": url, "AWS_REGION": region, "AWS_DEFAULT_REGION": region, **_KEYS}
    try:
        reset = urllib.request.Request(f"{url}/moto-api/reset", method="POST")  # noqa: S310  # loopback
        urllib.request.urlopen(reset)  # noqa: S310
        place = {} if region == "us-east-1" else {"LocationConstraint": region}
        for bucket in buckets:
            kwargs: dict[str, Any] = {"CreateBucketConfiguration": place} if place else {}
            client(variables).create_bucket(Bucket=bucket, **kwargs)
        yield variables
    finally:
        server.stop()


def client(variables: dict[str, str]) -> Any:
    """Give a client of a server, by its variables."""
    return boto3.client(
        "s3",
        endpoint_url=variables["AWS_ENDPOINT_URL"],
        region_name=variables["AWS_REGION"],
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
    )
