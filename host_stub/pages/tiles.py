"""A page of items as pictures to select: one component, drawn by tiles.js as plain DOM nodes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any

import param
from panel.custom import JSComponent
from pydantic import JsonValue

from host_contract.entities import Item
from host_stub.pages.elements import HERE, STYLE, call


class Tiles(JSComponent):  # type: ignore[misc]
    """Tiles that toggle at a click or Space, and open at a double click or Enter."""

    tiles = param.List(default=[], doc="What tiles.js draws of each item.")
    selected = param.List(default=[], doc="Ids of the selected ones among the tiles.")

    _esm = HERE / "tiles.js"

    def __init__(
        self,
        *,
        on_select: Callable[[Collection[str]], Awaitable[None]],
        on_open: Callable[[str], Awaitable[None]],
    ) -> None:
        super().__init__(sizing_mode="stretch_both", min_height=0, stylesheets=[STYLE], margin=0)
        self._on_select = on_select
        self._on_open = on_open
        self._last = 0.0

    def put(self, items: Sequence[Item], selection: Collection[str]) -> None:
        """Show these items; those whose id is in the selection are marked."""
        tiles = [tile(item) for item in items]
        selected = [item.id for item in items if item.id in selection]
        if tiles != self.tiles:  # drawing them again takes the focus away
            self.param.update(tiles=tiles, selected=selected)
        elif selected != self.selected:
            self.selected = selected

    def _handle_msg(self, message: Any) -> None:
        ids = [tile["id"] for tile in self.tiles]
        if not isinstance(message, dict) or not ids:
            return
        if message.get("open") in ids:
            call(self._on_open, message["open"])
        elif isinstance(message.get("selected"), list):
            call(self._take, message)

    async def _take(self, message: dict[str, Any]) -> None:
        """Take the state of the tiles over, unless it is of another page or older than the last."""
        ids = [tile["id"] for tile in self.tiles]
        at = message.get("at")
        if ids[:1] == [message.get("first")] and isinstance(at, float | int) and at > self._last:
            self._last = at
            await self._on_select([i for i in ids if i in message["selected"]])


def tile(item: Item) -> dict[str, JsonValue]:
    """What tiles.js draws of an item."""
    suffix = item.name.rpartition(".")[2] if "." in item.name else item.mimetype.rpartition("/")[2]
    return {
        "id": item.id,
        "name": item.name,
        "label": ", ".join(item.labels),
        "picture": item.thumbnail_url,
        "icon": _icon(item.mimetype),
        "kind": suffix[:8].upper(),
    }


def _icon(mimetype: str) -> str:
    kinds = {"image": "image", "video": "movie", "audio": "audiotrack", "text": "description"}
    return kinds.get(mimetype.partition("/")[0], "insert_drive_file")
