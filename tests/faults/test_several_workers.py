"""Several worker processes share an extraction: the same vectors, whoever of them is killed."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from distributed import LocalCluster

from clustering_app.vectors.feature_set import FeatureSet
from clustering_app.vectors.store import FeatureStore
from host_contract.entities import Execution, ExecutionStatus
from host_stub.platform import LocalPlatform

STEP = 2.0**-11
"""Batches are others, so that sums are rounded in another order: a float16's last bit may differ.
That of the largest numbers of a vector of unit length, from 0.5 to 1.0, is worth so much."""


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory, emoji_folder: Path) -> dict[str, np.ndarray]:
    """The vectors that one worker makes of the drawings, by place."""
    with LocalPlatform(tmp_path_factory.mktemp("alone")) as platform:
        platform.import_source(emoji_folder)
        assert extracted(platform).status is ExecutionStatus.SUCCESS
        return by_place(platform)


@pytest.fixture
def scheduler() -> Iterator[str]:
    """A cluster that somebody else has started."""
    with LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        yield cluster.scheduler_address


def extracted(platform: LocalPlatform) -> Execution:
    dataset = platform.datasets.list()[0].id
    return platform.run("clustering", "extract_dataset", {"dataset": dataset})


def store_of(platform: LocalPlatform) -> FeatureStore:
    return FeatureStore(platform.host("clustering").storage(platform.datasets.list()[0].id))


def by_place(platform: LocalPlatform) -> dict[str, np.ndarray]:
    """Each item's one vector, by folder and name."""
    found = store_of(platform).read("mini-clip")
    items = platform.datasets.items(platform.datasets.list()[0].id, limit=100_000).items
    assert sorted(found.item_ids) == [item.id for item in items]
    vectors = dict(zip(found.item_ids, found.vectors, strict=True))
    return {item.folder + item.name: vectors[item.id] for item in items}


def check_same(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    assert found.keys() == expected.keys()
    for place, vector in expected.items():
        np.testing.assert_allclose(
            found[place].astype(np.float32), vector.astype(np.float32), rtol=0, atol=STEP
        )


def encoding_processes() -> list[psutil.Process]:
    """Processes below this one that hold a loaded torch: workers that have encoded something."""
    found = psutil.Process().children(recursive=True)
    return [process for process in found if process.memory_info().rss > 150e6]


@pytest.mark.parametrize("workers", [2, 4])
def test_workers_make_the_vectors_that_one_makes(
    tmp_path: Path, emoji_folder: Path, alone: dict[str, np.ndarray], workers: int
) -> None:
    with LocalPlatform(tmp_path, workers=workers) as platform:
        platform.import_source(emoji_folder)
        ended = extracted(platform)
        assert (ended.status, ended.attempts) == (ExecutionStatus.SUCCESS, 1), ended.error
        assert len(encoding_processes()) == workers
        check_same(by_place(platform), alone)


def test_workers_of_another_scheduler(
    tmp_path: Path, emoji_folder: Path, alone: dict[str, np.ndarray], scheduler: str
) -> None:
    with LocalPlatform(tmp_path, scheduler=scheduler) as platform:
        platform.import_source(emoji_folder)
        ended = extracted(platform)
        assert ended.status is ExecutionStatus.SUCCESS, ended.error
        assert len(encoding_processes()) == 2
        check_same(by_place(platform), alone)


@pytest.mark.parametrize("killed", ["one", "all"])
def test_killed_workers_cost_nothing_that_is_committed(
    tmp_path: Path, emoji_folder: Path, alone: dict[str, np.ndarray], killed: str
) -> None:
    with LocalPlatform(tmp_path, workers=2) as platform:
        dataset = platform.import_source(emoji_folder).id
        started = platform.executions.start("clustering", "extract_dataset", {"dataset": dataset})
        store = store_of(platform)
        while store.count("mini-clip") == 0 or len(encoding_processes()) < 2:
            assert not platform.executions.get(started.id).status.final
        before: FeatureSet = store.read("mini-clip")
        for process in encoding_processes()[: 1 if killed == "one" else 2]:
            os.kill(process.pid, signal.SIGKILL)
        ended = platform.executions.wait(started.id)
        assert ended.status is ExecutionStatus.SUCCESS, ended.error
        found = store.read("mini-clip")
        kept = dict(zip(found.item_ids, found.vectors.tolist(), strict=True))
        for item_id, vector in zip(before.item_ids, before.vectors.tolist(), strict=True):
            assert kept[item_id] == vector
        check_same(by_place(platform), alone)
