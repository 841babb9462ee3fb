"""Buckets of a server that speaks S3, on loopback, in this process; for workers by HTTP too."""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

NUMBERS = itertools.count()


@contextmanager
def s3_serving() -> Iterator[str]:
    """Serve S3; gives the address."""
    from moto.s3.responses import S3Response
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # else a line a request
    put, one_at_a_time = S3Response.put_object, threading.Lock()

    def put_in_one_go(response: S3Response) -> Any:
        """Unlike S3, moto lets another write between looking for If-Match and writing."""
        with one_at_a_time:
            return put(response)

    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(S3Response, "put_object", put_in_one_go)
        server.start()
        host, port = server.get_host_and_port()
        try:
            yield f"http://{host}:{port}"
        finally:
            server.stop()


def environment(address: str) -> dict[str, str]:
    """What lets every client of S3 find the server, in worker processes too."""
    return {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL": address,
        "AWS_DEFAULT_REGION": "us-east-1",
    }


def new_bucket(address: str) -> str:
    """URL of an empty bucket."""
    name = f"bucket-{next(NUMBERS)}"
    client(address).create_bucket(Bucket=name)
    return f"s3://{name}"


def contents(address: str, url: str) -> dict[str, bytes]:
    """All that lies in a bucket, or under a prefix of it, by key."""
    name, _, prefix = url.removeprefix("s3://").partition("/")
    s3 = client(address)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=name, Prefix=prefix)
    keys = [one["Key"] for page in pages for one in page.get("Contents", ())]
    return {key: s3.get_object(Bucket=name, Key=key)["Body"].read() for key in keys}


def client(address: str) -> Any:
    """A client of the server."""
    import botocore.session

    return botocore.session.get_session().create_client(
        "s3",
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
