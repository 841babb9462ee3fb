"""The threads of the pages' callbacks, so that none of them can stop the server."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

import panel as pn
from bokeh.document import Document

THREADS = 4
Waiting = deque[tuple[Future[Any], Callable[[], Any]]]
"""What is left to call for a page; the first of them is being called."""


class OrderedThreads(ThreadPoolExecutor):
    """Runs what is of one page one after another, in the order in which it was submitted.

    Panel gives each change and each press of a page to the next free thread, where a press may
    overtake the change before it: a search is then made as it was chosen to be made earlier.
    """

    def __init__(self, threads: int) -> None:
        """Take how many pages may be served at once."""
        super().__init__(threads, thread_name_prefix="callbacks")
        self._lock = Lock()
        self._waiting: WeakKeyDictionary[Document, Waiting] = WeakKeyDictionary()

    def submit(  # what Panel calls, with the page among the arguments
        self, call: Callable[..., Any], /, *arguments: Any, **named: Any
    ) -> Future[Any]:
        """Call in a thread; after all that was submitted for the same page."""
        page = next((one for one in arguments if isinstance(one, Document)), None)
        if page is None:
            return super().submit(call, *arguments, **named)
        future: Future[Any] = Future()
        with self._lock:
            waiting = self._waiting.setdefault(page, deque())
            waiting.append((future, partial(call, *arguments, **named)))
            if len(waiting) == 1:
                super().submit(self._next, waiting)
        return future

    def _next(self, waiting: Waiting) -> None:
        future, call = waiting[0]
        if future.set_running_or_notify_cancel():
            try:
                future.set_result(call())
            except BaseException as error:  # noqa: BLE001 - whoever waits for it is told
                future.set_exception(error)
        with self._lock:
            waiting.popleft()
            if waiting:
                super().submit(self._next, waiting)


def run_in_threads() -> None:
    """Let the callbacks of all pages that are not coroutines run in threads."""
    if not isinstance(pn.state._thread_pool, OrderedThreads):
        pn.state._thread_pool = OrderedThreads(THREADS)
