"""How similar vectors are to a query, the most similar exactly, without reading all in full.

A first look at 8 bits a number tells which vectors cannot be among the most similar, by a bound of
what the rounding can hide; the others are compared in full. N items, D dimensions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from clustering_app.vectors.similarity import ROWS_PER_BLOCK, TINY, unit

LARGEST_CODE = 127
SLACK = 1e-5
"""What float32 may lose in a sum of products of unit vectors."""


@njit(parallel=True, fastmath=True, cache=True, nogil=True)
def _products(codes_ND: Any, query_D: Any, products_N: Any) -> None:
    for row in prange(len(codes_ND)):
        total = np.float32(0.0)
        for dimension in range(len(query_D)):
            total += np.float32(codes_ND[row, dimension]) * query_D[dimension]
        products_N[row] = total


class SearchIndex:
    """Holds the codes, N x D bytes, beside the vectors it was made of."""

    def __init__(self, vectors_ND: NDArray[np.floating[Any]]) -> None:
        """Round the vectors, each at unit length, to 8 bits a number.

        Args:
            vectors_ND: Finite, of any length; a vector of zeros has cosine 0 with all.
        """
        self._vectors_ND = vectors_ND
        total = len(vectors_ND)
        self._codes_ND = np.empty(vectors_ND.shape, np.int8)
        self._scales_N = np.empty(total, np.float32)
        self._errors_N = np.empty(total, np.float32)
        for start in range(0, total, ROWS_PER_BLOCK):
            rows = slice(start, start + ROWS_PER_BLOCK)
            block = unit(vectors_ND[rows].astype(np.float32))
            scales = np.abs(block).max(axis=1) / LARGEST_CODE
            codes = np.rint(block / np.maximum(scales, TINY)[:, None])
            self._codes_ND[rows], self._scales_N[rows] = codes, scales
            self._errors_N[rows] = np.linalg.norm(block - codes * scales[:, None], axis=1) + SLACK

    def similarities(
        self, query_D: NDArray[np.floating[Any]], *, exact: int
    ) -> NDArray[np.float32]:
        """Cosine of each vector with the query, in float32 for the most similar.

        Args:
            query_D: Of any length.
            exact: How many of the most similar are wanted in full. They are ranked before all
                others, whose cosines are off by what 8 bits lose, 0.01 at most for embeddings.

        Returns:
            float32 (N,), from -1.0 to 1.0.
        """
        query = unit(query_D[None].astype(np.float32))[0]
        cosines_N = np.empty(len(self._codes_ND), np.float32)
        _products(self._codes_ND, query, cosines_N)
        cosines_N *= self._scales_N
        exact = min(exact, len(cosines_N))
        if exact > 0:
            sure_N = cosines_N - self._errors_N
            least = np.partition(sure_N, len(sure_N) - exact)[len(sure_N) - exact]
            rows = np.flatnonzero(cosines_N + self._errors_N >= least)
            cosines_N[rows] = unit(self._vectors_ND[rows].astype(np.float32)) @ query
        return np.clip(cosines_N, -1.0, 1.0, out=cosines_N)
