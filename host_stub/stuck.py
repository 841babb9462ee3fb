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
from typing import TYPE_CHECKING, NoReturn

from host_contract.entities import Level

if TYPE_CHECKING:
    import uvicorn

    from host_stub.platform import LocalPlatform

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
LOOKS = 30
"""After so many in a row without an answer of the event loop it is seen who has it, and after as
many again stopped, if it is still the same. Looks are counted, not seconds: a machine that slept in
between is not a handler that is stuck."""


class HandlerStuck(RuntimeError):
    """Raised in a handler that is to be stopped, wherever it is."""


class HandlerStuckForGood(BaseException):
    """Raised in one that caught the first and went on; its page ends with it."""


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
    watch = _Watch(platform)
    before = signal.signal(signal.SIGUSR1, watch.interrupted)
    looking = threading.Thread(target=watch.look, args=(server,), daemon=True)
    looking.start()
    try:
        yield
    finally:
        watch.ended.set()
        looking.join()
        signal.signal(signal.SIGUSR1, before)


class _Watch:
    """Looks from a thread of its own whether the event loop answers."""

    def __init__(self, platform: LocalPlatform) -> None:
        self.ended = threading.Event()
        self._platform = platform
        self._answered = threading.Event()
        self._answered.set()
        self._seen: FrameType | None = None
        """Where the app that has the event loop was entered."""
        self._stopped = False

    def look(self, server: uvicorn.Server) -> None:
        """Ask the event loop for a sign of life, again and again."""
        unanswered = 0
        while not self.ended.wait(LOOK_SECONDS):
            if not self._answered.is_set():
                unanswered += 1
                if unanswered % LOOKS == 0:
                    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
            elif server.started:
                unanswered, self._seen, self._stopped = 0, None, False
                self._answered.clear()
                with contextlib.suppress(RuntimeError):  # the loop has just ended
                    server.servers[0].get_loop().call_soon_threadsafe(self._answered.set)

    def interrupted(self, _number: int, frame: FrameType | None) -> None:
        """Stop an app that was there before; what is interrupted may hold any lock.

        Raises:
            HandlerStuck: in the app.
            HandlerStuckForGood: in the app that was stopped already, and went on.
        """
        if self._answered.is_set() or sys.gettrace() is not None:
            return
        app, entered = _app_in(self._platform, frame)
        before, self._seen = self._seen, entered
        if app is None:
            held_up = "".join(traceback.format_stack(frame))
            log.error("All pages wait, and no app is the cause, but:\n%s", held_up)
        elif entered is before:
            self._stop(app)

    def _stop(self, app: str) -> NoReturn:
        what = f"a handler of its tab held up all pages for {2 * LOOKS * LOOK_SECONDS:g} s"
        if self._stopped:
            raise HandlerStuckForGood(f"{app}: {what}, and went on when it was stopped")
        self._stopped = True
        self._platform.apps.failed(app, what)
        threading.Thread(target=_tell, args=(self._platform, app, what)).start()
        raise HandlerStuck(f"{app}: {what}, and was stopped")


def _app_in(
    platform: LocalPlatform, frame: FrameType | None
) -> tuple[str | None, FrameType | None]:
    """The app whose code is nearest to where a thread is, if any, and where it was entered."""
    found, entered = None, None
    while frame is not None:
        owner = platform.apps.owner(str(frame.f_globals.get("__name__")))
        found = found or owner
        if owner is not None and owner == found:
            entered = frame
        frame = frame.f_back
    return found, entered


def _tell(platform: LocalPlatform, app: str, what: str) -> None:
    platform.notifications.add(
        f"{app} was stopped",
        f"{what[0].upper()}{what[1:]}. The whole cause is in the log of the server.",
        level=Level.ERROR,
    )
