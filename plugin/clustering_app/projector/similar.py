"""What is near in the vectors: to one item, to several, or to a text. For threads."""

from __future__ import annotations

import heapq
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from clustering_app.errors import NoFeatures
from clustering_app.projection.duplicates import near_duplicates
from clustering_app.projector.contents import Points
from clustering_app.projector.search import QUERY_ENCODER
from clustering_app.vectors.feature_set import FeatureSet
from clustering_app.vectors.similarity import euclidean, unit
from clustering_app.vectors.store import FeatureStore
from host_contract.context import Host

if TYPE_CHECKING:
    from clustering_app.vectors.search_index import SearchIndex

Metric = Literal["cosine", "euclidean"]


def nearest(
    host: Host, points: Points, item_ids: Collection[str], *, metric: Metric, count: int
) -> list[tuple[str, float]]:
    """The items nearest to one, or to the mean of several, on the full vectors, without these.

    Args:
        host: Where the vectors are.
        points: The map; items that are not on it count too.
        item_ids: Of the examples.
        metric: "cosine", 0.0 equal and 2.0 opposite, with each example taken at unit length; or
            "euclidean", in the vectors' own unit.
        count: How many at most.

    Returns:
        Ids with their distances, the nearest first, equal ones in the order of ids.

    Raises:
        NoFeatures: the feature set is gone, or none of the items has a vector any more.
    """
    loaded = loaded_of(host, points)
    features = loaded.features
    examples = _examples(features, item_ids)
    if metric == "cosine":
        exact = count + len(item_ids) + _unknown(features, points.table.rows)
        distances = 1 - loaded.index.similarities(unit(examples).mean(0), exact=exact)
    else:
        distances = euclidean(features.vectors, examples.mean(0))
    given, known = set(item_ids), points.table.rows
    others = [
        (float(distance), item_id)
        for item_id, distance in zip(features.item_ids, distances, strict=True)
        if item_id not in given and item_id in known
    ]
    return [(item_id, distance) for distance, item_id in heapq.nsmallest(count, others)]


def similar_to_text(host: Host, points: Points, text: str, *, count: int) -> dict[str, float]:
    """Cosine of each item's picture with a text, by the model that made the vectors.

    Exact for so many of the most similar, which come before all others.

    Raises:
        EncoderUnavailable: the model cannot be loaded any more.
        NoFeatures: the feature set is gone.
    """
    loaded = loaded_of(host, points)
    query = QUERY_ENCODER.of_text(loaded.features.info.fingerprint, text)
    return _of_mapped(points, loaded, query, count)


def similar_to_picture(
    host: Host, points: Points, content: bytes, *, count: int
) -> dict[str, float]:
    """Cosine of each item's picture with another one, by the model that made the vectors.

    Exact as those of a text.

    Raises:
        EncoderUnavailable: the model cannot be loaded any more.
        NoFeatures: the feature set is gone.
        Undecodable: the bytes are no picture.
    """
    loaded = loaded_of(host, points)
    query = QUERY_ENCODER.of_picture(loaded.features.info.fingerprint, content)
    return _of_mapped(points, loaded, query, count)


def similar_to_items(
    host: Host, points: Points, item_ids: Collection[str], *, count: int
) -> dict[str, float]:
    """Cosine of each item with the mean of some items, each taken at unit length.

    Exact as those of a text, for so many besides the examples.

    Raises:
        NoFeatures: the feature set is gone, or none of the items has a vector any more.
    """
    loaded = loaded_of(host, points)
    query = unit(_examples(loaded.features, item_ids)).mean(0)
    return _of_mapped(points, loaded, query, count + len(item_ids))


def duplicate_groups(host: Host, points: Points, threshold: float) -> list[list[str]]:
    """Items of the map that are nearly the same: cosine from the threshold on.

    Returns:
        Groups of two or more, the largest first; in each the largest file first.

    Raises:
        NoFeatures: the feature set is gone.
    """
    features = loaded_of(host, points).features
    mapped = np.flatnonzero(np.isin(features.item_ids, points.item_ids))
    vectors = unit(features.vectors[mapped].astype(np.float32))
    items = [points.table.items[points.table.rows[features.item_ids[row]]] for row in mapped]
    groups = []
    for rows in near_duplicates(vectors, threshold):
        group = sorted((items[row] for row in rows), key=lambda item: (-item.size, item.id))
        groups.append([item.id for item in group])
    return groups


def _examples(features: FeatureSet, item_ids: Collection[str]) -> NDArray[np.float32]:
    rows = np.flatnonzero(np.isin(features.item_ids, list(item_ids)))
    if not len(rows):
        raise NoFeatures("None of the selected items has a vector any more.")
    return features.vectors[rows].astype(np.float32)


def _of_mapped(
    points: Points, loaded: Loaded, query: NDArray[np.float32], count: int
) -> dict[str, float]:
    """Cosines of the items on the map, exact for so many of the most similar."""
    features, mapped = loaded.features, set(points.item_ids)
    exact = count + _unknown(features, mapped)
    cosines = loaded.index.similarities(query, exact=exact)
    return {
        item_id: float(cosine)
        for item_id, cosine in zip(features.item_ids, cosines, strict=True)
        if item_id in mapped
    }


def _unknown(features: FeatureSet, known: Collection[str]) -> int:
    """How many items have a vector, and are not among the known."""
    return sum(item_id not in known for item_id in features.item_ids)


def loaded_of(host: Host, points: Points) -> Loaded:
    """The feature set behind a map. Raises `NoFeatures` when it is gone."""
    location = host.storage(points.dataset_id)
    return load(location, points.run.feature_set, FeatureStore(location).snapshot())


@dataclass(frozen=True)
class Loaded:
    """A feature set in memory, as searches want it."""

    features: FeatureSet

    @cached_property
    def index(self) -> SearchIndex:
        """Made by the first search that compares cosines."""
        from clustering_app.vectors.search_index import SearchIndex

        return SearchIndex(self.features.vectors)


@lru_cache(maxsize=2)
def load(location: str, name: str, _snapshot: str) -> Loaded:
    """Read a feature set, once for all searches until the store is written to."""
    return Loaded(FeatureStore(location).read(name))
