"""The vectors most similar to a query, exactly, without reading all of them in full.

A first look at 8 bits a number tells which vectors cannot be among the most similar, by a bound of
what the rounding can hide; the others are compared in full. N items, D dimensions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from clustering_app.vectors.similarity import ROWS_PER_BLOCK, TINY

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
            block = _unit(vectors_ND[rows])
            scales = np.abs(block).max(axis=1) / LARGEST_CODE
            codes = np.rint(block / np.maximum(scales, TINY)[:, None])
            self._codes_ND[rows], self._scales_N[rows] = codes, scales
            self._errors_N[rows] = np.linalg.norm(block - codes * scales[:, None], axis=1) + SLACK

    def most_similar(
        self, query_D: NDArray[np.floating[Any]], *, count: int
    ) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """The rows whose cosine with the query is highest, exactly.

        Returns:
            Rows, best first, equal ones in the order of rows, and their cosines; both
            (min(count, N),).
        """
        count = min(count, len(self._codes_ND))
        query = _unit(query_D[None])[0]
        products_N = np.empty(len(self._codes_ND), np.float32)
        _products(self._codes_ND, query, products_N)
        products_N *= self._scales_N
        if count == 0:
            return np.empty(0, np.intp), np.empty(0, np.float32)
        sure_N = products_N - self._errors_N
        least = np.partition(sure_N, len(sure_N) - count)[len(sure_N) - count]
        rows = np.flatnonzero(products_N + self._errors_N >= least)
        cosines = np.clip(_unit(self._vectors_ND[rows]) @ query, -1.0, 1.0)
        order = np.argsort(-cosines, kind="stable")[:count]
        return rows[order], cosines[order]


def _unit(vectors_ND: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    unit = vectors_ND.astype(np.float32)
    unit /= np.maximum(np.linalg.norm(unit, axis=1, keepdims=True), TINY)
    return unit
