"""What is done with an Icechunk repository wherever it lies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import icechunk
import zarr

icechunk.set_logs_filter("error")  # it warns of unsafe commits on local disks: `folder` has a lock

BRANCH = "main"
NOTHING_YET = "There are no vectors yet: extract features first."


def create_repository(storage: icechunk.Storage) -> None:
    """Make a repository whose root is an empty group."""
    session = icechunk.Repository.create(storage).writable_session(BRANCH)
    zarr.create_group(session.store)
    session.commit("make the store")


def commit_session(session: icechunk.Session, message: str) -> str:
    """Commit what a session has written, if anything; returns the id of the newest snapshot."""
    if not session.has_uncommitted_changes:
        return str(session.snapshot_id)
    return str(session.commit(message))


def forget_history(repository: icechunk.Repository, written_before: datetime) -> int:
    """Forget all snapshots but the newest, and what only they refer to.

    Args:
        repository: Which one.
        written_before: Objects written since are kept: they may belong to what is not committed.

    Returns:
        The number of bytes freed.
    """
    repository.expire_snapshots(datetime.now(UTC) + timedelta(days=1))
    return int(repository.garbage_collect(written_before).bytes_deleted)
