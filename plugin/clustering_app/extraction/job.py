"""Items to vectors, as an execution: the only module of this stage that touches store and host.

Every few seconds what is encoded, here or by several workers, becomes a commit of this process; in
a bucket the workers commit themselves. Stopped at any moment, the next call goes on behind the
last commit.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from clustering_app.extraction.batches import Choice, plan
from clustering_app.extraction.counts import each_item
from clustering_app.extraction.ending import finish, keep_in_host
from clustering_app.extraction.meanwhile import deleted_since, remove_outdated
from clustering_app.extraction.parts import (
    ITEMS_A_PART,
    Target,
    Task,
    Vector,
    commit,
    encoded_by_workers,
    encoded_here,
    items_a_part,
    loaded,
    loaded_alone,
)
from clustering_app.extraction.prepared import Unencodable
from clustering_app.extraction.report import ExtractionReport, NotEmbedded, save_not_embedded
from clustering_app.vectors.feature_set import FeatureSetInfo
from clustering_app.vectors.store import FeatureStore
from host_contract.context import ExecutionContext, Query
from host_contract.entities import Item
from host_contract.errors import Cancelled, InvalidInput

if TYPE_CHECKING:
    from clustering_app.extraction.encoder import Encoder

SECONDS_PER_COMMIT = 2.0
"""A kill loses at most so much work, and what is being encoded."""
LOADING_SHARE = 0.02
"""Share of the progress bar that loading the model takes."""
LOGGED = 100
"""Items without a vector that the log names; the store's record names all."""

Waiting: TypeAlias = list[tuple[Item, NDArray[np.float32]]]
"""Encoded items that are not committed yet."""


def extract(
    context: ExecutionContext,
    dataset_id: str,
    *,
    query: Query,
    item_ids: Sequence[str] | None,
    model: str,
    weights: str | None,
    choice: Choice = Choice.OUTDATED,
    encoder: Encoder | None = None,
) -> ExtractionReport:
    """Give items their vectors.

    Args:
        context: Of the execution; progress, cancellation and the host.
        dataset_id: The dataset.
        query: Which items, in the host's query language; empty for the whole dataset.
        item_ids: Encode just these, even if they have a vector; None for what `query` says.
        model: Name of the model, see `load_encoder`.
        weights: Its weights, or None.
        choice: What to do. Vectors of items that no longer exist are removed without a query only.
        encoder: A loaded encoder, used by this process alone instead of `model` and `weights`.

    Returns:
        What was done. A broken item is reported there and in the log, and stops nothing.

    Raises:
        Cancelled: the user stopped it; what was committed stays.
        EncoderUnavailable: the model cannot be loaded.
        ModelMismatch: a worker has another model under this name.
        WorkerLost: again and again workers died of some items; what was committed stays.
        InvalidInput: removed vectors are asked for together with a query.
    """
    if choice is Choice.REMOVED and (query or item_ids is not None):
        raise InvalidInput("What was removed is known of the whole dataset only: leave out query.")
    context.progress(0.0, f"Loading {model}")
    workers = context.workers  # of another scheduler they come and go
    spread = encoder is None and workers > 1
    if encoder is None:
        encoder = (loaded if spread else loaded_alone)(model, weights)
    location = context.host.storage(dataset_id)
    store = FeatureStore(location)
    name = feature_set_name(encoder, store.feature_sets())
    store.create(name, encoder.fingerprint)
    known = store.content_versions(name)
    found = each_item(context.host, dataset_id, query, item_ids)
    todo = plan(found, known, choice=choice, again=frozenset(item_ids or ()))
    # Read again when their turn comes: all of a large dataset would not fit into memory.
    items = each_item(context.host, dataset_id, {}, todo.encode)
    whole = item_ids is None and not query
    removed = 0
    if whole and choice in (Choice.OUTDATED, Choice.REMOVED, Choice.ALL):
        removed = store.delete_items(todo.removed)
    encoded: Generator[Iterable[tuple[Item, Vector]]]
    if spread:
        again = choice is Choice.ALL or item_ids is not None
        target = Target(location=location, feature_set=name, again=again)
        task = Task(
            model=model,
            weights=weights,
            fingerprint=encoder.fingerprint.id,
            target=target if store.many_writers else None,
        )
        larger = items_a_part(len(todo.encode), workers)
        size = larger if store.many_writers else ITEMS_A_PART
        encoded = encoded_by_workers(items, task, size, context.map)
    else:
        encoded = encoded_here(items, encoder, context.cancelled)
    try:
        done, broken = _commit_all(context, encoded, store, name, len(todo.encode))
    except Cancelled:
        keep_in_host(context, dataset_id, encoder.fingerprint, name, store.count(name))
        raise
    gone = deleted_since(context.host, dataset_id, todo.encode)
    never = store.delete_items(sorted(gone))  # they were committed after their deletion was told
    failed, broken = len(broken), [one for one in broken if one.item_id not in gone]
    remove_outdated(store, name, broken, known)
    save_not_embedded(
        store,
        name,
        [*broken, *todo.not_embeddable],
        tried={*todo.encode, *(one.item_id for one in todo.not_embeddable)},
        existing=todo.items if whole else None,
    )
    store.compact()
    report = ExtractionReport(
        feature_set=name,
        encoded=done - failed - never,
        unchanged=todo.unchanged,
        not_embeddable=len(todo.not_embeddable),
        removed=removed,
        broken=tuple(broken),
    )
    finish(context, dataset_id, encoder.fingerprint, store, report)
    return report


