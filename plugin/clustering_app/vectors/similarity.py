"""Which vectors are near to one: exact, in float32, block by block. N items, D dimensions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

TINY = np.finfo(np.float32).tiny
"""Stands for the length of a vector of zeros."""
ROWS_PER_BLOCK = 65_536
"""Rows converted to float32 at a time: 128 MiB for vectors of 512 dimensions."""


def similarities(
    vectors_ND: NDArray[np.floating[Any]], query_D: NDArray[np.floating[Any]]
) -> NDArray[np.float32]:
    """Cosine of each vector with the query.

    Args:
        vectors_ND: Of any length; a vector of zeros has cosine 0.
        query_D: The same.

    Returns:
        float32 (N,), from -1.0 to 1.0.
    """
    query = query_D.astype(np.float32)
    query /= np.maximum(np.linalg.norm(query), TINY)
    cosines = np.empty(len(vectors_ND), np.float32)
    for start in range(0, len(vectors_ND), ROWS_PER_BLOCK):
        block = vectors_ND[start : start + ROWS_PER_BLOCK].astype(np.float32)
        lengths = np.maximum(np.linalg.norm(block, axis=1), TINY)
        cosines[start : start + len(block)] = block @ query / lengths
    return np.clip(cosines, -1.0, 1.0)


def euclidean(
    vectors_ND: NDArray[np.floating[Any]], query_D: NDArray[np.floating[Any]]
) -> NDArray[np.float32]:
    """Euclidean distance of each vector from the query, both of any length; float32 (N,)."""
    query = query_D.astype(np.float32)
    distances = np.empty(len(vectors_ND), np.float32)
    for start in range(0, len(vectors_ND), ROWS_PER_BLOCK):
        block = vectors_ND[start : start + ROWS_PER_BLOCK].astype(np.float32)
        distances[start : start + len(block)] = np.linalg.norm(block - query, axis=1)
    return distances


def most_similar(
    vectors_ND: NDArray[np.floating[Any]], query_D: NDArray[np.floating[Any]], *, count: int
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """The rows whose cosine with the query is highest.

    Returns:
        Rows, best first, equal ones in the order of rows, and their cosines; both (min(count, N),).
    """
    cosines = similarities(vectors_ND, query_D)
    rows = np.argsort(-cosines, kind="stable")[:count]
    return rows, cosines[rows]


def unit(vectors_ND: NDArray[np.float32]) -> NDArray[np.float32]:
    """Vectors at unit length; a vector of zeros stays."""
    lengths = np.linalg.norm(vectors_ND, axis=1, keepdims=True)
    return np.asarray(vectors_ND / np.maximum(lengths, TINY))
