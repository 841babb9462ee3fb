"""How far a map can be believed, overall and point by point.

N items, S sampled items, D dimensions, C dimensions of the map, K neighbours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from clustering_app.projection.neighbours import Neighbours
from clustering_app.projection.run import Quality
from clustering_app.projection.threads import in_threads

NEIGHBOURS = 15
SAMPLED = 1_000
REFERENCE = 500
"""Items that tell how far away a neighbour is, in share of all items."""
ROWS_PER_BLOCK = 4_096
TIE = 1e-5
"""Relative difference of squared distances that float32 cannot tell from none."""

Report = Callable[[float], None]


@dataclass(frozen=True)
class PointQuality:
    """How far the surroundings of each point can be believed. From 0.0 to 1.0, more is better."""

    neighbours_kept: NDArray[np.float32]
    """(N,): share of the nearest points on the map that are among the nearest vectors."""
    trust: NDArray[np.float32]
    """(N,): share of all items that are farther, in the vectors, than the nearest points on the
    map are, on average; 0.5 is no better than chance. Estimated with 500 items."""


def measure_quality(
    vectors_ND: NDArray[np.float32],
    coordinates_NC: NDArray[np.float32],
    *,
    seed: int,
    report: Report = lambda fraction: None,
) -> Quality | None:
    """Compare the neighbours of sampled items on the map with those in the vectors.

    Each sampled item is compared with all N. Items at equal distance count as equally near, so a
    map that keeps all distances has 1.0 in both figures.

    Args:
        vectors_ND: What the map was made of, after spherize, before any reduction.
        coordinates_NC: (N, 2) or (N, 3).
        seed: Chooses at most 1,000 items.
        report: Gets the fraction done; an exception it raises ends the measurement.

    Returns:
        The two figures for the 15 nearest, or as many as fit under half of the items; None for
        fewer than 4 items.
    """
    total = len(vectors_ND)
    if total < 4:
        return None
    count = _compared(total)
    rows = _sampled(total, SAMPLED, seed)
    shown_SK = _Map(coordinates_NC).nearest(rows, count)
    mean_D = vectors_ND.mean(axis=0, dtype=np.float64)
    sampled_SD = vectors_ND[rows] - mean_D
    apart_SK = np.empty(shown_SK.shape)
    for place in range(count):
        apart_SD = vectors_ND[shown_SK[:, place]] - mean_D - sampled_SD
        apart_SK[:, place] = np.einsum("sd,sd->s", apart_SD, apart_SD)
    squares_S = np.einsum("sd,sd->s", sampled_SD, sampled_SD)
    limits_SK = apart_SK * (1.0 - TIE) - TIE * TIE * squares_S[:, None]

    def nearer(start: int) -> NDArray[np.int64]:
        """(S, K): items of a block that are nearer than what is shown."""
        block = vectors_ND[start : start + ROWS_PER_BLOCK] - mean_D
        far_SB = np.einsum("bd,bd->b", block, block) - 2.0 * (sampled_SD @ block.T)
        far_SB += squares_S[:, None]
        own = np.flatnonzero((rows >= start) & (rows < start + len(block)))
        far_SB[own, rows[own] - start] = np.inf
        samples, items = np.nonzero(far_SB < limits_SK.max(axis=1)[:, None])  # few on a good map
        far, limits = far_SB[samples, items], limits_SK[samples]
        counts = [np.bincount(samples[far < limit], minlength=len(rows)) for limit in limits.T]
        return np.stack(counts, axis=1)

    nearer_SK = np.zeros(shown_SK.shape, np.int64)
    starts = range(0, total, ROWS_PER_BLOCK)
    for start, found in zip(starts, in_threads(nearer, starts), strict=True):
        nearer_SK += found
        report(start / total)
    intrusion = int(np.maximum(nearer_SK + 1 - count, 0).sum())
    worst = len(rows) * count * (2 * total - 3 * count - 1) / 2
    return Quality(
        trustworthiness=1.0 - intrusion / worst,
        neighbours_kept=float((nearer_SK < count).mean()),
        measured_on=len(rows),
    )


def measure_points(
    vectors_ND: NDArray[np.float32],
    coordinates_NC: NDArray[np.float32],
    neighbours: Neighbours,
    *,
    seed: int,
    report: Report = lambda fraction: None,
) -> PointQuality:
    """Measure for every point how far its nearest points on the map are its like.

    Args:
        vectors_ND: As for `measure_quality`.
        coordinates_NC: As there.
        neighbours: Of each item in the vectors, 15 where there are so many.
        seed: Chooses the items that a point's neighbours are compared with.
        report: Gets the fraction done; an exception it raises ends the measurement.

    Returns:
        Figures for the 15 nearest, or as many as there are; 1.0 where there are none.
    """
    total = len(vectors_ND)
    kept_N, trust_N = np.ones(total, np.float32), np.ones(total, np.float32)
    count = min(_compared(total), neighbours.indices.shape[1])
    if count == 0:
        return PointQuality(kept_N, trust_N)
    on_map = _Map(coordinates_NC)
    reference = vectors_ND[_sampled(total, REFERENCE, seed)]

    def measure(start: int) -> None:
        rows = np.arange(start, min(start + ROWS_PER_BLOCK, total))
        shown_BK = on_map.nearest(rows, count)
        limit_B = neighbours.distances[rows, count - 1]
        kept_N[rows], trust_N[rows] = _surroundings(
            vectors_ND[rows], limit_B, shown_BK, vectors_ND, reference
        )

    starts = range(0, total, ROWS_PER_BLOCK)
    for start, _ in zip(starts, in_threads(measure, starts), strict=True):
        report(start / total)
    return PointQuality(kept_N, trust_N)


def measure_placed(
    new_MD: NDArray[np.float32],
    places_MC: NDArray[np.float32],
    neighbours: Neighbours,
    vectors_ND: NDArray[np.float32],
    coordinates_NC: NDArray[np.float32],
    *,
    seed: int,
) -> PointQuality:
    """The same for M items among N others alone: neighbours are rows of these."""
    total = len(vectors_ND)
    count = min(max(_compared(total), 1), neighbours.indices.shape[1])
    shown_MK = _Map(coordinates_NC).nearest_to(places_MC, count)
    reference = vectors_ND[_sampled(total, REFERENCE, seed)]
    limit_M = neighbours.distances[:, count - 1]
    return PointQuality(*_surroundings(new_MD, limit_M, shown_MK, vectors_ND, reference))


def _surroundings(
    block_BD: NDArray[np.float32],
    limit_B: NDArray[np.float32],
    shown_BK: NDArray[np.intp],
    vectors_ND: NDArray[np.float32],
    reference_RD: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Shares of what is shown beside each item: near enough, and of what is farther than it."""
    far_BR = np.einsum("rd,rd->r", reference_RD, reference_RD) - 2.0 * (block_BD @ reference_RD.T)
    far_BR += np.einsum("bd,bd->b", block_BD, block_BD)[:, None]
    kept_B, nearer_B = np.zeros(len(block_BD)), np.zeros(len(block_BD))
    for shown_B in shown_BK.T:
        apart_BD = vectors_ND[shown_B] - block_BD
        apart_B = np.einsum("bd,bd->b", apart_BD, apart_BD)
        kept_B += apart_B <= limit_B**2 * (1.0 + TIE)
        nearer_B += (far_BR < (apart_B * (1.0 - TIE))[:, None]).mean(axis=1)
    count = shown_BK.shape[1]
    return (kept_B / count).astype(np.float32), (1.0 - nearer_B / count).astype(np.float32)


