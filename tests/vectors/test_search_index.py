import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from clustering_app.vectors.search_index import SearchIndex
from clustering_app.vectors.similarity import similarities


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
    found = SearchIndex(vectors).similarities(query, exact=count)
    expected = similarities(vectors, query)
    assert found.dtype == np.float32
    assert ((found >= -1.0) & (found <= 1.0)).all()
    best, others = np.split(np.argsort(-found, kind="stable"), [count])
    np.testing.assert_allclose(found[best], expected[best], atol=1e-5)
    np.testing.assert_allclose(expected[best], np.sort(expected)[::-1][:count], atol=1e-5)
    np.testing.assert_allclose(found[others], expected[others], atol=0.02)


def test_near_copies_are_told_apart() -> None:
    random = np.random.default_rng(0)
    vector = random.standard_normal(256)
    vectors = vector + np.geomspace(1e-6, 1e-1, 400)[:, None] * random.standard_normal((400, 256))
    order = random.permutation(400)
    index = SearchIndex(vectors[order].astype(np.float32))
    found = np.argsort(-index.similarities(vector, exact=100), kind="stable")[:100]
    cosines = vectors[order] @ vector / np.linalg.norm(vectors[order], axis=1)
    best = np.sort(cosines)[::-1][99]
    assert (cosines[found] >= best - np.abs(best) * 1e-6).all()
