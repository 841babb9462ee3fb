"""The steps of a UMAP layout, compiled: each point moves by itself, so that all cores can work.

N points, C dimensions of the map, E edges. numba keeps what it compiled on disk.
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
def _step(place_C: Any, other_C: Any, coefficient: Any, rate: Any) -> None:
    for axis in range(len(place_C)):
        gradient = coefficient * (place_C[axis] - other_C[axis])
        place_C[axis] += rate * min(LONGEST_STEP, max(-LONGEST_STEP, gradient))


@njit(inline="always")
def _squared_distance(place_C: Any, other_C: Any) -> Any:
    squares = np.float32(0.0)
    for axis in range(len(place_C)):
        apart = place_C[axis] - other_C[axis]
        squares += apart * apart
    return squares


@njit(parallel=True, cache=True, nogil=True)
def move_points(
    points_NC: Any, others: Any, moved_NC: Any, starts: Any, ends: Any, periods: Any,
    a: Any, b: Any, rate: Any, epoch: int, negatives: int, seed: Any,
) -> None:  # fmt: skip
    """Move each point once towards its neighbours and away from points chosen at random.

    A point sees where all others were before the step, whatever thread moves it: the same seed
    gives the same bits on any number of threads.

    Args:
        points_NC: float32, where the points are; not changed.
        others: float32 (M, C), what the edges lead to: the same points, or points that stay.
        moved_NC: float32, filled with where they are then.
        starts: int32 (N + 1,), point n has the edges `starts[n]:starts[n + 1]`.
        ends: int32 (E,), rows of others.
        periods: float32 (E,), an edge pulls once in so many epochs.
        a: Of UMAP's curve 1 / (1 + a d^2b), float32, as b.
        b: See there.
        rate: float32, length of the steps, from 1.0 down to 0.0.
        epoch: From 0.
        negatives: Points that a point is pushed away from for each edge that pulls.
        seed: uint64.
    """
    one, two = np.float32(1.0), np.float32(2.0)
    for n in prange(len(points_NC)):
        place_C = points_NC[n].copy()
        state = _scrambled(seed + _scrambled(np.uint64(n) + (np.uint64(epoch) << np.uint64(40))))
        for edge in range(starts[n], starts[n + 1]):
            if np.floor((epoch + 1) / periods[edge]) == np.floor(epoch / periods[edge]):
                continue
            end_C = others[ends[edge]]
            squares = _squared_distance(place_C, end_C)
            if squares > 0.0:
                power = squares**b
                pull = -two * a * b * power / (squares * (one + a * power))
                _step(place_C, end_C, pull, rate)
            for _ in range(negatives):
                state += np.uint64(0x9E3779B97F4A7C15)
                drawn = (_scrambled(state) >> np.uint64(32)) * np.uint64(len(others))
                end_C = others[np.int64(drawn >> np.uint64(32))]
                squares = _squared_distance(place_C, end_C)
                if squares > 0.0:
                    push = two * b / ((SOFTENING + squares) * (one + a * squares**b))
                    _step(place_C, end_C, push, rate)
        moved_NC[n] = place_C
