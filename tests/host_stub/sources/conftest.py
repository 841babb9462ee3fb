"""A server that speaks S3, on loopback, in this process."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

BUCKETS = itertools.count()


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], str]:
    """Puts a folder into a bucket of its own; gives its URL."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_server)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")

    def put(folder: Path) -> str:
        import s3fs

        bucket = f"bucket-{next(BUCKETS)}"
        files = s3fs.S3FileSystem(s3_additional_kwargs={"ACL": "public-read"})
        files.mkdir(bucket)
        files.put(f"{folder}/", f"{bucket}/", recursive=True)
        return f"s3://{bucket}"

    return put