def feature_set_name(encoder: Encoder, existing: Sequence[FeatureSetInfo]) -> str:
    """Name of the feature set that an encoder's vectors go to: the model, and whose weights.

    Where a set of that name holds vectors of other weights, the fingerprint is added: the old
    vectors stay, and none are mixed.
    """
    fingerprint = encoder.fingerprint
    name = fingerprint.model
    if fingerprint.weights_source is not None:
        plain = (c if c.isascii() and c.isalnum() else "-" for c in fingerprint.weights_source)
        tag = "".join(plain).strip("-")
        name = f"{name}.{tag}"[-80:].lstrip(".-_")
    taken = {info.name: info.fingerprint.id for info in existing}
    return name if taken.get(name, fingerprint.id) == fingerprint.id else f"{name}-{fingerprint.id}"


def _commit_all(
    context: ExecutionContext,
    encoded: Generator[Iterable[tuple[Item, Vector]]],
    store: FeatureStore,
    name: str,
    total: int,
) -> tuple[int, list[NotEmbedded]]:
    """Commit what is encoded as it comes; returns how many were tried, and which in vain.

    They are fewer than `total` where items were deleted meanwhile.
    """
    broken: list[NotEmbedded] = []
    waiting: Waiting = []
    done, committed = 0, time.monotonic()
    with closing(encoded):
        for batch in encoded:
            for item, vector in batch:
                done += 1
                if isinstance(vector, Unencodable):
                    broken.append(_broken(context, item, vector, len(broken)))
                elif vector is not None:
                    waiting.append((item, vector))
            if time.monotonic() - committed > SECONDS_PER_COMMIT:
                commit(store, name, waiting)
                waiting, committed = [], time.monotonic()
            fraction = LOADING_SHARE + (1.0 - LOADING_SHARE) * done / total
            context.progress(fraction, f"Encoding {done:,} of {total:,} items")
    commit(store, name, waiting)
    if done < total and context.cancelled():
        raise Cancelled(f"Stopped after {done:,} of {total:,} items; they are kept.")
    return done, broken


def _broken(context: ExecutionContext, item: Item, why: Unencodable, before: int) -> NotEmbedded:
    """The record of an item that cannot be encoded; the first ones are named in the log."""
    if before < LOGGED:
        context.log(f"{item.name!r} ({item.id}) is skipped: {why.reason}")
    elif before == LOGGED:
        context.log(f"More than {LOGGED} items are skipped: the tab lists them all.")
    return NotEmbedded(
        item_id=item.id, name=item.name, reason=why.reason, embeddable=True, lasting=why.lasting,
        content_version=item.content_version,
    )  # fmt: skip
