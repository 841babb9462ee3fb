"""How far each item is from its like. N items, K neighbours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NORMAL_DEVIATION = 1.4826
"""Standard deviation of normal data for a median absolute deviation of 1."""


def outlier_scores(distances_NK: NDArray[np.float32]) -> NDArray[np.float32]:
    """Score each item by the distance to its Kth nearest neighbour (Ramaswamy 2000).

    The distance above the median, in robust deviations, on a logarithmic scale on which the
    farthest item has 1.0: an order of items to look at, not a test whether any is wrong.

    Args:
        distances_NK: To the nearest neighbours, rising along a row.

    Returns:
        float32 (N,), from 0.0 (at the median or nearer) to 1.0.
    """
    if distances_NK.shape[1] == 0:
        return np.zeros(len(distances_NK), np.float32)
    farthest_N = distances_NK[:, -1].astype(np.float64)
    excess_N = np.maximum(farthest_N - np.median(farthest_N), 0.0)
    if not excess_N.any():
        return np.zeros(len(distances_NK), np.float32)
    deviation = NORMAL_DEVIATION * np.median(np.abs(farthest_N - np.median(farthest_N)))
    scaled_N = np.log1p(excess_N / (deviation or excess_N.max()))
    scores: NDArray[np.float32] = (scaled_N / scaled_N.max()).astype(np.float32)
    return scores
