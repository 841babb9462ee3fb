"""Saved selections: keep what is selected under a name, and select it again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param

from clustering_app.errors import ClusteringError
from clustering_app.projector.map_state import MapState
from clustering_app.projector.notices import items
from clustering_app.projector.parts import Parts, entry, notice
from clustering_app.projector.saved_selections import (
    SavedSelection,
    delete_selection,
    list_selections,
    read_selection,
    save_selection,
)
from clustering_app.projector.text_line import TextLine
from clustering_app.vectors.store import FeatureStore

NONE_YET = "None yet: select something, and give it a name."
UNDO = "Undo"


class SelectionsPanel:
    """Folded away until it is wanted."""

    def __init__(
        self, store: FeatureStore, state: MapState, on_select: Callable[[tuple[str, ...]], None]
    ) -> None:
        """Take where they are kept, what is selected, and what to call with ids to select."""
        self._store = store
        self._state = state
        self._on_select = on_select
        self._deleted: tuple[SavedSelection, tuple[str, ...]] | None = None
        self._name = TextLine(
            self.save, label="Name of the selection", action="Save", placeholder="Name, then Enter",
            sizing_mode="stretch_width", margin=(0, 8),
        )  # fmt: skip
        self.answer = Parts(on_message=lambda _: _later(self._undo))
        self.saved = Parts(on_message=self._pressed)

    def view(self) -> pmui.Accordion:
        """The folded panel."""
        inside = pn.Column(
            self._name, self.answer, self.saved, sizing_mode="stretch_width", margin=0
        )
        return pmui.Accordion(
            ("Saved selections", inside), active=[], title_variant="body2", disable_gutters=True,
            elevation=0, sizing_mode="stretch_width", margin=0,
        )  # fmt: skip

    async def load(self) -> None:
        """Read the list again; others may have saved something."""
        found = await asyncio.to_thread(list_selections, self._store)
        lines = [
            entry(one.name, items(one.count), message=["select", one.id], delete=["delete", one.id])
            for one in found
        ]
        self.saved.put(*(lines or [notice("line", NONE_YET)]))

    async def save(self, name: str) -> None:
        """Keep what is selected under this name."""
        chosen = self._state.selected_ids()
        if not chosen or not name.strip():
            wanted = "Give it a name." if chosen else "Nothing is selected."
            self.answer.put(notice("error", wanted))
            return
        await self._do(save_selection, self._store, name, chosen)
        self.answer.put(notice("line", f"{items(len(chosen))} saved."))

    async def select(self, selection_id: str) -> None:
        """Select what was saved, as far as it is on the map."""
        found = await self._do(read_selection, self._store, selection_id)
        if found is None:
            return
        self._on_select(found)
        left = len(self._state.selection)
        gone = "" if left == len(found) else f"{left:,} of {len(found):,} items are on the map."
        self.answer.put(*([notice("line", gone)] if gone else []))

    async def delete(self, selection_id: str) -> None:
        """Forget one, and offer to undo that."""
        saved = await asyncio.to_thread(list_selections, self._store)
        found = await self._do(read_selection, self._store, selection_id)
        if found is None:
            return
        self._deleted = next(one for one in saved if one.id == selection_id), found
        await self._do(delete_selection, self._store, selection_id)
        self.answer.put(notice("line", f"{self._deleted[0].name} is deleted.", buttons=[UNDO]))

    async def _undo(self) -> None:
        if self._deleted is not None:
            saved, item_ids = self._deleted
            self._deleted = None
            self.answer.put()
            await self._do(save_selection, self._store, saved.name, item_ids)

    async def _do(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """Call in a thread and show the list anew; an error is told, and gives None."""
        try:
            done = await asyncio.to_thread(call, *arguments)
        except ClusteringError as error:
            self.answer.put(notice("error", str(error)))
            done = None
        await self.load()
        return done

    def _pressed(self, message: Any) -> None:
        match message:
            case ["select", str(selection_id)]:
                _later(lambda: self.select(selection_id))
            case ["delete", str(selection_id)]:
                _later(lambda: self.delete(selection_id))


def _later(call: Callable[[], Awaitable[None]]) -> None:
    async def called() -> None:
        await call()

    param.parameterized.async_executor(called)
