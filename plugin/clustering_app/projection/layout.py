"""The steps of a UMAP layout, compiled: each point moves by itself, so that all cores can work.

N points in space; those of a plane map have z = 0, and keep it. E edges. numba keeps what it
compiled on disk.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, prange

LONGEST_STEP = np.float32(4.0)
"""Of one gradient along one axis, as in umap-learn."""
SOFTENING = np.float32(0.001)
"""Keeps the repulsion of two points at one place finite, as in umap-learn."""


@njit(inline="always")
def _scrambled(state: Any) -> Any:
    """A uint64 that looks random (splitmix64, Steele et al. 2014)."""
    mixed = state
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


@njit(inline="always")
def _cut(gradient: Any) -> Any:
    return min(LONGEST_STEP, max(-LONGEST_STEP, gradient))


@njit(parallel=True, fastmath=True, cache=True, nogil=True)
def move_points(
    points_N3: Any, others_M3: Any, moved_N3: Any, starts: Any, ends: Any, pulls: Any,
    a: Any, b: Any, rate: Any, epoch: int, negatives: int, seed: Any,
) -> None:  # fmt: skip
    """Move each point once towards its neighbours and away from points chosen at random.

    A point sees where all others were before the step, whatever thread moves it: the same seed
    gives the same bits on any number of threads.

    Args:
        points_N3: float32, where the points are; not changed.
        others_M3: float32, what the edges lead to: the same points, or points that stay.
        moved_N3: float32, filled with where they are then.
        starts: int32 (N + 1,), point n has the edges `starts[n]:starts[n + 1]`.
        ends: int32 (E,), rows of others.
        pulls: float32 (E,), how often an edge pulls, from 0.0 to 1.0 times an epoch.
        a: Of UMAP's curve 1 / (1 + a d^2b), float32, as b.
        b: See there.
        rate: float32, length of the steps, from 1.0 down to 0.0.
        epoch: From 0.
        negatives: Points that a point is pushed away from for each edge that pulls.
        seed: uint64.
    """
    one, two = np.float32(1.0), np.float32(2.0)
    for n in prange(len(points_N3)):
        x, y, z = points_N3[n, 0], points_N3[n, 1], points_N3[n, 2]
        state = _scrambled(seed + _scrambled(np.uint64(n) + (np.uint64(epoch) << np.uint64(40))))
        for edge in range(starts[n], starts[n + 1]):
            if np.int32((epoch + 1) * pulls[edge]) == np.int32(epoch * pulls[edge]):
                continue
            other = ends[edge]
            for draw in range(negatives + 1):
                if draw > 0:
                    state += np.uint64(0x9E3779B97F4A7C15)
                    high = _scrambled(state) >> np.uint64(32)
                    other = np.int64((high * np.uint64(len(others_M3))) >> np.uint64(32))
                dx = x - others_M3[other, 0]
                dy = y - others_M3[other, 1]
                dz = z - others_M3[other, 2]
                squares = dx * dx + dy * dy + dz * dz
                if squares <= 0.0:
                    continue
                power = squares**b
                if draw == 0:
                    force = -two * a * b * power / (squares * (one + a * power))
                else:
                    force = two * b / ((SOFTENING + squares) * (one + a * power))
                x += rate * _cut(force * dx)
                y += rate * _cut(force * dy)
                z += rate * _cut(force * dz)
        moved_N3[n, 0], moved_N3[n, 1], moved_N3[n, 2] = x, y, z
