"""The nearest neighbours of each vector. N items, D dimensions, K neighbours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clustering_app.projection.accelerator import accelerator, nearest_on
from clustering_app.projection.lists import Lists, make_lists, nearest_centre
from clustering_app.projection.threads import in_threads

EXACT_UP_TO = 12_000
"""N up to which each vector is compared with every other."""
RECALL = 0.995
"""Share of the true neighbours of a sample that is found above."""
EXACT_PAIRS = 1e9
"""Queries times vectors up to which each is compared with each: some ten seconds on two cores."""
SAMPLED = 256
ROWS_PER_BLOCK = 256
CANDIDATES_PER_BLOCK = 16_384
"""Compared with a block of rows by a thread: 16 MiB of distances, and the vectors."""


@dataclass(frozen=True)
class Neighbours:
    """Nearest neighbours in the order of distance; a vector is not its own neighbour."""

    indices: NDArray[np.int32]
    """(N, K) rows."""
    distances: NDArray[np.float32]
    """(N, K) Euclidean, from 0.0, rising along a row."""

    def nearest(self, count: int) -> Neighbours:
        """The first `count` of them; all when there are fewer."""
        return Neighbours(self.indices[:, :count], self.distances[:, :count])


def find_neighbours(
    vectors_ND: NDArray[np.float32],
    count: int,
    *,
    seed: int,
    listed_by: NDArray[np.float32] | None = None,
    exact_up_to: int = EXACT_UP_TO,
    report: Callable[[float], None] = lambda fraction: None,
) -> Neighbours:
    """Find the K nearest neighbours by Euclidean distance; for unit rows the order of cosines.

    Up to `exact_up_to` vectors, and all of them on a graphics card, exactly. Above, a vector is
    compared with those on the lists near to its own, on so many that they hold 99.5 % of the true
    neighbours of a sample.

    Args:
        vectors_ND: Finite.
        count: K wanted; N - 1 is the most there can be.
        seed: Of the lists and the sample.
        listed_by: (N, R), the same vectors in fewer dimensions, which the lists are made by.
        exact_up_to: See above.
        report: Gets the fraction done; an exception it raises ends the search.

    Returns:
        K = min(count, N - 1) neighbours; none for a single vector. The same vectors and seed give
        the same neighbours, whatever the number of threads.
    """
    total = len(vectors_ND)
    count = max(min(count, total - 1), 0)
    indices = np.empty((total, count), np.int32)
    distances = np.empty((total, count), np.float32)
    if count == 0:
        return Neighbours(indices, distances)
    if total > exact_up_to and (device := accelerator(vectors_ND)) is not None:
        return Neighbours(*nearest_on(device, vectors_ND, count, report=report))
    search = _Search(vectors_ND, count)

    def find(rows: NDArray[np.intp], candidates: NDArray[np.intp]) -> int:
        indices[rows], distances[rows] = search.nearest(vectors_ND[rows], candidates, rows)
        return len(rows)

    done = 0
    if total <= exact_up_to:
        blocks: Iterable[tuple[NDArray[np.intp], NDArray[np.intp]]] = _all_with_all(total)
    else:
        blocks = _near_lists(search, vectors_ND if listed_by is None else listed_by, seed)
    for found in in_threads(lambda block: find(*block), blocks):
        done += found
        report(done / total)
    return Neighbours(indices, distances)


def nearest_among(
    queries_MD: NDArray[np.float32],
    vectors_ND: NDArray[np.float32],
    count: int,
    *,
    exact_pairs: float = EXACT_PAIRS,
) -> Neighbours:
    """Find the min(count, N) vectors nearest to each of M queries.

    Args:
        queries_MD: Finite.
        vectors_ND: Finite.
        count: K wanted.
        exact_pairs: M * N up to which each is compared with each; above, lists are looked through
            as by `find_neighbours`.

    Returns:
        (M, K), rows of the vectors.
    """
    search = _Search(vectors_ND, min(count, len(vectors_ND)))
    if len(queries_MD) * len(vectors_ND) > exact_pairs:
        return _among_lists(search, queries_MD)
    everything = np.arange(len(vectors_ND))
    blocks = range(0, len(queries_MD), ROWS_PER_BLOCK)
    found = in_threads(
        lambda start: search.nearest(queries_MD[start : start + ROWS_PER_BLOCK], everything), blocks
    )
    indices, distances = zip(*found, strict=True)
    return Neighbours(np.concatenate(indices), np.concatenate(distances))


def _among_lists(search: _Search, queries_MD: NDArray[np.float32]) -> Neighbours:
    """The same by the lists near to that of each query."""
    lists = make_lists(search.vectors_ND, seed=0)
    probes = _probes(search, lists, seed=0)
    list_of_M = nearest_centre(queries_MD, lists.centres_LR)
    indices = np.empty((len(queries_MD), search.count), np.int32)
    distances = np.empty(indices.shape, np.float32)

    def find(number: int) -> None:
        candidates = lists.candidates(number, probes, least=search.count)
        members = np.flatnonzero(list_of_M == number)
        for start in range(0, len(members), ROWS_PER_BLOCK):
            rows = members[start : start + ROWS_PER_BLOCK]
            indices[rows], distances[rows] = search.nearest(queries_MD[rows], candidates)

    for _ in in_threads(find, range(len(lists))):
        pass
    return Neighbours(indices, distances)


def _all_with_all(total: int) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    everything = np.arange(total)
    for start in range(0, total, ROWS_PER_BLOCK):
        yield everything[start : start + ROWS_PER_BLOCK], everything


def _near_lists(
    search: _Search, seen_NR: NDArray[np.float32], seed: int
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Blocks of rows, and the rows on the lists near to theirs."""
    lists = make_lists(seen_NR, seed=seed)
    probes = _probes(search, lists, seed)
    for number in range(len(lists)):
        members = lists.members(number)
        if len(members):
            candidates = lists.candidates(number, probes, least=search.count + 1)
            for start in range(0, len(members), ROWS_PER_BLOCK):
                yield members[start : start + ROWS_PER_BLOCK], candidates


