"""Vectors to a run, step after step; nothing here knows the store or the host. N points."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from clustering_app.errors import InvalidParameters
from clustering_app.projection.clusters import BROAD, FINE, find_levels
from clustering_app.projection.custom_axes import custom_axes
from clustering_app.projection.neighbours import Neighbours, find_neighbours
from clustering_app.projection.outliers import outlier_scores, reach_of
from clustering_app.projection.pca import PrincipalComponents, principal_components
from clustering_app.projection.quality import measure_points, measure_quality
from clustering_app.projection.run import KNOWN_COMPONENTS, Run, RunInfo, RunParameters, say_points
from clustering_app.projection.spherize import spherizer
from clustering_app.projection.steps import STEPS, Key, digest
from clustering_app.projection.tsne import neighbours_for, tsne_layout
from clustering_app.projection.umap import umap_layout
from clustering_app.vectors.feature_set import FeatureSet
from clustering_app.vectors.records import new_record_id

REDUCED = 64
"""Principal components that the lists of near vectors are made by."""
GRAPH_NEIGHBOURS = 15
"""Neighbours for clusters, outlier scores and quality, whatever the map uses."""
LIBRARIES = ("numpy", "scikit-learn", "scikit-network", "umap-learn", "numba", "openTSNE")

Step: TypeAlias = Callable[[float, float, str], Callable[[float], None]]
"""Told the share of the whole where a step begins and ends, and what it does; gives what reports
the fraction of the step that is done, and raises when the user has cancelled."""


def make_run(
    found: FeatureSet,
    parameters: RunParameters,
    step: Step,
    texts: Mapping[str, NDArray[np.float32]] | None = None,
) -> Run:
    """Place every vector of a feature set on a map, and measure how far it can be believed.

    The same vectors of the same items, in whatever order, give the same run.

    Args:
        found: At least one finite vector.
        parameters: What the user chose.
        step: See there.
        texts: Vector (D,) of each text that an end of custom axes says, by the same model.

    Raises:
        InvalidParameters: the vectors have no such component, or show no such custom axis.
    """
    created, started = datetime.now(UTC), time.monotonic()
    found = found.in_order_of_ids()
    points, seed = say_points(len(found.item_ids)), parameters.seed
    step(0.02, 0.05, f"Spherizing {points}")
    spherize = spherizer(found.vectors, parameters.spherize)
    by_direction = parameters.metric == "cosine" and parameters.method in ("umap", "tsne")
    if by_direction:
        spherize = spherize.to_unit_length()
    vectors_ND = spherize(found.vectors)
    prepared = (parameters.spherize, "by direction" if by_direction else "", digest(found))
    components, neighbours = _components_and_neighbours(vectors_ND, prepared, parameters, step)
    explained: tuple[float, ...] = ()
    axes = components.axes.of(range(1, parameters.dimensions + 1))
    if parameters.method == "pca":
        explained = components.explained_variance[:KNOWN_COMPONENTS]
        if max(parameters.components) > len(explained):
            raise InvalidParameters(
                f"There is no component {max(parameters.components)}: vectors of "
                f"{vectors_ND.shape[1]} dimensions have {len(explained)}."
            )
        axes = components.axes.of(parameters.components)
        coordinates = components.scores[:, [number - 1 for number in parameters.components]]
    elif parameters.method == "axes":
        spherized = {text: spherize(vector_D[None])[0] for text, vector_D in (texts or {}).items()}
        axes = custom_axes(vectors_ND, found.item_ids, parameters.axes or {}, spherized)
        coordinates = axes.scores(vectors_ND)
    else:
        known = neighbours.nearest(neighbours_of_layout(parameters))
        report = step(0.45, 0.85, f"Laying out {points}")
        coordinates = components.scores[:, : parameters.dimensions]
        coordinates = _layout(coordinates, known, parameters, report)
    step(0.85, 0.88, f"Finding clusters and outliers among {points}")
    graph = neighbours.nearest(GRAPH_NEIGHBOURS)
    clusters, broad, fine = find_levels(graph, (1.0, BROAD, FINE), seed=seed)
    reach = reach_of(graph)
    report = step(0.88, 0.95, f"Measuring the map of {points}")
    quality = measure_quality(vectors_ND, coordinates, seed=seed, report=report)
    report = step(0.95, 0.99, f"Measuring the surroundings of {points}")
    by_point = measure_points(vectors_ND, coordinates, graph, seed=seed, report=report)
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
        broad_clusters=broad,
        fine_clusters=fine,
        outlier_scores=outlier_scores(reach),
        reach=reach,
        neighbours_kept=by_point.neighbours_kept,
        trust=by_point.trust,
        spherizer=spherize,
        axes=axes,
    )


def neighbours_of_layout(parameters: RunParameters) -> int:
    """Neighbours that a layout asks for; umap-learn's n_neighbors counts the item itself."""
    if parameters.method == "tsne":
        return neighbours_for(parameters.perplexity)
    return parameters.neighbours - 1


def _components_and_neighbours(
    vectors_ND: NDArray[np.float32], prepared: Key, parameters: RunParameters, step: Step
) -> tuple[PrincipalComponents, Neighbours]:
    """Both as they were found for the run before, if the vectors were made ready in the same way.

    Neighbours are those of a run alone, too: of a longer list the first ones may be others, where
    several are equally near or where only some of the items are looked at.
    """
    points = say_points(len(vectors_ND))
    step(0.05, 0.08, f"Finding principal components of {points}")
    components = STEPS.result(
        ("components", *prepared),
        lambda: principal_components(vectors_ND, max(3, min(vectors_ND.shape[1], REDUCED))),
        size=lambda made: made.scores.nbytes,
    )
    report = step(0.08, 0.45, f"Finding neighbours of {points}")
    count = min(max(neighbours_of_layout(parameters), GRAPH_NEIGHBOURS), len(vectors_ND) - 1)
    listed_by = components.scores if components.scores.shape[1] < vectors_ND.shape[1] else None
    neighbours = STEPS.result(
        ("neighbours", str(count), str(parameters.seed), *prepared),
        lambda: find_neighbours(
            vectors_ND, count, seed=parameters.seed, listed_by=listed_by, report=report
        ),
        size=lambda made: made.indices.nbytes + made.distances.nbytes,
    )
    return components, neighbours


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
