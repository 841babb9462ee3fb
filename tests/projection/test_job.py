import threading
import time
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import icechunk
import numpy as np
import pytest
import zarr

from clustering_app.errors import InvalidParameters, NoFeatures, StoreError
from clustering_app.projection.job import place, project
from clustering_app.projection.run import RunParameters
from clustering_app.projection.runs import list_runs, read_run
from clustering_app.vectors.feature_set import ModelFingerprint
from clustering_app.vectors.store import FeatureStore
from host_contract.context import ExecutionContext, Host
from host_contract.entities import Level
from host_contract.errors import Cancelled
from host_stub.platform import LocalPlatform
from tests.projection.mixtures import mixture

PCA = RunParameters(method="pca")


class Execution:
    """An execution in this process; `cancel_at` is the message at which the user presses Cancel."""

    workers = 1

    def __init__(self, host: Host, *, cancel_at: str | None = None) -> None:
        self.host = host
        self.execution_id = "an-execution"
        self.told: list[tuple[float, str]] = []
        self._cancel_at = cancel_at
        self._cancelled_at: float | None = None

    def progress(self, fraction: float, message: str = "") -> None:
        self.told.append((fraction, message))
        if self._cancel_at and self._cancel_at in message and self._cancelled_at is None:
            self._cancelled_at = time.monotonic()

    def log(self, message: str) -> None:
        """Not kept."""

    def cancelled(self) -> bool:
        return self._cancelled_at is not None

    def map(self, function: Callable[[Any], Any], values: Iterable[Any]) -> Iterator[Any]:
        return map(function, values)


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[LocalPlatform]:
    with LocalPlatform(tmp_path / "data") as opened:
        yield opened


@pytest.fixture
def host(platform: LocalPlatform) -> Host:
    return platform.host("clustering")


@pytest.fixture
def dataset_id(platform: LocalPlatform) -> str:
    return platform.datasets.create("signs").id


def store_vectors(
    host: Host, dataset_id: str, vectors: Any, item_ids: list[str] | None = None
) -> FeatureStore:
    store = FeatureStore(host.storage(dataset_id))
    fingerprint = ModelFingerprint(
        model="words",
        weights_source=None,
        architecture="{}",
        weights="00",
        preprocessing="{}",
        dimension=vectors.shape[1],
    )
    store.create("words", fingerprint)
    ids = item_ids or [f"item-{row:05}" for row in range(len(vectors))]
    store.append("words", ids, ["1"] * len(ids), vectors)
    return store


@pytest.mark.usefixtures("compiled_umap")
@pytest.mark.parametrize("dimensions", [2, 3])
def test_a_run_holds_every_point_and_all_that_made_it(
    platform: LocalPlatform, host: Host, dataset_id: str, dimensions: int
) -> None:
    store = store_vectors(host, dataset_id, mixture(150, clusters=3, dimension=96)[0])
    snapshot = store.snapshot()
    context: ExecutionContext = (execution := Execution(host))
    parameters = RunParameters(dimensions=dimensions, neighbours=10, seed=7)
    info = project(context, dataset_id, feature_set=None, parameters=parameters)
    run = read_run(store, info.id)
    assert run.info == info == list_runs(store)[0]
    assert run.item_ids == store.read("words").item_ids
    assert (info.snapshot, info.parameters, info.count) == (snapshot, parameters, 150)
    assert info.feature_set == "words"
    assert info.explained_variance == ()
    assert info.quality is not None
    assert info.quality.trustworthiness > 0.8
    assert {"umap-learn", "numpy", "scikit-network"} <= info.versions.keys()
    assert run.coordinates.shape == (150, dimensions)
    assert set(run.clusters) <= {-1, 0, 1, 2, 3}
    assert run.outlier_scores.max() == 1.0
    fractions = [fraction for fraction, _ in execution.told]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    assert any(message == "Finding neighbours of 150 points" for _, message in execution.told)
    [bell] = platform.notifications.list()
    assert bell.title == "Map of 150 points is ready"
    assert (bell.level, bell.dataset_id) == (Level.SUCCESS, dataset_id)
    assert bell.execution_id == "an-execution"


@pytest.mark.usefixtures("compiled_umap")
def test_the_same_run_gives_the_same_picture(host: Host, dataset_id: str) -> None:
    store = store_vectors(host, dataset_id, mixture(90, clusters=3, dimension=80)[0])
    first, second = (
        read_run(
            store,
            project(
                Execution(host), dataset_id, feature_set="words", parameters=RunParameters()
            ).id,
        )
        for _ in range(2)
    )
    assert first.info.id < second.info.id
    assert first.coordinates.tobytes() == second.coordinates.tobytes()
    np.testing.assert_array_equal(first.clusters, second.clusters)
    np.testing.assert_array_equal(first.outlier_scores, second.outlier_scores)
    assert first.info.quality == second.info.quality


