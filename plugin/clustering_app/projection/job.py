"""Vectors to a run, as an execution: the only module of this stage that touches store and host.

The computing happens in a thread beside, because compiled steps cannot be asked to stop: when the
user cancels, the execution ends at once, and the thread after its step, with nothing written.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from clustering_app.errors import NoFeatures, StoreError
from clustering_app.projection.clusters import find_clusters
from clustering_app.projection.neighbours import Neighbours, find_neighbours
from clustering_app.projection.outliers import outlier_scores
from clustering_app.projection.pca import principal_components
from clustering_app.projection.quality import measure_quality
from clustering_app.projection.run import METHOD_NAMES, Run, RunInfo, RunParameters
from clustering_app.projection.runs import write_run
from clustering_app.projection.spherize import spherize
from clustering_app.projection.tsne import neighbours_for, tsne_layout
from clustering_app.projection.umap import umap_layout
from clustering_app.vectors.feature_set import FeatureSet
from clustering_app.vectors.records import new_record_id
from clustering_app.vectors.store import FeatureStore
from host_contract.context import ExecutionContext
from host_contract.entities import Level
from host_contract.errors import Cancelled, NotFound

REDUCED = 64
"""Principal components in which neighbours are looked for."""
GRAPH_NEIGHBOURS = 15
"""Neighbours for clusters and outlier scores, whatever the map uses."""
SECONDS_BETWEEN_POLLS = 0.25
LIBRARIES = (
    "numpy", "scikit-learn", "scikit-network", "umap-learn", "pynndescent", "numba", "openTSNE"
)  # fmt: skip

T = TypeVar("T")


def project(
    context: ExecutionContext,
    dataset_id: str,
    *,
    feature_set: str | None,
    parameters: RunParameters,
) -> RunInfo:
    """Place every vector of a feature set on a map, and keep the map in the store.

    Args:
        context: Of the execution; progress, cancellation and the host.
        dataset_id: The dataset.
        feature_set: Name of its feature set; the newest one when None.
        parameters: What the user chose.

    Returns:
        What is known of the run.

    Raises:
        NoFeatures: there are no vectors; says what to press.
        StoreError: a vector is not finite; names the item.
        Cancelled: the user stopped it; nothing was written.
    """
    store = FeatureStore(context.host.storage(dataset_id))
    context.progress(0.0, "Reading vectors")
    found = _read(store, feature_set)
    _refuse_non_finite(context, found)
    run = _beside(context, lambda check: _compute(context, found, parameters, check))
    context.progress(0.99, "Keeping the map")
    write_run(store, run)
    context.progress(1.0, f"Map of {_points(run.info.count)} is ready")
    context.host.notify(
        f"Map of {_points(run.info.count)} is ready",
        f"{METHOD_NAMES[parameters.method]}, {run.info.seconds:.0f} seconds.",
        level=Level.SUCCESS,
        dataset_id=dataset_id,
        execution_id=context.execution_id,
    )
    return run.info


def _read(store: FeatureStore, name: str | None) -> FeatureSet:
    nothing = "press Add CLIP Embeddings, or run Clip Extract Features from Dataset Actions."
    sets = store.feature_sets()
    if not sets:
        raise NoFeatures(f"There are no vectors yet: {nothing}")
    found = store.read(name or sets[-1].name)
    if not found.item_ids:
        raise NoFeatures(f"Feature set {found.info.name!r} holds no vectors: {nothing}")
    return found


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


def _compute(
    context: ExecutionContext,
    found: FeatureSet,
    parameters: RunParameters,
    check: Callable[[], None],
) -> Run:
    created, started = datetime.now(UTC), time.monotonic()
    points = _points(len(found.item_ids))
    seed = parameters.seed

    def step(start: float, end: float, message: str) -> Callable[[float], None]:
        def report(fraction: float) -> None:
            check()
            context.progress(start + fraction * (end - start), message)

        report(0.0)
        return report

    step(0.01, 0.03, f"Spherizing {points}")
    vectors_ND = spherize(found.vectors, parameters.spherize)
    step(0.03, 0.08, f"Finding principal components of {points}")
    components = principal_components(
        vectors_ND, max(parameters.dimensions, min(vectors_ND.shape[1], REDUCED))
    )
    reduced_NR = components.scores if vectors_ND.shape[1] > REDUCED else vectors_ND
    step(0.08, 0.25, f"Finding neighbours of {points}")
    count = max(_neighbours_of_layout(parameters), GRAPH_NEIGHBOURS)
    neighbours = find_neighbours(reduced_NR, count, seed=seed)
    coordinates = components.scores[:, : parameters.dimensions]
    explained = components.explained_variance[: parameters.dimensions]
    if parameters.method != "pca":
        explained = ()
        known = neighbours.nearest(_neighbours_of_layout(parameters))
        report = step(0.25, 0.9, f"Laying out {points}")
        coordinates = _layout(coordinates, known, parameters, report)
    step(0.9, 0.93, f"Finding clusters and outliers among {points}")
    graph = neighbours.nearest(GRAPH_NEIGHBOURS)
    clusters, scores = find_clusters(graph, seed=seed), outlier_scores(graph.distances)
    report = step(0.93, 0.99, f"Measuring the map of {points}")
    quality = measure_quality(vectors_ND, coordinates, seed=seed, report=report)
    return Run(
        info=RunInfo(
            id=new_record_id("run", created),
            feature_set=found.info.name,
            snapshot=found.snapshot,
            parameters=parameters,
            quality=quality,
            explained_variance=explained,
            count=len(found.item_ids),
            created=created,
            seconds=time.monotonic() - started,
            versions={name: version(name) for name in LIBRARIES},
        ),
        item_ids=found.item_ids,
        coordinates=coordinates,
        clusters=clusters,
        outlier_scores=scores,
    )


def _neighbours_of_layout(parameters: RunParameters) -> int:
    """Neighbours that a layout asks for; umap-learn's n_neighbors counts the item itself."""
    if parameters.method == "tsne":
        return neighbours_for(parameters.perplexity)
    return parameters.neighbours - 1


def _layout(
    components_NC: NDArray[np.float32],
    neighbours: Neighbours,
    parameters: RunParameters,
    report: Callable[[float], None],
) -> NDArray[np.float32]:
    """(N, C), by UMAP or t-SNE."""
    if parameters.method == "umap":
        return umap_layout(
            components_NC,
            neighbours,
            min_dist=parameters.min_dist,
            seed=parameters.seed,
            report=report,
        )
    return tsne_layout(
        components_NC,
        neighbours,
        perplexity=parameters.perplexity,
        iterations=parameters.iterations,
        learning_rate=parameters.learning_rate,
        seed=parameters.seed,
        report=report,
    )


def _points(count: int) -> str:
    return f"{count:,} point{'' if count == 1 else 's'}"


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
