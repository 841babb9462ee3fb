"""Maps by the directions of vectors alone."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from clustering_app.projection import pipeline
from clustering_app.projection.pipeline import make_run
from clustering_app.projection.run import RunParameters
from clustering_app.projection.steps import Steps
from clustering_app.vectors.similarity import unit
from tests.projection.mixtures import feature_set, mixture, quietly

pytestmark = pytest.mark.usefixtures("compiled_umap")
EUCLIDEAN = RunParameters(spherize="off")
COSINE = replace(EUCLIDEAN, metric="cosine")
PCA_BY_COSINE = replace(COSINE, method="pca")
TSNE = replace(EUCLIDEAN, method="tsne", perplexity=20.0)


def test_by_cosine_the_length_of_a_vector_changes_nothing() -> None:
    vectors, _ = mixture(300, clusters=5, dimension=16)
    # Powers of two, so that dividing by the length leaves no rounding.
    lengths = 2.0 ** np.random.default_rng(0).integers(-3, 4, size=(300, 1))
    longer = (vectors * lengths).astype(np.float32)
    plain = make_run(feature_set(unit(vectors)), EUCLIDEAN, quietly)
    cosine = make_run(feature_set(longer), COSINE, quietly)
    np.testing.assert_allclose(plain.reach, cosine.reach, atol=1e-5)
    assert np.abs(make_run(feature_set(longer), EUCLIDEAN, quietly).reach - plain.reach).max() > 0.1


def test_principal_components_are_of_the_vectors_as_they_are() -> None:
    vectors, _ = mixture(60, clusters=3, dimension=8)
    vectors *= np.arange(1, 61, dtype=np.float32)[:, None]
    pca = replace(EUCLIDEAN, method="pca")
    one = make_run(feature_set(vectors), pca, quietly)
    other = make_run(feature_set(vectors), replace(pca, metric="cosine"), quietly)
    np.testing.assert_array_equal(one.coordinates, other.coordinates)


@pytest.mark.parametrize("spherize", ["off", "centre", "standardize"])
@pytest.mark.parametrize("last", [COSINE, PCA_BY_COSINE, TSNE])
def test_a_run_is_the_same_whatever_ran_before(
    monkeypatch: pytest.MonkeyPatch, last: RunParameters, spherize: Any
) -> None:
    """Vectors of other lengths, each twelve times, so that several are equally near."""
    random = np.random.default_rng(2)
    vectors = random.normal(size=(15, 6)) * np.exp(random.normal(size=(15, 1)))
    found = feature_set(vectors[random.integers(0, 15, 180)].astype(np.float16))
    monkeypatch.setattr(pipeline, "STEPS", Steps())
    alone = make_run(found, replace(last, spherize=spherize), quietly)
    monkeypatch.setattr(pipeline, "STEPS", Steps())
    for before in (TSNE, PCA_BY_COSINE, COSINE, EUCLIDEAN):
        make_run(found, replace(before, spherize=spherize), quietly)
    after = make_run(found, replace(last, spherize=spherize), quietly)
    np.testing.assert_array_equal(after.coordinates, alone.coordinates)
    np.testing.assert_array_equal(after.clusters, alone.clusters)
    np.testing.assert_array_equal(after.reach, alone.reach)
    assert after.info.explained_variance == alone.info.explained_variance
