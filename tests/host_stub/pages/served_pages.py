"""Serving an app in this process, and waiting without sleeping too long."""

import io
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI
from PIL import Image


def picture(colour: str) -> io.BytesIO:
    """A small PNG."""
    content = io.BytesIO()
    Image.new("RGB", (24, 24), colour).save(content, "PNG")
    content.seek(0)
    return content


def wait_for(condition: Callable[[], Any], seconds: float = 180) -> Any:
    """Poll until the condition holds, and return what it gave."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
    return found


@contextmanager
def running(app: FastAPI) -> Iterator[str]:
    """Serve the app in a thread; gives its origin."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_for(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=180)
