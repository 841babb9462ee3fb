"""Executions in a real worker process: their whole life, and every way in which they can end."""

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
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


def test_services_run_as_many_at_a_time_as_they_allow_and_end_what_takes_too_long(
    working: LocalPlatform, tmp_path: Path
) -> None:
    # The second process is there before the first of them has begun, whose time is limited.
    file = tmp_path / "stop"
    other = working.executions.start(APP, "count_until", {"file": str(file)})
    running(working, other)
    assert working.run(APP, "take_memory", {"mib": 10}).status is ExecutionStatus.SUCCESS
    file.touch()
    working.executions.wait(other.id)
    started = [working.executions.start(APP, "sleep_too_long", {}).id for _ in range(3)]
    now = working.executions.get

    def running_at_once() -> bool:
        return [now(one).status for one in started] == ["running", "running", "created"]

    wait_for(running_at_once)
    working.executions.cancel(started[2])
    for one in started[:2]:
        ended = working.executions.wait(one)
        assert ended.status is ExecutionStatus.FAILED
        assert ended.error == "It ran longer than its limit of 8 s"
        assert any(told.execution_id == one for told in working.notifications.list())
    assert now(started[2]).status is ExecutionStatus.CANCELLED
    assert working.run(APP, "double", {}).status is ExecutionStatus.SUCCESS


def test_memory_limit_of_the_manifest(working: LocalPlatform) -> None:
    small = working.run(APP, "take_memory", {"mib": 100})
    assert (small.status, small.output) == (ExecutionStatus.SUCCESS, 10)
    large = working.run(APP, "take_memory", {"mib": 3000})
    assert (large.status, large.attempts) == (ExecutionStatus.FAILED, 1)
    assert large.error is not None
    assert "more than the limit of 900 MiB of service 'greedy'" in large.error
    assert any(told.execution_id == large.id for told in working.notifications.list())
    assert working.run(APP, "double", {}).status is ExecutionStatus.SUCCESS
    assert working.executions.get(large.id) == large, "the worker that came after left it alone"


def test_cancel_ends_a_function_that_does_not_look(working: LocalPlatform) -> None:
    started = working.executions.start(APP, "sleep", {})
    wait_for(lambda: working.executions.get(started.id).status == "running")
    working.executions.cancel(started.id)
    ended = working.executions.wait(started.id)
    assert ended.status is ExecutionStatus.CANCELLED
    assert "process was ended" in ended.message
    assert working.run(APP, "double", {}).status is ExecutionStatus.SUCCESS
    assert working.executions.get(started.id) == ended, "the worker that came after left it alone"


def test_retry_is_a_new_execution_of_the_same_call(working: LocalPlatform) -> None:
    failed = working.run(APP, "fail", {"known": True})
    again = working.executions.retry(failed.id)
    assert again.id != failed.id
    assert (again.function, again.inputs) == (failed.function, failed.inputs)
    assert working.executions.wait(again.id).error == failed.error
    assert working.executions.get(failed.id) == failed
    done = working.run(APP, "double", {})
    with pytest.raises(InvalidInput, match="success"):
        working.executions.retry(done.id)
    with pytest.raises(NotFound):
        working.executions.retry("nowhere")


def test_pages_of_executions_go_back_in_time(working: LocalPlatform) -> None:
    for _ in range(3):
        working.run(APP, "double", {})
    newest = working.executions.list(limit=2)
    older = working.executions.list(before=newest[-1].id, limit=2)
    assert [one.id for one in newest + older] == [
        one.id for one in working.executions.list(limit=4)
    ]


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


def listening() -> set[tuple[str, int]]:
    """Where this process and those that it started wait for others."""
    here = psutil.Process()
    return {
        (connection.laddr.ip, connection.laddr.port)
        for process in (here, *here.children(recursive=True))
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }


def test_only_the_own_workers_reach_the_scheduler(platform: LocalPlatform) -> None:
    before = listening()
    platform.run(APP, "double", {})
    new = listening() - before
    assert len(new) > 2
    assert {ip for ip, _ in new} == {"127.0.0.1"}
    anybody = ssl.create_default_context()
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    guarded = 0
    for address in new:
        try:
            page = httpx.get(f"http://{address[0]}:{address[1]}/info/main/workers.html", timeout=60)
        except httpx.TransportError:
            guarded += 1
        else:
            assert page.status_code == 404, "Dask's web pages are open"
            continue
        with (
            socket.create_connection(address, timeout=60) as plain,
            pytest.raises(OSError, match=r"certificate|reset|EOF|Broken pipe"),
            anybody.wrap_socket(plain) as connection,
        ):
            connection.sendall(b"x" * 100)
            assert connection.recv(1) == b"", "something was said without a certificate"
            raise ConnectionResetError("reset")
    assert guarded > 2, "scheduler, nanny and worker"


SERVER = """
import sys, time
from pathlib import Path
from host_stub.platform import LocalPlatform

if __name__ == "__main__":
    sys.path.append(sys.argv[2])
    platform = LocalPlatform(Path(sys.argv[1]), modules=["counting"])
    start = platform.executions.start
    first = start("counting", "count_until", {"file": sys.argv[1] + "/stop"})
    second = start("counting", "double", {})
    hasty = start("counting", "sleep_too_long", {})
    while (now := platform.executions.get(first.id)).progress == 0:
        time.sleep(0.05)
    while platform.executions.get(hasty.id).status != "running":
        time.sleep(0.05)
    print(first.id, second.id, hasty.id, now.message.rpartition(" ")[2], flush=True)
    if sys.argv[3] == "close":
        platform.close()
    else:
        time.sleep(600)
"""


@pytest.mark.parametrize("end", ["kill", "close"])
def test_executions_survive_their_host(tmp_path: Path, end: str) -> None:
    """One goes on, one that waited begins, one that may not be tried again says so."""
    script, data_dir = tmp_path / "server.py", tmp_path / "data"
    script.write_text(SERVER)
    server = subprocess.Popen(
        [sys.executable, script, data_dir, APPS, end], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    first, second, hasty, worker = server.stdout.readline().split()
    if end == "kill":
        with LocalPlatform(data_dir, modules=["counting"]) as other:
            other.executions.resume()
            assert other.executions.get(first).status is ExecutionStatus.RUNNING, "it is not ours"
        server.kill()
    server.wait(timeout=60)
    server.stdout.close()
    wait_for(lambda: not psutil.pid_exists(int(worker)))
    with LocalPlatform(data_dir, modules=["counting"]) as again:
        again.executions.resume()
        lost = again.executions.get(hasty)
        assert lost.status is ExecutionStatus.LOST
        assert lost.error is not None
        assert "allows 1 attempts" in lost.error
        assert again.executions.get(second).status is ExecutionStatus.CREATED
        (data_dir / "stop").touch()
        ended = again.executions.wait(first)
        assert (ended.status, ended.attempts) == (ExecutionStatus.SUCCESS, 2)
        assert any("started again" in line for line in again.executions.log(first))
        assert again.executions.wait(second).status is ExecutionStatus.SUCCESS
        assert again.executions.list(active=True) == []
