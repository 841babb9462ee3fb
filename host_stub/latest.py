"""What was read of the database, until somebody writes: all open pages ask the same."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from host_stub.database import Database

T = TypeVar("T")
MOST = 1_000
"""Answers that are kept at most."""


class Latest(Generic[T]):
    """Answers by question, forgotten at the next commit of whoever. Safe to use from any thread."""

    def __init__(self, database: Database, *, every_seconds: float = 0.0) -> None:
        """Look for commits at most so often; what one is told may be so much older."""
        self._database = database
        self._every_seconds = every_seconds
        self._looked = -1.0
        self._lock = threading.Lock()
        self._version = -1
        self._answers: dict[Hashable, T] = {}

    def get(self, question: Hashable, read: Callable[[], T]) -> T:
        """The answer as it is now; of many who ask at once, one reads it."""
        with self._lock:
            if time.monotonic() - self._looked >= self._every_seconds:
                self._looked = time.monotonic()
                version = self._database.version()  # before reading: what is written then counts
                if version != self._version or len(self._answers) >= MOST:
                    self._answers, self._version = {}, version
            if question not in self._answers:
                self._answers[question] = read()
            return self._answers[question]

    def forget(self) -> None:
        """Read everything anew."""
        with self._lock:
            self._answers, self._looked = {}, -1.0
