"""Views that are shared: the state of the tab as an address, and an address followed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

from clustering_app.errors import ClusteringError
from clustering_app.projector.address import (
    MOST_ITEMS,
    Address,
    Group,
    Search,
    fragment,
    read_fragment,
)
from clustering_app.projector.clusters_panel import ClustersPanel
from clustering_app.projector.finder import Finder
from clustering_app.projector.map_panel import MapPanel
from clustering_app.projector.map_state import NOTHING, SIMILARITY, MapState
from clustering_app.projector.notices import items
from clustering_app.projector.saved_selections import read_selection
from clustering_app.projector.selections_panel import SelectionsPanel
from clustering_app.projector.share_button import ShareButton
from clustering_app.vectors.store import FeatureStore
from host_contract.errors import ContractError, InvalidInput


class Sharing:
    """Keeps the address true, and follows one that the user came with."""

    def __init__(
        self,
        store: FeatureStore,
        state: MapState,
        *,
        panel: str,
        finder: Finder,
        map_panel: MapPanel,
        selections: SelectionsPanel,
        clusters: ClustersPanel,
        open_map: Callable[[str], Awaitable[None]],
        show: Callable[[], None],
        tell: Callable[[str], None],
    ) -> None:
        """Take the parts that have a state, what opens a map, shows the state, and tells a text."""
        self._store = store
        self._state = state
        self._finder = finder
        self._map_panel = map_panel
        self._selections = selections
        self._clusters = clusters
        self._open_map = open_map
        self._show = show
        self._tell = tell
        self.button = ShareButton(panel, self.follow)

    def update(self) -> None:
        """Let the address say what the tab shows now."""
        if self._state.points is None:
            return
        selected, isolated = self._state.selection, self._state.isolated
        search = self._search()
        chosen = self._group(selected) if selected else Group() if search else None
        address = Address(
            run=self._state.points.run.id,
            color_by="" if self._state.color_by == SIMILARITY else self._state.color_by,
            label_by="" if self._state.label_by == NOTHING else self._state.label_by,
            selected=None if search and self._finds_selection() else chosen,
            isolated=None if isolated is None else self._group(isolated),
            search=search,
            described=self._clusters.described,
            pictures=self._map_panel.canvas.thumbnails,
            seen=self._map_panel.canvas.seen,
        )
        self.button.param.update(fragment=fragment(address), copied=self._left_out(address))

    async def follow(self, text: str) -> None:
        """Bring the tab into the state that a fragment says; told why, where that cannot be."""
        if not text or text == self.button.fragment:
            return
        try:
            await self._follow(read_fragment(text))
        except (ContractError, ClusteringError) as error:
            self._tell(f"The address was not followed. {error}")

    async def _follow(self, address: Address) -> None:
        if (points := self._state.points) is None:
            raise InvalidInput("There is no map yet.")
        if address.run and address.run not in [run.id for run in self._state.contents.runs]:
            raise InvalidInput(f"There is no map {address.run[:60]!r} any more.")
        search = address.search
        selected, isolated, like = [
            None if group is None else await self._item_ids(group)
            for group in (address.selected, address.isolated, search.like if search else None)
        ]
        if search is not None:
            self._finder.search_panel.ask(search)
        if address.run and address.run != points.run.id:
            await self._open_map(address.run)
        if address.described:
            with suppress(InvalidInput):  # no such level: then the names are no field, as is told
                await self._clusters.describe(address.described)
        self._choose_fields(address)
        if like:
            await self._finder.find_similar(like)
        elif search is not None:
            await self._finder.search()
        found = [item_id for item_id, _ in self._state.listed()] if search is not None else ()
        if isolated is not None:
            self._state.select(isolated)
            self._state.isolate()
        if selected is not None or isolated is not None:
            self._state.select(found if selected is None else selected)
        self._map_panel.canvas.thumbnails = address.pictures
        self._show()
        if not address.seen:
            self._map_panel.canvas.fit()
            return
        try:
            self._map_panel.canvas.look(address.seen)
        except ValueError:
            raise InvalidInput("It sees the map from nowhere that a map is seen.") from None

    def _choose_fields(self, address: Address) -> None:
        """Colour and label as the address says; a field that is gone costs nothing else."""
        known = (*self._state.points.fields(), NOTHING) if self._state.points else ()
        wanted = [field for field in (address.color_by, address.label_by) if field]
        for field in wanted:
            if field not in known:
                self._tell(f"No item has the field {field[:60]!r} any more.")
        if address.color_by in known:
            self._state.color_by = address.color_by
        self._state.label_by = address.label_by if address.label_by in known else NOTHING

    def _search(self) -> Search | None:
        """The last search, while the map shows what it found, if it can be said."""
        asked = self._finder.asked
        if asked is None or (self._state.color_by != SIMILARITY and not self._finds_selection()):
            return None
        if asked.like is None:
            return asked
        like = self._group(frozenset(asked.like.item_ids))
        return None if like is None else replace(asked, like=like)

    def _finds_selection(self) -> bool:
        return self._finder.asked is not None and self._finder.found == self._state.selection

    def _group(self, item_ids: frozenset[str]) -> Group | None:
        """How an address names these items; None when it cannot."""
        if len(item_ids) <= MOST_ITEMS:
            return Group(item_ids=tuple(sorted(item_ids)))
        saved = self._selections.ids.get(item_ids)
        return None if saved is None else Group(saved=saved)

    def _left_out(self, address: Address) -> str:
        """What is said once the address is copied."""
        left = []
        if self._state.selection and address.selected is None and not self._finds_selection():
            left.append(f"the selection of {items(len(self._state.selection))}")
        if self._state.isolated is not None and address.isolated is None:
            left.append(f"the isolation of {items(len(self._state.isolated))}")
        if not left:
            return "Copied."
        return f"Copied without {' and '.join(left)}: saved under a name it can be shared."

    async def _item_ids(self, group: Group) -> tuple[str, ...]:
        if not group.saved:
            return group.item_ids
        found = await asyncio.to_thread(read_selection, self._store, group.saved)
        self._selections.ids[frozenset(found)] = group.saved
        return found
