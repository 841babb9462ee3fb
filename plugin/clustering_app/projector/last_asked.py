"""Of questions that are answered in threads, which one was asked last."""

from __future__ import annotations

from collections.abc import Callable


class LastAsked:
    """Counts the questions; any of them may be answered last."""

    def __init__(self) -> None:
        self._count = 0

    def ask(self) -> Callable[[], bool]:
        """Ask anew; gives what tells whether nothing has been asked since."""
        self._count += 1
        asked = self._count
        return lambda: asked == self._count
