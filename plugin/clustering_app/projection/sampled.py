"""A map fitted on some of the items, on which all others are placed: for millions. N items."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clustering_app.projection.pipeline import Step, make_run
from clustering_app.projection.placing import place_new
from clustering_app.projection.run import ARRAYS, Run, RunParameters, say_points
from clustering_app.projection.threads import in_threads
from clustering_app.vectors.feature_set import FeatureSet
from clustering_app.vectors.store import FeatureStore

CENTRES = 64
ROWS_PER_BLOCK = 8_192
TINY = 1e-30
PLACED_AT_ONCE = 100_000
FITTED = 0.5
"""Share of the whole that is done when the map is fitted."""


@dataclass(frozen=True, kw_only=True)
class Placing:
    """Items to be placed on a map by any worker that can read the store."""

    location: str
    """Of the store."""
    snapshot: str
    run: Run
    item_ids: tuple[str, ...]


Map = Callable[[Callable[[Placing], Run], Iterable[Placing]], Iterator[Run]]
"""As `ExecutionContext.map`."""


def is_sampled(found: FeatureSet, parameters: RunParameters) -> bool:
    """Whether a map is to be fitted on fewer items than there are; linear ones need not be."""
    return parameters.method in ("umap", "tsne") and 0 < parameters.fit_on < len(found.item_ids)


def make_sampled_run(
    found: FeatureSet, location: str, parameters: RunParameters, step: Step, on_workers: Map
) -> Run:
    """Fit a map on `parameters.fit_on` items, and place all others on it.

    Args:
        found: More than `fit_on` vectors.
        location: Of the store that they were read from.
        parameters: What the user chose.
        step: See `pipeline`.
        on_workers: Places parts of the rest, wherever.

    Returns:
        A run of all N items, those that it was fitted on first.
    """
    started = time.monotonic()
    step(0.01, 0.02, f"Choosing {say_points(parameters.fit_on)} of {len(found.item_ids):,}")
    rows = density_aware_sample(found.vectors, parameters.fit_on, seed=parameters.seed)
    run = make_run(
        found.of_rows(rows),
        parameters,
        lambda start, end, message: step(FITTED * start, FITTED * end, message),
    )
    rest = np.delete(np.arange(len(found.item_ids)), rows)
    report = step(FITTED, 0.99, f"Placing {say_points(len(rest))} on the map of {len(rows):,}")
    blocks = [rest[at : at + PLACED_AT_ONCE] for at in range(0, len(rest), PLACED_AT_ONCE)]
    parts = []
    asked = (
        Placing(
            location=location,
            snapshot=found.snapshot,
            run=run,
            item_ids=tuple(found.item_ids[row] for row in block),
        )
        for block in blocks
    )
    for part in on_workers(place, asked):
        parts.append(part)
        report(len(parts) / len(blocks))
    read.cache_clear()
    return _joined(run, parts, time.monotonic() - started)


def place(asked: Placing) -> Run:
    """Place some items, in whatever process this is called."""
    found = read(asked.location, asked.run.info.feature_set, asked.snapshot)
    wanted = {*asked.run.item_ids, *asked.item_ids}
    rows = np.array([row for row, one in enumerate(found.item_ids) if one in wanted], np.intp)
    return place_new(asked.run, found.of_rows(rows), lambda start, end, message: _quietly)


@lru_cache(maxsize=1)
def read(location: str, name: str, snapshot: str) -> FeatureSet:
    """A feature set, read once for all parts that a process places."""
    return FeatureStore(location).read(name, snapshot=snapshot)


def density_aware_sample(
    vectors_ND: NDArray[np.floating[Any]], count: int, *, seed: int
) -> NDArray[np.intp]:
    """Choose rows so that what is rare is there too.

    Half of the chance of a row is that of every row, half grows with its squared distance from the
    nearest of 64 random rows (sensitivity sampling: Lucic et al. 2016): a rare kind, of which there
    is none among these, is far from all of them. Drawn without replacement (Efraimidis 2006).

    Args:
        vectors_ND: Finite.
        count: Rows wanted; all when there are fewer.
        seed: Of the choice.

    Returns:
        min(count, N) rows, each once, ascending.
    """
    total = len(vectors_ND)
    if count >= total:
        return np.arange(total)
    random = np.random.default_rng(seed)
    centres = vectors_ND[random.choice(total, min(CENTRES, total), replace=False)]
    centres = centres.astype(np.float32)
    halves = np.einsum("cd,cd->c", centres, centres) / 2

    def squares(start: int) -> NDArray[np.float32]:
        block = vectors_ND[start : start + ROWS_PER_BLOCK].astype(np.float32)
        nearest = (halves - block @ centres.T).min(axis=1)
        found: NDArray[np.float32] = np.einsum("bd,bd->b", block, block) + 2 * nearest
        return np.maximum(found, 0.0)

    squares_N = np.concatenate([*in_threads(squares, range(0, total, ROWS_PER_BLOCK))])
    chances = 1 / total + squares_N.astype(np.float64) / max(squares_N.sum(dtype=np.float64), TINY)
    order = np.argpartition(random.exponential(size=total) / chances, count)
    return np.sort(order[:count])


def _joined(run: Run, parts: list[Run], seconds: float) -> Run:
    """The fitted items, and behind them what each part placed."""
    fitted = len(run.item_ids)
    placed = [item_id for part in parts for item_id in part.item_ids[fitted:]]
    arrays: dict[str, Any] = {}
    for name in ARRAYS:
        new = [getattr(part, name)[fitted:] for part in parts]
        arrays[name] = np.concatenate([getattr(run, name), *new])
    count = fitted + len(placed)
    info = replace(run.info, count=count, placed=len(placed), seconds=seconds)
    return replace(run, info=info, item_ids=(*run.item_ids, *placed), **arrays)


def _quietly(_fraction: float) -> None:
    """A step of a part, whose end is told by another."""
