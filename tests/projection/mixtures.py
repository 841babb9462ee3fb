"""Vectors whose clusters are known, like an encoder's: unit rows around a common mean."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from clustering_app.vectors.feature_set import FeatureSet, FeatureSetInfo, ModelFingerprint


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


def feature_set(vectors_ND: NDArray[np.float32]) -> FeatureSet:
    """Vectors of as many items, whose ids are in the order of the rows."""
    count, dimension = vectors_ND.shape
    fingerprint = ModelFingerprint(
        model="mini-clip", weights_source=None, architecture="{}", weights="00",
        preprocessing="{}", dimension=dimension,
    )  # fmt: skip
    return FeatureSet(
        info=FeatureSetInfo(name="mini-clip", fingerprint=fingerprint, count=count),
        item_ids=tuple(f"item-{row:05}" for row in range(count)),
        vectors=vectors_ND,
        snapshot="",
    )


def quietly(_start: float, _end: float, _message: str) -> Callable[[float], None]:
    """Steps that nobody watches."""
    return lambda fraction: None
