"""Vectors to a run, as an execution: the only module of this stage that touches store and host.

The computing happens in a thread beside, because compiled steps cannot be asked to stop: when the
user cancels, the execution ends at once, and the thread after its step, with nothing written.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from clustering_app.errors import NoFeatures, StoreError
from clustering_app.projection.pipeline import Step, make_run
from clustering_app.projection.placing import place_new
from clustering_app.projection.run import METHOD_NAMES, Run, RunInfo, RunParameters, say_points
from clustering_app.projection.runs import list_runs, read_run, write_run
from clustering_app.projection.sampled import is_sampled, make_sampled_run
from clustering_app.vectors.feature_set import FeatureSet, ModelFingerprint
from clustering_app.vectors.store import FeatureStore
from host_contract.context import ExecutionContext
from host_contract.entities import Level
from host_contract.errors import Cancelled, NotFound

SECONDS_BETWEEN_POLLS = 0.25

T = TypeVar("T")


def project(
    context: ExecutionContext,
    dataset_id: str,
    *,
    feature_set: str | None,
    parameters: RunParameters,
    of_text: Callable[[ModelFingerprint, str], NDArray[np.float32]] | None = None,
) -> RunInfo:
    """Place every vector of a feature set on a map, and keep the map in the store.

    Args:
        context: Of the execution; progress, cancellation and the host.
        dataset_id: The dataset.
        feature_set: Name of its feature set; the newest one with vectors when None.
        parameters: What the user chose.
        of_text: Gives the vector (D,) of a text by a model; needed where an axis says one.

    Returns:
        What is known of the run.

    Raises:
        NoFeatures: there are no vectors; says what to press.
        StoreError: a vector is not finite; names the item.
        InvalidParameters: the vectors cannot be mapped so; names the parameter.
        EncoderUnavailable: the model cannot be loaded, and a text is to be compared.
        Cancelled: the user stopped it; nothing was written.
    """
    store = FeatureStore(context.host.storage(dataset_id))
    context.progress(0.0, "Reading vectors")
    found = _read(context, store, feature_set)
    texts = {
        end.text: of_text(found.info.fingerprint, end.text)
        for axis in (parameters.axes or {}).values()
        for end in axis.ends
        if end.text and of_text is not None
    }
    location = context.host.storage(dataset_id)

    def compute(check: Callable[[], None]) -> Run:
        step = _steps(context, check)
        if is_sampled(found, parameters):
            return make_sampled_run(found, location, parameters, step, context.map)
        return make_run(found, parameters, step, texts)

    run = _beside(context, compute)
    _keep(context, dataset_id, store, run, f"Map of {say_points(run.info.count)} is ready")
    return run.info


def place(context: ExecutionContext, dataset_id: str, *, run_id: str | None) -> RunInfo:
    """Place the items that came after a map on it, and keep the result as the newest map.

    Args:
        context: As for `project`.
        dataset_id: The dataset.
        run_id: The map; the newest when None.

    Returns:
        What is known of the new map.

    Raises:
        NoFeatures: there is no such map.
        InvalidParameters: there is nothing to place.
        StoreError: as for `project`.
        Cancelled: as for `project`.
    """
    store = FeatureStore(context.host.storage(dataset_id))
    context.progress(0.0, "Reading vectors")
    runs = list_runs(store)
    if not runs:
        raise NoFeatures("There is no map yet to place items on: press Run.")
    before = read_run(store, run_id or runs[0].id)
    found = _read(context, store, before.info.feature_set)
    run = _beside(context, lambda check: place_new(before, found, _steps(context, check)))
    new = run.info.count - len(set(before.item_ids) & set(run.item_ids))
    _keep(context, dataset_id, store, run, f"{say_points(new)} placed on the map")
    return run.info


def _keep(
    context: ExecutionContext, dataset_id: str, store: FeatureStore, run: Run, title: str
) -> None:
    context.progress(0.99, "Keeping the map")
    write_run(store, run)
    context.progress(1.0, title)
    context.host.notify(
        title,
        f"{METHOD_NAMES[run.info.parameters.method]}, {run.info.seconds:.0f} seconds.",
        level=Level.SUCCESS,
        dataset_id=dataset_id,
        execution_id=context.execution_id,
    )


def _read(context: ExecutionContext, store: FeatureStore, name: str | None) -> FeatureSet:
    nothing = "press Add CLIP Embeddings, or run Clip Extract Features from Dataset Actions."
    sets = store.with_vectors()
    if not name and not sets:
        raise NoFeatures(f"There are no vectors yet: {nothing}")
    found = store.read(name or sets[-1].name)
    if not found.item_ids:
        raise NoFeatures(f"Feature set {found.info.name!r} holds no vectors: {nothing}")
    _refuse_non_finite(context, found)
    return found.in_order_of_ids()  # here, so that memory holds one copy alone


def _refuse_non_finite(context: ExecutionContext, found: FeatureSet) -> None:
    finite = np.isfinite(found.vectors).all(axis=1)
    if not finite.all():
        item_id = found.item_ids[int(np.argmin(finite))]
        raise StoreError(
            f"The vector of item {_name(context, item_id)} is not finite: choose the item and run "
            f"Clip Extract Features from Dataset Actions again."
        )


def _name(context: ExecutionContext, item_id: str) -> str:
    try:
        return f"{context.host.item(item_id).name!r} ({item_id})"
    except NotFound:
        return f"{item_id}, which is deleted,"


def _steps(context: ExecutionContext, check: Callable[[], None]) -> Step:
    """Tell the user of each step, and stop there when the user has cancelled."""

    def step(start: float, end: float, message: str) -> Callable[[float], None]:
        def report(fraction: float) -> None:
            check()
            context.progress(start + fraction * (end - start), message)

        report(0.0)
        return report

    return step


@dataclass
class _Outcome(Generic[T]):
    result: T | None = None
    error: BaseException | None = None


def _beside(context: ExecutionContext, compute: Callable[[Callable[[], None]], T]) -> T:
    """Compute in a thread that is left to itself when the user cancels."""
    outcome: _Outcome[T] = _Outcome()
    cancelled, ended = threading.Event(), threading.Event()

    def check() -> None:
        if cancelled.is_set():
            raise Cancelled("The run was cancelled.")

    def work() -> None:
        try:
            outcome.result = compute(check)
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            outcome.error = error
        finally:
            ended.set()

    threading.Thread(target=work, name="projection", daemon=True).start()
    while not ended.wait(SECONDS_BETWEEN_POLLS) and not context.cancelled():
        pass
    if context.cancelled():
        cancelled.set()
        raise Cancelled("The run was cancelled.")
    if outcome.error is not None:
        raise outcome.error
    assert outcome.result is not None  # noqa: S101 - one of the two is set when the thread ends
    return outcome.result
