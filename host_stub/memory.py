"""How much memory an execution may take: watched in its own process, which is ended above that.

What is watched is what the process holds (its resident set). The limits that the system offers are
of addresses, of which torch and numpy reserve many times what they use.
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
def at_most(mebibytes: int | None, exceeded: Callable[[str], None]) -> Iterator[None]:
    """Kill this process as soon as it holds more memory, while the block runs.

    Args:
        mebibytes: The most; None for no limit.
        exceeded: Told the reason, before the process is killed.
    """
    if mebibytes is None:
        yield
        return
    done = threading.Event()
    watching = threading.Thread(target=_watch, args=(mebibytes, exceeded, done), daemon=True)
    watching.start()
    try:
        yield
    finally:
        done.set()
        watching.join()


def _watch(mebibytes: int, exceeded: Callable[[str], None], done: threading.Event) -> None:
    process = psutil.Process()
    while not done.wait(LOOK_SECONDS):
        held = process.memory_info().rss >> 20
        if held > mebibytes:
            exceeded(
                f"It held {held:,} MiB of memory, more than its limit of {mebibytes:,} MiB, so its "
                "process was ended. What was committed is kept."
            )
            os.kill(os.getpid(), signal.SIGKILL)
