"""Vectors in lists of near ones, so that neighbours need not be looked for among all.

An inverted file (Sivic and Zisserman 2003; Jegou, Douze and Schmid 2011). N items, R dimensions
that the lists are made by, L lists.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clustering_app.projection.threads import in_threads

LISTS_PER_ROOT = 2
"""L as a multiple of the square root of N."""
SAMPLED_PER_LIST = 64
ITERATIONS = 8
ROWS_PER_BLOCK = 2_048


@dataclass(frozen=True)
class Lists:
    """All rows in L lists, each of rows near to one another."""

    rows: NDArray[np.intp]
    """(N,), list by list."""
    starts: NDArray[np.intp]
    """(L + 1,): list l is `rows[starts[l]:starts[l + 1]]`."""
    nearest_LL: NDArray[np.intp]
    """For each list all lists, the nearest first, which is itself."""
    centres_LR: NDArray[np.float32]

    def __len__(self) -> int:
        """L."""
        return len(self.nearest_LL)

    def members(self, number: int) -> NDArray[np.intp]:
        """Rows of a list."""
        return self.rows[self.starts[number] : self.starts[number + 1]]

    def candidates(self, number: int, probes: int, *, least: int) -> NDArray[np.intp]:
        """Rows of the lists nearest to a list: of so many, and more until there are the least."""
        order = self.nearest_LL[number]
        reached = np.cumsum(self.starts[order + 1] - self.starts[order])
        probes = max(probes, int(np.searchsorted(reached, least)) + 1)
        return np.concatenate([self.members(near) for near in np.sort(order[:probes])])

    def probes_for(self, share: float, rows: NDArray[np.intp], near_SK: NDArray[np.integer]) -> int:
        """Lists to look through so that of the neighbours of some rows a share is found.

        Args:
            share: From 0.0 to 1.0.
            rows: (S,).
            near_SK: Their true neighbours.
        """
        list_of_N = np.empty(len(self.rows), np.intp)
        list_of_N[self.rows] = np.repeat(np.arange(len(self)), np.diff(self.starts))
        rank_LL = np.empty_like(self.nearest_LL)
        np.put_along_axis(rank_LL, self.nearest_LL, np.arange(len(self))[None], axis=1)
        ranks_SK = rank_LL[list_of_N[rows][:, None], list_of_N[near_SK]]
        return int(np.quantile(ranks_SK, share, method="higher")) + 1


def make_lists(seen_NR: NDArray[np.float32], *, seed: int) -> Lists:
    """Put each vector on the list of its nearest centre, of centres that k-means finds."""
    count = max(1, round(LISTS_PER_ROOT * len(seen_NR) ** 0.5))
    centres_LR = _centres(seen_NR, count, np.random.default_rng(seed))
    list_of_N = nearest_centre(seen_NR, centres_LR)
    halves_L = np.einsum("lr,lr->l", centres_LR, centres_LR) / 2
    far_LL = halves_L - centres_LR @ centres_LR.T
    np.fill_diagonal(far_LL, -np.inf)
    return Lists(
        rows=np.argsort(list_of_N, kind="stable"),
        starts=np.concatenate([[0], np.cumsum(np.bincount(list_of_N, minlength=count))]),
        nearest_LL=np.argsort(far_LL, axis=1, kind="stable"),
        centres_LR=centres_LR,
    )


def _centres(
    seen_NR: NDArray[np.float32], count: int, random: np.random.Generator
) -> NDArray[np.float32]:
    """(L, R) by Lloyd's iteration on a sample; a centre that loses its vectors stays."""
    sampled = min(len(seen_NR), SAMPLED_PER_LIST * count)
    sample = seen_NR[np.sort(random.choice(len(seen_NR), sampled, replace=False))]
    centres_LR = sample[random.choice(sampled, count, replace=False)].copy()
    for _ in range(ITERATIONS):
        list_of_S = nearest_centre(sample, centres_LR)
        order = np.argsort(list_of_S, kind="stable")
        found, starts = np.unique(list_of_S[order], return_index=True)
        sizes = np.diff(np.append(starts, sampled))[:, None]
        centres_LR[found] = np.add.reduceat(sample[order], starts, axis=0) / sizes
    return centres_LR


def nearest_centre(
    seen_NR: NDArray[np.float32], centres_LR: NDArray[np.float32]
) -> NDArray[np.intp]:
    """(N,), the list that each vector belongs on."""
    halves_L = np.einsum("lr,lr->l", centres_LR, centres_LR) / 2

    def nearest(start: int) -> NDArray[np.intp]:
        block = seen_NR[start : start + ROWS_PER_BLOCK]
        found: NDArray[np.intp] = np.argmin(halves_L - block @ centres_LR.T, axis=1)
        return found

    return np.concatenate([*in_threads(nearest, range(0, len(seen_NR), ROWS_PER_BLOCK))])
