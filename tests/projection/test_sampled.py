"""Maps fitted on some of the items, with all others placed on them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clustering_app.projection.neighbours import nearest_among
from clustering_app.projection.pipeline import make_run
from clustering_app.projection.run import Run, RunParameters
from clustering_app.projection.sampled import density_aware_sample, make_sampled_run
from clustering_app.vectors.feature_set import ModelFingerprint
from clustering_app.vectors.store import FeatureStore
from tests.projection.mixtures import mixture

COUNT, FITTED = 900, 300
pytestmark = pytest.mark.usefixtures("compiled_umap")


def stored(folder: Path) -> tuple[FeatureStore, np.ndarray]:
    vectors, labels = mixture(COUNT, clusters=6, dimension=32)
    store = FeatureStore(str(folder))
    fingerprint = ModelFingerprint(
        model="words", weights_source=None, architecture="{}", weights="00",
        preprocessing="{}", dimension=32,
    )  # fmt: skip
    store.create("words", fingerprint)
    ids = [f"item-{row:04}" for row in range(COUNT)]
    store.append("words", ids, ["v"] * COUNT, vectors)
    return store, labels


def sampled_run(store: FeatureStore, folder: Path, told: list[float] | None = None) -> Run:
    watched: list[float] = [] if told is None else told

    def step(start: float, end: float, _message: str) -> Callable[[float], None]:
        watched.append(start)
        return lambda fraction: watched.append(start + fraction * (end - start))

    parameters = RunParameters(fit_on=FITTED)
    return make_sampled_run(store.read("words"), str(folder), parameters, step, map)


def test_every_item_is_placed_once_and_among_its_like(tmp_path: Path) -> None:
    store, labels = stored(tmp_path)
    told: list[float] = []
    run = sampled_run(store, tmp_path, told)
    assert len(run.item_ids) == len(set(run.item_ids)) == run.info.count == COUNT
    assert run.info.placed == COUNT - FITTED
    assert told == sorted(told)
    label_of = {f"item-{row:04}": label for row, label in enumerate(labels)}
    own = np.array([label_of[item_id] for item_id in run.item_ids])
    distances = np.linalg.norm(
        run.coordinates[FITTED:, None] - run.coordinates[None, :FITTED], axis=2
    )
    assert (own[distances.argmin(axis=1)] == own[FITTED:]).mean() > 0.95


def test_what_it_was_fitted_on_is_the_map_of_the_sample_alone(tmp_path: Path) -> None:
    store, _ = stored(tmp_path)
    run = sampled_run(store, tmp_path)
    found = store.read("words")
    rows = density_aware_sample(found.vectors, FITTED, seed=0)
    alone = make_run(
        found.of_rows(rows), RunParameters(fit_on=FITTED), lambda start, end, said: lambda f: None
    )
    assert run.item_ids[:FITTED] == alone.item_ids
    assert run.coordinates[:FITTED].tobytes() == alone.coordinates.tobytes()


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 60), st.integers(1, 80), st.integers(0, 5))
def test_a_sample_has_each_row_once(total: int, count: int, seed: int) -> None:
    vectors = np.random.default_rng(seed).normal(size=(total, 3)).astype(np.float16)
    rows = density_aware_sample(vectors, count, seed=seed)
    assert len(rows) == min(count, total)
    assert (np.diff(rows) > 0).all()
    assert rows[0] >= 0
    assert rows[-1] < total


def test_a_sample_has_what_is_rare() -> None:
    random = np.random.default_rng(0)
    frequent = random.normal(scale=0.1, size=(9_990, 8))
    rare = random.normal(scale=0.1, size=(10, 8)) + 5
    vectors = np.concatenate([frequent, rare]).astype(np.float32)
    rows = density_aware_sample(vectors, 1_000, seed=0)
    assert (rows >= 9_990).sum() >= 9  # a blind choice would have one
    assert len(np.unique(rows[rows < 9_990] // 999)) == 10


def test_neighbours_among_others_by_lists_are_nearly_those_of_all() -> None:
    vectors, _ = mixture(3_000, clusters=30, dimension=64)
    queries, others = vectors[:500], vectors[500:]
    exact = nearest_among(queries, others, 15)
    found = nearest_among(queries, others, 15, exact_pairs=0)
    assert (np.diff(found.distances, axis=1) >= 0).all()
    limit = exact.distances[:, -1:] * (1 + 1e-5)
    assert (found.distances <= limit).mean() > 0.97
