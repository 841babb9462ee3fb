"""The UMAP layout (McInnes 2018), from neighbours that are given. N items, K neighbours."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import TextIOBase

import numpy as np
from numpy.typing import NDArray

from clustering_app.projection.neighbours import Neighbours

FEWEST = 5
"""Items for which there is a neighbourhood to preserve."""
EXTENT = 10.0
NOISE = 1e-4
"""Deviation of the noise that parts items with equal principal components, as share of extent."""
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

    Single-threaded, so that the same seed on the same machine gives the same bits.

    Args:
        components_NC: Their C first principal components, with C the dimensions of the map: where
            the items start, and where they stay when there are fewer than 5.
        neighbours: The nearest neighbours of each item among the others.
        min_dist: Least distance of items on the map, from 0.0 to 0.99.
        seed: Decides about noise and sampling.
        report: Gets the fraction done; an exception it raises comes out when the layout is done.

    Returns:
        Finite float32 (N, C), the middle of the map at 0.
    """
    total, dimensions = components_NC.shape
    if total < FEWEST:
        return components_NC.astype(np.float32)
    from umap.umap_ import find_ab_params, fuzzy_simplicial_set, simplicial_set_embedding

    _keep_compiled()
    random = np.random.RandomState(seed)
    # umap-learn counts an item among its own neighbours, at distance 0.
    indices = np.column_stack([np.arange(total, dtype=np.int32), neighbours.indices])
    distances = np.column_stack([np.zeros(total, np.float32), neighbours.distances])
    report(0.0)
    graph, _, _ = fuzzy_simplicial_set(
        components_NC,
        indices.shape[1],
        random,
        "euclidean",
        knn_indices=indices,
        knn_dists=distances,
    )
    epochs = _Epochs(report)
    a, b = find_ab_params(spread=1.0, min_dist=min_dist)
    coordinates, _ = simplicial_set_embedding(
        data=components_NC,
        graph=graph,
        n_components=dimensions,
        initial_alpha=1.0,
        a=a,
        b=b,
        gamma=1.0,
        negative_sample_rate=5,
        n_epochs=None,
        init=_start(components_NC, random),
        random_state=random,
        metric="euclidean",
        metric_kwds={},
        densmap=False,
        densmap_kwds={},
        output_dens=False,
        parallel=False,
        tqdm_kwds={
            "disable": False,
            "file": epochs,
            "bar_format": "{n_fmt}/{total_fmt}",
            "mininterval": SECONDS_BETWEEN_REPORTS,
            "miniters": 1,
        },
    )
    if epochs.error is not None:
        raise epochs.error
    centred: NDArray[np.float32] = (coordinates - coordinates.mean(axis=0)).astype(np.float32)
    return centred


def _keep_compiled() -> None:
    """Let numba keep on disk what umap-learn compiles anew in every process, for 7 s of a core."""
    from umap import layouts, umap_

    functions = (
        umap_.smooth_knn_dist,
        umap_.compute_membership_strengths,
        getattr(layouts, "_nb_optimize_layout_euclidean_single_epoch", None),
    )
    for function in functions:
        # Compiled already, or a umap-learn that does it otherwise: then only time is lost.
        if function is None or function.signatures:
            continue
        try:
            function.enable_caching()
        except RuntimeError:  # numba found no folder that can be written to
            return


def _start(
    components_NC: NDArray[np.float32], random: np.random.RandomState
) -> NDArray[np.float32]:
    largest = float(np.abs(components_NC).max()) or 1.0
    noise = random.normal(scale=NOISE * EXTENT, size=components_NC.shape)
    return (components_NC * (EXTENT / largest) + noise).astype(np.float32)


class _Epochs(TextIOBase):
    """What umap-learn prints its progress bar to: its one public way of telling where it is."""

    def __init__(self, report: Callable[[float], None]) -> None:
        self.error: Exception | None = None
        self._report = report

    def write(self, text: str) -> int:
        found = re.search(r"(\d+)/(\d+)", text)
        if found and self.error is None:
            try:
                self._report(int(found[1]) / int(found[2]))
            except Exception as error:  # noqa: BLE001 - tqdm would keep its lock for ever
                self.error = error
        return len(text)
