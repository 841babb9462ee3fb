"""Principal components, exact and on all dimensions. N items, D dimensions, C components."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROWS_PER_BLOCK = 16_384
"""Rows held in float64 at a time: 64 MiB for vectors of 512 dimensions."""
NOISE_FLOOR = 1e-7
"""Share of the largest variance below which a direction is rounding of float32, not data."""


@dataclass(frozen=True)
class PrincipalComponents:
    """Vectors seen along the directions in which they vary most."""

    scores: NDArray[np.float32]
    """(N, C), mean zero; the largest entry of each column, by size, is positive."""
    explained_variance: tuple[float, ...]
    """C shares of the variance of all dimensions, from 0.0 to 1.0, falling."""


def principal_components(vectors_ND: NDArray[np.floating[Any]], count: int) -> PrincipalComponents:
    """Project centred vectors on their first directions of variance (Pearson 1901).

    Exact: by the eigenvectors of the covariance, in float64, or of the inner products of the rows
    where these are fewer than the dimensions. Nothing is sampled, and the same vectors give the
    same signs.

    Args:
        vectors_ND: Finite, (N, D) with N and D at least 1. Not changed.
        count: C, at least 1.

    Returns:
        C components; those beyond the rank of the vectors are zero.
    """
    rows, dimensions = vectors_ND.shape
    mean_D = vectors_ND.mean(axis=0, dtype=np.float64)
    if rows < dimensions:
        scores, variances = _from_inner_products(vectors_ND - mean_D, count)
    else:
        scores, variances = _from_covariance(vectors_ND, mean_D, count)
    largest = scores[np.argmax(np.abs(scores), axis=0), np.arange(scores.shape[1])]
    scores *= np.where(largest < 0, -1.0, 1.0)
    padding = ((0, 0), (0, count - scores.shape[1]))
    return PrincipalComponents(
        scores=np.pad(scores, padding).astype(np.float32),
        explained_variance=(*variances, *[0.0] * padding[1][1]),
    )


def _from_covariance(
    vectors_ND: NDArray[np.floating[Any]], mean_D: NDArray[np.float64], count: int
) -> tuple[NDArray[np.float64], list[float]]:
    rows, dimensions = vectors_ND.shape
    covariance_DD = np.zeros((dimensions, dimensions))
    for start in range(0, rows, ROWS_PER_BLOCK):
        block = vectors_ND[start : start + ROWS_PER_BLOCK] - mean_D
        covariance_DD += block.T @ block
    variances, axes_DC = _largest(covariance_DD, count)
    scores = np.empty((rows, axes_DC.shape[1]))
    for start in range(0, rows, ROWS_PER_BLOCK):
        block = vectors_ND[start : start + ROWS_PER_BLOCK] - mean_D
        scores[start : start + len(block)] = block @ axes_DC
    return scores, _shares(variances, float(np.trace(covariance_DD)))


def _from_inner_products(
    centred_ND: NDArray[np.float64], count: int
) -> tuple[NDArray[np.float64], list[float]]:
    products_NN = centred_ND @ centred_ND.T
    variances, vectors_NC = _largest(products_NN, count)
    return vectors_NC * np.sqrt(variances), _shares(variances, float(np.trace(products_NN)))


def _largest(
    symmetric: NDArray[np.float64], count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    values, vectors = np.linalg.eigh(symmetric)
    values, vectors = values[::-1][:count], vectors[:, ::-1][:, :count]
    real = values > NOISE_FLOOR * max(float(values[0]), float(np.finfo(np.float64).tiny))
    return values[real], vectors[:, real]


def _shares(variances: NDArray[np.float64], total: float) -> list[float]:
    return [min(float(variance) / total, 1.0) for variance in variances]