@pytest.mark.usefixtures("compiled_umap")
@pytest.mark.parametrize("method", ["umap", "tsne", "pca"])
@pytest.mark.parametrize("spherize", ["off", "centre", "standardize", "whiten"])
@pytest.mark.parametrize("shape", [(1, 4), (2, 1), (5, 2048), (20, 3)])
def test_few_points_are_all_placed(
    host: Host, dataset_id: str, shape: tuple[int, int], spherize: Any, method: Any
) -> None:
    store = store_vectors(host, dataset_id, np.random.default_rng(0).standard_normal(shape))
    parameters = RunParameters(method=method, spherize=spherize, dimensions=3)
    info = project(Execution(host), dataset_id, feature_set=None, parameters=parameters)
    run = read_run(store, info.id)
    assert run.coordinates.shape == (shape[0], 3)
    assert np.isfinite(run.outlier_scores).all()


@pytest.mark.usefixtures("compiled_umap")
@pytest.mark.parametrize("method", ["umap", "tsne", "pca"])
def test_equal_vectors_are_a_map_too(host: Host, dataset_id: str, method: Any) -> None:
    store = store_vectors(host, dataset_id, np.full((60, 100), 0.1))
    parameters = RunParameters(method=method)
    info = project(Execution(host), dataset_id, feature_set=None, parameters=parameters)
    assert np.isfinite(read_run(store, info.id).coordinates).all()


def test_principal_components_say_how_much_they_show(host: Host, dataset_id: str) -> None:
    vectors = np.random.default_rng(0).standard_normal((200, 3)) * [9, 3, 1]
    store_vectors(host, dataset_id, vectors)
    parameters = RunParameters(method="pca", spherize="off")
    info = project(Execution(host), dataset_id, feature_set=None, parameters=parameters)
    variances = np.sort(np.linalg.eigvalsh(np.cov(vectors.T)))[::-1]
    expected = variances / variances.sum()  # of all three, though two are drawn
    np.testing.assert_allclose(info.explained_variance, expected, rtol=1e-2)


@pytest.mark.usefixtures("compiled_umap")
@pytest.mark.parametrize("method", ["umap", "tsne", "pca"])
def test_items_in_another_order_have_the_same_places(
    platform: LocalPlatform, host: Host, method: Any
) -> None:
    vectors = mixture(120, clusters=3, dimension=40)[0]
    ids = [f"item-{row:05}" for row in range(120)]
    order = np.random.default_rng(1).permutation(120)
    found = []
    for rows in (np.arange(120), order):
        dataset_id = platform.datasets.create("signs").id
        store = store_vectors(host, dataset_id, vectors[rows], [ids[row] for row in rows])
        parameters = RunParameters(method=method, iterations=500)
        info = project(Execution(host), dataset_id, feature_set=None, parameters=parameters)
        found.append(read_run(store, info.id))
    assert found[0].item_ids == found[1].item_ids
    assert found[0].coordinates.tobytes() == found[1].coordinates.tobytes()
    np.testing.assert_array_equal(found[0].clusters, found[1].clusters)


@pytest.mark.usefixtures("compiled_umap")
@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("method", ["umap", "tsne", "pca"])
def test_new_items_are_placed_and_no_old_point_moves(
    platform: LocalPlatform, host: Host, dataset_id: str, method: Any, dimensions: int
) -> None:
    vectors, labels = mixture(330, clusters=3, dimension=40)
    store = store_vectors(host, dataset_id, vectors[:300])
    parameters = RunParameters(method=method, dimensions=dimensions, iterations=500)
    first = project(Execution(host), dataset_id, feature_set=None, parameters=parameters)
    before = read_run(store, first.id)
    new = [f"new-{row:02}" for row in range(30)]
    store.append("words", new, ["1"] * 30, vectors[300:])
    store.delete_items(["item-00007"])
    info = place(Execution(host), dataset_id, run_id=None)
    run = read_run(store, info.id)
    assert list_runs(store)[0] == run.info == info
    assert (info.count, info.placed, info.parameters) == (329, 30, parameters)
    assert run.item_ids == (*[i for i in before.item_ids if i != "item-00007"], *new)
    stayed = np.array([item_id != "item-00007" for item_id in before.item_ids])
    assert run.coordinates[:299].tobytes() == before.coordinates[stayed].tobytes()
    clusters = {label: set(run.clusters[:299][labels[:300][stayed] == label]) for label in range(3)}
    assert all(run.clusters[299 + row] in clusters[labels[300 + row]] for row in range(30))
    assert ((run.outlier_scores[299:] >= 0) & (run.outlier_scores[299:] <= 1)).all()
    assert run.trust[299:].mean() > 0.7
    assert platform.notifications.list()[0].title == "30 points placed on the map"

    store.append("words", ["newest"], ["1"], vectors[:1] + 0.01)
    again = place(Execution(host), dataset_id, run_id=info.id)
    assert (again.count, again.placed) == (330, 31)


