"""Results of the slow steps, kept for the next run on the same vectors.

In memory alone, so that nothing of a deleted vector stays on disk.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import numpy as np

from clustering_app.vectors.feature_set import FeatureSet

MOST_BYTES = 512 * 2**20

Key: TypeAlias = tuple[str, ...]
"""A step, what it was given, and the digest of the vectors."""
Result = TypeVar("Result")


def digest(found: FeatureSet) -> str:
    """What tells vectors and items from any others (BLAKE2, RFC 7693)."""
    hashed = hashlib.blake2b("\n".join(found.item_ids).encode(), digest_size=20)
    hashed.update(str(found.vectors.shape).encode())
    hashed.update(np.ascontiguousarray(found.vectors).data)
    return hashed.hexdigest()


class Steps:
    """Keeps what was used last, up to so many bytes. Safe to use from several threads."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._kept: dict[Key, tuple[Any, int]] = {}
        self._lock = threading.Lock()

    def result(
        self,
        key: Key,
        compute: Callable[[], Result],
        *,
        size: Callable[[Result], int],
    ) -> Result:
        """What is kept under the key, or else what is computed, which is kept then.

        Args:
            key: See `Key`.
            compute: Makes the result.
            size: Of a result, in bytes.
        """
        with self._lock:
            kept: Result | None = self._kept.get(key, (None, 0))[0]
            if kept is not None:
                self._kept[key] = self._kept.pop(key)
                return kept
        made = compute()
        with self._lock:
            self._kept.pop(key, None)
            self._kept[key] = (made, size(made))
            while sum(one for _, one in self._kept.values()) > self._most_bytes:
                del self._kept[next(iter(self._kept))]
        return made


STEPS = Steps()
"""One for the process: a worker makes run after run."""
