"""How good vectors of unit length are. N queries, M candidates, D dimensions, K neighbours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


def recall(queries_ND: Vectors, candidates_MD: Vectors, right: Sequence[set[int]], k: int) -> float:
    """Share of queries with one of their right candidates among the k most similar."""
    nearest_NK = _nearest(queries_ND @ candidates_MD.T, k)
    return float(
        np.mean([bool(r & set(n.tolist())) for r, n in zip(right, nearest_NK, strict=True)])
    )


def neighbour_agreement(vectors_ND: Vectors, labels: Sequence[str], k: int) -> float:
    """Mean share of a picture's k nearest neighbours that carry its label."""
    similarities = vectors_ND @ vectors_ND.T
    np.fill_diagonal(similarities, -np.inf)
    label_N = np.asarray(labels)
    return float((label_N[_nearest(similarities, k)] == label_N[:, None]).mean())


def top_k_accuracy(
    vectors_ND: Vectors, prompts: dict[str, Vectors], labels: Sequence[str], k: int
) -> float:
    """Share of pictures whose label is among the k best; a label has the mean of its prompts."""
    names = list(prompts)
    centres = np.stack([prompts[name].mean(0) for name in names])
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    best_NK = _nearest(vectors_ND @ centres.T, k)
    return float(np.mean([names.index(x) in row for x, row in zip(labels, best_NK, strict=True)]))


def _nearest(similarities_NM: Vectors, k: int) -> NDArray[np.intp]:
    """Columns of the k largest of each row, in no order."""
    return np.argpartition(-similarities_NM, k - 1, axis=1)[:, :k]
