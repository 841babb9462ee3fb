"""How far each item is from its like. N items, K neighbours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clustering_app.projection.neighbours import Neighbours

NORMAL_DEVIATION = 1.4826
"""Standard deviation of normal data for a median absolute deviation of 1."""


def reach_of(neighbours: Neighbours) -> NDArray[np.float32]:
    """Distance of each item to its Kth nearest neighbour, (N,); 0.0 where there is none."""
    if neighbours.distances.shape[1] == 0:
        return np.zeros(len(neighbours.distances), np.float32)
    return neighbours.distances[:, -1].copy()


def outlier_scores(reach_N: NDArray[np.float32]) -> NDArray[np.float32]:
    """Score each item by the distance to its Kth nearest neighbour (Ramaswamy 2000).

    The distance above the median, in robust deviations, on a logarithmic scale on which the
    farthest item has 1.0: an order of items to look at, not a test whether any is wrong.

    Args:
        reach_N: The distances.

    Returns:
        float32 (N,), from 0.0 (at the median or nearer) to 1.0.
    """
    farthest_N = reach_N.astype(np.float64)
    excess_N = np.maximum(farthest_N - np.median(farthest_N), 0.0)
    if not excess_N.any():
        return np.zeros(len(reach_N), np.float32)
    deviation = NORMAL_DEVIATION * np.median(np.abs(farthest_N - np.median(farthest_N)))
    scaled_N = np.log1p(excess_N / (deviation or excess_N.max()))
    scores: NDArray[np.float32] = (scaled_N / scaled_N.max()).astype(np.float32)
    return scores
