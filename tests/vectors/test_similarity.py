"""Similarity equals a brute-force computation in float64."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from clustering_app.vectors import similarity

CLOUDS = npst.arrays(
    np.float32,
    st.tuples(st.integers(1, 40), st.integers(1, 8)),
    elements=st.floats(-8, 8, width=32).filter(lambda value: value == 0 or abs(value) > 1e-2),
)


def brute_force(vectors: np.ndarray, query: np.ndarray) -> np.ndarray:
    exact = vectors.astype(np.float64)
    lengths = np.linalg.norm(exact, axis=1) * np.linalg.norm(query.astype(np.float64))
    return np.divide(exact @ query, lengths, out=np.zeros(len(exact)), where=lengths > 0)


def test_euclidean_is_the_length_of_the_difference() -> None:
    vectors = np.random.default_rng(0).standard_normal((50, 8)).astype(np.float16)
    expected = np.sqrt(((vectors.astype(float) - vectors[3].astype(float)) ** 2).sum(axis=1))
    np.testing.assert_allclose(similarity.euclidean(vectors, vectors[3]), expected, atol=1e-5)


@given(vectors=CLOUDS, count=st.integers(1, 50))
def test_most_similar_is_what_brute_force_finds(vectors: np.ndarray, count: int) -> None:
    query = vectors[0]
    expected = brute_force(vectors, query)
    rows, cosines = similarity.most_similar(vectors, query, count=count)
    assert len(rows) == min(count, len(vectors))
    assert len(set(rows.tolist())) == len(rows)
    np.testing.assert_allclose(cosines, expected[rows], atol=1e-5)
    assert (np.diff(cosines) <= 0).all()
    np.testing.assert_allclose(np.sort(-expected)[: len(rows)], -cosines, atol=1e-5)


def test_blocks_make_no_difference(monkeypatch: object) -> None:
    vectors = np.random.default_rng(0).normal(size=(300, 16)).astype(np.float16)
    whole = similarity.similarities(vectors, vectors[3])
    monkeypatch.setattr(similarity, "ROWS_PER_BLOCK", 7)  # type: ignore[attr-defined]
    np.testing.assert_allclose(similarity.similarities(vectors, vectors[3]), whole, atol=1e-6)
    assert whole.argmax() == 3
