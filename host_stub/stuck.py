"""A handler of an app's tab that does not come back holds up all pages: it is found and stopped."""

from __future__ import annotations

import contextlib
import logging
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING

from host_contract.entities import Level

if TYPE_CHECKING:
    import uvicorn

    from host_stub.platform import LocalPlatform

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
LOOKS = 60
"""So often in a row nobody was answered when a handler is stopped. Looks are counted, not seconds:
a machine that slept in between is not a handler that is stuck."""


class HandlerStuck(RuntimeError):
    """Raised in a handler that is to be stopped, wherever it is."""


@contextlib.contextmanager
def stuck_handlers_stopped(server: uvicorn.Server, platform: LocalPlatform) -> Iterator[None]:
    """While the server runs, stop an app's handler for which all pages have waited for 30 s.

    By a signal, which ends Python's loops and its waiting, but no call into a compiled library
    before that returns. Only the main thread gets signals: elsewhere nothing is stopped, nor is it
    on Windows, nor while somebody debugs.
    """
    main = threading.main_thread()
    if threading.current_thread() is not main or not hasattr(signal, "pthread_kill"):
        yield
        return
    answered, ended = threading.Event(), threading.Event()

    def stop(_number: int, frame: FrameType | None) -> None:
        if not answered.is_set() and sys.gettrace() is None:
            _stop(platform, frame)

    before = signal.signal(signal.SIGUSR1, stop)
    looking = threading.Thread(target=_look, args=(server, answered, ended), daemon=True)
    looking.start()
    try:
        yield
    finally:
        ended.set()
        looking.join()
        signal.signal(signal.SIGUSR1, before)


def _look(server: uvicorn.Server, answered: threading.Event, ended: threading.Event) -> None:
    """Ask the event loop for a sign of life, again and again."""
    answered.set()
    unanswered = 0
    while not ended.wait(LOOK_SECONDS):
        if not answered.is_set():
            unanswered += 1
            if unanswered % LOOKS == 0:
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
        elif server.started:
            unanswered = 0
            answered.clear()
            with contextlib.suppress(RuntimeError):  # the loop has just ended
                server.servers[0].get_loop().call_soon_threadsafe(answered.set)


def _stop(platform: LocalPlatform, frame: FrameType | None) -> None:
    """Stop the app that the main thread is in; what is interrupted may hold any lock."""
    app = _app_in(platform, frame)
    if app is None:
        held_up = "".join(traceback.format_stack(frame))
        log.error("All pages wait, and no app is the cause, but:\n%s", held_up)
        return
    what = f"a handler of its tab held up all pages for {LOOKS * LOOK_SECONDS:g} s"
    platform.apps.failed(app, what)
    threading.Thread(target=_tell, args=(platform, app, what)).start()
    raise HandlerStuck(f"{app}: {what}, and was stopped")


def _app_in(platform: LocalPlatform, frame: FrameType | None) -> str | None:
    """Name of the app whose code is nearest to where the thread is, if there is any."""
    while frame is not None:
        if app := platform.apps.owner(str(frame.f_globals.get("__name__"))):
            return app
        frame = frame.f_back
    return None


def _tell(platform: LocalPlatform, app: str, what: str) -> None:
    platform.notifications.add(
        f"{app} was stopped",
        f"{what[0].upper()}{what[1:]}. The whole cause is in the log of the server.",
        level=Level.ERROR,
    )
