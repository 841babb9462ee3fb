"""Executions in a real worker process: their whole life, and every way in which they can end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from host_contract.entities import Execution, ExecutionStatus
from host_contract.errors import InvalidInput, NotFound
from host_stub.platform import LocalPlatform
from tests.host_stub.conftest import APPS, png

APP = "counting"


def wait_for(condition: Callable[[], Any], seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
    return found


def running(platform: LocalPlatform, execution: Execution) -> Execution:
    """Wait until it runs and has said so."""

    def now() -> Execution | None:
        found = platform.executions.get(execution.id)
        assert not found.status.final, found
        return found if found.progress > 0 else None

    found: Execution = wait_for(now)
    return found


def process_of(execution: Execution) -> int:
    return int(execution.message.rpartition(" ")[2])


def test_output_comes_back(working: LocalPlatform) -> None:
    dataset = working.datasets.create("signs")
    working.datasets.add(dataset.id, "a.png", png())
    seen: list[float] = []
    execution = working.run(
        APP,
        "count_dataset",
        {"dataset": dataset.id},
        progress=lambda fraction, message: seen.append(fraction),
    )
    assert execution.status is ExecutionStatus.SUCCESS
    assert execution.output == 1
    assert execution.inputs == {"dataset": dataset.id, "query": {}}
    assert execution.dataset_id == dataset.id
    assert execution.attempts == 1
    assert execution.started and execution.ended and execution.ended >= execution.started
    assert seen[-1] == 1.0
    assert working.host(APP).executions(dataset.id) == [execution]
    assert working.host("clustering").executions(dataset.id) == []


def test_hook_run_function(working: LocalPlatform) -> None:
    execution = working.run(APP, "double", {"count": 100})
    assert execution.output == [2 * number for number in range(100)]


def test_runs_in_another_process_and_tells_how_far_it_is(
    working: LocalPlatform, tmp_path: Path
) -> None:
    file = tmp_path / "stop"
    started = working.executions.start(APP, "count_until", {"file": str(file)})
    now = running(working, started)
    assert process_of(now) != os.getpid()
    assert now.remaining_seconds is not None
    assert started.id in {one.id for one in working.executions.list(active=True)}
    file.touch()
    ended = working.executions.wait(started.id)
    assert ended.status is ExecutionStatus.SUCCESS
    assert ended.progress == 1.0
    assert working.executions.list(active=True) == []
    assert any("counting in process" in line for line in working.executions.log(started.id))


def test_cancelled_while_it_runs_and_while_it_waits(working: LocalPlatform, tmp_path: Path) -> None:
    inputs = {"file": str(tmp_path / "never")}
    first = working.executions.start(APP, "count_until", inputs)
    second = working.executions.start(APP, "count_until", inputs)
    running(working, first)
    assert working.executions.get(second.id).status is ExecutionStatus.CREATED
    working.executions.cancel(second.id)
    assert working.executions.get(second.id).status is ExecutionStatus.CANCELLED
    working.executions.cancel(first.id)
    ended = working.executions.wait(first.id)
    assert ended.status is ExecutionStatus.CANCELLED
    assert ended.message.startswith("stopped at")
    working.executions.cancel(first.id)
    assert working.executions.get(first.id) == ended, "what has ended cannot be cancelled"
    assert working.run(APP, "double", {}).status is ExecutionStatus.SUCCESS
    assert working.executions.get(second.id).attempts == 0


@pytest.mark.parametrize(
    ("known", "error"), [(True, "nobody can do that"), (False, "RuntimeError: no luck")]
)
def test_error_is_one_line_with_the_rest_in_the_log(
    working: LocalPlatform, known: bool, error: str
) -> None:
    execution = working.run(APP, "fail", {"known": known})
    assert execution.status is ExecutionStatus.FAILED
    assert execution.error == error
    assert any("Traceback" in line for line in working.executions.log(execution.id))
    told = next(n for n in working.notifications.list() if n.execution_id == execution.id)
    assert (told.level, told.text) == ("error", error)


def test_worker_killed_is_started_again(working: LocalPlatform, tmp_path: Path) -> None:
    file = tmp_path / "stop"
    started = working.executions.start(APP, "count_until", {"file": str(file)})
    first = process_of(running(working, started))
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: working.executions.get(started.id).attempts == 2)
    wait_for(lambda: process_of(working.executions.get(started.id)) != first)
    file.touch()
    ended = working.executions.wait(started.id)
    assert (ended.status, ended.attempts) == (ExecutionStatus.SUCCESS, 2)


def test_worker_killed_too_often_fails_with_a_reason(
    working: LocalPlatform, tmp_path: Path
) -> None:
    file = tmp_path / "calls"
    execution = working.run(APP, "die", {"file": str(file), "times": 99})
    assert execution.status is ExecutionStatus.FAILED
    assert execution.error is not None
    assert "died 2 times" in execution.error
    assert len(file.read_text().splitlines()) == 2, "the manifest allows two attempts"
    assert working.run(APP, "double", {}).status is ExecutionStatus.SUCCESS


def test_timeout_of_the_manifest(working: LocalPlatform) -> None:
    execution = working.run(APP, "count_too_long", {})
    assert execution.status is ExecutionStatus.FAILED
    assert execution.error is not None
    assert "longer than 1 second" in execution.error


@pytest.mark.parametrize(
    ("function", "inputs", "error", "named"),
    [
        ("fly", {}, NotFound, "fly"),
        ("count_dataset", {}, InvalidInput, "dataset"),
        ("count_dataset", {"dataset": 1}, InvalidInput, "dataset"),
        ("count_dataset", {"dataset": "nowhere"}, NotFound, "nowhere"),
        ("count_dataset", {"dataset": "d", "colour": "red"}, InvalidInput, "colour"),
        ("count_items", {"items": "a"}, InvalidInput, "items"),
        ("count_items", {"items": ["nowhere"]}, NotFound, "nowhere"),
        ("double", {"count": True}, InvalidInput, "count"),
        ("double", {"count": 1.5}, InvalidInput, "count"),
        ("fail", {"known": "yes"}, InvalidInput, "known"),
    ],
)
def test_wrong_call_is_refused_before_it_starts(
    working: LocalPlatform,
    function: str,
    inputs: dict[str, Any],
    error: type[Exception],
    named: str,
) -> None:
    before = len(working.executions.list())
    with pytest.raises(error, match=named):
        working.executions.start(APP, function, inputs)
    assert len(working.executions.list()) == before


def test_trigger_starts_a_function_for_items_that_match(working: LocalPlatform) -> None:
    import io
    import mimetypes

    mimetypes.add_type("text/x-counted", ".counted")
    dataset = working.datasets.create("triggered")
    working.datasets.add(dataset.id, "a.txt", io.BytesIO(b""))
    assert working.executions.list(dataset.id) == []
    item = working.datasets.add(dataset.id, "a.counted", io.BytesIO(b""))
    (started,) = working.executions.list(dataset.id)
    assert (started.function, started.inputs) == ("count_items", {"items": [item.id]})
    assert working.executions.wait(started.id).output == 1


def test_only_this_machine_can_reach_the_worker(working: LocalPlatform) -> None:
    working.run(APP, "double", {})
    here = psutil.Process()
    listening = [
        connection.laddr.ip
        for process in (here, *here.children(recursive=True))
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert listening
    assert set(listening) == {"127.0.0.1"}


SERVER = """
import sys, time
from pathlib import Path
from host_stub.platform import LocalPlatform

