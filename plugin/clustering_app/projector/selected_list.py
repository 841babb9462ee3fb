"""The list of what is selected, best first where there is an order."""

from __future__ import annotations

from collections.abc import Callable

import panel as pn

from clustering_app.projector.item_list import ItemList
from clustering_app.projector.map_state import MapState
from clustering_app.projector.notices import items
from clustering_app.projector.parts import Parts, entry, notice
from host_contract.context import Host
from host_contract.entities import Metadata

FIND_SIMILAR = "Find similar"
NOTHING_SELECTED = (
    "Nothing is selected. Draw a box or a lasso on the map, press a point or a colour, or search."
)


class SelectedList:
    """Lists every selected item; an entry opens its item in the host."""

    def __init__(self, host: Host, state: MapState, on_similar: Callable[[], None]) -> None:
        """Take where items open, what is selected, and what to call to find similar ones."""
        self._host = host
        self._state = state
        self._listed: list[tuple[str, float | None]] = []
        self.heading = Parts(on_message=lambda _: on_similar())
        self.items = ItemList(self.lines)

    def view(self) -> pn.Column:
        """How many there are, and the list."""
        return pn.Column(self.heading, self.items, sizing_mode="stretch_width", margin=0)

    def show(self) -> None:
        """Show the selection."""
        self._listed = self._state.listed()
        if self._listed:
            heading = notice(
                "heading", f"{items(len(self._listed))} selected", buttons=[FIND_SIMILAR]
            )
        else:
            heading = notice("line", NOTHING_SELECTED)
        self.heading.put(heading)
        self.items.show(len(self._listed))

    def lines(self, start: int, end: int) -> list[Metadata]:
        """The entries of the list from one number to before another."""
        if (points := self._state.points) is None:
            return []
        found = []
        for item_id, score in self._listed[start:end]:
            item = points.table.item(item_id)
            detail = ", ".join(item.labels) or item.folder
            found.append(
                entry(
                    item.name,
                    detail if score is None else f"{score:.3f} · {detail}",
                    picture=item.thumbnail_url,
                    href=self._host.item_url(item.id),
                )
            )
        return found
