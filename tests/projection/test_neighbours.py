import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from clustering_app.projection.accelerator import nearest_on
from clustering_app.projection.neighbours import find_neighbours, nearest_among
from clustering_app.projection.pca import principal_components
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


def test_a_graphics_card_is_asked_for_the_same() -> None:
    vectors, _ = mixture(700, clusters=6, dimension=32)
    told: list[float] = []
    indices, distances = nearest_on(
        "cpu",  # the same sums, since tests have no card
        vectors, 15, bytes_at_once=8 * 4 * 700, report=told.append,
    )  # fmt: skip
    exact = find_neighbours(vectors, 15, seed=0)
    np.testing.assert_array_equal(indices, exact.indices)
    np.testing.assert_allclose(distances, exact.distances, atol=1e-5)
    assert told == sorted(told)
    assert told[-1] == 1.0


@pytest.mark.parametrize("fewer", [None, 8], ids=["by the vectors", "by fewer dimensions"])
def test_near_lists_hold_nearly_all(fewer: int | None) -> None:
    vectors, _ = mixture(3000, clusters=30, dimension=64)
    listed_by = None if fewer is None else principal_components(vectors, fewer).scores
    exact = find_neighbours(vectors, 15, seed=0)
    told: list[float] = []
    found = find_neighbours(
        vectors, 15, seed=0, exact_up_to=0, listed_by=listed_by, report=told.append
    )
    again = find_neighbours(vectors, 15, seed=0, exact_up_to=0, listed_by=listed_by)
    np.testing.assert_array_equal(found.indices, again.indices)
    np.testing.assert_array_equal(found.distances, again.distances)
    assert not (found.indices == np.arange(3000)[:, None]).any()
    assert (np.diff(found.distances, axis=1) >= 0).all()
    shared = [len(set(a) & set(b)) for a, b in zip(found.indices, exact.indices, strict=True)]
    assert np.mean(shared) / 15 > 0.98
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_vectors_without_any_order_are_searched_whole() -> None:
    vectors = np.random.default_rng(0).standard_normal((1500, 40)).astype(np.float32)
    exact = find_neighbours(vectors, 15, seed=0)
    found = find_neighbours(vectors, 15, seed=0, exact_up_to=0)
    shared = [len(set(a) & set(b)) for a, b in zip(found.indices, exact.indices, strict=True)]
    assert np.mean(shared) / 15 > 0.98


@pytest.mark.parametrize("copies", [1, 40])
def test_lists_shorter_than_the_neighbours_wanted_are_joined(copies: int) -> None:
    vectors = np.repeat(np.eye(6, dtype=np.float32), copies, axis=0)
    found = find_neighbours(vectors, 300, seed=0, exact_up_to=0)
    count = 6 * copies
    assert found.indices.shape == (count, count - 1)
    assert all(len({row, *others}) == count for row, others in enumerate(found.indices.tolist()))
    np.testing.assert_array_equal(found.distances[:, : copies - 1], 0.0)


def test_stops_when_told() -> None:
    class Stop(Exception):
        pass

    def stop(_fraction: float) -> None:
        raise Stop

    vectors, _ = mixture(600, clusters=6, dimension=16)
    with pytest.raises(Stop):
        find_neighbours(vectors, 5, seed=0, report=stop)


def test_queries_find_the_nearest_of_others() -> None:
    vectors, _ = mixture(500, clusters=5, dimension=16)
    queries, others = vectors[:300], vectors[300:]
    found = nearest_among(queries, others, 7)
    apart = np.linalg.norm(queries[:, None].astype(np.float64) - others, axis=2)
    np.testing.assert_allclose(found.distances, np.sort(apart, axis=1)[:, :7], atol=1e-6)
    assert nearest_among(queries[:1], others[:2], 7).indices.shape == (1, 2)


def test_nearest_cuts() -> None:
    found = find_neighbours(np.arange(6, dtype=np.float32)[:, None], 5, seed=0)
    assert found.nearest(2).indices.shape == (6, 2)
    np.testing.assert_array_equal(found.nearest(2).distances, found.distances[:, :2])
    assert found.nearest(99).indices.shape == (6, 5)
