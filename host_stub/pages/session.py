"""One open page: what an app's tab may ask of it, and what the page tells the tab."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

log = logging.getLogger(__name__)


class Session:
    """The host's side of `host_contract.context.BrowserSession`."""

    def __init__(self, user: str, show: Callable[[Sequence[str]], None]) -> None:
        self.user = user
        self._show = show
        self._callbacks: list[Callable[[], None]] = []

    def show_items(self, item_ids: Sequence[str]) -> None:
        """Select these items in the Data tab, and bring that tab to the front."""
        self._show(item_ids)

    def on_items_changed(self, callback: Callable[[], None]) -> None:
        """Call back when the page changed or deleted items, or saw that others did."""
        self._callbacks.append(callback)

    async def items_changed(self) -> None:
        """Tell every tab, each in a thread, so that a slow one holds up nobody else."""
        for callback in self._callbacks:
            try:
                await asyncio.to_thread(callback)
            except Exception:
                log.exception("A tab failed to take in that items have changed")
