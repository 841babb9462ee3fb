"""Serving: a free port, an address that answers when it is told, and a clean end."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from host_contract.errors import InvalidInput
from host_stub.platform import LocalPlatform

SERVER = """
import sys
from pathlib import Path
from host_stub.platform import open_platform

if __name__ == "__main__":
    with open_platform(Path(sys.argv[1])) as platform:
        platform.serve(address="127.0.0.1", port=0, ready=lambda origin: print(origin, flush=True))
    print("closed", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_answers_when_it_says_so_and_ends_cleanly(tmp_path: Path, number: int) -> None:
    script = tmp_path / "server.py"
    script.write_text(SERVER)
    with subprocess.Popen(
        [sys.executable, script, tmp_path / "data"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        origin = server.stdout.readline().strip()
        assert httpx.get(f"{origin}/api/v1/projects", timeout=60).status_code == 200
        assert httpx.get(origin, timeout=60).status_code == 200
        server.send_signal(number)
        rest, errors = server.communicate(timeout=60)
    assert (rest, server.returncode) == ("closed\n", 0)
    assert "Traceback" not in errors
    with LocalPlatform(tmp_path / "data") as again:
        assert again.projects.list()


def test_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken, LocalPlatform(tmp_path) as platform:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InvalidInput, match=f"127.0.0.1:{port}.*--port"):
            platform.serve(address="127.0.0.1", port=port)
