import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from clustering_app.projection.neighbours import find_neighbours
from tests.projection.mixtures import mixture


def all_distances(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    wide = vectors.astype(np.float64)
    return np.linalg.norm(wide[:, None] - wide[None], axis=2)


@settings(max_examples=60)
@given(
    st.integers(2, 40), st.integers(1, 6), st.integers(1, 50), st.integers(1, 4), st.integers(0, 99)
)
def test_finds_the_nearest_others(
    rows: int, dimensions: int, count: int, levels: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    vectors = random.integers(levels, size=(rows, dimensions)).astype(np.float32)
    found = find_neighbours(vectors, count, seed=0)
    distances = all_distances(vectors)
    np.testing.assert_allclose(
        found.distances, np.take_along_axis(distances, found.indices, axis=1), atol=1e-3
    )
    np.fill_diagonal(distances, np.inf)
    kept = min(count, rows - 1)
    np.testing.assert_allclose(found.distances, np.sort(distances, axis=1)[:, :kept], atol=1e-3)
    assert not (found.indices == np.arange(rows)[:, None]).any()
    assert all(len(set(row)) == kept for row in found.indices.tolist())


def test_a_single_vector_has_no_neighbours() -> None:
    found = find_neighbours(np.ones((1, 3), np.float32), 15, seed=0)
    assert found.indices.shape == found.distances.shape == (1, 0)


def test_order_is_that_of_cosines_for_unit_rows() -> None:
    vectors, _ = mixture(300, clusters=5)
    cosines = vectors.astype(np.float64) @ vectors.T
    np.fill_diagonal(cosines, -np.inf)
    found = find_neighbours(vectors, 10, seed=0)
    best = -np.sort(-cosines, axis=1)[:, :10]
    np.testing.assert_allclose(np.take_along_axis(cosines, found.indices, axis=1), best, atol=1e-6)


@pytest.mark.skipif("CI" not in os.environ, reason="pynndescent compiles for a minute: CI has it")
def test_the_approximate_search_finds_nearly_all() -> None:
    vectors, _ = mixture(600, clusters=6, dimension=32)
    exact = find_neighbours(vectors, 10, seed=0)
    found = find_neighbours(vectors, 10, seed=0, exact_up_to=0)
    again = find_neighbours(vectors, 10, seed=0, exact_up_to=0)
    np.testing.assert_array_equal(found.indices, again.indices)
    assert not (found.indices == np.arange(600)[:, None]).any()
    shared = [len(set(a) & set(b)) for a, b in zip(found.indices, exact.indices, strict=True)]
    assert np.mean(shared) / 10 > 0.95


def test_nearest_cuts() -> None:
    found = find_neighbours(np.arange(6, dtype=np.float32)[:, None], 5, seed=0)
    assert found.nearest(2).indices.shape == (6, 2)
    np.testing.assert_array_equal(found.nearest(2).distances, found.distances[:, :2])
    assert found.nearest(99).indices.shape == (6, 5)