def _compared(total: int) -> int:
    """K: 15, or as many as fit under half of N items."""
    return min(NEIGHBOURS, (total - 1) // 2)


class _Map:
    """Finds what is shown beside a point."""

    def __init__(self, coordinates_NC: NDArray[np.float32]) -> None:
        self._coordinates_NC = coordinates_NC
        self._tree = KDTree(coordinates_NC)

    def nearest(self, rows: NDArray[np.intp], count: int) -> NDArray[np.intp]:
        """(B, K) rows of the points nearest to these, which are not their own neighbours."""
        _, near = self._tree.query(self._coordinates_NC[rows], k=count + 1, workers=-1)
        itself = near == rows[:, None]
        # Among points at one place a point need not find itself.
        itself[~itself.any(axis=1), -1] = True
        others: NDArray[np.intp] = near[~itself].reshape(len(rows), count)
        return others

    def nearest_to(self, places_MC: NDArray[np.float32], count: int) -> NDArray[np.intp]:
        """(M, K) rows of the points nearest to places where there is none."""
        _, near = self._tree.query(places_MC, k=np.arange(1, count + 1), workers=-1)
        points: NDArray[np.intp] = near
        return points


def _sampled(total: int, count: int, seed: int) -> NDArray[np.intp]:
    if total <= count:
        return np.arange(total)
    return np.sort(np.random.default_rng(seed).choice(total, count, replace=False))
