import numpy as np
import pytest
from numpy.typing import NDArray

from clustering_app.projection.neighbours import find_neighbours, nearest_among
from clustering_app.projection.pca import principal_components
from clustering_app.projection.quality import measure_quality
from clustering_app.projection.umap import FEWEST, umap_layout, umap_place
from tests.projection.mixtures import mixture

pytestmark = [
    pytest.mark.filterwarnings("error"),
    pytest.mark.filterwarnings(
        "ignore:Tensorflow not installed:ImportWarning"
    ),  # hidden by default
    pytest.mark.usefixtures("compiled_umap"),
]


def layout(
    vectors: NDArray[np.float32], *, dimensions: int = 2, seed: int = 0, min_dist: float = 0.1
) -> NDArray[np.float32]:
    start = principal_components(vectors, dimensions).scores
    neighbours = find_neighbours(vectors, 14, seed=seed)
    return umap_layout(start, neighbours, min_dist=min_dist, seed=seed)


def test_the_same_seed_gives_the_same_bits_and_another_seed_another_map() -> None:
    vectors, _ = mixture(120, clusters=4)
    one, again, other = layout(vectors), layout(vectors), layout(vectors, seed=1)
    assert one.tobytes() == again.tobytes()
    assert one.tobytes() != other.tobytes()


def test_the_number_of_threads_changes_nothing() -> None:
    import numba

    vectors, _ = mixture(300, clusters=4, dimension=32)
    on_all = layout(vectors)
    before = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        on_one = layout(vectors)
    finally:
        numba.set_num_threads(before)
    assert on_all.tobytes() == on_one.tobytes()


@pytest.mark.parametrize("dimensions", [2, 3])
def test_keeps_neighbours_better_than_principal_components(dimensions: int) -> None:
    vectors, _ = mixture(400, clusters=20)
    places = layout(vectors, dimensions=dimensions)
    assert places.shape == (400, dimensions)
    assert places.dtype == np.float32
    np.testing.assert_allclose(places.mean(axis=0), 0.0, atol=1e-3)
    found = measure_quality(vectors, places, seed=0)
    plain = measure_quality(vectors, principal_components(vectors, dimensions).scores, seed=0)
    assert found is not None
    assert plain is not None
    assert found.trustworthiness > max(0.9, plain.trustworthiness)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6, 15, 16])
def test_few_items_are_all_placed(count: int) -> None:
    vectors = np.random.default_rng(0).standard_normal((count, 8)).astype(np.float32)
    places = layout(vectors)
    assert places.shape == (count, 2)
    assert np.isfinite(places).all()
    assert len(np.unique(places, axis=0)) == count
    if count < FEWEST:
        np.testing.assert_array_equal(places, principal_components(vectors, 2).scores)


@pytest.mark.parametrize(
    "vectors",
    [
        np.ones((40, 8), np.float32),
        np.repeat(np.eye(3, dtype=np.float32), 30, axis=0),
        np.arange(60, dtype=np.float32)[:, None],
        np.random.default_rng(0).standard_normal((20, 4096)).astype(np.float32),
    ],
    ids=["all equal", "30 of each", "one dimension", "more dimensions than items"],
)
def test_degenerate_vectors_are_placed(vectors: NDArray[np.float32]) -> None:
    places = layout(vectors, dimensions=3)
    assert np.isfinite(places).all()


def test_tells_how_far_it_is_and_stops_when_told() -> None:
    class Stop(Exception):
        pass

    vectors, _ = mixture(600, clusters=4, dimension=16)
    start = principal_components(vectors, 2).scores
    neighbours = find_neighbours(vectors, 14, seed=0)
    told: list[float] = []
    umap_layout(start, neighbours, min_dist=0.1, seed=0, report=told.append)
    assert told[-1] == 1.0
    assert told == sorted(told)
    assert told[0] == 0.0

    def stop(fraction: float) -> None:
        if fraction > 0.0:
            raise Stop

    with pytest.raises(Stop):
        umap_layout(start, neighbours, min_dist=0.1, seed=0, report=stop)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_new_items_are_placed_among_their_like(dimensions: int) -> None:
    vectors, labels = mixture(600, clusters=6, dimension=32)
    old, new = vectors[:540], vectors[540:]
    places = layout(old, dimensions=dimensions)
    neighbours = nearest_among(new, old, 14)
    before = places.copy()
    found = umap_place(neighbours, places, min_dist=0.1, seed=0)
    assert found.shape == (60, dimensions)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(places, before)
    again = umap_place(neighbours, places, min_dist=0.1, seed=0)
    assert found.tobytes() == again.tobytes()
    nearest = np.linalg.norm(found[:, None] - places[None], axis=2).argmin(axis=1)
    assert (labels[:540][nearest] == labels[540:]).mean() > 0.95


def test_a_copy_of_an_item_is_placed_beside_it() -> None:
    vectors, _ = mixture(200, clusters=2, dimension=16)
    places = layout(vectors)
    found = umap_place(nearest_among(vectors[:5], vectors, 14), places, min_dist=0.1, seed=0)
    extent = np.ptp(places, axis=0).max()
    assert np.linalg.norm(found - places[:5], axis=1).max() < extent / 5
