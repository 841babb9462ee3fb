"""How much memory a process may hold while it works for a service: it is ended above that.

What is watched is what the process holds (its resident set), whoever in it took that: the limits
that the system offers are of addresses, of which torch and numpy reserve many times what they use.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil

LOOK_SECONDS = 0.05


@contextmanager
def at_most(
    mebibytes: int | None, service: str, exceeded: Callable[[str], object]
) -> Iterator[None]:
    """Kill this process as soon as it holds more memory, while the block runs.

    Args:
        mebibytes: The most; None for no limit.
        service: Whose limit it is.
        exceeded: Told the reason, before the process is killed.
    """
    if mebibytes is None:
        yield
        return
    done = threading.Event()
    watching = threading.Thread(
        target=_watch, args=(mebibytes, service, exceeded, done), daemon=True
    )
    watching.start()
    try:
        yield
    finally:
        done.set()
        watching.join()


def _watch(
    mebibytes: int, service: str, exceeded: Callable[[str], object], done: threading.Event
) -> None:
    process = psutil.Process()
    before = held = process.memory_info().rss >> 20
    # The first look is at once: parts shorter than the pause may leave something behind each time.
    while held <= mebibytes:
        if done.wait(LOOK_SECONDS):
            return
        held = process.memory_info().rss >> 20
    try:
        exceeded(
            f"A process that worked for it held {held:,} MiB of memory ({before:,} MiB before), "
            f"more than the limit of {mebibytes:,} MiB of service {service!r}, and was ended. "
            "What was committed is kept."
        )
    finally:
        os.kill(os.getpid(), signal.SIGKILL)
