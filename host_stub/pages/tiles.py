"""Items as pictures to select: one component, drawn by tiles.js as plain DOM nodes.

Only those near what is in view are in the browser; it says which these are.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any, Protocol

import param
from panel.custom import JSComponent
from pydantic import JsonValue

from host_contract.entities import Item
from host_stub.pages.elements import HERE, STYLE, call

MOST_ITEMS = 2**31
"""SQLite takes no number of any size."""
MOST_TILES = 1_000
"""In the browser at once: three screens of a very large one."""
KEPT_PARTS = 10


class OnTiles(Protocol):
    """What a person does with tiles. Numbers count through the whole list, from 0."""

    async def select(self, item_ids: Sequence[str], among: Sequence[str]) -> None:
        """These, and no others, are selected among those."""

    async def select_range(self, first: int, last: int) -> None:
        """These are selected, too, the last one included."""

    async def show_part(self, first: int, count: int) -> None:
        """So many are to be shown, from the first on."""

    async def open_item(self, item_id: str) -> None:
        """This one is to be shown large."""


class Tiles(JSComponent):  # type: ignore[misc]
    """Tiles that toggle at a click or Space, and open at a double click or Enter."""

    shown = param.String(
        default='{"list": 0, "part": 0, "first": 0, "count": 0, "tiles": []}',
        doc="As JSON, which Panel and Bokeh would look through again and again: which list it is "
        "and which part, the number of the first tile, the list's length, and the tiles.",
    )
    selected = param.List(default=[], doc="Ids of the selected ones among the tiles.")

    _esm = HERE / "tiles.js"

    def __init__(self, on: OnTiles) -> None:
        super().__init__(sizing_mode="stretch_both", min_height=0, stylesheets=[STYLE], margin=0)
        self._on = on
        self._last = 0.0
        self._parts: dict[int, list[str]] = {0: []}
        """Ids of the last parts that were shown: what is said of one may come after the next."""
        self._shown: dict[str, Any] = {}

    def put(
        self, items: Sequence[Item], selection: Collection[str], *, of: int, first: int, count: int
    ) -> None:
        """Show these items; those whose id is in the selection are marked.

        Args:
            items: What is shown.
            selection: Ids of whatever is selected.
            of: Which list they are of: at another one the browser goes to its beginning.
            first: The number of the first of them in that list.
            count: How long the list is.
        """
        tiles = [tile(item) for item in items]
        shown = {"list": of, "first": first, "count": count, "tiles": tiles}
        selected = [item.id for item in items if item.id in selection]
        if shown != self._shown:
            self._shown = shown
            part = max(self._parts) + 1
            self._parts[part] = [item.id for item in items]
            self._parts.pop(part - KEPT_PARTS, None)
            self.param.update(shown=json.dumps({"part": part, **shown}), selected=selected)
        elif selected != self.selected:
            self.selected = selected

    def _handle_msg(self, message: Any) -> None:
        if not isinstance(message, dict):
            return
        ends = message.get("range")
        if message.get("open") in self._ids():
            call(self._on.open_item, message["open"])
        elif part := _numbers(message.get("show"), message.get("count")):
            call(self._show, part)
        elif isinstance(ends, list) and len(ends) == 2 and (numbers := _numbers(*ends)):
            call(self._select_range, numbers)
        elif isinstance(message.get("selected"), list):
            call(self._select, message)

    async def _show(self, part: Sequence[int]) -> None:
        await self._on.show_part(part[0], min(max(part[1], 1), MOST_TILES))

    async def _select_range(self, ends: Sequence[int]) -> None:
        await self._on.select_range(*ends)

    async def _select(self, message: dict[str, Any]) -> None:
        """Take the state of the tiles over, unless it is older than the last, or of none known."""
        part, at = message.get("part"), message.get("at")
        ids = self._parts.get(part) if isinstance(part, int) else None
        if ids is not None and isinstance(at, float | int) and at > self._last:
            self._last = at
            await self._on.select([i for i in ids if i in message["selected"]], ids)

    def _ids(self) -> list[str]:
        """Of what is shown now."""
        return self._parts[max(self._parts)]


def _numbers(*values: object) -> list[int]:
    """These, if all of them are numbers from 0 on; else none."""
    numbers = [value for value in values if isinstance(value, int) and 0 <= value < MOST_ITEMS]
    return numbers if len(numbers) == len(values) else []


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
