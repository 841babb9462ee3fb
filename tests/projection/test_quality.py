import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from clustering_app.projection.pca import principal_components
from clustering_app.projection.quality import measure_quality
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
    assert found.measured_on == min(count, 2000)


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
