"""The list of what is selected, best first where there is an order, and what is near to one."""

from __future__ import annotations

from collections.abc import Callable

import panel as pn

from clustering_app.projector.map_state import MapState
from clustering_app.projector.notices import items
from clustering_app.projector.parts import Parts, entry, notice
from clustering_app.projector.statistics import OverRepresented
from host_contract.context import Host
from host_contract.entities import Item, Metadata

MOST_LISTED = 100
FIND_SIMILAR = "Find similar"
NOTHING_SELECTED = (
    "Nothing is selected. Draw a box or a lasso on the map, press a point or a colour, or search."
)


class SelectedList:
    """Shows at most 100 items; an entry opens its item in the host."""

    def __init__(
        self,
        host: Host,
        state: MapState,
        on_near: Callable[[str], None],
        on_similar: Callable[[], None],
    ) -> None:
        """Take where items open, what is selected, and what to call for what is pressed."""
        self._host = host
        self._state = state
        self.selected = Parts(on_message=lambda _: on_similar())
        self.statistics = Parts()
        self.near = Parts(on_message=on_near)

    def view(self) -> pn.Column:
        """Neighbours, statistics, then the selection."""
        return pn.Column(
            self.near, self.statistics, self.selected, sizing_mode="stretch_width", margin=0
        )

    def show(self) -> None:
        """Show the selection, and no neighbours until they are known."""
        self.near.put()
        points = self._state.points
        listed = self._state.listed()
        if len(listed) < 2:
            self.statistics.put()
        if points is None or not listed:
            self.selected.put(notice("line", NOTHING_SELECTED))
            return
        entries = [
            self._entry(points.table.items[points.table.rows[item_id]], score)
            for item_id, score in listed[:MOST_LISTED]
        ]
        more = len(listed) - len(entries)
        self.selected.put(
            notice("heading", f"{items(len(listed))} selected", buttons=[FIND_SIMILAR]),
            *entries,
            *([notice("line", f"and {more:,} more")] if more else []),
        )

    def show_near(self, found: list[tuple[str, float]]) -> None:
        """Show the neighbours of the one item that is selected, with their distances."""
        points = self._state.points
        if points is None:
            return
        self.near.put(
            notice("heading", "Nearest neighbours"),
            *(
                self._entry(points.table.items[points.table.rows[other]], None)
                | {"detail": f"distance {distance:.3f}", "href": None, "message": other}
                for other, distance in found
            ),
        )

    def show_statistics(self, found: list[OverRepresented]) -> None:
        """Show what the selection has more often than the rest, if anything."""
        lines = [
            entry(
                f"{one.field}: {one.value}",
                f"{one.share_selected:.0%} here, {one.share_rest:.0%} elsewhere",
            )
            for one in found
        ]
        self.statistics.put(*([notice("heading", "More often here"), *lines] if lines else []))

    def say(self, text: str) -> None:
        """Tell why there are no neighbours."""
        self.near.put(notice("line", text))

    def _entry(self, item: Item, score: float | None) -> Metadata:
        detail = ", ".join(item.labels) or item.folder
        return entry(
            item.name,
            detail if score is None else f"{score:.3f} · {detail}",
            picture=item.thumbnail_url,
            href=self._host.item_url(item.id),
        )
