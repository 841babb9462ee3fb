"""A number of bytes that all decoding threads of a process share."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class MemoryBudget:
    """Lets as many threads work at a time as there are bytes for."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._free = capacity
        self._changed = threading.Condition()

    @contextmanager
    def reserved(self, count: int) -> Iterator[None]:
        """Wait until `count` bytes, at most the capacity, are free, and hold them meanwhile."""
        if count > self.capacity:
            raise ValueError(f"{count} bytes are more than the {self.capacity} there are")
        with self._changed:
            self._changed.wait_for(lambda: self._free >= count)
            self._free -= count
        try:
            yield
        finally:
            with self._changed:
                self._free += count
                self._changed.notify_all()
