"""Several worker processes share an extraction: the same vectors, whoever of them is killed."""

import io
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from distributed import LocalCluster

from host_contract.entities import ExecutionStatus
from host_stub.platform import LocalPlatform
from tests.buckets import contents
from tests.faults.extractions import (
    begun,
    by_place,
    check_kept,
    check_same,
    encoding_processes,
    extracted,
    imported_often,
    store_of,
)


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
        imported_often(platform, emoji_folder)
        started = begun(platform)
        while len(encoding_processes()) < 2:
            assert not platform.executions.get(started.id).status.final
            time.sleep(0.05)
        store = store_of(platform)
        before = store.read("mini-clip")
        for process in encoding_processes()[: 1 if killed == "one" else 2]:
            os.kill(process.pid, signal.SIGKILL)
        ended = platform.executions.wait(started.id)
        assert ended.status is ExecutionStatus.SUCCESS, ended.error
        check_kept(before, store.read("mini-clip"))
        check_same(by_place(platform), alone)


def test_a_killed_worker_that_commits_itself_loses_and_doubles_nothing(
    tmp_path: Path, emoji_folder: Path, alone: dict[str, np.ndarray], bucket: str
) -> None:
    with LocalPlatform(tmp_path, workers=2, storage=bucket) as platform:
        dataset = imported_often(platform, emoji_folder)
        broken = platform.datasets.add(dataset.id, "bad.png", io.BytesIO(b"no picture"))
        started = begun(platform)
        while len(encoding_processes()) < 2:
            assert not platform.executions.get(started.id).status.final
            time.sleep(0.05)
        before = store_of(platform).read("mini-clip")
        os.kill(encoding_processes()[0].pid, signal.SIGKILL)
        ended = platform.executions.wait(started.id)
        assert ended.status is ExecutionStatus.SUCCESS, ended.error
        assert isinstance(ended.output, dict)
        assert ended.output["broken_count"] == 1
        platform.datasets.delete_items([broken.id])
        check_kept(before, store_of(platform).read("mini-clip"))
        check_same(by_place(platform), alone)
        assert not (tmp_path / "apps").exists()
        platform.datasets.delete(dataset.id)
        assert contents(os.environ["AWS_ENDPOINT_URL"], bucket) == {}
