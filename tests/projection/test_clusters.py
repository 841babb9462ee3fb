import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from clustering_app.projection.clusters import BROAD, FINE, SMALLEST, find_clusters
from clustering_app.projection.neighbours import find_neighbours
from tests.projection.mixtures import mixture


@pytest.mark.parametrize("clusters", [4, 20])
def test_finds_the_clusters_of_a_mixture_largest_first(clusters: int) -> None:
    vectors, labels = mixture(1200, clusters=clusters)
    neighbours = find_neighbours(vectors - vectors.mean(axis=0), 15, seed=0)
    found = find_clusters(neighbours, seed=0)
    assert found.dtype == np.int32
    assert adjusted_rand_score(labels, found) > 0.9
    sizes = np.bincount(found[found >= 0])
    assert (np.diff(sizes) <= 0).all()
    assert sizes.min() >= SMALLEST
    np.testing.assert_array_equal(found, find_clusters(neighbours, seed=0))


def test_a_larger_resolution_gives_more_clusters() -> None:
    vectors = np.random.default_rng(0).normal(size=(600, 3)).astype(np.float32)
    neighbours = find_neighbours(vectors, 15, seed=0)
    counts = [
        int(find_clusters(neighbours, seed=0, resolution=resolution).max()) + 1
        for resolution in (BROAD, 1.0, FINE)
    ]
    assert counts[0] < counts[1] < counts[2]


def test_small_groups_are_in_no_cluster() -> None:
    vectors = np.concatenate([np.random.default_rng(0).normal(size=(30, 2)), [[500, 500]] * 3])
    found = find_clusters(find_neighbours(vectors.astype(np.float32), 2, seed=0), seed=0)
    assert set(found[-3:]) == {-1}
    assert found.max() >= 0


@pytest.mark.parametrize("count", [1, 2, 4])
def test_few_items_are_in_no_cluster(count: int) -> None:
    vectors = np.arange(count, dtype=np.float32)[:, None]
    found = find_clusters(find_neighbours(vectors, 15, seed=0), seed=0)
    np.testing.assert_array_equal(found, np.full(count, -1))


@pytest.mark.parametrize("count", [5, 50])
def test_duplicates_are_fine(count: int) -> None:
    found = find_clusters(find_neighbours(np.ones((count, 3), np.float32), 15, seed=0), seed=0)
    assert found.shape == (count,)
