"""Groups of vectors that are nearly the same. N items, D dimensions, K neighbours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from clustering_app.projection.neighbours import EXACT_UP_TO, find_neighbours

BLOCK = 512
"""Rows compared at once: 40 MB at 20,000 items."""
NEIGHBOURS = 30
"""Neighbours looked at where not every pair is compared."""
ROUNDING = 1e-5
"""Two equal vectors of 32 bits may have a cosine that is so much below 1."""


def near_duplicates(
    vectors_ND: NDArray[np.float32],
    threshold: float,
    *,
    seed: int = 0,
    exact_up_to: int = EXACT_UP_TO,
) -> list[NDArray[np.intp]]:
    """Find groups in which each item is linked with another by a cosine from the threshold on.

    Args:
        vectors_ND: Unit rows.
        threshold: -1.0 to 1.0.
        seed: Of the approximate search, used above `exact_up_to` vectors.
        exact_up_to: N up to which every pair is compared. Above, a pair counts when one is among
            the 30 nearest that `find_neighbours` finds of the other.

    Returns:
        Rows of each group of two or more, ascending; the largest group first.
    """
    group_N = np.arange(len(vectors_ND))
    if len(vectors_ND) <= exact_up_to:
        for start in range(0, len(vectors_ND), BLOCK):
            cosines = vectors_ND[start : start + BLOCK] @ vectors_ND.T
            rows, others = np.nonzero(cosines >= threshold - ROUNDING)
            group_N = _joined(group_N, rows + start, others)
    else:
        found = find_neighbours(vectors_ND, NEIGHBOURS, seed=seed, exact_up_to=exact_up_to)
        rows, places = np.nonzero(1.0 - found.distances**2 / 2.0 >= threshold - ROUNDING)
        group_N = _joined(group_N, rows, found.indices[rows, places])
    order = np.argsort(group_N, kind="stable")
    starts = np.flatnonzero(np.diff(group_N[order])) + 1
    groups = [rows for rows in np.split(order, starts) if len(rows) > 1]
    return sorted(groups, key=lambda rows: (-len(rows), int(rows[0])))


def _joined(
    group_N: NDArray[np.intp], rows: NDArray[np.intp], others: NDArray[np.integer]
) -> NDArray[np.intp]:
    """The groups after each pair has been put into one."""
    pairs = (group_N[rows], group_N[others])
    links = coo_array((np.ones(len(rows), bool), pairs), shape=(len(group_N),) * 2)
    _, merged = connected_components(links, directed=False)
    joined: NDArray[np.intp] = merged[group_N].astype(np.intp)
    return joined
