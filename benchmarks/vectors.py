"""The vectors that benchmarks of the projection share. N items, D = 512 dimensions."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clustering_app.vectors.feature_set import FeatureSet, FeatureSetInfo, ModelFingerprint
from tools.encoder.gather import WORK
from tools.encoder.sources import emoji_words

CLUSTERS, DIMENSION = 200, 512
EMBEDDED = WORK / "benchmark_vectors.npy"


def mixture(
    count: int, *, dtype: type[np.floating[Any]] = np.float32
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Unit vectors (N, D) of 200 clusters around a common mean, 12-dimensional inside each."""
    random = np.random.default_rng(0)
    mean = random.standard_normal(DIMENSION)
    centres = 0.6 * random.standard_normal((CLUSTERS, DIMENSION))
    bases = 0.18 * random.standard_normal((CLUSTERS, 12, DIMENSION))
    labels = random.integers(CLUSTERS, size=count)
    vectors = np.empty((count, DIMENSION), dtype)
    for cluster in range(CLUSTERS):
        rows = np.flatnonzero(labels == cluster)
        inside = random.standard_normal((len(rows), 12)) @ bases[cluster]
        noise = 0.15 * random.standard_normal((len(rows), DIMENSION))
        made = mean + centres[cluster] + inside + noise
        vectors[rows] = made / np.linalg.norm(made, axis=1, keepdims=True)
    return vectors, labels


def real_vectors(most: int | None = None) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The gathered drawings by the bundled encoder, and the emoji subgroup of each, -1 without.

    Raises:
        FileNotFoundError: nothing was gathered; says by which command.
    """
    if not (WORK / "images.npy").exists():
        raise FileNotFoundError("First run: python -m tools.encoder.gather")
    pictures = np.load(WORK / "images.npy", mmap_mode="r")
    if not EMBEDDED.exists():
        np.save(EMBEDDED, _embedded(pictures))
    vectors: NDArray[np.float32] = np.load(EMBEDDED)[:most]
    records = json.loads((WORK / "pairs.json").read_text(encoding="utf-8"))
    known = emoji_words(WORK / "packages" / "openmoji")
    keys = [record["key"] for record in records][: len(vectors)]
    names = [known[key][1][-2] if key in known else "" for key in keys]
    numbers = {name: number for number, name in enumerate(sorted({n for n in names if n}))}
    return vectors, np.array([numbers.get(name, -1) for name in names])


def feature_set(vectors: NDArray[Any]) -> FeatureSet:
    """Vectors as they would be read from the store."""
    fingerprint = ModelFingerprint(
        model="benchmark", weights_source=None, architecture="{}", weights="0",
        preprocessing="{}", dimension=vectors.shape[1],
    )  # fmt: skip
    return FeatureSet(
        info=FeatureSetInfo(name="benchmark", fingerprint=fingerprint, count=len(vectors)),
        item_ids=tuple(f"{row:09}" for row in range(len(vectors))),
        vectors=vectors,
        snapshot="",
    )


def _embedded(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    from PIL import Image

    from clustering_app.extraction.loading import load_encoder

    encoder, found = load_encoder(), []
    for start in range(0, len(pictures), 256):
        prepared = []
        for pixels in pictures[start : start + 256]:
            drawing = Image.fromarray(pixels, "RGBA")
            white = Image.new("RGBA", drawing.size, "white")
            prepared.append(encoder.prepare(Image.alpha_composite(white, drawing).convert("RGB")))
        found.append(encoder.encode_images(np.stack(prepared)))
    return np.concatenate(found)
