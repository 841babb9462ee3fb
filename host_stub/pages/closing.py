"""What a closed page leaves is taken apart, so that nobody waits for a garbage collection.

The parts of a page and the browser's models of them hold one another in circles. Panel collects
garbage 5 s after each page that was closed: with 50 others open that looks through everything they
hold, for 0.3 s in which all of them wait. Taken apart, a page's 9,600 objects go at once but for
160, and a collection can wait until many pages were closed.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import panel as pn
import panel.io.document
import psutil
from bokeh.document import Document
from bokeh.model import Model
from bokeh.server.contexts import ApplicationContext
from panel.io.callbacks import PeriodicCallback
from panel.viewable import Viewable

AFTER_SECONDS = 5.0
"""What was still under way for the page has ended by then."""
PAGES_A_COLLECTION = 2_000
"""What is left of so many is some 50 MB."""
MOST_LEFT = 200 * 1024**2
"""Bytes that pages with an app's tab may leave: what the app holds is not ours to take apart."""

_destroy = Model.destroy
_discard = ApplicationContext._discard_session
_closed = 0
_with_app = False
_kept = 0
"""Bytes of memory after the last collection that a page was followed by."""
_clocks: WeakKeyDictionary[Document, list[PeriodicCallback]] = WeakKeyDictionary()


def mend() -> None:
    """Mend Bokeh and Panel in this process; calling it again changes nothing."""
    Model.destroy = _destroy_whole
    ApplicationContext._discard_session = _discard_and_let_others
    panel.io.document._garbage_collect = lambda: None


def take_apart_when_closed(page: Any, maker: object | None) -> None:
    """Call it while a page is being made. What the page is later filled with is taken apart too.

    Args:
        page: The whole page, of Panel's.
        maker: What made it and handles what happens in it, if anything does.
    """
    beside = [one for one in (pn.state.location, pn.state.browser_info) if one is not None]
    pn.state.on_session_destroyed(partial(_page_closed, page, maker, beside))


def ticking(callback: Callable[[], Awaitable[None]], milliseconds: int) -> PeriodicCallback:
    """Call again and again until the page that is open now is closed."""
    ticks = PeriodicCallback(callback=callback, period=milliseconds, background=True)
    ticks.start()
    _clocks.setdefault(pn.state.curdoc, []).append(ticks)
    return ticks


def collect_when_closed() -> None:
    """Let a collection follow the end of the page that is open now, where memory has grown."""
    pn.state.on_session_destroyed(_collection_wanted)


def _page_closed(page: Any, maker: object | None, beside: list[Any], context: Any) -> None:
    document = context._document
    parts = [*page.select(), *beside, *_clocks.pop(document, []), *_and_what_it_holds(maker)]
    parts.extend((document.callbacks, document.models, document.config, document))
    # Panel keeps the notifications of each page for ever, and with them the whole page.
    views = pn.state._views
    for name in [name for name, view in views.items() if view[2] is document]:
        parts.extend(views.pop(name)[0].select())
    parts.extend(part for whole in parts[:] for part in _out_of_sight(whole))
    asyncio.get_running_loop().call_later(AFTER_SECONDS, _take_apart, parts)


def _out_of_sight(part: object) -> list[object]:
    """What Panel's `select` does not find: panes in place of titles, and a page's description."""
    headers = getattr(part, "_headers", ())
    panes = [one for header in headers for one in header.layout.select()]
    meta = getattr(part, "meta", None)
    return panes if meta is None else [*panes, meta]


def _and_what_it_holds(maker: object | None) -> list[object]:
    """All that is made of this package's classes, such as the page's bell, with its own parts."""
    makers = [] if maker is None else [maker]
    parts: list[object] = []
    for one in makers:  # it grows meanwhile
        for value in vars(one).values():
            if isinstance(value, Viewable):
                parts.extend(value.select())
            elif _is_maker(value) and all(value is not other for other in makers):
                makers.append(value)
    return [*makers, *parts]


def _is_maker(value: object) -> bool:
    return type(value).__module__.startswith(f"{__package__}.") and hasattr(value, "__dict__")


def _take_apart(parts: list[Any]) -> None:
    global _closed
    for part in parts:
        part.__dict__.clear()
    _closed += 1
    if _closed >= PAGES_A_COLLECTION or (_with_app and _memory() > _kept + MOST_LEFT):
        _collect()


def _collect() -> None:
    global _closed, _with_app, _kept
    _closed, _with_app = 0, False
    gc.collect()
    _kept = _memory()


def _memory() -> int:
    """Bytes that this process holds."""
    return int(psutil.Process().memory_info().rss)


def _collection_wanted(_: Any) -> None:
    global _with_app
    _with_app = True


def _destroy_whole(self: Model) -> None:
    """Forget the values that were never set, too: each refers to the model."""
    _destroy(self)
    self._unstable_default_values.clear()
    self._unstable_themed_values.clear()


async def _discard_and_let_others(self: ApplicationContext, *whose: Any) -> None:
    """Several pages may end at once, each of which takes 5 ms of the loop."""
    await _discard(self, *whose)
    await asyncio.sleep(0)
