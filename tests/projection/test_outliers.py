import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from clustering_app.projection.neighbours import find_neighbours
from clustering_app.projection.outliers import outlier_scores, reach_of

DISTANCES = arrays(
    np.float32,
    array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=20),
    elements=st.floats(0, 1e6, width=32),
).map(lambda distances: np.sort(distances, axis=1))


@given(DISTANCES)
def test_scores_rise_with_the_distance_from_0_to_1(distances: NDArray[np.float32]) -> None:
    scores = outlier_scores(distances[:, -1])
    assert scores.dtype == np.float32
    assert scores.shape == (len(distances),)
    assert ((scores >= 0) & (scores <= 1)).all()
    by_distance = np.argsort(distances[:, -1], kind="stable")
    assert (np.diff(scores[by_distance]) >= 0).all()
    if scores.any():
        assert scores.max() == 1.0


def test_a_planted_outlier_has_the_highest_score_and_the_crowd_a_low_one() -> None:
    random = np.random.default_rng(0)
    vectors = random.standard_normal((300, 8)).astype(np.float32)
    vectors[123] += 40
    scores = outlier_scores(reach_of(find_neighbours(vectors, 15, seed=0)))
    assert scores.argmax() == 123
    assert np.median(scores) < 0.2


def test_without_neighbours_nobody_is_an_outlier() -> None:
    alone = reach_of(find_neighbours(np.ones((1, 3), np.float32), 15, seed=0))
    np.testing.assert_array_equal(outlier_scores(alone), [0.0])
    np.testing.assert_array_equal(outlier_scores(np.zeros(4, np.float32)), np.zeros(4))
