"""What was read of the database, until somebody writes: all open pages ask the same."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from host_stub.database import Database

T = TypeVar("T")
MOST = 1_000
"""Answers that are kept at most."""


class Latest(Generic[T]):
    """Answers by question, forgotten at the next commit of whoever. Safe to use from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._version = -1
        self._answers: dict[Hashable, T] = {}

    def get(self, question: Hashable, read: Callable[[], T]) -> T:
        """The answer as it is now; of many who ask at once, one reads it."""
        with self._lock:
            version = self._database.version()  # before reading: what is written meanwhile counts
            if version != self._version or len(self._answers) >= MOST:
                self._answers, self._version = {}, version
            if question not in self._answers:
                self._answers[question] = read()
            return self._answers[question]
