"""Axes that go from one end to another: a map of what a user asks. N items, D dimensions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from clustering_app.errors import InvalidParameters
from clustering_app.projection.pca import Axes
from clustering_app.vectors.similarity import unit

AxisName: TypeAlias = Literal["x", "y", "z"]
AXES: tuple[AxisName, ...] = ("x", "y", "z")
MOST_ITEMS = 1_000
"""Items of an end; their mean hardly changes with more, and a run keeps the ids of each end."""
LONGEST_TEXT = 500
LEAST_LENGTH = 1e-6
"""Of an end or of the way between two, which are of length 1, below which it is rounding."""


@dataclass(frozen=True, kw_only=True)
class End:
    """What lies at an end of an axis: some items, or what a text says."""

    items: tuple[str, ...] = ()
    """Their ids."""
    text: str = ""
    name: str = ""
    """What the user calls the items."""

    def __post_init__(self) -> None:
        if bool(self.items) == bool(self.text):
            raise InvalidParameters("An end of an axis is either items or a text: choose one.")
        if len(self.items) > MOST_ITEMS or len(self.text) > LONGEST_TEXT:
            raise InvalidParameters(
                f"An end of an axis is at most {MOST_ITEMS:,} items or {LONGEST_TEXT} characters."
            )

    def __str__(self) -> str:
        count = len(self.items)
        items = "1 item" if count == 1 else f"{count:,} items"
        return f"“{self.text}”" if self.text else self.name or items


@dataclass(frozen=True, kw_only=True)
class CustomAxis:
    """An axis of a map: points like `start` lie at its low end, those like `end` at the other."""

    start: End
    end: End

    @property
    def ends(self) -> tuple[End, End]:
        """Both, the low one first."""
        return self.start, self.end

    def __str__(self) -> str:
        return f"{self.start} to {self.end}"


def custom_axes(
    vectors_ND: NDArray[np.float32],
    item_ids: Sequence[str],
    chosen: Mapping[AxisName, CustomAxis],
    texts: Mapping[str, NDArray[np.float32]],
) -> Axes:
    """The differences of the means of two ends, each mean brought to unit length.

    A vector as near to the one end as to the other lies at 0.0.

    Args:
        vectors_ND: Of the items, spherized.
        item_ids: N ids.
        chosen: By name, whose order is that of the columns. Items that have no vector any more
            are passed over.
        texts: Vector (D,) of each text that an end says, spherized alike.

    Returns:
        An axis of unit length each, through the origin.

    Raises:
        InvalidParameters: an end has no vector or no direction, or both ends are the same; names
            the axis.
    """
    rows = {item_id: row for row, item_id in enumerate(item_ids)}
    directions = []
    for name, axis in sorted(chosen.items()):
        ends = []
        for end in axis.ends:
            known = [rows[item_id] for item_id in end.items if item_id in rows]
            if not known and not end.text:
                raise InvalidParameters(
                    f"No item of {end} has a vector any more: choose another end of axis {name}."
                )
            ends.append(_of_unit_length(texts[end.text] if end.text else vectors_ND[known]))
        way = ends[1] - ends[0]
        length = np.linalg.norm(way)
        if length < LEAST_LENGTH or not all(end.any() for end in ends):
            raise InvalidParameters(
                f"The ends of axis {name}, {axis}, show no direction: choose others."
            )
        directions.append(way / length)
    dimensions = vectors_ND.shape[1]
    return Axes(np.zeros(dimensions, np.float32), np.stack(directions, axis=1).astype(np.float32))


def _of_unit_length(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """The mean of vectors at unit length, (D,) at unit length too; zero where there is none."""
    mean_D = unit(np.atleast_2d(vectors)).mean(axis=0, dtype=np.float64)
    length = np.linalg.norm(mean_D)
    return mean_D / length if length >= LEAST_LENGTH else np.zeros_like(mean_D)
