"""What an execution maps is shared by several worker processes."""

import importlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from dask.system import CPU_COUNT
from distributed import Client

from host_contract.entities import ExecutionStatus
from host_contract.errors import WorkerLost
from host_stub.cluster import MAX_LOST_WORKERS, on_workers, start_cluster
from host_stub.platform import LocalPlatform
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
