"""Neighbours on a graphics card, where there is one. N items, D dimensions, K neighbours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

BYTES = 1 << 30
"""Of distances that are held at a time."""


def accelerator(vectors_ND: NDArray[np.float32]) -> str | None:
    """The device of torch's that can compare these vectors; None without one or enough memory."""
    if not Path("/proc/driver/nvidia").exists():  # before torch, whose import takes seconds
        return None
    import torch

    if not torch.cuda.is_available():
        return None
    free, _ = torch.cuda.mem_get_info()
    return "cuda" if free > vectors_ND.nbytes + 4 * BYTES else None


def nearest_on(
    device: str,
    vectors_ND: NDArray[np.float32],
    count: int,
    *,
    bytes_at_once: int = BYTES,
    report: Callable[[float], None] = lambda fraction: None,
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Compare each vector with every other.

    Args:
        device: As torch calls it, such as `cuda`.
        vectors_ND: Finite.
        count: K, at most N - 1.
        bytes_at_once: See `BYTES`.
        report: Gets the fraction done; an exception it raises ends the search.

    Returns:
        (N, K) rows and Euclidean distances, rising along a row.
    """
    import torch

    vectors = torch.from_numpy(vectors_ND).to(device)
    halves_N = (vectors * vectors).sum(dim=1) / 2
    total = len(vectors)
    rows_at_once = max(1, bytes_at_once // (4 * total))
    indices = np.empty((total, count), np.int32)
    distances = np.empty((total, count), np.float32)
    for start in range(0, total, rows_at_once):
        block = vectors[start : start + rows_at_once]
        far = halves_N - block @ vectors.T
        itself = torch.arange(len(block), device=device)
        far[itself, itself + start] = torch.inf
        near = far.topk(count, largest=False).indices
        exact = _distances(block, vectors, near)
        order = np.lexsort((near.cpu().numpy(), exact), axis=1)
        indices[start : start + len(block)] = np.take_along_axis(near.cpu().numpy(), order, axis=1)
        distances[start : start + len(block)] = np.take_along_axis(exact, order, axis=1)
        report((start + len(block)) / total)
    return indices, distances


def _distances(block: Any, vectors: Any, near: Any) -> NDArray[np.float32]:
    """Of differences, since products of nearly equal vectors are all rounding."""
    columns = [(vectors[one] - block).norm(dim=1).cpu().numpy() for one in near.T]
    return np.stack(columns, axis=1)
