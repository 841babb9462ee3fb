"""A set of points as bits, as it crosses between browser and server. N points."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def packed(rows: ArrayLike, count: int) -> NDArray[np.uint8]:
    """Rows of N points as bits, the first point in the lowest bit; (ceil(N / 8),)."""
    mask = np.zeros(count, bool)
    mask[np.asarray(rows, np.intp)] = True
    return np.packbits(mask, bitorder="little")


def unpacked(bits: ArrayLike, count: int) -> NDArray[np.intp]:
    """Rows of N points whose bits are set, ascending; bits past the last point are ignored.

    What arrives from a browser is not trusted: too few bits stand for zeros.
    """
    received = np.asarray(bits, np.uint8)[: (count + 7) // 8]
    return np.flatnonzero(np.unpackbits(received, bitorder="little")[:count])
