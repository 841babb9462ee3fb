"""The UMAP layout (McInnes 2018), from neighbours that are given. N items, K neighbours.

umap-learn makes the graph; the points are moved by steps of ours, on all cores.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clustering_app.projection.neighbours import Neighbours

FEWEST = 5
"""Items for which there is a neighbourhood to preserve."""
EXTENT = 10.0
NOISE = 1e-4
"""Deviation of the noise that parts items with equal principal components, as share of extent."""
MANY, EPOCHS_OF_MANY, EPOCHS_OF_FEW = 10_000, 200, 500
"""As in umap-learn: more than 10,000 items move 200 times, fewer 500 times."""
NEGATIVES = 5
EPOCHS_OF_PLACING = 100
SECONDS_BETWEEN_REPORTS = 0.2


def umap_layout(
    components_NC: NDArray[np.float32],
    neighbours: Neighbours,
    *,
    min_dist: float,
    seed: int,
    report: Callable[[float], None] = lambda fraction: None,
) -> NDArray[np.float32]:
    """Place items so that those with near vectors are near.

    Args:
        components_NC: Their C first principal components, with C the dimensions of the map: where
            the items start, and where they stay when there are fewer than 5.
        neighbours: The nearest neighbours of each item among the others.
        min_dist: Least distance of items on the map, from 0.0 to 0.99.
        seed: Decides about noise and sampling. The same seed gives the same bits on the same kind
            of machine, whatever the number of threads.
        report: Gets the fraction done; an exception it raises ends the layout.

    Returns:
        Finite float32 (N, C), the middle of the map at 0.
    """
    total = len(components_NC)
    if total < FEWEST:
        return components_NC.astype(np.float32)
    report(0.0)
    # umap-learn counts an item among its own neighbours, at distance 0.
    indices = np.column_stack([np.arange(total, dtype=np.int32), neighbours.indices])
    distances = np.column_stack([np.zeros(total, np.float32), neighbours.distances])
    graph = _graph(components_NC, indices, distances)
    start = _start(components_NC, np.random.default_rng(seed))
    epochs = EPOCHS_OF_MANY if total > MANY else EPOCHS_OF_FEW
    places = _moved(start, None, graph, epochs, min_dist, seed, report)
    centred: NDArray[np.float32] = places - places.mean(axis=0, dtype=np.float64).astype(np.float32)
    return centred


def umap_place(
    neighbours: Neighbours,
    coordinates_NC: NDArray[np.float32],
    *,
    min_dist: float,
    seed: int,
) -> NDArray[np.float32]:
    """Place M items on a map of N others, which stay where they are.

    Args:
        neighbours: Of each item among the N on the map, (M, K) rows of these.
        coordinates_NC: Of the map.
        min_dist: The map's.
        seed: The map's.

    Returns:
        Finite float32 (M, C).
    """
    from scipy.sparse import csr_matrix
    from umap.umap_ import compute_membership_strengths, smooth_knn_dist

    _keep_compiled()
    indices = np.ascontiguousarray(neighbours.indices)
    distances = np.ascontiguousarray(neighbours.distances)
    sigmas, rhos = smooth_knn_dist(distances, float(indices.shape[1]), local_connectivity=0.0)
    rows, ends, weights, _ = compute_membership_strengths(
        indices, distances, sigmas, rhos, bipartite=True
    )
    shape = (len(indices), len(coordinates_NC))
    graph = csr_matrix((weights, (rows, ends)), shape=shape)
    weights_MK = np.maximum(weights.reshape(indices.shape), np.finfo(np.float32).tiny)
    weights_MK = weights_MK / weights_MK.sum(axis=1, keepdims=True)
    start = np.einsum("mk,mkc->mc", weights_MK, coordinates_NC[indices])
    return _moved(
        start.astype(np.float32), coordinates_NC, graph, EPOCHS_OF_PLACING, min_dist, seed,
        lambda fraction: None, first_rate=0.25,
    )  # fmt: skip


def _graph(
    components_NC: NDArray[np.float32],
    indices: NDArray[np.int32],
    distances: NDArray[np.float32],
) -> Any:
    """How much each pair of neighbours belongs together, from 0.0 to 1.0: symmetric (N, N)."""
    from umap.umap_ import fuzzy_simplicial_set

    _keep_compiled()
    graph, _, _ = fuzzy_simplicial_set(
        components_NC,
        indices.shape[1],
        np.random.RandomState(0),  # asked for, and not used where neighbours are given
        "euclidean",
        knn_indices=indices,
        knn_dists=distances,
    )
    return graph.tocsr()


def _moved(
    start_NC: NDArray[np.float32],
    staying: NDArray[np.float32] | None,
    graph: Any,
    epochs: int,
    min_dist: float,
    seed: int,
    report: Callable[[float], None],
    *,
    first_rate: float = 1.0,
) -> NDArray[np.float32]:
    """The points after all epochs; the edges lead to one another, or to points that stay."""
    from umap.umap_ import find_ab_params

    from clustering_app.projection.layout import move_points

    a, b = (np.float32(value) for value in find_ab_params(spread=1.0, min_dist=min_dist))
    graph.data[graph.data < graph.data.max(initial=0.0) / epochs] = 0.0  # would never pull
    graph.eliminate_zeros()
    pulls = (graph.data / graph.data.max(initial=1e-30)).astype(np.float32)
    points = _axes(start_NC)
    moved = np.empty_like(points)
    others = None if staying is None else _axes(staying)
    told = time.monotonic()
    for epoch in range(epochs):
        rate = np.float32(first_rate * (1.0 - epoch / epochs))
        move_points(
            points, points if others is None else others, moved, graph.indptr, graph.indices,
            pulls, a, b, rate, epoch, NEGATIVES, np.uint64(seed),
        )  # fmt: skip
        points, moved = moved, points
        if time.monotonic() - told > SECONDS_BETWEEN_REPORTS:
            told = time.monotonic()
            report((epoch + 1) / epochs)
    report(1.0)
    return np.ascontiguousarray(points[: start_NC.shape[1]].T)


def _axes(points_NC: NDArray[np.float32]) -> NDArray[np.float32]:
    """(3, N), those of a plane at z = 0."""
    axes_3N = np.zeros((3, len(points_NC)), np.float32)
    axes_3N[: points_NC.shape[1]] = points_NC.T
    return axes_3N


def _keep_compiled() -> None:
    """Let numba keep on disk what umap-learn compiles anew in every process, for 7 s of a core."""
    from umap import umap_

    for function in (umap_.smooth_knn_dist, umap_.compute_membership_strengths):
        # Compiled already, or a umap-learn that does it otherwise: then only time is lost.
        if function.signatures:
            continue
        try:
            function.enable_caching()
        except RuntimeError:  # numba found no folder that can be written to
            return


def _start(components_NC: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.float32]:
    largest = float(np.abs(components_NC).max()) or 1.0
    noise = random.normal(scale=NOISE * EXTENT, size=components_NC.shape)
    return (components_NC * (EXTENT / largest) + noise).astype(np.float32)
