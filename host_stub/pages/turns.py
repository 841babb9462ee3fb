"""Pages are made one after the other, in steps, and all that is short comes in between.

To make a page takes 0.15 s of the event loop in one call of Panel's, in which all other pages, with
their pictures and presses, would wait. It is run as a greenlet, as SQLAlchemy runs its own calls
under asyncio: at each part that it makes, Panel's or Bokeh's, it may stop, and goes on in the next
turn of the loop. Nobody else knows its document by then.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Generator
from functools import partial, wraps
from typing import Any
from weakref import WeakKeyDictionary

import panel as pn
import panel.io.fastapi
from bokeh.io.doc import _PATCHED_CURDOCS
from bokeh.model import Model
from greenlet import getcurrent, greenlet
from panel.reactive import Syncable

LONGEST_SECONDS = 0.005
"""Of a page that is being made, before others come in between."""

_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()
_get_session = panel.io.fastapi.BkSessionHandler.get_session
_init_model = Model.__init__
_init_part = Syncable.__init__


def take_turns() -> None:
    """Make pages in turn in this process; calling it again changes nothing."""
    panel.io.fastapi.BkSessionHandler.get_session = _page_in_turn
    Model.__init__ = _breathing(_init_model)
    Syncable.__init__ = _breathing(_init_part)


async def _page_in_turn(self: Any, request: Any, session_id: Any) -> Any:
    lock = _turns.setdefault(asyncio.get_running_loop(), asyncio.Lock())
    async with lock:
        session = await InSteps(_get_session(self, request, session_id))
    await asyncio.sleep(0)  # what follows writes it down, which takes a while, too
    return session


class InSteps:
    """A coroutine that stops now and then where it does not await; awaited like any other."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        self._coroutine = coroutine

    def __await__(self) -> Generator[Any, Any, Any]:
        """Run it up to what it awaits, in steps, then await that, until it ends."""
        go_on: Callable[[], Any] = partial(self._coroutine.send, None)
        while True:
            step = greenlet(go_on)
            step.gr_context = getcurrent().gr_context
            try:
                awaited = _switch_to(step)
                while not step.dead:
                    # Its document is to be the current one for it alone.
                    own = [one for one in _PATCHED_CURDOCS if one() is pn.state.curdoc]
                    for one in own:
                        _PATCHED_CURDOCS.remove(one)
                    yield
                    _PATCHED_CURDOCS.extend(own)
                    awaited = _switch_to(step)
            except StopIteration as ended:
                return ended.value
            try:
                yield awaited
                go_on = partial(self._coroutine.send, None)
            except BaseException as error:  # noqa: BLE001 - handed on, as a cancellation has to be
                go_on = partial(self._coroutine.throw, error)


def _switch_to(step: Any) -> Any:
    """Go on with a stretch of a coroutine, up to where it breathes, awaits or ends."""
    step.began = time.perf_counter()
    return step.switch()


def _breathing(init: Callable[..., None]) -> Callable[..., None]:
    """The same constructor, after which a page that is being made may stop."""

    @wraps(init)
    def init_and_breathe(self: Any, *arguments: Any, **properties: Any) -> None:
        init(self, *arguments, **properties)
        step = getcurrent()
        began = getattr(step, "began", None)
        if began is not None and time.perf_counter() - began > LONGEST_SECONDS:
            step.parent.switch()

    return init_and_breathe