def _probes(search: _Search, lists: Lists, seed: int) -> int:
    """Lists to look through so that nearly all neighbours of a sample are found."""
    total = len(lists.rows)
    random = np.random.default_rng(seed)
    sample = np.sort(random.choice(total, min(SAMPLED, total), replace=False))
    near_SK, _ = search.nearest(search.vectors_ND[sample], np.arange(total), sample)
    return lists.probes_for(RECALL, sample, near_SK)


class _Search:
    """Compares queries with vectors, block by block."""

    def __init__(self, vectors_ND: NDArray[np.float32], count: int) -> None:
        self.vectors_ND = vectors_ND
        self.count = count
        self._halves_N = np.einsum("nd,nd->n", vectors_ND, vectors_ND) / 2

    def nearest(
        self,
        queries_QD: NDArray[np.float32],
        candidates: NDArray[np.intp],
        itself_Q: NDArray[np.intp] | None = None,
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """(Q, K) nearest candidates, ascending, and distances; none is the query's own row."""
        best_QK = np.empty((len(queries_QD), 0), np.intp)
        far_QK = np.empty(best_QK.shape, np.float32)
        for start in range(0, len(candidates), CANDIDATES_PER_BLOCK):
            some = candidates[start : start + CANDIDATES_PER_BLOCK]
            far = self._halves_N[some] - queries_QD @ self.vectors_ND[some].T
            if itself_Q is not None:
                far[some == itself_Q[:, None]] = np.inf
            far = np.concatenate([far_QK, far], axis=1)
            rows = np.concatenate([best_QK, np.broadcast_to(some, (len(far), len(some)))], axis=1)
            kept = np.argpartition(far, min(self.count, far.shape[1]) - 1, axis=1)[:, : self.count]
            best_QK, far_QK = (np.take_along_axis(one, kept, axis=1) for one in (rows, far))
        # Differences, since products of nearly equal vectors are all rounding.
        apart_QKD = self.vectors_ND[best_QK] - queries_QD[:, None]
        distances_QK = np.sqrt(np.einsum("qkd,qkd->qk", apart_QKD, apart_QKD))
        order = np.lexsort((best_QK, distances_QK), axis=1)
        return (
            np.take_along_axis(best_QK, order, axis=1).astype(np.int32),
            np.take_along_axis(distances_QK, order, axis=1),
        )
