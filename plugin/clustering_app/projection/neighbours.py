"""The nearest neighbours of each vector. N items, D dimensions, K neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

EXACT_UP_TO = 20_000
"""N up to which all distances are computed; above, pynndescent is sooner done."""


@dataclass(frozen=True)
class Neighbours:
    """Nearest neighbours in the order of distance; a vector is not its own neighbour."""

    indices: NDArray[np.int32]
    """(N, K) rows."""
    distances: NDArray[np.float32]
    """(N, K) Euclidean, from 0.0, rising along a row."""

    def nearest(self, count: int) -> Neighbours:
        """The first `count` of them; all when there are fewer."""
        return Neighbours(self.indices[:, :count], self.distances[:, :count])


def find_neighbours(
    vectors_ND: NDArray[np.float32],
    count: int,
    *,
    seed: int,
    exact_up_to: int = EXACT_UP_TO,
) -> Neighbours:
    """Find the K nearest neighbours by Euclidean distance; for unit rows the order of cosines.

    Args:
        vectors_ND: Finite.
        count: K wanted; N - 1 is the most there can be.
        seed: Of the approximate search, used above `exact_up_to` vectors.
        exact_up_to: N up to which the neighbours are exact. Above, NN-descent (Dong 2011) finds
            nearly all of them.

    Returns:
        K = min(count, N - 1) neighbours; none for a single vector.
    """
    count = min(count, len(vectors_ND) - 1)
    if count < 1:
        return Neighbours(
            np.empty((len(vectors_ND), 0), np.int32), np.empty((len(vectors_ND), 0), np.float32)
        )
    if len(vectors_ND) > exact_up_to:
        return _approximate(vectors_ND, count, seed)
    from sklearn.neighbors import NearestNeighbors

    index = NearestNeighbors(n_neighbors=count, algorithm="brute").fit(vectors_ND)
    distances, indices = index.kneighbors()
    return Neighbours(indices.astype(np.int32), distances.astype(np.float32))


def _approximate(vectors_ND: NDArray[np.float32], count: int, seed: int) -> Neighbours:
    from pynndescent import NNDescent

    index = NNDescent(vectors_ND, metric="euclidean", n_neighbors=count + 1, random_state=seed)
    indices, distances = index.neighbor_graph
    # Among duplicates a vector need not find itself first, or at all.
    itself = indices == np.arange(len(indices))[:, None]
    itself[~itself.any(axis=1), -1] = True
    shape = (len(indices), count)
    return Neighbours(
        indices[~itself].reshape(shape).astype(np.int32),
        distances[~itself].reshape(shape).astype(np.float32),
    )
