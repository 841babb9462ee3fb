"""A real Label Studio on loopback, new and empty, for the time of a context."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import socket
from typing import Any

LONGEST_SECONDS = 600.0


@contextmanager
def served(folder: Path) -> Iterator[Callable[..., bytes]]:
    """A new Label Studio that may read the folder; gives what calls its API."""
    with socket() as bound, tempfile.TemporaryDirectory() as place:
        bound.bind(("127.0.0.1", 0))
        port, token = bound.getsockname()[1], secrets.token_hex(20)
        bound.close()
        settings = {
            "LABEL_STUDIO_BASE_DATA_DIR": place,
            "LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED": "true",
            "LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT": str(folder),
            "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
            "COLLECT_ANALYTICS": "false", "LATEST_VERSION_CHECK": "false", "SENTRY_DSN": "",
            "FRONTEND_SENTRY_DSN": "",
        }  # fmt: skip
        command = [
            str(Path(sys.executable).parent / "label-studio"), "start", "--no-browser",
            "--port", str(port), "--host", f"http://127.0.0.1:{port}",
            "--internal-host", "127.0.0.1",
            "--username", "someone@example.org", "--password", secrets.token_hex(8),
            "--user-token", token,
        ]  # fmt: skip
        with Path(place, "log").open("w") as log:
            server = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | settings)

        def call(path: str, body: Any = None) -> bytes:
            request = urllib.request.Request(
                f"http://127.0.0.1:{port}{path}",
                None if body is None else json.dumps(body).encode(),
                {"Authorization": f"Token {token}", "Content-Type": "application/json"},
            )  # fmt: skip
            with urllib.request.urlopen(request) as answer:
                return bytes(answer.read())

        try:
            _wait(lambda: call("/api/projects"), server, Path(place, "log"))
            yield call
        finally:
            server.terminate()
            server.wait(timeout=30)


def _wait(ask: Callable[[], Any], server: subprocess.Popen[Any], log: Path) -> None:
    end = time.monotonic() + LONGEST_SECONDS
    while True:
        try:
            ask()
        except OSError:
            if server.poll() is not None or time.monotonic() > end:
                said = log.read_text(encoding="utf-8", errors="replace")[-2_000:]
                raise RuntimeError(f"Label Studio does not serve:\n{said}") from None
            time.sleep(0.5)
        else:
            return
