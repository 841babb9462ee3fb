"""What the tab shows of a dataset, read at one moment in a thread. N points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from clustering_app.extraction.coverage import Coverage, coverage
from clustering_app.projection.run import Run, RunInfo
from clustering_app.projection.runs import list_runs, read_run
from clustering_app.projector.items import ItemTable, read_items, value
from clustering_app.projector.own_colours import OwnColours, read_own_colours
from clustering_app.vectors.feature_set import FeatureSetInfo
from clustering_app.vectors.store import FeatureStore
from host_contract.context import Host
from host_contract.entities import Item

CLUSTER, BROAD_CLUSTER, FINE_CLUSTER = "cluster", "broad cluster", "fine cluster"
CLUSTER_NAME, OUTLIER_SCORE = "cluster name", "outlier score"
NEIGHBOURS_KEPT, TRUST = "neighbours kept", "trust"
OF_THE_MAP = (
    CLUSTER, BROAD_CLUSTER, FINE_CLUSTER, CLUSTER_NAME, OUTLIER_SCORE, NEIGHBOURS_KEPT, TRUST,
)  # fmt: skip
"""What a map says of each of its points."""


@dataclass(frozen=True, kw_only=True)
class Points:
    """The points of a run whose items still exist."""

    dataset_id: str
    run: RunInfo
    table: ItemTable
    item_ids: tuple[str, ...]
    coordinates: NDArray[np.float32]
    """(N, 2) or (N, 3)."""
    clusters: NDArray[np.int32]
    broad_clusters: NDArray[np.int32]
    fine_clusters: NDArray[np.int32]
    reach: NDArray[np.float32]
    outlier_scores: NDArray[np.float32]
    neighbours_kept: NDArray[np.float32]
    trust: NDArray[np.float32]
    cluster_names: tuple[str | None, ...] | None = None
    """(N,), once clusters were named; None for a point in no cluster."""

    def at(self, run: Run) -> Points:
        """The same items where another map has them; those that it lacks are left out."""
        row_of = {item_id: row for row, item_id in enumerate(run.item_ids)}
        common = self.of_rows([row for row, one in enumerate(self.item_ids) if one in row_of])
        places = run.coordinates[[row_of[item_id] for item_id in common.item_ids]]
        return replace(common, run=run.info, coordinates=places)

    def of_rows(self, rows: Sequence[int]) -> Points:
        """Some of the points, in this order."""
        names = self.cluster_names
        kept = list(rows)
        return replace(
            self,
            item_ids=tuple(self.item_ids[row] for row in kept),
            coordinates=self.coordinates[kept],
            clusters=self.clusters[kept],
            broad_clusters=self.broad_clusters[kept],
            fine_clusters=self.fine_clusters[kept],
            reach=self.reach[kept],
            outlier_scores=self.outlier_scores[kept],
            neighbours_kept=self.neighbours_kept[kept],
            trust=self.trust[kept],
            cluster_names=None if names is None else tuple(names[row] for row in kept),
        )

    def item(self, row: int) -> Item:
        """The item of a point."""
        return self.table.items[self.table.rows[self.item_ids[row]]]

    def fields(self) -> list[str]:
        """What points can be coloured and labelled by."""
        own, *others = self.table.fields()
        names = [] if self.cluster_names is None else [CLUSTER_NAME]
        return [own, *self.levels, *names, *self._measures(), *others]

    def value(self, row: int, field: str) -> JsonValue:
        """A field's value for one point; None where it is missing."""
        if (level := self.levels.get(field)) is not None:
            return named(int(level[row]))
        if field == CLUSTER_NAME and self.cluster_names is not None:
            return self.cluster_names[row]
        if (measure := self._measures().get(field)) is not None:
            return round(float(measure[row]), 3)
        return value(self.item(row), field)

    def known(self, row: int, field: str) -> list[str | float]:
        """What the map says of a point, as conditions take it: a cluster also by its number."""
        if (level := self.levels.get(field)) is not None:
            number = int(level[row])
            name = named(number)
            return [] if name is None else [name, number]
        if field == CLUSTER_NAME:
            name = self.cluster_names[row] if self.cluster_names is not None else None
            return [] if name is None else [name]
        return [round(float(self._measures()[field][row]), 3)]  # as it is shown

    def values(self, field: str) -> list[JsonValue]:
        """A field's value for every point; None where it is missing."""
        if (level := self.levels.get(field)) is not None:
            return [named(number) for number in level.tolist()]
        if field == CLUSTER_NAME and self.cluster_names is not None:
            return list(self.cluster_names)
        if (measure := self._measures().get(field)) is not None:
            return [round(value, 6) for value in measure.tolist()]  # 0.8, and not 0.800000012
        column = self.table.values(field)
        return [column[self.table.rows[item_id]] for item_id in self.item_ids]

    @property
    def levels(self) -> dict[str, NDArray[np.int32]]:
        """(N,) numbers of clusters, -1 in none, by the level's name."""
        return {
            CLUSTER: self.clusters,
            BROAD_CLUSTER: self.broad_clusters,
            FINE_CLUSTER: self.fine_clusters,
        }

    def _measures(self) -> dict[str, NDArray[np.float32]]:
        return {
            OUTLIER_SCORE: self.outlier_scores,
            NEIGHBOURS_KEPT: self.neighbours_kept,
            TRUST: self.trust,
        }


