"""Folders put into buckets."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.buckets import new_bucket


@pytest.fixture
def s3(s3_server: str) -> Callable[[Path], str]:
    """Puts a folder into a bucket of its own; gives its URL."""

    def put(folder: Path) -> str:
        import s3fs

        url = new_bucket(s3_server)
        files = s3fs.S3FileSystem(s3_additional_kwargs={"ACL": "public-read"})
        files.put(f"{folder}/", f"{url.removeprefix('s3://')}/", recursive=True)
        return url

    return put
