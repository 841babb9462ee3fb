"""What takes the last actions back; kept in memory, so as long as the server runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from host_contract.errors import NotFound

MOST_KEPT = 20
"""Actions."""
MOST_ITEMS = 100_000
"""Of an action; what was before is kept for each."""


@dataclass(frozen=True)
class Undo:
    """The way back from an action."""

    dataset_id: str
    count: int
    """Items that the action changed."""
    take_back: Callable[[], int]
    """Gives how many items could be changed back: others were changed again since."""


class Undos:
    """The newest few, each for once. Safe to use from any thread."""

    def __init__(self) -> None:
        self._kept: dict[str, Undo] = {}
        self._lock = threading.Lock()

    def keep(self, key: str, undo: Undo) -> None:
        """Keep the way back under a key, and forget the oldest."""
        with self._lock:
            self._kept[key] = undo
            while len(self._kept) > MOST_KEPT:
                del self._kept[next(iter(self._kept))]

    def keys(self) -> frozenset[str]:
        """Of all that are kept."""
        with self._lock:
            return frozenset(self._kept)

    def take(self, dataset_id: str, key: str) -> Undo:
        """Take one of a dataset out. Raises `NotFound` when it is not there any more."""
        with self._lock:
            found = self._kept.get(key)
            if found is None or found.dataset_id != dataset_id:
                raise NotFound("This cannot be undone any more: it was, or too much came after it.")
            return self._kept.pop(key)