def named(number: int) -> str | None:
    """A cluster's number as users see it; None for no cluster."""
    return f"cluster {number}" if number >= 0 else None


@dataclass(frozen=True, kw_only=True)
class Contents:
    """Feature sets, the open map, and how far items, vectors and points agree."""

    feature_sets: tuple[FeatureSetInfo, ...] = ()
    runs: tuple[RunInfo, ...] = ()
    """All maps, newest first."""
    points: Points | None = None
    coverage: Coverage | None = None
    """Of the feature set behind the map, else of the newest; None without vectors."""
    own_colours: OwnColours = field(default_factory=dict)
    unmapped: int = 0
    """Items that have a vector but are not on the map."""
    without_items: bool = False
    """Whether the dataset has no items; looked at only while it has no vectors."""

    @property
    def shown_set(self) -> FeatureSetInfo | None:
        """The feature set behind the map, else the newest; None without vectors."""
        if self.points is None:
            return self.feature_sets[-1] if self.feature_sets else None
        name = self.points.run.feature_set
        return next((info for info in self.feature_sets if info.name == name), None)

    def with_colours(self, own_colours: OwnColours) -> Contents:
        """The same with other colours."""
        return replace(self, own_colours=own_colours)

    def with_cluster_names(self, names: tuple[str | None, ...]) -> Contents:
        """The same with a name of each point's cluster."""
        assert self.points is not None  # noqa: S101 - who names clusters has a map
        return replace(self, points=replace(self.points, cluster_names=names))

    def with_check(self, found: Coverage, unmapped: int) -> Contents:
        """The same with newer counts."""
        return replace(self, coverage=found, unmapped=unmapped)


def read_contents(host: Host, dataset_id: str, run_id: str | None = None) -> Contents:
    """Read everything, with this map or else the newest. Without vectors items are only counted."""
    store = FeatureStore(host.storage(dataset_id))
    feature_sets = tuple(store.with_vectors())
    if not feature_sets:
        return Contents(without_items=host.count_items(dataset_id) == 0)
    runs = list_runs(store)
    if not runs:
        found = coverage(host, dataset_id, store, feature_sets[-1].name)
        return Contents(feature_sets=feature_sets, coverage=found)
    chosen = run_id if run_id in [run.id for run in runs] else runs[0].id
    points = _points(dataset_id, read_run(store, chosen), read_items(host, dataset_id))
    found, unmapped = check(host, dataset_id, points)
    return Contents(
        feature_sets=feature_sets,
        runs=tuple(runs),
        points=points,
        own_colours=read_own_colours(store),
        coverage=found,
        unmapped=unmapped,
    )


def check(host: Host, dataset_id: str, points: Points) -> tuple[Coverage, int]:
    """How far items, vectors and the points of a map agree now, in numbers."""
    store = FeatureStore(host.storage(dataset_id))
    name = points.run.feature_set
    unmapped = len(store.content_versions(name).keys() - set(points.item_ids))
    return coverage(host, dataset_id, store, name), unmapped


def _points(dataset_id: str, run: Run, table: ItemTable) -> Points:
    every = Points(
        dataset_id=dataset_id,
        run=run.info,
        table=table,
        item_ids=run.item_ids,
        coordinates=run.coordinates,
        clusters=run.clusters,
        broad_clusters=run.broad_clusters,
        fine_clusters=run.fine_clusters,
        reach=run.reach,
        outlier_scores=run.outlier_scores,
        neighbours_kept=run.neighbours_kept,
        trust=run.trust,
    )
    return every.of_rows([row for row, one in enumerate(run.item_ids) if one in table.rows])
