"""Maps by the directions of vectors alone."""

from dataclasses import replace

import numpy as np
import pytest

from clustering_app.projection.pipeline import make_run
from clustering_app.projection.run import RunParameters
from clustering_app.vectors.similarity import unit
from tests.projection.mixtures import feature_set, mixture, quietly

pytestmark = pytest.mark.usefixtures("compiled_umap")
EUCLIDEAN = RunParameters(spherize="off")
COSINE = replace(EUCLIDEAN, metric="cosine")


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
