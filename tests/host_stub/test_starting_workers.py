"""The first execution is answered for at once: its workers are started, or reached, meanwhile."""

import importlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dask
import httpx
import psutil
import pytest

from host_contract.entities import ExecutionStatus
from host_stub.platform import LocalPlatform
from tests.host_stub.conftest import APPS
from tests.host_stub.test_executions import APP, wait_for


@pytest.fixture
def nobody() -> Iterator[str]:
    """Address of a scheduler that is not there."""
    importlib.import_module("distributed")  # its other settings must be there before this one
    with (
        socket.socket() as free,
        dask.config.set({"distributed.comm.timeouts.connect": "3s"}),
    ):
        free.bind(("127.0.0.1", 0))
        yield f"tcp://127.0.0.1:{free.getsockname()[1]}"


def test_answer_comes_before_there_is_a_worker(tmp_path: Path, nobody: str) -> None:
    """There will never be one: who waited for it would only hear that it is lost."""
    with LocalPlatform(tmp_path, modules=["counting"], scheduler=nobody) as platform:
        first, second = (platform.executions.start(APP, "double", {}) for _ in range(2))
        for one in (first, second):
            assert one.status is ExecutionStatus.CREATED
            assert one.message == f"Connecting to the scheduler {nobody}"
        platform.executions.cancel(second.id)
        cancelled = platform.executions.get(second.id)
        assert (cancelled.status, cancelled.message) == (ExecutionStatus.CANCELLED, "")
        ended = platform.executions.wait(first.id)
        assert (ended.status, ended.message) == (ExecutionStatus.LOST, "")
        assert nobody in str(ended.error)


def test_message_says_that_workers_are_started(platform: LocalPlatform) -> None:
    started = platform.executions.start(APP, "double", {})
    assert started.message == "Starting the workers"
    ended = platform.executions.wait(started.id)
    assert (ended.status, ended.message) == (ExecutionStatus.SUCCESS, "")
    assert platform.executions.start(APP, "double", {}).message == "", "they are there already"


WITHOUT_WORKERS = """
import multiprocessing, sys
from pathlib import Path
from host_stub.platform import LocalPlatform

if __name__ == "__main__":
    sys.path.append(sys.argv[2])
    multiprocessing.set_executable("/no/such/python")
    with LocalPlatform(Path(sys.argv[1]), modules=["counting"]) as platform:
        both = [platform.executions.start("counting", "double", {}).id for _ in range(2)]
        for one in both:
            platform.executions.wait(one)
        multiprocessing.set_executable(sys.executable)
        assert platform.run("counting", "double", {}).status == "success", "it was tried again"
"""


def test_workers_that_cannot_be_started_are_the_reason_of_the_end(tmp_path: Path) -> None:
    script, data_dir = tmp_path / "host.py", tmp_path / "data"
    script.write_text(WITHOUT_WORKERS)
    subprocess.run([sys.executable, script, data_dir, APPS], check=True)
    with LocalPlatform(data_dir) as platform:
        _, *failed = platform.executions.list()
        assert len(failed) == 2
        for one in failed:
            assert (one.status, one.message) == (ExecutionStatus.FAILED, "")
            assert str(one.error).startswith("The workers could not be started: ")
            assert any(told.execution_id == one.id for told in platform.notifications.list())


SERVER = """
import sys
from pathlib import Path
from host_stub.platform import LocalPlatform

if __name__ == "__main__":
    sys.path.append(sys.argv[2])
    with LocalPlatform(Path(sys.argv[1]), modules=["counting"]) as platform:
        platform.serve(address="127.0.0.1", port=0, ready=lambda origin: print(origin, flush=True))
"""


@pytest.mark.parametrize(
    "stop",
    ["by its supervisor", "by a key in its terminal", "by a key when there is a process already"],
)
def test_server_is_stopped_while_workers_are_started(tmp_path: Path, stop: str) -> None:
    script, data_dir = tmp_path / "server.py", tmp_path / "data"
    script.write_text(SERVER)
    with subprocess.Popen(
        [sys.executable, script, data_dir, APPS],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as server:
        assert server.stdout is not None
        origin = server.stdout.readline().strip()
        call = {"app": "counting", "function": "double"}
        answer = httpx.post(f"{origin}/api/v1/executions", json=call, timeout=60)
        started = answer.raise_for_status().json()
        if stop == "by its supervisor":
            server.terminate()
        else:
            if "already" in stop:
                wait_for(lambda: worker_of(server.pid))
            os.killpg(server.pid, signal.SIGINT)
        _, said = server.communicate(timeout=120)
    assert started["status"] == "created"
    assert "Traceback" not in said
    wait_for(lambda: not [pid for pid in psutil.pids() if session_of(pid) == server.pid])
    with LocalPlatform(data_dir, modules=["counting"]) as again:
        assert again.executions.get(started["id"]).error is None
        again.executions.resume()
        ended = again.executions.wait(started["id"])
        assert (ended.status, ended.message) == (ExecutionStatus.SUCCESS, "")


def worker_of(pid: int) -> bool:
    """Whether a process has started one that becomes a worker."""
    started = psutil.Process(pid).children(recursive=True)
    return any("multiprocessing.spawn" in " ".join(child.cmdline()) for child in started)


def session_of(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return None
