"""Which points get a text, so that texts do not cover each other. N points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

COLUMNS, ROWS = 9, 18
"""A text is wide and low: the map is divided so, and each part gets one."""


def spread(coordinates_N2: NDArray[np.float32]) -> NDArray[np.intp]:
    """Rows of at most COLUMNS * ROWS points, spread evenly: the most central one of each part."""
    if not len(coordinates_N2):
        return np.empty(0, np.intp)
    low = coordinates_N2.min(axis=0)
    extent = np.maximum(coordinates_N2.max(axis=0) - low, 1e-9)
    places = (coordinates_N2 - low) / extent * (COLUMNS, ROWS)
    parts = np.minimum(places.astype(int), (COLUMNS - 1, ROWS - 1))
    distances = np.linalg.norm(places - parts - 0.5, axis=1)
    order = np.argsort(distances, kind="stable")
    _, first = np.unique(parts[order] @ (ROWS, 1), return_index=True)
    return np.sort(order[first])
