"""The projection engine beside its peers: `python -m benchmarks.projection [CASE ...] [--quick]`.

One JSON object a line, as all benchmarks; exit code 1 when a case misses its bar. Every side is
compiled before it is timed, save where the first run is what is measured. The real vectors are of
the pictures that `python -m tools.encoder.gather` draws.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score

from benchmarks import lines
from benchmarks.lines import tell, timed
from benchmarks.vectors import feature_set, mixture, real_vectors
from clustering_app.projection.clusters import find_clusters
from clustering_app.projection.neighbours import find_neighbours, nearest_among
from clustering_app.projection.pca import principal_components
from clustering_app.projection.pipeline import GRAPH_NEIGHBOURS, Step, make_run
from clustering_app.projection.placing import place_new
from clustering_app.projection.quality import measure_quality
from clustering_app.projection.run import Run, RunParameters
from clustering_app.projection.spherize import spherizer
from clustering_app.vectors.search_index import SearchIndex

Vectors = NDArray[np.float32]
"""Set by `--quick`: workloads a hundredth of the size, for a smoke test."""


def main() -> int:
    """Print the cases; 1 when one is not ok."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", help=f"of: {', '.join(CASES)}; all by default")
    parser.add_argument("--quick", action="store_true", help="a hundredth, for a smoke test")
    parser.add_argument("--million-run", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--first-run", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    lines.quick = chosen.quick
    warnings.simplefilter("ignore")  # umap-learn tells that a seed means one thread
    if chosen.million_run or chosen.first_run:
        print(json.dumps(_alone(size(1_000_000) if chosen.million_run else 2_000)))
        return 0
    unknown = set(chosen.cases) - set(CASES)
    if unknown:
        parser.error(f"no case is named {', '.join(sorted(unknown))}")
    ok = [good for name in chosen.cases or CASES for good in CASES[name]()]
    return 0 if all(ok) else 1


def umap() -> Iterator[bool]:
    """Ours and umap-learn's defaults, as Embedding Atlas and FiftyOne call it."""
    from umap import UMAP

    vectors, _ = mixture(size(100_000))
    work = f"{len(vectors):,} x 512 mixture, 2D, 15 neighbours, compiled before"
    small, _ = mixture(6_000)
    run(small)
    UMAP(metric="cosine").fit_transform(small)
    watched = Watched()
    ours, whole = timed(lambda: run(vectors, seed=1, step=watched.step))
    theirs, their_seconds = timed(lambda: UMAP(metric="cosine").fit_transform(vectors))
    seconds = watched.until("Finding clusters")  # every point has its place
    peer = "umap-learn's defaults"
    yield tell("umap", seconds / their_seconds, "ratio of wall time", {peer: 1.0, "seconds":
               seconds, "with clusters, outliers and quality": whole, "their seconds":
               their_seconds}, "at most 0.35", seconds <= 0.35 * their_seconds, work)  # fmt: skip
    kept, their_kept = neighbours_kept(vectors, ours.coordinates), neighbours_kept(vectors, theirs)
    yield tell("umap: neighbours kept", kept, "share", {peer: their_kept},
               "not lower by more than 0.01", kept >= their_kept - 0.01, work)  # fmt: skip


def first_run() -> Iterator[bool]:
    """A fresh process, from its start to the coordinates."""
    work = "2,000 x 512 mixture, a fresh process, imports included"
    with tempfile.TemporaryDirectory() as cache:
        _, cold = timed(lambda: child("--first-run", NUMBA_CACHE_DIR=cache))
        _, warm = timed(lambda: child("--first-run", NUMBA_CACHE_DIR=cache))
    yield tell("first run", warm, "s", {"with nothing compiled": cold}, "at most 10", warm <= 10,
               work)  # fmt: skip


def million() -> Iterator[bool]:
    """UMAP of a million vectors in a process of its own."""
    found = child("--million-run")
    work = f"{size(1_000_000):,} x 512 mixture, 2D, float16 as stored, all points placed"
    yield tell("million: umap", found["seconds"] / 60, "minutes", {}, "at most 10",
               found["seconds"] <= 600, work)  # fmt: skip
    yield tell("million: peak memory", found["peak"] / 2**30, "GiB", {}, "at most 6",
               found["peak"] <= 6 * 2**30, work + "; the process whole")  # fmt: skip


def tsne() -> Iterator[bool]:
    """Ours and scikit-learn's defaults."""
    from sklearn.manifold import TSNE

    vectors, _ = mixture(size(50_000))
    work = f"{len(vectors):,} x 512 mixture, 2D, perplexity 30"
    parameters = RunParameters(method="tsne")
    run(mixture(2_000)[0], parameters=parameters)
    ours, seconds = timed(lambda: run(vectors, parameters=parameters))
    theirs, their_seconds = timed(lambda: TSNE(n_jobs=-1).fit_transform(vectors))
    peer = "scikit-learn's defaults"
    yield tell("t-SNE", seconds / their_seconds, "ratio of wall time", {peer: 1.0, "seconds":
               seconds, "their seconds": their_seconds}, "at most 0.35",
               seconds <= 0.35 * their_seconds, work)  # fmt: skip
    kept, their_kept = neighbours_kept(vectors, ours.coordinates), neighbours_kept(vectors, theirs)
    yield tell("t-SNE: neighbours kept", kept, "share", {peer: their_kept},
               "not lower by more than 0.01", kept >= their_kept - 0.01, work)  # fmt: skip


def pca() -> Iterator[bool]:
    """Beside the eigenvectors of the covariance in float64, in the same run."""
    vectors, _ = mixture(size(1_000_000))
    found, seconds = timed(lambda: principal_components(vectors, 50))
    mean = vectors.mean(axis=0, dtype=np.float64)
    covariance = np.zeros((512, 512))
    for start in range(0, len(vectors), 10_000):
        block = vectors[start : start + 10_000] - mean
        covariance += block.T @ block
    _, axes = np.linalg.eigh(covariance)
    axes = axes[:, ::-1][:, :50]
    some = vectors[:: max(1, len(vectors) // 10_000)]
    expected = np.abs((some - mean) @ axes)
    scores = np.abs(found.axes.scores(some))
    worst = float(np.abs(scores - expected).max() / expected.max())
    work = f"{len(vectors):,} x 512 mixture, 50 components, scores of {len(some):,} compared"
    yield tell("pca", seconds, "s", {}, "at most 15", seconds <= 15, work)
    yield tell("pca: error", worst, "of the largest score", {"float64": 0.0}, "at most 1e-3",
               worst <= 1e-3, work)  # fmt: skip


def search() -> Iterator[bool]:
    """The 50 most similar of a million, beside a product with all of them."""
    stored = mixture(size(1_000_000), dtype=np.float16)[0]
    index, building = timed(lambda: SearchIndex(stored))
    vectors = stored.astype(np.float32)
    lengths = np.linalg.norm(vectors, axis=1)
    queries = vectors[:: len(vectors) // 20][:20]
    index.similarities(queries[0], exact=50)
    found = [timed(partial(best_of, index, query)) for query in queries]
    whole = [timed(partial(vectors.dot, query)) for query in queries]
    wrong = 0
    for rows, query in zip((one for one, _ in found), queries, strict=True):
        cosines = vectors @ query / lengths
        wrong += int(cosines[rows].min() < np.partition(cosines, -50)[-50] - 1e-6)
    slowest = max(seconds for _, seconds in found)
    work = f"{len(vectors):,} x 512 mixture, 20 queries, 50 results; made in {building:.1f} s"
    yield tell("search", 1000 * slowest, "ms, the slowest",
               {"numpy's product with float32, median": 1000 * np.median([s for _, s in whole])},
               "at most 100", slowest <= 0.1, work)  # fmt: skip
    yield tell("search: queries that missed a better one", wrong, "queries", {}, "0", wrong == 0,
               work)  # fmt: skip


def clusters() -> Iterator[bool]:
    """The mixture's own clusters; on real drawings KMeans and HDBSCAN beside."""
    vectors, labels = mixture(size(100_000))
    spherized = spherizer(vectors, "centre")(vectors)
    listed_by = principal_components(spherized, 64).scores
    graph, seconds = timed(
        lambda: find_neighbours(spherized, GRAPH_NEIGHBOURS, seed=0, listed_by=listed_by)
    )
    found, alone = timed(lambda: find_clusters(graph, seed=0))
    agreement = float(adjusted_rand_score(labels, found))
    work = f"{len(vectors):,} x 512 mixture"
    yield tell("clusters", seconds + alone, "s", {"of them neighbours": seconds}, "at most 20",
               seconds + alone <= 20, work)  # fmt: skip
    yield tell("clusters: agreement", agreement, "adjusted Rand index", {}, "at least 0.95",
               agreement >= 0.95, work)  # fmt: skip
    yield recall("neighbours' recall", spherized, graph, work)


def real() -> Iterator[bool]:
    """Vectors of the drawings that the registries gave, by the bundled encoder."""
    from sklearn.cluster import HDBSCAN, MiniBatchKMeans

    vectors, groups = real_vectors(400 if lines.quick else None)
    work = f"{len(vectors):,} x {vectors.shape[1]}, mini-clip on gathered drawings"
    made, seconds = timed(lambda: run(vectors))
    spherized = made.spherizer(vectors)
    listed_by = principal_components(spherized, 64).scores
    graph = find_neighbours(spherized, GRAPH_NEIGHBOURS, seed=0, listed_by=listed_by)
    yield recall("real: neighbours' recall", spherized, graph, work)
    quality = made.info.quality
    assert quality is not None
    yield tell("real: umap", seconds, "s", {"trustworthiness": quality.trustworthiness,
               "neighbours kept": quality.neighbours_kept}, "none", True, work)  # fmt: skip
    labelled = groups >= 0
    count = int(made.clusters.max()) + 1
    by_means = MiniBatchKMeans(count, random_state=0, n_init=3).fit_predict(spherized)
    by_density = HDBSCAN(min_cluster_size=15, copy=True).fit_predict(listed_by)
    agreement, by_means_agreement, by_density_agreement = (
        float(adjusted_rand_score(groups[labelled], found[labelled]))
        for found in (made.clusters, by_means, by_density)
    )
    yield tell("real: clusters", agreement, "adjusted Rand index with emoji subgroups",
               {f"KMeans, {count} too": by_means_agreement, "HDBSCAN": by_density_agreement},
               "none", True, f"{work}; {int(labelled.sum()):,} of them labelled")  # fmt: skip


def placing() -> Iterator[bool]:
    """New items on a map that is there, warm; their neighbours kept beside the map's own."""
    count, new = size(100_000), 1_000
    vectors, _ = mixture(count + new)
    made = run(vectors[:count])
    found = feature_set(vectors)
    place_new(made, feature_set(vectors[: count + 5]), quietly)
    placed, seconds = timed(lambda: place_new(made, found, quietly))
    work = f"{new:,} into {count:,} x 512 mixture, UMAP 2D"
    kept = float(placed.neighbours_kept[count:].mean())
    yield tell("placing", seconds, "s", {}, "at most 3", seconds <= 3, work)
    yield tell("placing: neighbours kept", kept, "share",
               {"of the old points": float(made.neighbours_kept.mean())}, "none", True,
               work)  # fmt: skip
    same = placed.coordinates[:count].tobytes() == made.coordinates.tobytes()
    yield tell("placing: old points as they were", float(same), "1 is bit for bit", {}, "1", same,
               work)  # fmt: skip


CASES: Mapping[str, Callable[[], Iterator[bool]]] = {
    case.__name__: case
    for case in (umap, first_run, million, tsne, pca, search, clusters, real, placing)
}


def size(full: int) -> int:
    """The workload, or a hundredth of it."""
    return full // 100 if lines.quick else full


def run(
    vectors: NDArray[Any],
    *,
    seed: int = 0,
    parameters: RunParameters | None = None,
    step: Step | None = None,
) -> Run:
    """All that Run does, but reading and keeping."""
    parameters = parameters or RunParameters(seed=seed)
    return make_run(feature_set(vectors), parameters, step or quietly)


class Watched:
    """When each step of a run began, by what it says first."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._began: dict[str, float] = {}

    def step(self, _start: float, _end: float, message: str) -> Callable[[float], None]:
        """A step of a run."""
        self._began[message] = time.perf_counter() - self._started
        return lambda fraction: None

    def until(self, message: str) -> float:
        """Seconds to the step whose message begins so."""
        return next(when for said, when in self._began.items() if said.startswith(message))


def quietly(_start: float, _end: float, _message: str) -> Callable[[float], None]:
    """Steps that nobody watches."""
    return lambda fraction: None


def neighbours_kept(vectors: Vectors, places: Vectors) -> float:
    """Share of the 15 true neighbours, by cosine, that are neighbours on the map."""
    quality = measure_quality(vectors, np.ascontiguousarray(places), seed=0)
    assert quality is not None
    return quality.neighbours_kept


def best_of(index: SearchIndex, query: Vectors) -> NDArray[np.intp]:
    """Rows of the 50 most similar."""
    cosines = index.similarities(query, exact=50)
    return np.argpartition(-cosines, 50)[:50]


def recall(case: str, vectors: Vectors, graph: Any, work: str) -> bool:
    """Share of the true neighbours that were found, on 1,000 items."""
    rows = np.random.default_rng(7).choice(len(vectors), min(1000, len(vectors)), replace=False)
    exact = nearest_among(vectors[rows], vectors, GRAPH_NEIGHBOURS + 1)
    limit = exact.distances[:, -1:] * (1 + 1e-5)
    share = float((graph.distances[rows] <= limit).mean())
    return tell(case, share, "share", {"exact": 1.0}, "at least 0.99", share >= 0.99, work)


def child(flag: str, **environment: str) -> dict[str, float]:
    """What a fresh process tells of a run."""
    command = [sys.executable, "-m", "benchmarks.projection", flag]
    answer = subprocess.run(
        command + (["--quick"] if lines.quick else []),
        env=os.environ | environment, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return dict(json.loads(answer.stdout.splitlines()[-1]))


def _alone(count: int) -> dict[str, float]:
    stored = mixture(count, dtype=np.float16)[0]
    _, seconds = timed(lambda: run(stored))
    return {"seconds": seconds, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}


if __name__ == "__main__":
    sys.exit(main())