if __name__ == "__main__":
    sys.path.append(sys.argv[2])
    platform = LocalPlatform(Path(sys.argv[1]), modules=["counting"])
    started = platform.executions.start("counting", "count_until", {"file": "/nowhere/at/all"})
    while (now := platform.executions.get(started.id)).progress == 0:
        time.sleep(0.05)
    print(started.id, now.message.rpartition(" ")[2], flush=True)
    if sys.argv[3] == "close":
        platform.close()
    else:
        time.sleep(600)
"""


def start_server(tmp_path: Path, end: str) -> tuple[subprocess.Popen[str], str, int]:
    """A host in a process of its own, with an execution that runs; its id and its process."""
    script = tmp_path / "server.py"
    script.write_text(SERVER)
    server = subprocess.Popen(
        [sys.executable, script, tmp_path / "data", APPS, end], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    execution_id, worker = server.stdout.readline().split()
    return server, execution_id, int(worker)


@pytest.mark.parametrize("end", ["kill", "close"])
def test_no_worker_outlives_its_host_and_the_execution_is_lost(tmp_path: Path, end: str) -> None:
    server, execution_id, worker = start_server(tmp_path, end)
    with LocalPlatform(tmp_path / "data", modules=["counting"]) as other:
        if end == "kill":
            assert other.executions.get(execution_id).status is ExecutionStatus.RUNNING
            server.kill()
    server.wait(timeout=60)
    assert server.stdout is not None
    server.stdout.close()
    wait_for(lambda: not psutil.pid_exists(worker))
    with LocalPlatform(tmp_path / "data", modules=["counting"]) as again:
        found = again.executions.get(execution_id)
        assert found.status is ExecutionStatus.LOST
        assert found.error is not None
        assert "again" in found.error
        assert found.ended is not None
        assert again.executions.list(active=True) == []
