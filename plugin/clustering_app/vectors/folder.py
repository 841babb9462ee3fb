"""A store in a folder of the local disk.

There Icechunk is not safe against two processes that commit at once, so every commit goes through
one file lock beside the repository.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import icechunk
from filelock import FileLock

from clustering_app.errors import NoFeatures
from clustering_app.vectors.repositories import (
    BRANCH,
    NOTHING_YET,
    commit_session,
    create_repository,
    forget_history,
)


class Folder:
    """Where a store lies. Nothing is made on disk before the first write."""

    many_writers = False
    """Whether the workers of an extraction commit themselves: on a disk they would queue up."""

    def __init__(self, location: str) -> None:
        """Take the folder that the host gives for a dataset."""
        self._folder = Path(location) / "features"
        self._lock = FileLock(f"{self._folder}.lock")
        self._unfinished = Path(f"{self._folder}.unfinished")

    def exists(self) -> bool:
        """Whether there is a repository."""
        try:  # Icechunk leaves an empty folder where it opens what is being deleted
            return any(self._folder.iterdir())
        except FileNotFoundError:
            return False

    def repository(self) -> icechunk.Repository:
        """The repository. Raises `NoFeatures` where there is none."""
        if not self.exists():
            raise NoFeatures(NOTHING_YET)
        try:
            return icechunk.Repository.open(icechunk.local_filesystem_storage(str(self._folder)))
        except BaseException as error:
            # Where the folder goes at this moment Icechunk panics, which is no Exception.
            if type(error).__name__ == "PanicException" and not self.exists():
                raise NoFeatures(NOTHING_YET) from error
            raise

    def commit(
        self,
        write: Callable[[icechunk.Session], None],
        message: str,
        *,
        may_create: bool,
    ) -> str:
        """Commit what is written into a session, which nobody else does meanwhile.

        Args:
            write: Called once, with the session.
            message: Of the commit.
            may_create: Whether to make the repository where there is none.

        Returns:
            Id of the newest snapshot.

        Raises:
            NoFeatures: there is no repository, and it may not be made.
        """
        if may_create:
            self._folder.parent.mkdir(parents=True, exist_ok=True)
        elif not self.exists():
            raise NoFeatures(NOTHING_YET)
        with self._lock:
            if may_create and not self.exists():
                self._make()
            session = self.repository().writable_session(BRANCH)
            write(session)
            return commit_session(session, message)

    def compact(self) -> int:
        """Remove what only older snapshots refer to; returns the number of bytes freed."""
        if not self.exists():
            return 0
        with self._lock:
            # Nobody else writes while the lock is held, so that every object may be judged.
            return forget_history(self.repository(), datetime.now(UTC) + timedelta(days=1))

    def delete(self) -> None:
        """Remove everything from disk, at once for all who look."""
        if not self._folder.parent.is_dir():
            return
        with self._lock:
            shutil.rmtree(self._unfinished, ignore_errors=True)
            if self._folder.is_dir():
                self._folder.rename(self._unfinished)
                shutil.rmtree(self._unfinished)
            Path(self._lock.lock_file).unlink(missing_ok=True)

    def _make(self) -> None:
        """Make the repository beside its place and move it there: it is whole, or not there."""
        shutil.rmtree(self._unfinished, ignore_errors=True)
        create_repository(icechunk.local_filesystem_storage(str(self._unfinished)))
        if self._folder.is_dir():
            self._folder.rmdir()
        self._unfinished.rename(self._folder)
