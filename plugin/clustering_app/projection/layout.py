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
LEAST_SQUARE = np.float32(1e-12)
"""Squared distance that nearer points pull each other with."""


@njit(inline="always")
def _scrambled(state: Any) -> Any:
    """A uint64 that looks random (splitmix64, Steele et al. 2014)."""
    mixed = state
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


@njit(inline="always")
def _scrambled_32(state: Any) -> Any:
    """A uint32 that looks random; processors mix eight of them at once (Wellons' lowbias32)."""
    mixed = np.uint32(state ^ (state >> np.uint32(16)))
    mixed = np.uint32(mixed * np.uint32(0x7FEB352D))
    mixed = np.uint32(mixed ^ (mixed >> np.uint32(15)))
    mixed = np.uint32(mixed * np.uint32(0x846CA68B))
    return np.uint32(mixed ^ (mixed >> np.uint32(16)))


@njit(inline="always")
def _power(base: Any, exponent: Any) -> Any:
    """Base ** exponent for float32 from 0 on, to 1e-4: by polynomials, eight at once."""
    bits = np.float32(base).view(np.int32)
    octave = np.float32((bits >> np.int32(23)) - np.int32(127))
    part = np.int32((bits & np.int32(0x007FFFFF)) | np.int32(0x3F800000)).view(np.float32)
    logarithm = np.float32(-0.08065316) * part + np.float32(0.64076712)
    logarithm = logarithm * part + np.float32(-2.11426306)
    logarithm = logarithm * part + np.float32(4.06721672)
    logarithm = logarithm * part + np.float32(-2.51306763)
    raised = exponent * (octave + logarithm)
    raised = max(np.float32(-126.0), min(np.float32(126.0), raised))
    whole = np.floor(raised)
    part = raised - whole
    result = np.float32(0.01368946) * part + np.float32(0.05176606)
    result = result * part + np.float32(0.24153961)
    result = result * part + np.float32(0.69300488)
    result = result * part + np.float32(1.0)
    return np.int32((np.int32(whole) + np.int32(127)) << np.int32(23)).view(np.float32) * result


@njit(inline="always")
def _cut(gradient: Any) -> Any:
    return min(LONGEST_STEP, max(-LONGEST_STEP, gradient))


@njit(parallel=True, fastmath=True, cache=True, nogil=True, error_model="numpy")
def move_points(
    points_3N: Any, others_3M: Any, moved_3N: Any, starts: Any, ends: Any, pulls: Any,
    a: Any, b: Any, rate: Any, epoch: int, negatives: int, seed: Any,
) -> None:  # fmt: skip
    """Move each point once, first towards its neighbours, then away from points chosen at random.

    A point sees where all others were before the step, whatever thread moves it: the same seed
    gives the same bits on any number of threads.

    Args:
        points_3N: float32, where the points are; not changed. One row an axis, as for the others.
        others_3M: float32, what the edges lead to: the same points, or points that stay.
        moved_3N: float32, filled with where they are then.
        starts: int32 (N + 1,), point n has the edges `starts[n]:starts[n + 1]`.
        ends: int32 (E,), which of the others.
        pulls: float32 (E,), how often an edge pulls, from 0.0 to 1.0 times an epoch.
        a: Of UMAP's curve 1 / (1 + a d^2b), float32, as b.
        b: See there.
        rate: float32, length of the steps, from 1.0 down to 0.0.
        epoch: From 0.
        negatives: Points that a point is pushed away from for each edge that pulls.
        seed: uint64.
    """
    one, two = np.float32(1.0), np.float32(2.0)
    xs, ys, zs = others_3M[0], others_3M[1], others_3M[2]
    count = np.uint64(len(xs))
    for n in prange(points_3N.shape[1]):
        x, y, z = points_3N[0, n], points_3N[1, n], points_3N[2, n]
        pushes = 0
        for edge in range(starts[n], starts[n + 1]):
            if np.int32((epoch + 1) * pulls[edge]) == np.int32(epoch * pulls[edge]):
                continue
            pushes += negatives
            other = np.uint64(ends[edge])  # unsigned: nobody asks whether it counts from the end
            dx, dy, dz = x - xs[other], y - ys[other], z - zs[other]
            squares = max(dx * dx + dy * dy + dz * dz, LEAST_SQUARE)
            power = _power(squares, b)
            force = -two * a * b * power / (squares * (one + a * power))
            x += rate * _cut(force * dx)
            y += rate * _cut(force * dy)
            z += rate * _cut(force * dz)
        # From one place, so that the compiler can make eight of these pushes at once.
        px, py, pz = np.float32(0.0), np.float32(0.0), np.float32(0.0)
        state = _scrambled(seed + _scrambled(np.uint64(n) + (np.uint64(epoch) << np.uint64(40))))
        first = np.uint32(state >> np.uint64(32))
        for push in range(pushes):
            drawn = _scrambled_32(np.uint32(first + np.uint32(push) * np.uint32(0x9E3779B9)))
            other = np.uint64(np.uint64(drawn) * count) >> np.uint64(32)
            dx, dy, dz = x - xs[other], y - ys[other], z - zs[other]
            squares = dx * dx + dy * dy + dz * dz
            force = two * b / ((SOFTENING + squares) * (one + a * _power(squares, b)))
            px += _cut(force * dx)
            py += _cut(force * dy)
            pz += _cut(force * dz)
        moved_3N[0, n] = x + rate * px
        moved_3N[1, n] = y + rate * py
        moved_3N[2, n] = z + rate * pz
