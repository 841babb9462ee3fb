"""Clusters as communities of the neighbour graph. N items, K neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clustering_app.projection.neighbours import Neighbours
from clustering_app.projection.threads import in_threads

SMALLEST = 5
"""A community of fewer items is no cluster."""
BROAD, FINE = 0.2, 5.0
"""Resolutions of the two other levels of a map."""


def find_clusters(
    neighbours: Neighbours, *, seed: int, resolution: float = 1.0
) -> NDArray[np.int32]:
    """Find the clusters of one level: see `find_levels`."""
    return find_levels(neighbours, (resolution,), seed=seed)[0]


def find_levels(
    neighbours: Neighbours, resolutions: Sequence[float], *, seed: int
) -> list[NDArray[np.int32]]:
    """Group items that are many times each other's neighbours.

    Louvain communities (Blondel et al. 2008) of the graph of nearest neighbours, as in PhenoGraph
    (Levine et al. 2015): no number of clusters to guess, and seconds for 100,000 items.

    Args:
        neighbours: Of each item.
        resolutions: Above 0.0 (Reichardt and Bornholdt 2006); a larger one gives more clusters.
        seed: Decides about the order in which items are looked at.

    Returns:
        int32 (N,) for each resolution: from 0, the largest cluster first, of equal ones that with
        the first item; -1 for items in no cluster.
    """
    samples, count = neighbours.indices.shape
    if samples < SMALLEST or count == 0:
        return [np.full(samples, -1, np.int32) for _ in resolutions]
    from scipy.sparse import csr_matrix
    from sknetwork.clustering import Louvain

    sources = np.repeat(np.arange(samples), count)
    links = csr_matrix(
        (np.ones(samples * count), (sources, neighbours.indices.ravel())), shape=(samples, samples)
    )
    graph = links + links.T

    def communities(resolution: float) -> NDArray[np.int32]:
        return _by_size(Louvain(resolution, random_state=seed).fit_predict(graph))

    return [*in_threads(communities, resolutions)]


def _by_size(communities_N: NDArray[np.integer[Any]]) -> NDArray[np.int32]:
    found, first, inverse, sizes = np.unique(
        communities_N, return_index=True, return_inverse=True, return_counts=True
    )
    names = np.full(len(found), -1, np.int32)
    large = [index for index in np.lexsort((first, -sizes)) if sizes[index] >= SMALLEST]
    names[large] = np.arange(len(large), dtype=np.int32)
    return names[inverse]
