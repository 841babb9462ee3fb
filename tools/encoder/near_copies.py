"""Find near copies by perceptual hash. N pictures are looked for among M of S by S pixels.

The hash is the sign of the 64 lowest frequencies of the cosine transform about their median
(Zauner 2010). Since a hash ignores colour and small parts, pictures whose hashes agree are near
copies only when their pixels agree as well.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn

LARGEST_DISTANCE_BITS = 4
LARGEST_DIFFERENCE = 0.04
"""Mean absolute difference of pixels, of 0..1."""


def near_copies(
    sought_NSS3: NDArray[np.uint8], among_MSS3: NDArray[np.uint8], *, rows_at_once: int = 128
) -> NDArray[np.bool_]:
    """Which of the sought pictures has a near copy among the others; bool (N,)."""
    found_N = np.zeros(len(sought_NSS3), bool)
    hashes_N, hashes_M = hashes(sought_NSS3), hashes(among_MSS3)
    for start in range(0, len(hashes_N), rows_at_once):
        block = hashes_N[start : start + rows_at_once]
        distance = np.bitwise_count(block[:, None] ^ hashes_M)
        for row, other in zip(*np.nonzero(distance <= LARGEST_DISTANCE_BITS), strict=True):
            pixels = sought_NSS3[start + row].astype(np.int16) - among_MSS3[other]
            if np.abs(pixels).mean() / 255 <= LARGEST_DIFFERENCE:
                found_N[start + row] = True
    return found_N


def hashes(pictures_NSS3: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Perceptual hashes, uint64 (N,). S is a multiple of 32."""
    result = [
        _hashes(block) for block in np.array_split(pictures_NSS3, len(pictures_NSS3) // 4096 + 1)
    ]
    return np.concatenate(result)


def _hashes(pictures_NSS3: NDArray[np.uint8]) -> NDArray[np.uint64]:
    count, side = pictures_NSS3.shape[:2]
    part = side // 32
    blocks = pictures_NSS3.reshape(count, 32, part, 32, part, 3)
    grey = blocks.mean((2, 4, 5), dtype=np.float32)
    low = dctn(grey, axes=(1, 2))[:, :8, :8].reshape(count, 64)
    bits = low > np.median(low[:, 1:], axis=1, keepdims=True)
    return np.packbits(bits, axis=1).view(np.uint64).ravel()
