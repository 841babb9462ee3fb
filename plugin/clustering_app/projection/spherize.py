"""What is done to vectors before distances mean something. N items, D dimensions."""

from __future__ import annotations

from typing import Any, assert_never

import numpy as np
from numpy.typing import NDArray

from clustering_app.projection.pca import principal_components
from clustering_app.projection.run import Spherize

LEAST_SHARE = 1e-6
"""Variance of a direction, as a share of the largest, below which whitening drops it: float16
keeps about three digits, and whitening would blow the rounding up to the size of the data."""


def spherize(vectors_ND: NDArray[np.floating[Any]], how: Spherize) -> NDArray[np.float32]:
    """Shift and scale vectors.

    Args:
        vectors_ND: Finite, (N, D). Not changed.
        how: `off` changes nothing; `centre` takes away the mean and scales rows to unit length;
            `standardize` gives each dimension mean 0 and deviation 1; `whiten` gives that to each
            principal direction, so that none outweighs another.

    Returns:
        A new float32 array (N, D); after `whiten` (N, R), with R the directions that vary.
        Dimensions that do not vary, and rows equal to the mean, are zero.
    """
    vectors = np.array(vectors_ND, dtype=np.float32)
    match how:
        case "off":
            return vectors
        case "centre":
            return _centre(vectors)
        case "standardize":
            return _standardize(vectors)
        case "whiten":
            return _whiten(vectors)
    assert_never(how)


def _centre(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    largest = float(np.abs(vectors).max(initial=0.0))
    vectors -= vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    # A row this near to the mean is rounding: scaled to unit length it would point anywhere.
    nothing = lengths <= _rounding(largest) * np.sqrt(vectors.shape[1])
    vectors /= np.where(nothing, 1.0, lengths)
    vectors[nothing[:, 0]] = 0.0
    return vectors


def _standardize(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    largest = np.abs(vectors).max(axis=0, initial=0.0)
    deviations = vectors.std(axis=0, dtype=np.float64)
    vectors -= vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    constant = deviations <= _rounding(largest)
    vectors /= np.where(constant, 1.0, deviations).astype(np.float32)
    vectors[:, constant] = 0.0
    return vectors


def _whiten(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    found = principal_components(vectors, min(vectors.shape))
    shares = np.array(found.explained_variance)
    kept = shares > LEAST_SHARE * shares[0]
    if not kept.any():
        return np.zeros((len(vectors), 1), np.float32)
    scores = found.scores[:, kept]
    whitened: NDArray[np.float32] = scores / scores.std(axis=0, dtype=np.float64).astype(np.float32)
    return whitened


def _rounding(largest: Any) -> Any:
    return 2 * np.finfo(np.float32).eps * largest
