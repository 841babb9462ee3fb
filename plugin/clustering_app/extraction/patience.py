"""A storage that gives nothing for a while, or is far away. Safe to use from many threads."""

from __future__ import annotations

import threading
import time
from collections import deque

PATIENCE_SECONDS = 30.0
AT_FIRST_SECONDS = 0.2
THEN_SECONDS = 1.0
FAR_SECONDS, FAR_SHARE = 0.02, 3
"""To open and read a file, in the mean: less is common with a disk that turns. And so many times as
long as it takes to decode it: on a busy machine both take long."""
LATEST = 32
"""So many files say whether the storage is far."""


class Patience:
    """Tells a file that cannot be read from a storage that gives no file at all.

    A file is tried once more where others can be read meanwhile. Where none can be, all wait, for
    so long at most in one go; after that the next ones no longer wait, until one can be read.
    """

    def __init__(self, seconds: float = PATIENCE_SECONDS) -> None:
        self._seconds = seconds
        self._answered = time.monotonic()
        self._stopped = threading.Event()
        self._latest: deque[tuple[float, float]] = deque(maxlen=LATEST)

    def took(self, reading: float, decoding: float) -> None:
        """Hear how many seconds it took to open and read a file, and then to decode it."""
        self._latest.append((reading, decoding))

    @property
    def far(self) -> bool:
        """Whether files are mostly waited for, so that more should be asked for at a time."""
        latest = list(self._latest)  # other threads go on appending
        reading, decoding = sum(one for one, _ in latest), sum(other for _, other in latest)
        return len(latest) == LATEST and reading > max(LATEST * FAR_SECONDS, FAR_SHARE * decoding)

    def answered(self, began: float) -> None:
        """Hear that something could be read, and when that was begun, by the monotonic clock."""
        self._answered = max(self._answered, began)

    def wait(self, since: float, tries: int) -> bool:
        """Wait before the next try; False when there is to be none.

        Args:
            since: Time of the first failure, by the monotonic clock.
            tries: How many failed.
        """
        if tries == 1:
            return not self._stopped.wait(AT_FIRST_SECONDS)
        if self._answered > since or time.monotonic() - self._answered > self._seconds:
            return False
        return not self._stopped.wait(THEN_SECONDS)

    @property
    def stopped(self) -> bool:
        """Whether nobody is to wait any longer."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """Let nobody wait any longer."""
        self._stopped.set()
