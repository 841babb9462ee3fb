"""What is near in the vectors: to one item, to several, or to a text. For threads."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from clustering_app.errors import NoFeatures
from clustering_app.projection.duplicates import near_duplicates
from clustering_app.projector.contents import Points
from clustering_app.projector.search import QUERY_ENCODER
from clustering_app.vectors.feature_set import FeatureSet
from clustering_app.vectors.similarity import TINY, most_similar, similarities
from clustering_app.vectors.store import FeatureStore
from host_contract.context import Host

MOST_NEAR = 12
"""Neighbours that are listed."""


def nearest(
    host: Host, points: Points, item_id: str, *, count: int = MOST_NEAR
) -> list[tuple[str, float]]:
    """The items most similar to one, with the cosine distance (0.0 equal, 2.0 opposite).

    Raises:
        NoFeatures: the item has no vector any more.
    """
    features = _features(host, points)
    if item_id not in features.item_ids:
        raise NoFeatures("This item has no vector any more.")
    query = features.vectors[features.item_ids.index(item_id)]
    rows, cosines = most_similar(features.vectors, query, count=count + 1)
    found = [
        (features.item_ids[row], float(1.0 - cosine))
        for row, cosine in zip(rows, cosines, strict=True)
    ]
    exists = points.table.rows
    return [(other, distance) for other, distance in found if other in exists and other != item_id][
        :count
    ]


def similar_to_text(host: Host, points: Points, text: str) -> dict[str, float]:
    """Cosine of each item's picture with a text, by the model that made the vectors.

    Raises:
        EncoderUnavailable: the model cannot be loaded any more.
        NoFeatures: the feature set is gone.
    """
    features = _features(host, points)
    query = QUERY_ENCODER.of_text(features.info.fingerprint, text)
    return _of_mapped(points, features, similarities(features.vectors, query.astype(np.float32)))


def similar_to_picture(host: Host, points: Points, content: bytes) -> dict[str, float]:
    """Cosine of each item's picture with another one, by the model that made the vectors.

    Raises:
        EncoderUnavailable: the model cannot be loaded any more.
        NoFeatures: the feature set is gone.
        Undecodable: the bytes are no picture.
    """
    features = _features(host, points)
    query = QUERY_ENCODER.of_picture(features.info.fingerprint, content)
    return _of_mapped(points, features, similarities(features.vectors, query.astype(np.float32)))


def similar_to_items(host: Host, points: Points, item_ids: Collection[str]) -> dict[str, float]:
    """Cosine of each item with the mean of some items, each taken at unit length.

    Raises:
        NoFeatures: the feature set is gone, or none of the items has a vector any more.
    """
    features = _features(host, points)
    rows = np.flatnonzero(np.isin(features.item_ids, list(item_ids)))
    if not len(rows):
        raise NoFeatures("None of the selected items has a vector any more.")
    examples = features.vectors[rows].astype(np.float32)
    lengths = np.maximum(np.linalg.norm(examples, axis=1, keepdims=True), TINY)
    query = (examples / lengths).mean(0)
    return _of_mapped(points, features, similarities(features.vectors, query))


def duplicate_groups(host: Host, points: Points, threshold: float) -> list[list[str]]:
    """Items of the map that are nearly the same: cosine from the threshold on.

    Returns:
        Groups of two or more, the largest first; in each the largest file first.

    Raises:
        NoFeatures: the feature set is gone.
    """
    features = _features(host, points)
    mapped = np.flatnonzero(np.isin(features.item_ids, points.item_ids))
    vectors = features.vectors[mapped].astype(np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), TINY)
    items = [points.table.items[points.table.rows[features.item_ids[row]]] for row in mapped]
    groups = []
    for rows in near_duplicates(vectors, threshold):
        group = sorted((items[row] for row in rows), key=lambda item: (-item.size, item.id))
        groups.append([item.id for item in group])
    return groups


def _of_mapped(
    points: Points, features: FeatureSet, cosines: NDArray[np.float32]
) -> dict[str, float]:
    mapped = set(points.item_ids)
    return {
        item_id: float(cosine)
        for item_id, cosine in zip(features.item_ids, cosines, strict=True)
        if item_id in mapped
    }


def _features(host: Host, points: Points) -> FeatureSet:
    store = FeatureStore(host.storage(points.dataset_id))
    return store.read(points.run.feature_set)
