"""The few requests that a store makes of S3 itself; all others are Icechunk's.

Credentials, region and endpoint are those of the environment, as for every tool of AWS.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

import icechunk

from clustering_app.errors import StoreError, StoreUnreachable

SCHEME = "s3://"
REGION = "us-east-1"
"""Of a service at an endpoint of its own, where none is said: most have but one."""
LISTED_AT_ONCE = 1000


@dataclass(frozen=True)
class Listed:
    """An object of the bucket."""

    key: str
    written: datetime
    """By the clock of the service, in whole seconds."""


class Objects:
    """What lies under a prefix of a bucket; keys are written without it."""

    def __init__(self, location: str) -> None:
        """Take the URL; asks nothing yet.

        Raises:
            StoreError: it is no `s3://bucket/prefix`, or the extra is not installed.
        """
        bucket, _, prefix = location.removeprefix(SCHEME).rstrip("/").partition("/")
        if not location.startswith(SCHEME) or not bucket:
            raise StoreError(
                f"{location}: vectors can be kept in a local folder or under s3://bucket/prefix."
            )
        self._location = location
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self._endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        self._region = region or (REGION if self._endpoint else None)
        try:
            self._client = _client(self._endpoint, self._region)
        except ImportError as error:
            raise StoreError(f"{location} needs an extra: pip install 'clustering[s3]'.") from error

    def storage(self, folder: str) -> icechunk.Storage:
        """What Icechunk takes for a repository under a key."""
        return icechunk.s3_storage(
            bucket=self._bucket,
            prefix=f"{self._prefix}{folder}",
            region=self._region,
            endpoint_url=self._endpoint,
            allow_http=(self._endpoint or "").startswith("http://"),
            force_path_style=self._endpoint is not None,
            from_env=True,
        )

    def read(self, key: str) -> bytes | None:
        """The bytes of an object; None where there is none."""
        with self._asked("NoSuchKey"):
            found = self._client.get_object(Bucket=self._bucket, Key=self._prefix + key)
            return bytes(found["Body"].read())
        return None

    def create(self, key: str, content: bytes) -> bool:
        """Make an object, unless there is one already; returns whether it was made."""
        with self._asked("PreconditionFailed", "ConditionalRequestConflict"):
            place = {"Bucket": self._bucket, "Key": self._prefix + key}
            self._client.put_object(**place, Body=content, IfNoneMatch="*")
            return True
        return False

    def listed(self, folder: str) -> tuple[list[Listed], datetime]:
        """All objects under a key, and the time at which it was asked, both by the service."""
        found: list[Listed] = []
        asked: list[datetime] = []
        with self._asked():
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix + folder
            )
            for page in pages:
                date = page["ResponseMetadata"]["HTTPHeaders"]["date"]
                asked.append(parsedate_to_datetime(date).astimezone(UTC))
                for one in page.get("Contents", ()):
                    key = one["Key"].removeprefix(self._prefix)
                    found.append(Listed(key, one["LastModified"].astimezone(UTC)))
        return found, asked[0]

    def remove(self, keys: list[str]) -> None:
        """Remove objects; those that are gone already are passed over."""
        with self._asked():
            for start in range(0, len(keys), LISTED_AT_ONCE):
                some = [{"Key": self._prefix + key} for key in keys[start : start + LISTED_AT_ONCE]]
                told = self._client.delete_objects(
                    Bucket=self._bucket, Delete={"Objects": some, "Quiet": True}
                )
                for error in told.get("Errors", ()):
                    raise self._unusable(f"{error['Key']}: {error['Message']}")

    def remove_all(self, folder: str) -> None:
        """Remove all objects under a key."""
        self.remove([one.key for one in self.listed(folder)[0]])

    @contextmanager
    def _asked(self, *expected: str) -> Iterator[None]:
        """Pass over answers with an expected code, and name the place in all other complaints."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as error:
            if error.response["Error"]["Code"] not in expected:
                raise self._unusable(str(error)) from error
        except BotoCoreError as error:
            raise self._unusable(str(error)) from error

    def _unusable(self, reason: str) -> StoreUnreachable:
        return StoreUnreachable(
            f"{self._location} cannot be used ({reason}). See that the bucket is there and can be "
            "reached, and that the credentials in the environment allow it; nothing was lost."
        )


@lru_cache(maxsize=8)
def _client(endpoint: str | None, region: str | None) -> Any:
    """A client of the process, for all threads; it takes 0.1 s to make."""
    from botocore.config import Config
    from botocore.session import get_session

    return get_session().create_client(
        "s3",
        region_name=region,
        endpoint_url=endpoint,
        config=Config(
            connect_timeout=5,
            read_timeout=30,
            retries={"mode": "standard", "total_max_attempts": 3},
            s3={"addressing_style": "path" if endpoint else "auto"},
        ),
    )
