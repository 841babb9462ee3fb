"""Saved selections: keep what is selected under a name, and select it again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from typing import Any

import panel_material_ui as pmui

from clustering_app.errors import ClusteringError
from clustering_app.projector.folded import folded
from clustering_app.projector.later import later
from clustering_app.projector.map_state import MapState
from clustering_app.projector.notices import items
from clustering_app.projector.parts import Answer, Parts, entry, notice
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
        self,
        store: FeatureStore,
        state: MapState,
        *,
        on_select: Callable[[Collection[str]], None],
        on_saved: Callable[[], None],
        on_listed: Callable[[Sequence[SavedSelection]], None],
    ) -> None:
        """Take where they are kept, what is selected, and what to call with ids to select.

        And what to call when one is saved, and with all that there are.
        """
        self._store = store
        self._state = state
        self._on_select = on_select
        self._on_saved = on_saved
        self._on_listed = on_listed
        self._listed: dict[str, SavedSelection] = {}
        self._deleted: tuple[str, tuple[str, ...]] | None = None
        """Name and ids of the selection deleted last."""
        self.ids: dict[frozenset[str], str] = {}
        """Ids of the selections that were saved or selected in this tab, by their items."""
        self._name = TextLine(
            self.save, label="Name of the selection", action="Save", placeholder="Name, then Enter",
            sizing_mode="stretch_width", margin=(0, 8),
        )  # fmt: skip
        self.answer = Answer(on_message=lambda _: later(self._undo))
        self.saved = Parts(on_message=self._pressed)

    def view(self) -> pmui.Accordion:
        """The folded panel."""
        return folded("Saved selections", self._name, self.answer, self.saved)

    async def load(self) -> None:
        """Read the list again; others may have saved something."""
        try:
            found = await asyncio.to_thread(list_selections, self._store)
        except ClusteringError as error:
            self.answer.say(str(error), kind="error")
            return
        self._listed = {one.id: one for one in found}
        lines = [
            entry(one.name, items(one.count), message=["select", one.id], delete=["delete", one.id])
            for one in found
        ]
        self.saved.put(*(lines or [notice("line", NONE_YET)]))
        self._on_listed(found)

    async def save(self, name: str) -> None:
        """Keep what is selected under this name."""
        chosen = self._state.selected_ids()
        if not chosen or not name.strip():
            wanted = "Give it a name." if chosen else "Nothing is selected."
            self.answer.say(wanted, kind="error")
            return
        await self._save(name, chosen, f"{items(len(chosen))} saved.")

    async def read(self, selection_id: str) -> tuple[str, ...]:
        """Ids of what was saved; none, and it is told, when it is gone."""
        try:
            return await asyncio.to_thread(read_selection, self._store, selection_id)
        except ClusteringError as error:
            await self._fail(error)
            return ()

    async def select(self, selection_id: str) -> None:
        """Select what was saved, as far as it is on the map."""
        if not (found := await self.read(selection_id)):
            return
        self._names(found, selection_id)
        self._on_select(frozenset(found))
        left = len(self._state.selection)
        gone = "" if left == len(found) else f"{left:,} of {len(found):,} items are on the map."
        self.answer.say(gone)

    async def delete(self, selection_id: str) -> None:
        """Forget one of those listed, and offer to undo that."""
        if (saved := self._listed.get(selection_id)) is None:
            return
        try:
            found = await asyncio.to_thread(read_selection, self._store, selection_id)
            await asyncio.to_thread(delete_selection, self._store, selection_id)
        except ClusteringError as error:
            await self._fail(error)
            return
        self._deleted = saved.name, found
        self._names((), selection_id)
        self.answer.say(f"{saved.name} is deleted.", buttons=[UNDO])
        await self.load()

    async def _undo(self) -> None:
        if self._deleted is not None:
            (name, item_ids), self._deleted = self._deleted, None
            await self._save(name, item_ids, "")

    async def _save(self, name: str, item_ids: Sequence[str], said: str) -> None:
        try:
            saved = await asyncio.to_thread(save_selection, self._store, name, item_ids)
        except ClusteringError as error:
            await self._fail(error)
            return
        self._names(item_ids, saved)
        self.answer.say(said)
        self._on_saved()
        await self.load()

    def _names(self, item_ids: Sequence[str], selection_id: str) -> None:
        """Remember which items a saved selection names, and that it names no others any more."""
        self.ids = {group: kept for group, kept in self.ids.items() if kept != selection_id}
        if item_ids:
            self.ids[frozenset(item_ids)] = selection_id

    async def _fail(self, error: ClusteringError) -> None:
        """Tell an error, beside the list as it is now."""
        self.answer.say(str(error), kind="error")
        await self.load()

    def _pressed(self, message: Any) -> None:
        match message:
            case ["select", str(selection_id)]:
                later(lambda: self.select(selection_id))
            case ["delete", str(selection_id)]:
                later(lambda: self.delete(selection_id))
