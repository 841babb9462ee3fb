import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clustering_app.errors import InvalidParameters
from clustering_app.projection.pca import principal_components
from clustering_app.projection.pipeline import make_run
from clustering_app.projection.placing import place_new
from clustering_app.projection.run import RunParameters
from tests.projection.mixtures import feature_set, quietly


@settings(max_examples=60)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_agrees_with_the_singular_values_of_the_centred_vectors(
    rows: int, dimensions: int, count: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    vectors = random.standard_normal((rows, dimensions)) * np.geomspace(5, 1, dimensions)
    vectors = (vectors + 3.0).astype(np.float32)
    found = principal_components(vectors, count)
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    left, singular, _ = np.linalg.svd(centred, full_matrices=False)
    expected = np.zeros((rows, count))
    kept = min(count, rows - 1, dimensions)
    expected[:, :kept] = (left * singular)[:, :kept]
    shares = np.zeros(count)
    shares[:kept] = singular[:kept] ** 2 / max((singular**2).sum(), 1e-300)
    assert found.scores.dtype == np.float32
    np.testing.assert_allclose(np.abs(found.scores), np.abs(expected), atol=1e-3, rtol=1e-3)
    np.testing.assert_allclose(found.explained_variance, shares, atol=1e-6)


@pytest.mark.parametrize("shape", [(300, 20), (20, 300)])
def test_signs_do_not_depend_on_the_order_of_dimensions(shape: tuple[int, int]) -> None:
    random = np.random.default_rng(3)
    vectors = (random.standard_normal(shape) * np.geomspace(9, 1, shape[1])).astype(np.float32)
    one = principal_components(vectors, 3).scores
    other = principal_components(vectors[:, ::-1], 3).scores
    np.testing.assert_allclose(one, other, atol=1e-3)
    largest = one[np.abs(one).argmax(axis=0), np.arange(3)]
    assert (largest > 0).all()


def test_sees_a_small_spread_around_a_large_mean() -> None:
    random = np.random.default_rng(4)
    spread = random.standard_normal((500, 8)).astype(np.float32)
    far = (spread + np.float32(4096)).astype(np.float32)
    expected = principal_components(spread, 2).explained_variance
    np.testing.assert_allclose(principal_components(far, 2).explained_variance, expected, rtol=1e-2)


@pytest.mark.parametrize(("rows", "dimensions"), [(1, 1), (1, 7), (2, 1), (5, 2048), (600, 512)])
def test_extreme_shapes(rows: int, dimensions: int) -> None:
    vectors = np.random.default_rng(0).standard_normal((rows, dimensions)).astype(np.float16)
    found = principal_components(vectors, 3)
    assert found.scores.shape == (rows, 3)
    assert np.isfinite(found.scores).all()
    assert 0.0 <= sum(found.explained_variance) <= 1.0 + 1e-9


def test_equal_vectors_have_no_variance() -> None:
    found = principal_components(np.full((9, 4), 0.1, np.float32), 2)
    assert not found.scores.any()
    assert found.explained_variance == (0.0, 0.0)


def test_a_map_shows_the_components_that_are_wanted() -> None:
    random = np.random.default_rng(1)
    vectors = (random.standard_normal((60, 6)) * [9, 7, 5, 3, 2, 1]).astype(np.float32)
    parameters = RunParameters(
        method="pca", spherize="off", dimensions=3, component_x=4, component_y=1, component_z=2
    )
    run = make_run(feature_set(vectors), parameters, quietly)
    whole = principal_components(vectors, 6)
    np.testing.assert_allclose(run.coordinates, whole.scores[:, [3, 0, 1]], atol=1e-5)
    np.testing.assert_allclose(run.info.explained_variance, whole.explained_variance, atol=1e-6)
    before = make_run(feature_set(vectors[:50]), parameters, quietly)
    after = place_new(before, feature_set(vectors), quietly)
    np.testing.assert_allclose(after.coordinates[50:], before.axes.scores(vectors[50:]), atol=1e-5)
    with pytest.raises(InvalidParameters, match="no component 7: vectors of 6 dimensions have 6"):
        make_run(feature_set(vectors), RunParameters(method="pca", component_y=7), quietly)
    with pytest.raises(InvalidParameters, match="component_x is 11"):
        RunParameters(component_x=11)
