import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from clustering_app.projection.neighbours import find_neighbours, nearest_among
from clustering_app.projection.pca import principal_components
from clustering_app.projection.quality import measure_placed, measure_points, measure_quality
from tests.projection.mixtures import mixture


@pytest.mark.parametrize("count", [4, 5, 31, 500, 2600])
def test_a_map_that_keeps_all_distances_is_perfect(count: int) -> None:
    random = np.random.default_rng(0)
    places = random.standard_normal((count, 2)).astype(np.float32)
    rotation, _ = np.linalg.qr(random.standard_normal((64, 64)))
    vectors = (3 * places @ rotation[:2]).astype(np.float32)
    found = measure_quality(vectors, places, seed=0)
    assert found is not None
    assert found.trustworthiness == 1.0
    assert found.neighbours_kept == 1.0
    assert found.measured_on == min(count, 1000)


def test_agrees_with_scikit_learn_and_brute_force() -> None:
    vectors, _ = mixture(400, clusters=8)
    places = principal_components(vectors, 2).scores
    found = measure_quality(vectors, places, seed=0)
    assert found is not None
    # They rank items at equal distance by their rows.
    assert found.trustworthiness == pytest.approx(
        trustworthiness(vectors, places, n_neighbors=15), abs=1e-4
    )
    true = np.linalg.norm(vectors[:, None] - vectors[None], axis=2).argsort(axis=1)[:, 1:16]
    shown = np.linalg.norm(places[:, None] - places[None], axis=2).argsort(axis=1)[:, 1:16]
    kept = [len(set(a) & set(b)) for a, b in zip(true, shown, strict=True)]
    assert found.neighbours_kept == pytest.approx(np.mean(kept) / 15, abs=1e-3)


def test_a_random_map_is_found_out() -> None:
    vectors, _ = mixture(2500, clusters=8, dimension=64)
    places = np.random.default_rng(1).standard_normal((2500, 2)).astype(np.float32)
    found = measure_quality(vectors, places, seed=0)
    assert found is not None
    assert found.trustworthiness == pytest.approx(0.5, abs=0.05)
    assert found.neighbours_kept < 0.05


def test_equal_items_cannot_be_wrong() -> None:
    places = np.random.default_rng(1).standard_normal((40, 3)).astype(np.float32)
    found = measure_quality(np.ones((40, 8), np.float32), places, seed=0)
    assert found is not None
    assert (found.trustworthiness, found.neighbours_kept) == (1.0, 1.0)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_too_few_items_to_measure(count: int) -> None:
    vectors = np.zeros((count, 4), np.float32)
    assert measure_quality(vectors, vectors[:, :2], seed=0) is None


def test_points_agree_with_brute_force_and_with_the_whole() -> None:
    vectors, _ = mixture(450, clusters=8, dimension=64)
    places = principal_components(vectors, 2).scores
    found = measure_points(vectors, places, find_neighbours(vectors, 15, seed=0), seed=0)
    apart = np.linalg.norm(vectors[:, None].astype(np.float64) - vectors[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    shown = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(shown, np.inf)
    near, beside = apart.argsort(axis=1)[:, :15], shown.argsort(axis=1)[:, :15]
    kept = [len(set(a) & set(b)) / 15 for a, b in zip(near, beside, strict=True)]
    np.testing.assert_allclose(found.neighbours_kept, kept, atol=1e-6)
    np.fill_diagonal(apart, 0.0)
    nearer = [
        (row[:, None] < row[others]).mean() for row, others in zip(apart, beside, strict=True)
    ]
    np.testing.assert_allclose(found.trust, 1.0 - np.array(nearer), atol=0.01)
    whole = measure_quality(vectors, places, seed=0)
    assert whole is not None
    assert found.neighbours_kept.mean() == pytest.approx(whole.neighbours_kept, abs=1e-3)


def test_a_point_among_strangers_is_found_out() -> None:
    vectors, labels = mixture(400, clusters=2, dimension=32)
    places = np.random.default_rng(0).standard_normal((400, 2)).astype(np.float32)
    places[labels == 1] += 50
    lost = int(np.flatnonzero(labels == 1)[0])
    places[lost] = places[labels == 0].mean(axis=0)
    found = measure_points(vectors, places, find_neighbours(vectors, 15, seed=0), seed=0)
    assert found.neighbours_kept[lost] == 0.0
    assert found.trust[lost] == found.trust.min()
    assert found.trust[lost] < 0.6


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_points_are_not_judged(count: int) -> None:
    vectors = np.eye(count, 4, dtype=np.float32)
    found = measure_points(vectors, vectors[:, :2], find_neighbours(vectors, 15, seed=0), seed=0)
    assert found.neighbours_kept.shape == found.trust.shape == (count,)
    assert np.isfinite(found.trust).all()


def test_placed_points_are_judged_among_those_that_were_there() -> None:
    vectors, _ = mixture(300, clusters=3, dimension=16)
    old, new = vectors[:280], vectors[280:]
    places = principal_components(vectors, 2)
    on_map = places.scores[:280]
    found = measure_placed(
        new, places.scores[280:], nearest_among(new, old, 15), old, on_map, seed=0
    )
    assert found.trust.shape == (20,)
    assert found.trust.mean() > 0.8
    far = measure_placed(
        new, places.scores[280:] + 1e3, nearest_among(new, old, 15), old, on_map, seed=0
    )
    assert far.trust.mean() < found.trust.mean()
