"""Principal components, exact and on all dimensions. N items, D dimensions, C components."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROWS_PER_BLOCK = 8_192
"""Rows held in float32 at a time, and summed up in float64: rounding stays at 1e-6."""
NOISE_FLOOR = 1e-7
"""Share of the largest variance below which a direction is rounding of float32, not data."""


@dataclass(frozen=True)
class Axes:
    """Directions through the middle of some vectors, along which others can be placed too."""

    mean_D: NDArray[np.float32]
    directions_DC: NDArray[np.float32]
    """Of unit length; zero beyond the rank of the vectors."""

    def of(self, numbers: Sequence[int]) -> Axes:
        """Some of the directions, by number from 1."""
        return Axes(self.mean_D, self.directions_DC[:, [number - 1 for number in numbers]])

    def scores(self, vectors_ND: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Where vectors are along the directions, (N, C)."""
        scores = np.empty((len(vectors_ND), self.directions_DC.shape[1]), np.float32)
        for start in range(0, len(vectors_ND), ROWS_PER_BLOCK):
            block = vectors_ND[start : start + ROWS_PER_BLOCK].astype(np.float32)
            block -= self.mean_D
            scores[start : start + len(block)] = block @ self.directions_DC
        return scores


@dataclass(frozen=True)
class PrincipalComponents:
    """Vectors seen along the directions in which they vary most."""

    scores: NDArray[np.float32]
    """(N, C), mean zero; the largest entry of each column, by size, is positive."""
    explained_variance: tuple[float, ...]
    """C shares of the variance of all dimensions, from 0.0 to 1.0, falling."""
    axes: Axes


def principal_components(vectors_ND: NDArray[np.floating[Any]], count: int) -> PrincipalComponents:
    """Project centred vectors on their first directions of variance (Pearson 1901).

    Exact: by the eigenvectors of the covariance, or of the inner products of the rows where these
    are fewer than the dimensions. Nothing is sampled, and the same vectors give the same signs.

    Args:
        vectors_ND: Finite, (N, D) with N and D at least 1. Not changed.
        count: C, at least 1.

    Returns:
        C components; those beyond the rank of the vectors are zero.
    """
    rows, dimensions = vectors_ND.shape
    mean_D = vectors_ND.mean(axis=0, dtype=np.float64).astype(np.float32)
    few = rows < dimensions
    found = _of_rows(vectors_ND, mean_D, count) if few else _of_columns(vectors_ND, mean_D, count)
    axes_DC, variances, total = found
    padding = ((0, 0), (0, count - axes_DC.shape[1]))
    axes_DC = np.pad(axes_DC, padding)
    scores = Axes(mean_D, axes_DC).scores(vectors_ND)
    largest = scores[np.argmax(np.abs(scores), axis=0), np.arange(count)]
    signs = np.where(largest < 0, -1.0, 1.0).astype(np.float32)
    scores *= signs
    shares = [min(float(variance) / total, 1.0) for variance in variances]
    return PrincipalComponents(
        scores=scores,
        explained_variance=(*shares, *[0.0] * padding[1][1]),
        axes=Axes(mean_D, axes_DC * signs),
    )


def _of_columns(
    vectors_ND: NDArray[np.floating[Any]], mean_D: NDArray[np.float32], count: int
) -> tuple[NDArray[np.float32], NDArray[np.float64], float]:
    """Axes, variances along them, and all variance, by the covariance of the dimensions."""
    covariance_DD = np.zeros((len(mean_D), len(mean_D)))
    for start in range(0, len(vectors_ND), ROWS_PER_BLOCK):
        block = vectors_ND[start : start + ROWS_PER_BLOCK].astype(np.float32) - mean_D
        covariance_DD += block.T @ block
    variances, axes_DC = _largest(covariance_DD, count)
    return axes_DC.astype(np.float32), variances, float(np.trace(covariance_DD))


def _of_rows(
    vectors_ND: NDArray[np.floating[Any]], mean_D: NDArray[np.float32], count: int
) -> tuple[NDArray[np.float32], NDArray[np.float64], float]:
    """The same by the inner products of the rows."""
    centred_ND = vectors_ND.astype(np.float64) - mean_D
    products_NN = centred_ND @ centred_ND.T
    variances, vectors_NC = _largest(products_NN, count)
    axes_DC = centred_ND.T @ vectors_NC / np.sqrt(variances)
    return axes_DC.astype(np.float32), variances, float(np.trace(products_NN))


def _largest(
    symmetric: NDArray[np.float64], count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    values, vectors = np.linalg.eigh(symmetric)
    values, vectors = values[::-1][:count], vectors[:, ::-1][:, :count]
    real = values > NOISE_FLOOR * max(float(values[0]), float(np.finfo(np.float64).tiny))
    return values[real], vectors[:, real]
