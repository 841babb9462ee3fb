"""The clusters of a map as things to look at: what is typical of each, and what it may be called.

N points, D dimensions, T words. For threads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from clustering_app.projector.contents import Points, named
from clustering_app.projector.free_name import free_name
from clustering_app.projector.search import QUERY_ENCODER
from clustering_app.projector.similar import loaded_of
from clustering_app.vectors.feature_set import ModelFingerprint
from clustering_app.vectors.similarity import unit
from host_contract.context import Host

VOCABULARY = tuple(
    (Path(__file__).parent / "vocabulary.txt").read_text(encoding="utf-8").splitlines()
)
"""What a cluster without labels may be called."""
MEDOIDS = 4
LEAST_REACH = 1e-6
"""Of items that are all the same."""
LEAST_LABELLED = 0.5
"""Share of a cluster's items that must have a label before labels name it."""


@dataclass(frozen=True, kw_only=True)
class DescribedCluster:
    """A cluster with what there is to say of it."""

    number: int
    label: str | None
    """What most of its labelled items are labelled; None where fewer than half have a label."""
    purity: float
    """Share of the labelled items that have this label, from 0.0 to 1.0."""
    item_ids: tuple[str, ...]
    """All of its items on the map, in the order of the points."""
    medoids: tuple[str, ...]
    """The 4 items from which all others are least far, nearest to the middle first."""
    density: float
    """How many times nearer its items are to their neighbours than is usual on this map."""
    mean_D: NDArray[np.float32]
    """Of its vectors at unit length."""
    name: str
    """By its label, a word, or its number; no two of a level have the same one."""


def describe_clusters(host: Host, points: Points, level: str) -> list[DescribedCluster]:
    """Describe every cluster of a level, the largest first, and name it by label or number.

    An item's sum of squared distances to the others is least where it is nearest to their mean, so
    that medoids need no comparison of all with all.

    Args:
        host: Where the vectors are.
        points: The map.
        level: A name of `points.levels`.

    Raises:
        NoFeatures: the feature set is gone.
    """
    features = loaded_of(host, points).features
    row_of = {item_id: row for row, item_id in enumerate(features.item_ids)}
    labels = points.table.values("label")
    usual = max(float(np.median(points.reach)), LEAST_REACH)
    found = []
    for number, members in enumerate(_members(points.levels[level])):
        ids = [points.item_ids[row] for row in members]
        known = [item_id for item_id in ids if item_id in row_of]
        if not known:
            continue
        vectors = unit(features.vectors[[row_of[one] for one in known]].astype(np.float32))
        mean = vectors.mean(axis=0)
        nearest = np.argsort(np.linalg.norm(vectors - mean, axis=1), kind="stable")[:MEDOIDS]
        label, purity = _most_frequent([labels[points.table.rows[one]] for one in ids])
        found.append(
            DescribedCluster(
                number=number,
                label=label,
                purity=purity,
                item_ids=tuple(ids),
                medoids=tuple(known[row] for row in nearest),
                density=usual / max(float(np.median(points.reach[members])), LEAST_REACH),
                mean_D=mean,
                name="",
            )
        )
    return _named(found, [None] * len(found))


def named_by_words(
    host: Host, points: Points, clusters: Sequence[DescribedCluster]
) -> list[DescribedCluster]:
    """Name those by a word that have no label, and tell those apart by one that share theirs.

    Zero-shot classification (Radford et al. 2021) of the clusters' means. Means and words are each
    taken from their own mean, since pictures and texts lie apart in CLIP's space.

    Raises:
        EncoderUnavailable: the model that made the vectors cannot be loaded, or reads no text.
        NoFeatures: the feature set is gone.
    """
    words_TD = _words(loaded_of(host, points).features.info.fingerprint)
    means_CD = np.array([cluster.mean_D for cluster in clusters])
    if len(clusters) > 1:
        sizes = np.array([len(cluster.item_ids) for cluster in clusters], np.float32)
        means_CD = means_CD - (sizes @ means_CD) / sizes.sum()
    best = np.argmax(means_CD @ words_TD.T, axis=1)
    return _named(clusters, [VOCABULARY[word] for word in best])


def _members(numbers_N: NDArray[np.int32]) -> list[NDArray[np.intp]]:
    """Points of each cluster, by its number."""
    order = np.argsort(numbers_N, kind="stable")
    ends = np.searchsorted(numbers_N[order], np.arange(int(numbers_N.max(initial=-1)) + 2))
    return np.split(order, ends)[1:-1]


def _most_frequent(labels: Sequence[JsonValue]) -> tuple[str | None, float]:
    known = Counter(str(label) for label in labels if label is not None)
    if known.total() < LEAST_LABELLED * len(labels):
        return None, 0.0
    label, count = known.most_common(1)[0]
    return label, count / known.total()


@lru_cache(maxsize=2)
def _words(fingerprint: ModelFingerprint) -> NDArray[np.float32]:
    """(T, D) of the vocabulary, from their mean, at unit length."""
    texts_TD = unit(QUERY_ENCODER.of_texts(fingerprint, VOCABULARY))
    return unit(texts_TD - texts_TD.mean(axis=0))


def _named(
    clusters: Sequence[DescribedCluster], words: Sequence[str | None]
) -> list[DescribedCluster]:
    labels = Counter(cluster.label for cluster in clusters)
    taken = {cluster.label for cluster in clusters if labels[cluster.label] == 1}
    found = []
    for cluster, word in zip(clusters, words, strict=True):
        alone = cluster.label if labels[cluster.label] == 1 else None
        parts = [part for part in (cluster.label, word) if part] or [str(named(cluster.number))]
        name = alone or free_name(": ".join(parts), taken)
        taken.add(name)
        found.append(replace(cluster, name=name))
    return found
