"""Vectors whose clusters are known, like an encoder's: unit rows around a common mean."""

import numpy as np
from numpy.typing import NDArray


def mixture(
    count: int, *, clusters: int, dimension: int = 512, seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """(N, D) vectors, and the cluster of each."""
    random = np.random.default_rng(seed)
    mean = random.standard_normal(dimension)
    centres = 0.6 * random.standard_normal((clusters, dimension))
    bases = 0.18 * random.standard_normal((clusters, 12, dimension))
    labels = random.integers(clusters, size=count)
    vectors = mean + centres[labels] + 0.15 * random.standard_normal((count, dimension))
    for cluster in range(clusters):
        rows = np.flatnonzero(labels == cluster)
        vectors[rows] += random.standard_normal((len(rows), 12)) @ bases[cluster]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32), labels
