"""What there is to know of the selection: one item or several, their neighbours, the list."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import numpy as np
import panel as pn

from clustering_app.projector.inspector import Inspector
from clustering_app.projector.later import later
from clustering_app.projector.map_state import MapState
from clustering_app.projector.neighbours_panel import NeighboursPanel
from clustering_app.projector.parts import Parts, entry, notice
from clustering_app.projector.selected_list import SelectedList
from clustering_app.projector.statistics import over_represented
from host_contract.context import Host


class SelectedPanel:
    """Follows the selection."""

    def __init__(
        self,
        host: Host,
        state: MapState,
        *,
        on_select: Callable[[tuple[str, ...]], None],
        on_similar: Callable[[], None],
    ) -> None:
        """Take what is selected, and what to call with ids to select or to find similar items."""
        self._state = state
        self.inspector = Inspector(host, state)
        self.neighbours = NeighboursPanel(host, state, on_select)
        self.statistics = Parts()
        self.list = SelectedList(host, state, on_similar)

    def view(self) -> pn.Column:
        """The item, its neighbours, statistics, then the list."""
        return pn.Column(
            self.inspector, self.neighbours.view(), self.statistics, self.list.view(),
            sizing_mode="stretch_width", margin=0,
        )  # fmt: skip

    def show(self) -> None:
        """Show what is known at once; the rest follows."""
        self.inspector.show()
        self.neighbours.show()
        self.list.show()
        if len(self._state.selection) < 2:
            self.statistics.put()
        else:
            later(self.show_statistics)

    async def show_statistics(self) -> None:
        """List what the selection has more often than the rest of the map."""
        if (points := self._state.points) is None:
            return
        selection = self._state.selection
        found = await asyncio.to_thread(
            over_represented,
            ((field, points.values(field)) for field in points.fields()),
            np.array([item_id in selection for item_id in points.item_ids]),
        )
        if self._state.selection != selection:
            return  # meanwhile something else was selected
        lines = [
            entry(
                f"{one.field}: {one.value}",
                f"{one.share_selected:.0%} here, {one.share_rest:.0%} elsewhere",
            )
            for one in found
        ]
        self.statistics.put(*([notice("heading", "More often here"), *lines] if lines else []))
