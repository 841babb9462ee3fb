"""Items encoded by this process, or in parts by several workers. N items, D dimensions.

Where a store takes commits from several processes, a worker commits what it has encoded itself.
"""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from clustering_app.errors import ModelMismatch
from clustering_app.extraction.encoding import Encoded, encoded_items
from clustering_app.extraction.patience import Patience
from clustering_app.extraction.prepared import Unencodable, prepared_items
from clustering_app.vectors.store import FeatureStore
from host_contract.entities import Item
from host_contract.errors import Cancelled

if TYPE_CHECKING:
    from clustering_app.extraction.encoder import ClipEncoder, Encoder

ITEMS_A_PART = 256
"""Seconds of work for one worker: what a worker that is lost has to do again at most."""
MOST_ITEMS_A_PART = 2048
COMMITTERS = 4
"""So many workers commit parts of that size without being in each other's way."""
PARTS_A_WORKER = 8
"""At least, where parts are larger, so that no worker is idle for long at the end."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a worker commits the vectors of its parts."""

    location: str
    """Of the store."""
    feature_set: str
    again: bool
    """Whether items are encoded that have an up-to-date vector."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """What is to be done with all parts of an extraction."""

    model: str
    weights: str | None
    """As for `load_encoder`."""
    fingerprint: str
    """Id of the model whose vectors are wanted."""
    target: Target | None
    """None where the vectors are given back."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """Items to be encoded by any worker that can open them."""

    items: tuple[Item, ...]
    task: Task


Vector: TypeAlias = NDArray[np.float32] | Unencodable | None
"""Of an item, (D,), or the reason why there is none; None where the worker has committed it."""
Vectors: TypeAlias = list[Vector]
"""For each item of a part."""
Map: TypeAlias = Callable[[Callable[[Part], Vectors], Iterable[Part]], Iterator[Vectors]]
"""As `ExecutionContext.map`."""


def encoded_here(
    items: Iterable[Item], encoder: Encoder, cancelled: Callable[[], bool]
) -> Generator[list[Encoded]]:
    """Batch by batch, each item once, up to where the user stops it. Close it to stop its threads.

    What was taken up before is still encoded and given.
    """
    with (
        closing(prepared_items(items, encoder, cancelled, Patience())) as prepared,
        closing(encoded_items(prepared, encoder)) as encoded,
    ):
        yield from encoded


def items_a_part(total: int, workers: int) -> int:
    """How many items a part has where each is a commit, of so many items for so many workers.

    Commits of a store come one after another, however many write: with more workers each is larger.
    """
    wanted = min(ITEMS_A_PART * workers // COMMITTERS, MOST_ITEMS_A_PART)
    return max(min(wanted, total // (PARTS_A_WORKER * workers)), ITEMS_A_PART)


def encoded_by_workers(
    items: Iterable[Item], task: Task, size: int, on_workers: Map
) -> Generator[list[tuple[Item, Vector]]]:
    """Part by part, in the order of the items, up to where the user stops it.

    Args:
        items: Can be pickled, and opened by every worker.
        task: A worker whose model is another one gives no vectors.
        size: Items of a part.
        on_workers: Encodes the parts, wherever.

    Raises:
        ModelMismatch: a worker has other weights under this name.
        EncoderUnavailable: a worker cannot load the model.
    """
    under_way: deque[Part] = deque()

    def parts() -> Iterator[Part]:
        rest = iter(items)
        while some := tuple(islice(rest, size)):
            part = Part(items=some, task=task)
            under_way.append(part)
            yield part

    try:
        for vectors in on_workers(encode_part, parts()):
            yield [*zip(under_way.popleft().items, vectors, strict=True)]
    except Cancelled:
        return


def encode_part(part: Part) -> Vectors:
    """Encode a part's items and commit them, in whatever process this is called.

    What a worker committed before it died is not encoded again.

    Raises:
        ModelMismatch: this process has other weights under the model's name.
        StoreError: the vectors cannot be committed.
    """
    task = part.task
    encoder = loaded(task.model, task.weights)
    if encoder.fingerprint.id != task.fingerprint:
        raise ModelMismatch(
            f"{task.model}: a worker has other weights of this name than the process that keeps "
            "the vectors; give all machines the same file."
        )
    if task.target is None:
        found = _encoded(part.items, encoder)
        return [found[item.id] for item in part.items]
    store, name = _opened(task.target.location), task.target.feature_set
    versions = {item.id: item.content_version for item in part.items}
    there = set[str]() if task.target.again else store.unchanged(name, versions)
    found = _encoded([item for item in part.items if item.id not in there], encoder)
    vectors = [
        (item, vector)
        for item in part.items
        if isinstance(vector := found.get(item.id), np.ndarray)
    ]
    commit(store, name, vectors)
    results = [found.get(item.id) for item in part.items]
    return [one if isinstance(one, Unencodable) else None for one in results]


def commit(
    store: FeatureStore, name: str, vectors: Sequence[tuple[Item, NDArray[np.float32]]]
) -> None:
    """Commit vectors (D,) of items, if there are any."""
    if vectors:
        store.append(
            name,
            [item.id for item, _ in vectors],
            [item.content_version for item, _ in vectors],
            np.stack([vector for _, vector in vectors]),
        )


def _encoded(
    items: Sequence[Item], encoder: Encoder
) -> dict[str, NDArray[np.float32] | Unencodable]:
    return {
        item.id: vector
        for batch in encoded_here(items, encoder, lambda: False)
        for item, vector in batch
    }


@lru_cache(maxsize=1)
def _opened(location: str) -> FeatureStore:
    """A store, opened once for all parts: it keeps which rows there are."""
    return FeatureStore(location)


@lru_cache(maxsize=1)
def loaded(model: str, weights: str | None) -> ClipEncoder:
    """A model, loaded once for all parts that a process encodes."""
    return loaded_alone(model, weights)


def loaded_alone(model: str, weights: str | None) -> ClipEncoder:
    """A model, in a process that has nothing else to do.

    What it and its libraries consist of is no longer looked through for garbage: that took an
    extraction of small pictures a tenth of its processor time.
    """
    from clustering_app.extraction.loading import load_encoder

    encoder = load_encoder(model, weights=weights)
    gc.unfreeze()  # an earlier model, if it needs collecting
    gc.collect()
    gc.freeze()
    return encoder
