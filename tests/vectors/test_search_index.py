import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustering_app.vectors.search_index import SearchIndex
from clustering_app.vectors.similarity import most_similar


@given(
    st.integers(1, 60),
    st.integers(1, 20),
    st.integers(0, 70),
    st.floats(1e-6, 10.0),
    st.sampled_from([np.float16, np.float32]),
    st.integers(0, 2**32 - 1),
)
def test_finds_what_a_full_comparison_finds(
    rows: int, dimensions: int, count: int, spread: float, dtype: type, seed: int
) -> None:
    random = np.random.default_rng(seed)
    vectors = (1.0 + spread * random.standard_normal((rows, dimensions))).astype(dtype)
    vectors[random.integers(rows)] = 0.0
    query = (1.0 + spread * random.standard_normal(dimensions)).astype(np.float32)
    found, cosines = SearchIndex(vectors).most_similar(query, count=count)
    _, expected = most_similar(vectors, query, count=count)
    assert len(found) == len(set(found)) == min(count, rows)
    np.testing.assert_allclose(cosines, expected, atol=1e-5)
    _, alone = most_similar(vectors[found], query, count=count)
    np.testing.assert_allclose(alone, expected, atol=1e-5)


def test_equal_vectors_come_in_the_order_of_rows() -> None:
    vectors = np.ones((50, 8), np.float16)
    found, cosines = SearchIndex(vectors).most_similar(np.ones(8), count=7)
    np.testing.assert_array_equal(found, range(7))
    assert cosines == pytest.approx(np.ones(7))


def test_near_copies_are_told_apart() -> None:
    random = np.random.default_rng(0)
    vector = random.standard_normal(256)
    vectors = vector + np.geomspace(1e-6, 1e-1, 400)[:, None] * random.standard_normal((400, 256))
    order = random.permutation(400)
    found, _ = SearchIndex(vectors[order].astype(np.float32)).most_similar(vector, count=100)
    cosines = vectors[order] @ vector / np.linalg.norm(vectors[order], axis=1)
    best = np.sort(cosines)[::-1][99]
    assert (cosines[found] >= best - np.abs(best) * 1e-6).all()
