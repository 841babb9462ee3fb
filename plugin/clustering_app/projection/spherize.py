"""What is done to vectors before distances mean something. N items, D dimensions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias, assert_never

import numpy as np
from numpy.typing import NDArray

from clustering_app.projection.pca import principal_components

Spherize: TypeAlias = Literal["off", "centre", "standardize", "whiten"]

LEAST_SHARE = 1e-6
"""Variance of a direction, as a share of the largest, below which whitening drops it: float16
keeps about three digits, and whitening would blow the rounding up to the size of the data."""
ROWS_PER_BLOCK = 16_384


@dataclass(frozen=True, kw_only=True)
class Spherizer:
    """How the vectors of a run are shifted and scaled; vectors that come later are treated alike.

    A vector has the shift taken away, then is scaled or turned to other axes, then brought to unit
    length, each where it is given.
    """

    shift_D: NDArray[np.float32]
    scale_D: NDArray[np.float32]
    axes_DR: NDArray[np.float32] | None = None
    """R directions that vary, each divided by its deviation."""
    least_length: float | None = None
    """Length up to which a vector is rounding, and becomes zero; None leaves lengths alone."""

    def __call__(self, vectors_ND: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """A new float32 array (N, D), or (N, R) with axes; any length of N."""
        width = self.shift_D.shape[0] if self.axes_DR is None else self.axes_DR.shape[1]
        spherized = np.empty((len(vectors_ND), width), np.float32)
        for start in range(0, len(vectors_ND), ROWS_PER_BLOCK):
            block = vectors_ND[start : start + ROWS_PER_BLOCK].astype(np.float32)
            block -= self.shift_D
            block *= self.scale_D
            if self.axes_DR is not None:
                block = block @ self.axes_DR
            if self.least_length is not None:
                _to_unit_length(block, self.least_length)
            spherized[start : start + len(block)] = block
        return spherized

    def to_unit_length(self) -> Spherizer:
        """The same with rows at unit length in the end: their distances rise as cosines fall."""
        return self if self.least_length is not None else replace(self, least_length=0.0)


def spherizer(vectors_ND: NDArray[np.floating[Any]], how: Spherize) -> Spherizer:
    """Measure how vectors are to be spherized.

    Args:
        vectors_ND: Finite, (N, D).
        how: `off` changes nothing; `centre` takes away the mean and scales rows to unit length;
            `standardize` gives each dimension mean 0 and deviation 1; `whiten` gives that to each
            principal direction, so that none outweighs another.

    Returns:
        What makes them so. Dimensions that do not vary, and rows equal to the mean, become zero.
    """
    dimensions = vectors_ND.shape[1]
    ones, zeros = np.ones(dimensions, np.float32), np.zeros(dimensions, np.float32)
    if how == "off":
        return Spherizer(shift_D=zeros, scale_D=ones)
    mean_D = vectors_ND.mean(axis=0, dtype=np.float64).astype(np.float32)
    match how:
        case "centre":
            largest = float(np.abs(vectors_ND).max(initial=0.0))
            # A row this near to the mean is rounding: at unit length it would point anywhere.
            least = float(_rounding(largest) * np.sqrt(dimensions))
            return Spherizer(shift_D=mean_D, scale_D=ones, least_length=least)
        case "standardize":
            largest_D = np.abs(vectors_ND).max(axis=0, initial=0.0).astype(np.float32)
            deviations_D = _deviations(vectors_ND, mean_D)
            varies_D = deviations_D > _rounding(largest_D)
            scale_D = np.where(varies_D, 1.0 / np.where(varies_D, deviations_D, 1.0), 0.0)
            return Spherizer(shift_D=mean_D, scale_D=scale_D.astype(np.float32))
        case "whiten":
            return Spherizer(shift_D=mean_D, scale_D=ones, axes_DR=_whitening_axes(vectors_ND))
    assert_never(how)


def _deviations(
    vectors_ND: NDArray[np.floating[Any]], mean_D: NDArray[np.float32]
) -> NDArray[np.float64]:
    squares_D = np.zeros(len(mean_D))
    for start in range(0, len(vectors_ND), ROWS_PER_BLOCK):
        block = vectors_ND[start : start + ROWS_PER_BLOCK].astype(np.float32) - mean_D
        squares_D += np.einsum("nd,nd->d", block, block, dtype=np.float64)
    deviations_D: NDArray[np.float64] = np.sqrt(squares_D / len(vectors_ND))
    return deviations_D


def _whitening_axes(vectors_ND: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    found = principal_components(vectors_ND, min(vectors_ND.shape))
    shares = np.array(found.explained_variance)
    kept = shares > LEAST_SHARE * shares[0]
    if not kept.any():
        return np.zeros((vectors_ND.shape[1], 1), np.float32)
    deviations = found.scores[:, kept].std(axis=0, dtype=np.float64)
    axes_DR: NDArray[np.float32] = (found.axes.directions_DC[:, kept] / deviations).astype(
        np.float32
    )
    return axes_DR


def _to_unit_length(block: NDArray[np.float32], least: float) -> None:
    lengths = np.linalg.norm(block, axis=1, keepdims=True)
    nothing = lengths <= least
    block /= np.where(nothing, 1.0, lengths)
    block[nothing[:, 0]] = 0.0


def _rounding(largest: Any) -> Any:
    return 2 * np.finfo(np.float32).eps * largest
