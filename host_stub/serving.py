"""The web server: uvicorn on one address, until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import uvicorn

from host_contract.errors import InvalidInput
from host_stub.security import is_loopback
from host_stub.stuck import stuck_handlers_stopped

if TYPE_CHECKING:
    from fastapi import FastAPI

    from host_stub.platform import LocalPlatform

log = logging.getLogger(__name__)

KEEP_ALIVE_SECONDS = 65
"""Of a connection that is not used: a look at the grid is not to open six, nor to leave six behind,
as each of asyncio's holds itself until a garbage collection."""


def serve(platform: LocalPlatform, address: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; `ready` gets the origin once it answers.

    Raises:
        InvalidInput: the address or port cannot be taken, or other machines reach the address and
            there are no users.
    """
    from host_stub.app import create_app

    if not is_loopback(address) and not platform.users.any():
        raise InvalidInput(
            f"Other machines reach {address}, and nobody has a token yet. Make one: "
            f"python -m host_stub user NAME --role owner --data-dir {platform.data_dir}"
        )

    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((address, port))
    except OSError as error:
        listening.close()
        raise InvalidInput(
            f"Cannot listen on {address}:{port}: {error.strerror}; choose another --port."
        ) from error
    shown = f"[{address}]" if ":" in address else address
    origin = f"http://{shown}:{listening.getsockname()[1]}"
    server = uvicorn.Server(configuration(create_app(platform, allowed_host=address)))
    threading.Thread(target=_tell, args=(server, origin, ready), daemon=True).start()
    settle()
    with listening, _ending_after_signals(), stuck_handlers_stopped(server, platform):
        _run(server, listening)


def configuration(app: FastAPI, **more: Any) -> uvicorn.Config:
    """How an app is served; `more` are further arguments of uvicorn's."""
    return uvicorn.Config(
        app,
        log_level="warning",
        ws_per_message_deflate=False,  # floats do not compress, and trying costs time
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=3,
        **more,
    )


def settle() -> None:
    """Spend less on garbage collection, which stops everything: 0.3 s for 600,000 objects.

    What was loaded so far, half of them, stays for good and is not looked at again. Of the rest,
    what is new is looked at in portions of 10 ms, and all of it nearly never: see `pages.closing`.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(2_000, 2, 5_000)


def _run(server: uvicorn.Server, listening: socket.socket) -> None:
    """Run until the server ends; an event loop ends with any `sys.exit` in it, an app's as well."""
    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        serving = runner.get_loop().create_task(server.serve(sockets=[listening]))
        while not serving.done():
            try:
                runner.get_loop().run_until_complete(serving)
            except SystemExit as error:
                if serving.done():
                    raise
                log.error("What calls sys.exit ends alone, not the server", exc_info=error)


@contextmanager
def _ending_after_signals() -> Iterator[None]:
    """Let the caller close what it opened: uvicorn stops at a signal, and then raises it again."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = [signal.signal(number, lambda *_: None) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _tell(server: uvicorn.Server, origin: str, ready: Callable[[str], None]) -> None:
    ticks = threading.Event()
    while not server.started:
        if server.should_exit:
            return
        ticks.wait(0.05)
    ready(origin)
