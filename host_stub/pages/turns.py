"""Long steps of pages take turns on the event loop, and all that is short comes in between.

To make a page or a tab takes up to 0.08 s that cannot be interrupted. Several at once would follow
one another without a break, and all other pages, with their pictures and presses, wait for the sum.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakKeyDictionary

import panel.io.fastapi

_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()
_get_session = panel.io.fastapi.BkSessionHandler.get_session


def take_turns() -> None:
    """Make pages in turn in this process; calling it again changes nothing."""
    panel.io.fastapi.BkSessionHandler.get_session = _page_in_turn


@asynccontextmanager
async def turn() -> AsyncIterator[None]:
    """Wait until no other long step is done, and whatever was due meanwhile."""
    lock = _turns.setdefault(asyncio.get_running_loop(), asyncio.Lock())
    async with lock:
        await asyncio.sleep(0)
        yield


async def _page_in_turn(self: Any, request: Any, session_id: Any) -> Any:
    async with turn():
        session = await _get_session(self, request, session_id)
    await asyncio.sleep(0)  # what follows writes it down, for another 0.01 s
    return session
