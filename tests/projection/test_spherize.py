import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from clustering_app.projection.spherize import spherizer

VECTORS = arrays(
    np.float32,
    array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12),
    elements=st.floats(-100, 100, width=16).map(lambda value: round(value, 2)),
)
HOW = st.sampled_from(["off", "centre", "standardize", "whiten"])


@given(VECTORS, HOW, st.sampled_from([np.float16, np.float32]))
def test_gives_finite_float32_and_leaves_its_input_alone(
    vectors: NDArray[np.float32], how: str, dtype: type
) -> None:
    vectors = vectors.astype(dtype)
    before = vectors.copy()
    vectors.setflags(write=False)
    found = spherizer(vectors, how)(vectors)
    assert found.dtype == np.float32
    assert len(found) == len(vectors)
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(vectors, before)
    assert not np.shares_memory(found, vectors)


@given(VECTORS)
def test_off_changes_nothing(vectors: NDArray[np.float32]) -> None:
    np.testing.assert_array_equal(spherizer(vectors, "off")(vectors), vectors)


@given(VECTORS)
def test_centred_rows_have_length_one_and_the_direction_from_the_mean(
    vectors: NDArray[np.float32],
) -> None:
    shifted = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    lengths = np.linalg.norm(shifted, axis=1)
    clear = lengths > 1e-2
    found = spherizer(vectors, "centre")(vectors)
    expected = shifted[clear] / lengths[clear, None]
    np.testing.assert_allclose(found[clear], expected, atol=1e-3)
    np.testing.assert_array_equal(found[lengths == 0], 0.0)


@given(VECTORS)
def test_standardized_dimensions_have_mean_0_and_deviation_1_or_are_0(
    vectors: NDArray[np.float32],
) -> None:
    found = spherizer(vectors, "standardize")(vectors).astype(np.float64)
    varying = np.ptp(vectors, axis=0) > 0
    np.testing.assert_allclose(found.mean(axis=0), 0.0, atol=1e-2)
    np.testing.assert_allclose(found[:, varying].std(axis=0), 1.0, atol=1e-2)
    np.testing.assert_array_equal(found[:, ~varying], 0.0)


@pytest.mark.parametrize("shape", [(200, 6), (6, 40)])
def test_whitened_directions_are_uncorrelated_and_of_variance_1(shape: tuple[int, int]) -> None:
    random = np.random.default_rng(1)
    vectors = (random.standard_normal(shape) * np.geomspace(1, 30, shape[1])).astype(np.float32)
    found = spherizer(vectors, "whiten")(vectors).astype(np.float64)
    rank = min(shape[0] - 1, shape[1])
    assert found.shape == (shape[0], rank)
    np.testing.assert_allclose(found.T @ found / len(found), np.eye(rank), atol=1e-4)


@pytest.mark.parametrize("how", ["centre", "standardize", "whiten"])
def test_equal_vectors_become_zeros_rather_than_rounding_blown_up(how: str) -> None:
    vectors = np.tile(np.float32([0.1, 0.7, 1 / 3]), (1000, 1))
    assert not spherizer(vectors, how)(vectors).any()


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_whitening_ignores_scale_of_dimensions(seed: int) -> None:
    random = np.random.default_rng(seed)
    vectors = random.standard_normal((50, 4)).astype(np.float32)
    scaled = vectors * np.float32([1, 10, 0.5, 3])
    one, other = spherizer(vectors, "whiten")(vectors), spherizer(scaled, "whiten")(scaled)
    np.testing.assert_allclose(one @ one.T, other @ other.T, atol=1e-2)
