"""The t-SNE layout (van der Maaten and Hinton 2008) of all items, by openTSNE (Policar 2024).

N items, K neighbours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clustering_app.projection.neighbours import Neighbours

FEWEST = 5
"""Items for which there is a neighbourhood to preserve."""
NEIGHBOURS_PER_PERPLEXITY = 3
"""Neighbours that a perplexity needs, as in every implementation since van der Maaten 2014."""
EXAGGERATED_ITERATIONS, EXAGGERATION = 250, 12
START_DEVIATION = 1e-4
"""Of the first axis: items start close together (Kobak and Berens 2019)."""
NOISE = 0.01
"""Deviation of the noise that parts items with equal principal components, as share of it."""
EXACT_FORCES_UP_TO = 10_000
"""N up to which Barnes-Hut is sooner done than interpolation (Linderman 2019)."""
ITERATIONS_PER_REPORT = 5


def neighbours_for(perplexity: float) -> int:
    """Neighbours that a layout of this perplexity asks for."""
    return round(NEIGHBOURS_PER_PERPLEXITY * perplexity)


def tsne_layout(
    components_NC: NDArray[np.float32],
    neighbours: Neighbours,
    *,
    perplexity: float,
    iterations: int,
    learning_rate: float,
    seed: int,
    report: Callable[[float], None] = lambda fraction: None,
) -> NDArray[np.float32]:
    """Place items so that those with near vectors are near; every item, never a sample.

    Args:
        components_NC: Their C first principal components, with C the dimensions of the map: where
            the items start, and where they stay when there are fewer than 5.
        neighbours: The nearest neighbours of each item among the others, as many as
            `neighbours_for` says where there are so many.
        perplexity: How many neighbours count, from 2; lowered where there are too few items.
        iterations: Steps of the optimisation; the first third, and at most 250,
            exaggerate the attraction.
        learning_rate: 0.0 for N / exaggeration and 200 at least (Belkina 2019).
        seed: Of the noise. The same seed gives the same bits on the same kind of machine, whatever
            the number of threads.
        report: Gets the fraction done; an exception it raises stops the layout.

    Returns:
        Finite float32 (N, C), the middle of the map at 0.
    """
    total, dimensions = components_NC.shape
    if total < FEWEST:
        return components_NC.astype(np.float32)
    from openTSNE import TSNEEmbedding
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.nearest_neighbors import PrecomputedNeighbors

    known = neighbours.nearest(neighbours_for(perplexity))
    affinities = PerplexityBasedNN(
        n_jobs=-1,
        perplexity=min(perplexity, known.indices.shape[1] / NEIGHBOURS_PER_PERPLEXITY),
        knn_index=PrecomputedNeighbors(
            known.indices.astype(np.int64), known.distances.astype(np.float64)
        ),
    )
    interpolated = dimensions == 2 and total > EXACT_FORCES_UP_TO
    places: Any = TSNEEmbedding(
        _start(components_NC, seed),
        affinities,
        negative_gradient_method="fft" if interpolated else "bh",
        n_jobs=-1,
        random_state=seed,
    )
    rate = learning_rate or "auto"
    exaggerated = min(EXAGGERATED_ITERATIONS, iterations // 3)
    for done, count, exaggeration in (
        (0, exaggerated, EXAGGERATION),
        (exaggerated, iterations - exaggerated, None),
    ):

        def told(iteration: int, _error: float, _places: Any, done: int = done) -> None:
            report((done + iteration) / iterations)

        if count:
            places = places.optimize(
                n_iter=count,
                exaggeration=exaggeration,
                momentum=0.5 if exaggeration else 0.8,
                learning_rate=rate,
                callbacks=told,
                callbacks_every_iters=ITERATIONS_PER_REPORT,
            )
    coordinates = np.asarray(places)
    centred: NDArray[np.float32] = (coordinates - coordinates.mean(axis=0)).astype(np.float32)
    return centred


def _start(components_NC: NDArray[np.float32], seed: int) -> NDArray[np.float64]:
    deviation = float(components_NC[:, 0].std()) or 1.0
    noise = np.random.default_rng(seed).normal(scale=NOISE, size=components_NC.shape)
    start: NDArray[np.float64] = START_DEVIATION * (components_NC / deviation + noise)
    return start
