"""New items on a map that is there, whose points stay where they are. M new items, N old ones."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clustering_app.errors import InvalidParameters
from clustering_app.projection.neighbours import Neighbours, nearest_among
from clustering_app.projection.outliers import reach_of
from clustering_app.projection.pipeline import (
    GRAPH_NEIGHBOURS,
    Step,
    neighbours_of_layout,
)
from clustering_app.projection.quality import measure_placed
from clustering_app.projection.run import Run, RunParameters, say_points
from clustering_app.projection.umap import umap_place
from clustering_app.vectors.feature_set import FeatureSet
from clustering_app.vectors.records import new_record_id


def place_new(run: Run, found: FeatureSet, step: Step) -> Run:
    """Place the items that have a vector but no point; those that have none any more vanish.

    By PCA and custom axes a new item is put where its vector is along the map's axes. By UMAP it
    starts between its nearest neighbours and is moved by the same forces, by t-SNE it stays between
    them. It belongs to the cluster of most of its neighbours, and its outlier score is that of an
    old item as far from its neighbours.

    Args:
        run: The map.
        found: The vectors as they are now.
        step: See `pipeline`.

    Returns:
        A run with the old points first, bit for bit, and then the new ones in the order of ids.
        Its overall quality is that of the map before.

    Raises:
        InvalidParameters: there is nothing to place, or nothing left to place it beside.
    """
    created, started = datetime.now(UTC), time.monotonic()
    row_of = {item_id: row for row, item_id in enumerate(found.item_ids)}
    kept = np.array([row for row, one in enumerate(run.item_ids) if one in row_of], np.intp)
    kept_ids = tuple(run.item_ids[row] for row in kept)
    new_ids = tuple(sorted(row_of.keys() - set(run.item_ids)))
    if not kept_ids or not new_ids:
        raise InvalidParameters(
            "There are no new items to place on this map."
            if kept_ids
            else "No point of this map has a vector any more: press Run to make a new one."
        )
    new = say_points(len(new_ids))
    step(0.05, 0.3, f"Spherizing {say_points(len(kept_ids) + len(new_ids))}")
    old_ND, new_MD = (
        run.spherizer(found.vectors[[row_of[item_id] for item_id in ids]])
        for ids in (kept_ids, new_ids)
    )
    step(0.3, 0.7, f"Finding neighbours of {new}")
    parameters, old_NC = run.info.parameters, run.coordinates[kept]
    wanted = max(neighbours_of_layout(parameters), GRAPH_NEIGHBOURS)
    neighbours = nearest_among(new_MD, old_ND, wanted)
    step(0.7, 0.9, f"Placing {new}")
    near = neighbours.nearest(neighbours_of_layout(parameters))
    new_MC = run.axes.scores(new_MD)
    if parameters.method in ("umap", "tsne"):
        new_MC = _between(near, old_NC, parameters)
    step(0.9, 0.99, f"Measuring the surroundings of {new}")
    graph = neighbours.nearest(GRAPH_NEIGHBOURS)
    reach = reach_of(graph)
    by_point = measure_placed(new_MD, new_MC, graph, old_ND, old_NC, seed=parameters.seed)
    first_made = run.info.count - run.info.placed

    def joined(old: NDArray[Any], new: NDArray[Any]) -> NDArray[Any]:
        return np.concatenate([old[kept], new])

    def joined_clusters(old: NDArray[np.int32]) -> NDArray[np.int32]:
        return joined(old, _of_most(old[kept][graph.indices]))

    return replace(
        run,
        info=replace(
            run.info,
            id=new_record_id("run", created),
            snapshot=found.snapshot,
            count=len(kept_ids) + len(new_ids),
            placed=int((kept >= first_made).sum()) + len(new_ids),
            created=created,
            seconds=time.monotonic() - started,
        ),
        item_ids=(*kept_ids, *new_ids),
        coordinates=joined(run.coordinates, new_MC),
        clusters=joined_clusters(run.clusters),
        broad_clusters=joined_clusters(run.broad_clusters),
        fine_clusters=joined_clusters(run.fine_clusters),
        reach=joined(run.reach, reach),
        outlier_scores=joined(run.outlier_scores, _alike(reach, run, kept)),
        neighbours_kept=joined(run.neighbours_kept, by_point.neighbours_kept),
        trust=joined(run.trust, by_point.trust),
    )


def _between(
    near: Neighbours, old_NC: NDArray[np.float32], parameters: RunParameters
) -> NDArray[np.float32]:
    """(M, C), among the neighbours on the map."""
    if parameters.method == "umap":
        return umap_place(near, old_NC, min_dist=parameters.min_dist, seed=parameters.seed)
    closest = near.nearest(round(parameters.perplexity))
    places: NDArray[np.float32] = np.median(old_NC[closest.indices], axis=1).astype(np.float32)
    return places


def _of_most(clusters_MK: NDArray[np.int32]) -> NDArray[np.int32]:
    """The value that comes most in each row; of equal ones the least."""
    ascending = np.sort(clusters_MK, axis=1)
    counts_MK = (ascending[:, :, None] == ascending[:, None, :]).sum(axis=2)
    most = counts_MK.argmax(axis=1)
    found: NDArray[np.int32] = np.take_along_axis(ascending, most[:, None], axis=1)[:, 0]
    return found


def _alike(reach_M: NDArray[np.float32], run: Run, kept: NDArray[np.intp]) -> NDArray[np.float32]:
    """The outlier scores that old items with this reach have."""
    order = kept[np.argsort(run.reach[kept], kind="stable")]
    return np.interp(reach_M, run.reach[order], run.outlier_scores[order]).astype(np.float32)
