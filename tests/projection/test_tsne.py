import numpy as np
import pytest
from numpy.typing import NDArray

from clustering_app.projection.neighbours import find_neighbours
from clustering_app.projection.pca import principal_components
from clustering_app.projection.quality import measure_quality
from clustering_app.projection.tsne import FEWEST, neighbours_for, tsne_layout
from tests.projection.mixtures import mixture


def layout(
    vectors: NDArray[np.float32],
    *,
    dimensions: int = 2,
    seed: int = 0,
    perplexity: float = 10.0,
    iterations: int = 300,
    learning_rate: float = 0.0,
) -> NDArray[np.float32]:
    return tsne_layout(
        principal_components(vectors, dimensions).scores,
        find_neighbours(vectors, neighbours_for(perplexity), seed=seed),
        perplexity=perplexity,
        iterations=iterations,
        learning_rate=learning_rate,
        seed=seed,
    )


def test_the_same_seed_gives_the_same_bits_and_another_seed_another_map() -> None:
    vectors, _ = mixture(90, clusters=3)
    one, again, other = layout(vectors), layout(vectors), layout(vectors, seed=1)
    assert one.tobytes() == again.tobytes()
    assert one.tobytes() != other.tobytes()


@pytest.mark.parametrize("dimensions", [2, 3])
def test_keeps_neighbours_better_than_principal_components(dimensions: int) -> None:
    vectors, _ = mixture(200, clusters=10)
    places = layout(vectors, dimensions=dimensions, iterations=400)
    assert places.shape == (200, dimensions)
    assert places.dtype == np.float32
    np.testing.assert_allclose(places.mean(axis=0), 0.0, atol=1e-3)
    found = measure_quality(vectors, places, seed=0)
    plain = measure_quality(vectors, principal_components(vectors, dimensions).scores, seed=0)
    assert found is not None
    assert plain is not None
    assert found.trustworthiness > max(0.9, plain.trustworthiness)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6, 15, 40])
def test_few_items_are_all_placed(count: int) -> None:
    vectors = np.random.default_rng(0).standard_normal((count, 8)).astype(np.float32)
    places = layout(vectors, perplexity=30.0, iterations=250)
    assert places.shape == (count, 2)
    assert np.isfinite(places).all()
    assert len(np.unique(places, axis=0)) == count
    if count < FEWEST:
        np.testing.assert_array_equal(places, principal_components(vectors, 2).scores)


@pytest.mark.parametrize(
    "vectors",
    [
        np.ones((30, 8), np.float32),
        np.repeat(np.eye(3, dtype=np.float32), 12, axis=0),
        np.arange(40, dtype=np.float32)[:, None],
        np.random.default_rng(0).standard_normal((20, 4096)).astype(np.float32),
    ],
    ids=["all equal", "12 of each", "one dimension", "more dimensions than items"],
)
def test_degenerate_vectors_are_placed(vectors: NDArray[np.float32]) -> None:
    for dimensions in (2, 3):
        places = layout(vectors, dimensions=dimensions, iterations=250)
        assert places.shape == (len(vectors), dimensions)
        assert np.isfinite(places).all()


def test_perplexity_and_learning_rate_decide_about_the_map() -> None:
    vectors, _ = mixture(90, clusters=3)
    usual = layout(vectors)
    assert usual.tobytes() != layout(vectors, perplexity=5.0).tobytes()
    assert usual.tobytes() != layout(vectors, learning_rate=50.0).tobytes()


def test_tells_how_far_it_is_and_stops_when_told() -> None:
    class Stop(Exception):
        pass

    told: list[float] = []

    def stop_late(fraction: float) -> None:
        told.append(fraction)
        if fraction > 0.9:
            raise Stop

    vectors, _ = mixture(60, clusters=3)
    with pytest.raises(Stop):
        tsne_layout(
            principal_components(vectors, 2).scores,
            find_neighbours(vectors, 30, seed=0),
            perplexity=10.0,
            iterations=300,
            learning_rate=0.0,
            seed=0,
            report=stop_late,
        )
    assert told == sorted(told)
    assert 0.0 < told[0] < 0.1
    assert 0.9 < told[-1] <= 1.0
