"""What is done when the repository cannot be read or written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

import icechunk
from zarr.errors import NodeNotFoundError

from clustering_app.errors import NoFeatures, StoreError, StoreUnreachable

P = ParamSpec("P")
R = TypeVar("R")

READING_ATTEMPTS = 3


@contextmanager
def with_one_error() -> Iterator[None]:
    """Say in one line what Icechunk says in a page, and Zarr where a group is gone."""
    try:
        yield
    except (icechunk.IcechunkError, icechunk.ConflictError, NodeNotFoundError) as error:
        raise StoreError(
            f"The feature store cannot be read or written ({_reason(error)}). It was deleted "
            "meanwhile, or the disk is full or damaged, or the bucket out of reach: look there, or "
            "delete the vectors and extract again."
        ) from error


def _reason(error: Exception) -> str:
    """The first line, which says what was tried, and the last one, which says what was wrong."""
    lines = [line.lstrip(" x|`->").rstrip() for line in str(error).splitlines()]
    said = [line for line in lines if line]
    return ": ".join(dict.fromkeys([*said[:1], *said[-1:]]))


def reading(read: Callable[P, R]) -> Callable[P, R]:
    """Read anew, from the newest snapshot, when a compaction took the one that was being read."""

    @wraps(read)
    def call(*args: P.args, **named: P.kwargs) -> R:
        for _ in range(READING_ATTEMPTS - 1):
            try:
                return with_one_error()(read)(*args, **named)
            except (NoFeatures, StoreUnreachable):
                raise
            except StoreError:
                continue
        return with_one_error()(read)(*args, **named)

    return call
