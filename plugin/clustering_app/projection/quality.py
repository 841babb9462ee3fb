"""How far a map can be believed. N items, S sampled items, D dimensions, K neighbours."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from clustering_app.projection.run import Quality

NEIGHBOURS = 15
SAMPLED = 2_000
ROWS_PER_BLOCK = 128
TIE = 1e-5
"""Relative difference of squared distances that float32 cannot tell from none."""


def measure_quality(
    vectors_ND: NDArray[np.float32],
    coordinates: NDArray[np.float32],
    *,
    seed: int,
    report: Callable[[float], None] = lambda fraction: None,
) -> Quality | None:
    """Compare the neighbours of sampled items on the map with those in the vectors.

    Each sampled item is compared with all N. Items at equal distance count as equally near, so a
    map that keeps all distances has 1.0 in both figures.

    Args:
        vectors_ND: What the map was made of, after spherize, before any reduction.
        coordinates: (N, 2) or (N, 3).
        seed: Chooses at most 2,000 items.
        report: Gets the fraction done; an exception it raises ends the measurement.

    Returns:
        The two figures for the 15 nearest, or as many as fit under half of the items; None for
        fewer than 4 items.
    """
    total = len(vectors_ND)
    if total < 4:
        return None
    count = min(NEIGHBOURS, (total - 1) // 2)
    rows = np.arange(total)
    if total > SAMPLED:
        rows = np.sort(np.random.default_rng(seed).choice(total, SAMPLED, replace=False))
    vectors_ND = vectors_ND - vectors_ND.mean(axis=0)
    intrusion, kept = 0, 0
    for start in range(0, len(rows), ROWS_PER_BLOCK):
        report(start / len(rows))
        block = rows[start : start + ROWS_PER_BLOCK]
        true_BN = _squared_distances(vectors_ND, block)
        near_BK = np.argpartition(_squared_distances(coordinates, block), count - 1, axis=1)
        far_BK = np.take_along_axis(true_BN, near_BK[:, :count], axis=1)
        for true_N, far_K in zip(true_BN, far_BK, strict=True):
            ranks_K = np.searchsorted(np.sort(true_N), far_K * (1.0 - TIE))
            intrusion += int(np.maximum(ranks_K + 1 - count, 0).sum())
            kept += int((ranks_K < count).sum())
    worst = len(rows) * count * (2 * total - 3 * count - 1) / 2
    return Quality(
        trustworthiness=1.0 - intrusion / worst,
        neighbours_kept=kept / (len(rows) * count),
        measured_on=len(rows),
    )


def _squared_distances(
    points_ND: NDArray[np.float32], rows: NDArray[np.intp]
) -> NDArray[np.float64]:
    """(B, N); infinite from a row to itself."""
    points = points_ND.astype(np.float64)
    squares_N = np.einsum("nd,nd->n", points, points)
    distances_BN = squares_N[rows, None] + squares_N - 2.0 * (points[rows] @ points.T)
    np.maximum(distances_BN, 0.0, out=distances_BN)
    distances_BN[np.arange(len(rows)), rows] = np.inf
    result: NDArray[np.float64] = distances_BN
    return result
