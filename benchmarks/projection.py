"""UMAP on our neighbours beside umap-learn's defaults: `python -m benchmarks.projection [--quick]`.

One JSON object a line, as all benchmarks; exit code 1 when a case misses its bar. Both sides are
compiled before they are timed, and both are judged by the same exact measure.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score

from clustering_app.projection.clusters import find_clusters
from clustering_app.projection.neighbours import EXACT_UP_TO, Neighbours, find_neighbours
from clustering_app.projection.pca import principal_components
from clustering_app.projection.quality import measure_quality
from clustering_app.projection.spherize import spherize
from clustering_app.projection.umap import umap_layout

ITEMS, QUICK_ITEMS, CLUSTERS, DIMENSION, NEIGHBOURS = 100_000, 3_000, 200, 512, 15
WARM_ITEMS = 5_000
"""Enough that umap-learn, which has another way below 4,096, compiles the one that is timed."""


def main() -> int:
    """Print the cases; 1 when one is not ok."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="3,000 items, for a smoke test")
    quick = parser.parse_args().quick
    items = QUICK_ITEMS if quick else ITEMS
    clusters = 20 if quick else CLUSTERS
    workload = (
        f"{'quick: ' if quick else ''}{items:,} x {DIMENSION} mixture of {clusters} clusters, "
        f"{NEIGHBOURS} neighbours, seed 0, compiled before"
    )
    vectors, labels = mixture(items, clusters=clusters)
    first = vectors[:WARM_ITEMS]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # umap-learn tells that a seed means one thread
        ours(first), defaults(first)
        if items > EXACT_UP_TO:
            find_neighbours(first, NEIGHBOURS, seed=0, exact_up_to=0)
        (places, neighbours), seconds = timed(lambda: ours(vectors))
        their_places, their_seconds = timed(lambda: defaults(vectors))
    kept, their_kept = kept_neighbours(vectors, places), kept_neighbours(vectors, their_places)
    recall = recall_of(neighbours, vectors)
    agreement = float(adjusted_rand_score(labels, find_clusters(neighbours, seed=0)))
    peer = "umap-learn's defaults (cosine)"
    ok = [
        tell("umap", seconds, "s", their_seconds, peer, "no slower", seconds <= their_seconds,
             workload),
        tell("neighbours kept", kept, "share", their_kept, peer, "at least 0.9 of theirs",
             kept >= 0.9 * their_kept, workload),
        tell("neighbours' recall", recall, "share", 1.0, "exact, on the same 64 dimensions",
             "at least 0.95", recall >= 0.95, workload),
        tell("clusters", agreement, "adjusted Rand index", 1.0, "the mixture's own clusters",
             "at least 0.9", agreement >= 0.9, workload),
    ]  # fmt: skip
    return 0 if all(ok) else 1


def mixture(count: int, *, clusters: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Unit vectors around a common mean, 12-dimensional inside each cluster; and their clusters."""
    random = np.random.default_rng(0)
    mean = random.standard_normal(DIMENSION)
    centres = 0.6 * random.standard_normal((clusters, DIMENSION))
    bases = 0.18 * random.standard_normal((clusters, 12, DIMENSION))
    labels = random.integers(clusters, size=count)
    vectors = np.empty((count, DIMENSION), np.float32)
    for cluster in range(clusters):
        rows = np.flatnonzero(labels == cluster)
        inside = random.standard_normal((len(rows), 12)) @ bases[cluster]
        noise = 0.15 * random.standard_normal((len(rows), DIMENSION))
        vectors[rows] = mean + centres[cluster] + inside + noise
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors, labels


def ours(vectors: NDArray[np.float32]) -> tuple[NDArray[np.float32], Neighbours]:
    """The app's way: centre, 64 principal components, neighbours, layout."""
    components = principal_components(spherize(vectors, "centre"), 64).scores
    neighbours = find_neighbours(components, NEIGHBOURS, seed=0)
    start = np.ascontiguousarray(components[:, :2])
    layout = umap_layout(start, neighbours.nearest(NEIGHBOURS - 1), min_dist=0.1, seed=0)
    return layout, neighbours


def defaults(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """umap-learn as it comes, with the metric that fits embeddings and the same seed."""
    from umap import UMAP

    found: NDArray[np.float32] = UMAP(metric="cosine", random_state=0).fit_transform(vectors)
    return found


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """The result, and the seconds it took."""
    started = time.perf_counter()
    return work(), time.perf_counter() - started


def kept_neighbours(vectors: NDArray[np.float32], places: NDArray[np.float32]) -> float:
    """Share of the true neighbours, by cosine, that are neighbours on the map."""
    quality = measure_quality(vectors, places, seed=0)
    assert quality is not None
    return quality.neighbours_kept


def recall_of(neighbours: Neighbours, vectors: NDArray[np.float32]) -> float:
    """Share of the true neighbours found, on 1,000 items."""
    components = principal_components(spherize(vectors, "centre"), 64).scores
    rows = np.random.default_rng(0).choice(len(vectors), 1000, replace=False)
    shared = 0
    for row in rows:
        distances = ((components - components[row]) ** 2).sum(axis=1)
        distances[row] = np.inf
        true = np.argpartition(distances, NEIGHBOURS)[:NEIGHBOURS]
        shared += len(np.intersect1d(true, neighbours.indices[row]))
    return shared / (len(rows) * NEIGHBOURS)


def tell(
    case: str, value: float, unit: str, against: float, peer: str, bar: str, ok: bool, workload: str
) -> bool:
    """Print a case."""
    line = {
        "case": case,
        "value": round(value, 4),
        "unit": unit,
        "against": {peer: round(against, 4)},
        "bar": bar,
        "ok": bool(ok),
        "workload": workload,
    }
    print(json.dumps(line), flush=True)
    return bool(ok)


if __name__ == "__main__":
    sys.exit(main())