def test_only_what_can_be_placed_is_placed(host: Host, dataset_id: str) -> None:
    with pytest.raises(NoFeatures, match="press Run"):
        place(Execution(host), dataset_id, run_id=None)
    store = store_vectors(host, dataset_id, np.eye(4))
    project(Execution(host), dataset_id, feature_set=None, parameters=PCA)
    with pytest.raises(InvalidParameters, match="no new items"):
        place(Execution(host), dataset_id, run_id=None)
    with pytest.raises(NoFeatures, match="no run 'other'"):
        place(Execution(host), dataset_id, run_id="other")
    store.append("words", ["new"], ["1"], np.ones((1, 4)))
    store.delete_items([f"item-{row:05}" for row in range(4)])
    with pytest.raises(InvalidParameters, match="press Run to make a new one"):
        place(Execution(host), dataset_id, run_id=None)


@pytest.mark.usefixtures("compiled_umap")
def test_another_least_distance_needs_no_new_neighbours(host: Host, dataset_id: str) -> None:
    store_vectors(host, dataset_id, mixture(200, clusters=3, dimension=40)[0])
    shares = []
    for min_dist in (0.1, 0.4):
        execution = Execution(host)
        parameters = RunParameters(min_dist=min_dist, seed=4)
        project(execution, dataset_id, feature_set=None, parameters=parameters)
        told = [fraction for fraction, message in execution.told if "neighbours" in message]
        shares.append(len(told))
    assert shares[0] > shares[1] == 1


def test_without_vectors_it_says_what_to_press(host: Host, dataset_id: str) -> None:
    with pytest.raises(NoFeatures, match="press Add CLIP Embeddings"):
        project(Execution(host), dataset_id, feature_set=None, parameters=PCA)
    store = store_vectors(host, dataset_id, np.ones((2, 4)))
    store.delete_items(["item-00000", "item-00001"])
    with pytest.raises(NoFeatures, match="'words' holds no vectors: press Add CLIP Embeddings"):
        project(Execution(host), dataset_id, feature_set="words", parameters=PCA)
    for name in ("other", "../words", "words/vectors"):
        with pytest.raises(NoFeatures, match=f"no feature set '{name}'"):
            project(Execution(host), dataset_id, feature_set=name, parameters=PCA)
    assert list_runs(store) == []


def test_a_feature_set_without_vectors_is_not_the_newest(host: Host, dataset_id: str) -> None:
    store = store_vectors(host, dataset_id, mixture(20, clusters=2, dimension=6)[0])
    store.create("empty", store.read("words").info.fingerprint)
    info = project(Execution(host), dataset_id, feature_set=None, parameters=PCA)
    assert (info.feature_set, info.count) == ("words", 20)
    with pytest.raises(NoFeatures, match="'empty' holds no vectors"):
        project(Execution(host), dataset_id, feature_set="empty", parameters=PCA)


def test_a_vector_that_is_not_finite_is_refused_by_the_name_of_its_item(
    platform: LocalPlatform, host: Host, dataset_id: str
) -> None:
    item = platform.datasets.add(dataset_id, "broken sign.png", BytesIO(b"not read"))
    store = store_vectors(host, dataset_id, np.eye(3), ["a", item.id, "b"])
    for row, named in ((1, "'broken sign.png'"), (0, "a, which is deleted,")):
        plant_nan(Path(host.storage(dataset_id)) / "features", row)
        with pytest.raises(StoreError, match=f"{named}.* is not finite"):
            project(Execution(host), dataset_id, feature_set=None, parameters=PCA)
    assert list_runs(store) == []


def plant_nan(folder: Path, row: int) -> None:
    """Around the store, which refuses to."""
    repository = icechunk.Repository.open(icechunk.local_filesystem_storage(str(folder)))
    session = repository.writable_session("main")
    array = zarr.open_group(session.store)["feature_sets/words/vectors"]
    assert isinstance(array, zarr.Array)
    array[row] = np.full(array.shape[1], np.nan)
    session.commit("plant")


@pytest.mark.usefixtures("compiled_umap")
@pytest.mark.parametrize(
    "step", ["Spherizing", "Finding neighbours", "Laying out", "Measuring the map"]
)
def test_cancelled_nothing_is_written_and_the_thread_ends(
    platform: LocalPlatform, host: Host, dataset_id: str, step: str
) -> None:
    store = store_vectors(host, dataset_id, mixture(300, clusters=5, dimension=80)[0])
    snapshot = store.snapshot()
    execution = Execution(host, cancel_at=step)
    with pytest.raises(Cancelled):
        project(execution, dataset_id, feature_set=None, parameters=RunParameters())
    for thread in threading.enumerate():
        if thread.name == "projection":
            thread.join(60)
            assert not thread.is_alive()
    assert store.snapshot() == snapshot
    assert platform.notifications.list() == []
    assert not any("Keeping" in message for _, message in execution.told)
