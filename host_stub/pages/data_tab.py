"""The Data tab: the items of a dataset as tiles, a filter, and the selection."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import panel as pn
import panel_material_ui as pmui
from pydantic import JsonValue

from host_contract.entities import Dataset, Metadata
from host_contract.errors import InvalidQuery, NotFound
from host_stub.item_query import ORDERS
from host_stub.pages import formats
from host_stub.pages.elements import Element, Elements, box, button, text
from host_stub.pages.filters import FilterBar
from host_stub.pages.frame import message
from host_stub.pages.item_list import ItemList, Part
from host_stub.pages.tiles import Tiles
from host_stub.pages.upload import Upload
from host_stub.pages.viewer import Viewer
from host_stub.users import Role, User

if TYPE_CHECKING:
    from host_stub.platform import LocalPlatform

TILES = 96
"""Shown at first, until the browser says how many are in view."""


class DataTab:
    """All items that match, as tiles; the selection is a set of item ids."""

    def __init__(
        self,
        platform: LocalPlatform,
        dataset: Dataset,
        user: User,
        changed: Callable[[], Awaitable[None]],
    ) -> None:
        self._datasets = platform.datasets
        self._dataset_id = dataset.id
        self._actions = platform.actions
        self._user = user
        self._changed = changed
        self._selection: dict[str, None] = {}
        self._shown = Part(0, (), 0, 0)
        self._part = (0, TILES)
        """Number of the first tile that is wanted, and how many."""
        self._loads = self._lists = 0
        self._filter = FilterBar(self.load)
        self._count = Elements(on_message=self._on_message, margin=0)
        self._tiles = Tiles(self)
        self._empty = Elements(on_message=self._on_message, visible=False)
        self._order = pmui.Select(
            label="Sort", options=list(ORDERS), size="small", width=150, margin=(0, 12)
        )
        self._order.param.watch(self._sort, "value")
        may_change = user.may(Role.EDITOR)
        self._viewer = Viewer(self._step, self._set_metadata if may_change else None)
        upload = Upload(
            f"/api/v1/datasets/{dataset.id}",
            on_done=self._uploaded,
            margin=(8, 0),
            visible=may_change,
        )
        self.view = pn.Column(
            pn.Row(self._filter.view(), upload, sizing_mode="stretch_width", margin=0),
            self._filter.error,
            pn.Row(self._count, self._order, sizing_mode="stretch_width", margin=0),
            self._tiles,
            self._empty,
            self._viewer.place,
            sizing_mode="stretch_both",
            styles={"padding": "8px 20px 0", "box-sizing": "border-box"},
        )
        """What the tab shows, without items until they are loaded."""

    @property
    def selection(self) -> list[str]:
        """Ids of the selected items, in the order in which they were selected."""
        return list(self._selection)

    @property
    def total(self) -> int:
        """Items in the dataset when last looked at."""
        return self._shown.total

    async def show_selection(self, item_ids: Sequence[str]) -> None:
        """Select just these items, and show only them."""
        self._selection = dict.fromkeys(item_ids)
        self._filter.show_only_selected(bool(self._selection))
        await self.load()

    async def load(self) -> None:
        """Read the items anew, and show them from the first on."""
        self._part = (0, self._part[1])
        self._lists += 1
        await self._load()

    async def reload(self) -> None:
        """Read what is shown again, after items changed; forget selected items that are gone."""
        if self._selection:
            ids = await asyncio.to_thread(self._datasets.item_ids, self._dataset_id, None)
            there = set(ids)
            self._selection = {i: None for i in self._selection if i in there}
            if not self._selection:
                self._filter.show_only_selected(False)
        await self._load()

    async def show_part(self, first: int, count: int) -> None:
        """Show another part of the list, which the browser has scrolled to."""
        self._part = (first, count)
        await self._load()

    async def _load(self) -> None:
        """Read the part that is wanted. Of several at once, the last one wins."""
        self._loads += 1
        load = self._loads
        try:
            shown = await asyncio.to_thread(self._list().part, *self._part)
        except InvalidQuery as error:
            self._filter.error.put(text(str(error), "error-text", "p"))
            return
        if load == self._loads:
            self._filter.error.put()
            self._show(shown)

    def _list(self) -> ItemList:
        """What the controls say now. Raises `InvalidQuery`."""
        chosen = tuple(self._selection) if self._filter.only_selected else None
        return ItemList(
            datasets=self._datasets,
            dataset_id=self._dataset_id,
            query=self._filter.query(),
            order=self._order.value,
            chosen=chosen,
        )

    def _show(self, shown: Part) -> None:
        self._shown = shown
        self._show_tiles()
        self._tiles.visible = bool(shown.items)
        self._empty.visible = not shown.items
        if not shown.items:
            self._empty.put(self._nothing_here())
        self._show_count()

    def _show_tiles(self) -> None:
        shown = self._shown
        self._tiles.put(
            shown.items, self._selection, of=self._lists, first=shown.first, count=shown.matching
        )

    def _show_count(self) -> None:
        shown, selected = self._shown, len(self._selection)
        parts: list[Element] = [
            text(f"{selected:,} of {shown.total:,} selected", "selected-count"),
            button("Select All", "select all"),
            *([button("Clear selection", "clear")] if selected else []),
        ]
        if shown.items:
            matching = "" if shown.matching == shown.total else " that match"
            there = f"{formats.count(shown.matching, 'item')}{matching}"
            parts.append(text(there, "quiet push-right"))
        self._count.put(box("status", *parts))

    def _nothing_here(self) -> Element:
        if self._shown.total:
            again = button("Show all items", "show all", "link")
            return message("search_off", "No item matches", "Change the filter, or", again)
        return message(
            "add_photo_alternate",
            "No items yet",
            "Press Upload, or drop files on it, to bring pictures into this dataset.",
        )

    async def select(self, item_ids: Sequence[str], among: Sequence[str]) -> None:
        """Take over which of the tiles are selected."""
        for item_id in among:
            self._selection.pop(item_id, None)
        self._selection.update(dict.fromkeys(item_ids))
        self._show_selected()

    async def select_range(self, first: int, last: int) -> None:
        """Select items by their numbers in the list, the last one included."""
        try:
            ids = await asyncio.to_thread(self._list().ids, first, last)
        except InvalidQuery:
            return  # it stands under the filter already
        self._selection.update(dict.fromkeys(ids))
        self._show_selected()

    def _show_selected(self) -> None:
        self._show_tiles()
        self._show_count()

    async def _on_message(self, message: Any) -> None:
        if message == "select all":
            await self._select_all()
        elif message == "clear":
            self._selection = {}
            if self._filter.only_selected:
                await self.show_selection([])
            self._show_selected()
        elif message == "show all":
            self._filter.clear()
            await self.load()

    async def _select_all(self) -> None:
        try:
            query = self._filter.query()
            ids = await asyncio.to_thread(self._datasets.item_ids, self._dataset_id, query)
        except InvalidQuery:
            return  # it stands under the filter already
        self._selection.update(dict.fromkeys(ids))
        if self._filter.only_selected:
            self._filter.show_only_selected(False)
            await self.load()
        self._show_selected()

    async def _sort(self, _event: object) -> None:
        await self.load()

    async def open_item(self, item_id: str) -> None:
        """Show an item large."""
        try:
            self._viewer.show(await asyncio.to_thread(self._datasets.item, item_id))
        except NotFound:
            await self.reload()

    async def _set_metadata(self, item_id: str, field: str, value: JsonValue) -> None:
        """As the Dataset Action does it, so that the bell can undo it."""
        inputs: Metadata = {"field": field, "value": value}
        run = partial(self._actions.run, "set_metadata", self._dataset_id, [item_id], inputs)
        result = await asyncio.to_thread(run, self._user)
        pn.state.notifications.success(f"{result.message} The bell can undo it.")
        await self._changed()
        await self.open_item(item_id)

    async def _step(self, item_id: str, step: int) -> None:
        """Show the item before or after that one in the list."""
        ids = [item.id for item in self._shown.items]
        if item_id not in ids:
            return
        at = self._shown.first + ids.index(item_id) + step
        if not 0 <= at < self._shown.matching:
            return
        if not 0 <= at - self._shown.first < len(ids):
            await self.show_part(max(0, at - TILES // 2), TILES)
        here = at - self._shown.first
        if 0 <= here < len(self._shown.items):
            await self.open_item(self._shown.items[here].id)

    async def _uploaded(self, done: int, failed: list[str]) -> None:
        if done:
            pn.state.notifications.success(f"{formats.count(done, 'file')} uploaded.")
        for line in failed[:3]:
            pn.state.notifications.error(f"Not uploaded: {line}", duration=0)
        if len(failed) > 3:
            pn.state.notifications.error(f"{len(failed) - 3} more were not uploaded.", duration=0)
        await self._changed()
