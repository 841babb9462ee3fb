"""A store in a bucket of S3, into which several processes commit at once, without a lock.

    features/current            names the repository; made once that is whole, removed first
    features/TOKEN/             an Icechunk repository, never made twice under one name
    features/TOKEN/writers/     one object a commit under way, by which compaction sees it

A commit that meets another's is done again from the newest snapshot. What a commit has written is
referred to by nobody before it ends, so that compaction keeps whatever is not older than the
oldest commit under way. All times are the service's own.
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

import icechunk

from clustering_app.errors import NoFeatures, StoreError
from clustering_app.vectors.objects import Objects
from clustering_app.vectors.repositories import (
    BRANCH,
    NOTHING_YET,
    commit_session,
    create_repository,
    forget_history,
)

CURRENT = "features/current"
ATTEMPTS = 60
COMPACTING_ATTEMPTS = 6
SHORTEST_WAIT, LONGEST_WAIT = 0.05, 2.0
"""Seconds at most before the second attempt and before the last ones; how many, chance says."""
LEASE_SECONDS = 600.0
"""Who writes for longer is taken for dead; half of it is the most that a commit may take."""
SKEW_SECONDS = 1.0
"""By how much two clocks of the service may differ; its times are whole seconds besides."""


class Bucket:
    """Where a store lies. Nothing is made there before the first write."""

    many_writers = True
    """Whether the workers of an extraction commit themselves."""

    def __init__(self, location: str) -> None:
        """Take the URL that the host gives for a dataset.

        Raises:
            StoreError: it is no `s3://bucket/prefix`, or the extra is not installed.
        """
        self._objects = Objects(location)

    def exists(self) -> bool:
        """Whether there is a repository."""
        return self._current() is not None

    def repository(self) -> icechunk.Repository:
        """The repository. Raises `NoFeatures` where there is none."""
        return self._open(self._needed())

    def commit(
        self,
        write: Callable[[icechunk.Session], None],
        message: str,
        *,
        may_create: bool,
    ) -> str:
        """Commit what is written into a session, again and again until nobody else was faster.

        Args:
            write: Called once an attempt, with the session.
            message: Of the commit.
            may_create: Whether to make the repository where there is none.

        Returns:
            Id of the newest snapshot.

        Raises:
            NoFeatures: there is no repository, and it may not be made.
            StoreError: others were faster each time.
        """
        for attempt in range(ATTEMPTS):
            if may_create and not self.exists():
                self._make()
            folder, newest = self._needed(), ""
            try:
                with self._writing(folder) as check:
                    session = self._open(folder).writable_session(BRANCH)
                    newest = session.snapshot_id
                    write(session)
                    check()
                    return commit_session(session, message)
            except (icechunk.ConflictError, icechunk.IcechunkError):
                # No conflict alone: compaction takes from under it what others have replaced.
                if self._current() == folder and self._open(folder).lookup_branch(BRANCH) == newest:
                    raise
            _wait(attempt)
        raise StoreError(
            f"The vectors were not committed: {ATTEMPTS} times others were faster. Try again when "
            "fewer write to this dataset."
        )

    def compact(self) -> int:
        """Remove what only older snapshots refer to; returns the number of bytes freed.

        What was written since the oldest commit under way began stays for the next time.
        """
        folder = self._current()
        if folder is None:
            return 0
        # What was written until now shall be older than what is kept.
        time.sleep(1.0 + SKEW_SECONDS)
        before = self._oldest_writing(folder)
        for attempt in range(COMPACTING_ATTEMPTS):
            try:
                return forget_history(self._open(folder), before)
            except icechunk.IcechunkError:  # another compaction takes the history that this reads
                if self._current() != folder:
                    return 0
                if attempt == COMPACTING_ATTEMPTS - 1:
                    raise
            _wait(attempt)
        return 0

    def delete(self) -> None:
        """Remove every object, at once for all who look.

        Who is committing at this moment removes what it wrote when its commit fails.
        """
        folder = self._current()
        # Listed first: what is made anew, as soon as this one is not there, is not to be touched.
        there, _ = self._objects.listed("features/")
        if folder is not None:
            self._objects.remove([CURRENT])
            self._objects.remove_all(f"{folder}/refs/")  # from now on every commit fails
            self._objects.remove_all(f"{folder}/")
        self._objects.remove([one.key for one in there if one.key != CURRENT])

    def _current(self) -> str | None:
        """Key of the repository; None where there is none."""
        content = self._objects.read(CURRENT)
        return None if content is None else f"features/{content.decode()}"

    def _needed(self) -> str:
        folder = self._current()
        if folder is None:
            raise NoFeatures(NOTHING_YET)
        return folder

    def _open(self, folder: str) -> icechunk.Repository:
        # Anew each time: what it keeps in memory of the history may be gone.
        return icechunk.Repository.open(self._objects.storage(folder))

    def _make(self) -> None:
        """Make a repository and name it: it is whole, or not there, and there is only one."""
        token = secrets.token_hex(8)
        create_repository(self._objects.storage(f"features/{token}"))
        if not self._objects.create(CURRENT, token.encode()):
            self._objects.remove_all(f"features/{token}/")

    @contextmanager
    def _writing(self, folder: str) -> Iterator[Callable[[], None]]:
        """Let compaction see a commit; gives what says whether it still does."""
        key, began = f"{folder}/writers/{secrets.token_hex(8)}", time.monotonic()
        self._objects.create(key, b"")

        def check() -> None:
            if time.monotonic() - began > LEASE_SECONDS / 2:
                raise StoreError("The commit took too long; write fewer vectors at a time.")

        try:
            yield check
        except BaseException:
            if self._current() != folder:  # deleted meanwhile: what came later goes, too
                self._objects.remove_all(f"{folder}/")
            raise
        finally:
            with suppress(StoreError):  # else it is taken for dead in its time
                self._objects.remove([key])

    def _oldest_writing(self, folder: str) -> datetime:
        """Before it nobody wrote anything who has not come to an end."""
        found, now = self._objects.listed(f"{folder}/writers/")
        lease = timedelta(seconds=LEASE_SECONDS)
        self._objects.remove([one.key for one in found if now - one.written > lease])
        alive = [one.written for one in found if now - one.written <= lease]
        return min([now, *alive]) - timedelta(seconds=SKEW_SECONDS)


def _wait(attempt: int) -> None:
    """Wait for a time that chance gives, so that those who met do not meet again."""
    time.sleep(random.uniform(0, min(SHORTEST_WAIT * 2**attempt, LONGEST_WAIT)))  # noqa: S311
