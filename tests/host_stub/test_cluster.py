"""What an execution maps is shared by several worker processes."""

import importlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from dask.system import CPU_COUNT
from distributed import Client, LocalCluster

from host_contract.entities import ExecutionStatus
from host_contract.errors import WorkerLost
from host_stub.cluster import MAX_LOST_WORKERS, on_workers, start_cluster
from host_stub.platform import LocalPlatform
from host_stub.worker import NICENESS
from tests.host_stub.test_executions import APP, running


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    data_dir = tmp_path_factory.mktemp("two")
    with LocalPlatform(data_dir, modules=["counting"], workers=2) as opened:
        yield opened


def test_results_come_in_order_from_several_processes(two: LocalPlatform) -> None:
    assert two.run(APP, "double", {"count": 100}).output == [2 * n for n in range(100)]
    found = two.run(APP, "where", {"count": 40}).output
    assert isinstance(found, dict)
    assert found["workers"] == len(set(found["processes"])) == 2


def test_whatever_workers_do_gives_way_to_the_pages(two: LocalPlatform) -> None:
    own = os.getpriority(os.PRIO_PROCESS, 0)
    for _ in range(2):
        found = two.run(APP, "where", {"count": 40}).output
        assert isinstance(found, dict)
        assert set(found["niceness"]) == {own + NICENESS}


def test_error_of_a_part_is_that_of_the_execution(two: LocalPlatform) -> None:
    execution = two.run(APP, "fail_in_parts", {})
    assert execution.status is ExecutionStatus.FAILED
    assert execution.error == "nobody can do that"


def test_cancelled_while_parts_are_under_way(two: LocalPlatform) -> None:
    started = two.executions.start(APP, "nap", {})
    running(two, started)
    asked = time.monotonic()
    two.executions.cancel(started.id)
    ended = two.executions.wait(started.id)
    assert ended.status is ExecutionStatus.CANCELLED
    assert ended.message.startswith("Stopped"), "its process had to be ended"
    assert time.monotonic() - asked < 100, "it waited for its parts"
    assert two.run(APP, "double", {"count": 3}).output == [0, 2, 4]


def test_memory_limit_holds_for_the_parts_of_others(two: LocalPlatform, tmp_path: Path) -> None:
    inputs = {"mib": 3000, "file": str(tmp_path / "large")}
    large = two.run(APP, "take_memory_elsewhere", inputs)
    assert (large.status, large.attempts) == (ExecutionStatus.FAILED, 1)
    assert large.error is not None
    assert "more than the limit of 900 MiB of service 'greedy'" in large.error
    assert "What was committed is kept." in large.error
    (told,) = [one for one in two.notifications.list() if one.execution_id == large.id]
    assert (told.title, told.text) == ("Take memory elsewhere failed", large.error)
    assert len((tmp_path / "large").read_text().splitlines()) == 1, "it was done again"
    small = two.run(APP, "take_memory_elsewhere", inputs | {"mib": 10})
    assert small.status is ExecutionStatus.SUCCESS, small.error
    assert two.executions.get(large.id) == large, "the worker that came after left it alone"


def test_memory_limit_is_of_all_that_a_worker_does_at_once(tmp_path: Path) -> None:
    """Either of the two parts would be within it alone."""
    with (
        LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=2, threads_per_worker=2, processes=True, dashboard_address=None
        ) as cluster,
        LocalPlatform(
            tmp_path / "data", modules=["counting"], scheduler=cluster.scheduler_address
        ) as platform,
    ):
        inputs = {"mib": 500, "together": 2, "file": str(tmp_path / "log")}
        ended = platform.run(APP, "take_memory_elsewhere", inputs)
        assert (ended.status, ended.attempts) == (ExecutionStatus.FAILED, 1), ended.error
        assert "more than the limit of 900 MiB" in str(ended.error)
        assert len(set((tmp_path / "log").read_text().splitlines())) == 1, "they were done again"


def test_libraries_of_a_worker_use_all_cores() -> None:
    with start_cluster(1) as cluster, Client(cluster) as client:  # type: ignore[no-untyped-call]
        threads = client.submit(os.environ.get, "OMP_NUM_THREADS").result()
        assert threads == os.environ.get("OMP_NUM_THREADS", str(CPU_COUNT))


def test_part_that_kills_every_worker_is_given_up(tmp_path: Path) -> None:
    counting, log = importlib.import_module("counting"), tmp_path / "log"
    with start_cluster(2) as cluster, Client(cluster) as client:  # type: ignore[no-untyped-call]
        with pytest.raises(WorkerLost, match=f"{MAX_LOST_WORKERS} workers died"):
            list(on_workers(client, counting.die_logged, [log], lambda: None))
        assert len(log.read_text().splitlines()) == MAX_LOST_WORKERS
        assert list(on_workers(client, counting.double, range(9), lambda: None))[-1] == 16
