"""Which values a selection has more often than the rest of the map."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

LEAST_Z = 3.0
"""Standard errors: chance alone goes beyond it once in 740 values."""
LEAST_SELECTED = 5
"""Selected points with the value: fewer say little, and the test does not hold for them."""
MOST_LISTED = 5
MOST_CATEGORIES = 1_000
"""A field of more values names things; it does not sort them."""


@dataclass(frozen=True)
class OverRepresented:
    """A value that a selection has more often than the rest."""

    field: str
    value: str
    share_selected: float
    """Share of the selected points that have the value, 0.0 to 1.0."""
    share_rest: float
    """Share of the other points that have it."""
    z: float
    """Difference of the two shares in standard errors."""


def over_represented(
    columns: Iterable[tuple[str, Sequence[JsonValue]]], selected_N: NDArray[np.bool_]
) -> list[OverRepresented]:
    """The values that stand out most, by the z-test of two proportions with a pooled variance.

    Agresti, Categorical Data Analysis, 3rd edition, section 3.2. Numbers and fields of more than
    1,000 values are passed over; a missing value is none.

    Args:
        columns: Names of fields, each with its value for N points.
        selected_N: Which of the points are selected.

    Returns:
        At most 5, of at least 3 standard errors and 5 selected points, the highest first.
    """
    selected = int(selected_N.sum())
    rest = len(selected_N) - selected
    if not selected or not rest:
        return []
    found = [
        one
        for field, values in columns
        for one in _of_field(field, values, selected_N, selected, rest)
    ]
    return sorted(found, key=lambda one: (-one.z, one.field, one.value))[:MOST_LISTED]


def _of_field(
    field: str,
    values: Sequence[JsonValue],
    selected_N: NDArray[np.bool_],
    selected: int,
    rest: int,
) -> list[OverRepresented]:
    texts = [_category(value) for value in values]
    everywhere = Counter(text for text in texts if text is not None)
    if len(everywhere) > MOST_CATEGORIES:
        return []
    here = Counter(texts[row] for row in np.flatnonzero(selected_N))
    found = []
    for text, count in everywhere.items():
        share_selected, share_rest = here[text] / selected, (count - here[text]) / rest
        pooled = count / (selected + rest)
        error = np.sqrt(pooled * (1 - pooled) * (1 / selected + 1 / rest))
        z = float((share_selected - share_rest) / error) if error else 0.0
        if z >= LEAST_Z and here[text] >= LEAST_SELECTED:
            found.append(OverRepresented(field, text, share_selected, share_rest, z))
    return found


def _category(value: JsonValue) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else None
