"""Serving: a free port, an address that answers when it is told, and a clean end."""

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

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


def served(place: Path) -> subprocess.Popen[str]:
    """A process that serves, and prints its origin."""
    script = place / "server.py"
    script.write_text(SERVER)
    command = [sys.executable, script, place / "data"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_answers_when_it_says_so_and_ends_cleanly(tmp_path: Path, number: int) -> None:
    with served(tmp_path) as server:
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


def test_a_connection_is_kept_while_somebody_looks_at_a_page(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        assert server.stdout is not None
        connection = http.client.HTTPConnection(urlsplit(server.stdout.readline().strip()).netloc)
        connection.connect()
        connection.auto_open = 0
        for seconds in (0, 7):  # uvicorn's own 5 s, and some
            time.sleep(seconds)
            connection.request("GET", "/api/v1/projects")
            assert json.loads(connection.getresponse().read())
        server.send_signal(signal.SIGTERM)
        rest, errors = server.communicate(timeout=60)
        connection.close()
    assert (rest, server.returncode) == ("closed\n", 0)
    assert "Traceback" not in errors


def test_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken, LocalPlatform(tmp_path) as platform:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InvalidInput, match=f"127.0.0.1:{port}.*--port"):
            platform.serve(address="127.0.0.1", port=port)
