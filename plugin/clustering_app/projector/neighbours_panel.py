"""The nearest neighbours of what is selected, on the full vectors, not on the map."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import panel as pn
import panel_material_ui as pmui

from clustering_app.errors import ClusteringError
from clustering_app.projector.button import Button
from clustering_app.projector.last_asked import LastAsked
from clustering_app.projector.later import later
from clustering_app.projector.map_state import MapState
from clustering_app.projector.notices import items
from clustering_app.projector.number_field import number_in
from clustering_app.projector.parts import Parts, entry, notice
from clustering_app.projector.similar import nearest
from host_contract.context import Host
from host_contract.entities import Item, Metadata

METRICS = {"Cosine": "cosine", "Euclidean": "euclidean"}
NEAR, MOST_NEAR = 12, 200
"""Neighbours that are listed at first, and at most."""
SELECT_THESE = "Select these"


class NeighboursPanel:
    """Lists them at once for one item, and on demand for several."""

    def __init__(
        self, host: Host, state: MapState, on_select: Callable[[tuple[str, ...]], None]
    ) -> None:
        """Take where the vectors are, what is selected, and what to call with ids to select."""
        self._host = host
        self._state = state
        self._on_select = on_select
        self._found: list[tuple[str, float]] = []
        self._searches = LastAsked()
        self.metric = pmui.Select(
            label="Distance", options=METRICS, value="cosine", size="small", width=120,
            margin=(5, 4, 5, 0),
        )  # fmt: skip
        self.count = pmui.IntInput(
            label="How many near", value=NEAR, start=1, end=MOST_NEAR, size="small", width=112,
            margin=(5, 0),
        )  # fmt: skip
        for control in (self.metric, self.count):
            control.param.watch(self._changed, "value")
        self.ask = Button(
            "Nearest to the selection", self.find, icon="near_me", sizing_mode="stretch_width",
            margin=(5, 0),
        )  # fmt: skip
        self._controls = pn.Column(
            pn.Row(self.metric, self.count, margin=0), self.ask,
            sizing_mode="stretch_width", margin=0, visible=False,
        )  # fmt: skip
        self.listed = Parts(on_message=self._pressed)

    def view(self) -> pn.Column:
        """The choices, and the list."""
        return pn.Column(self._controls, self.listed, sizing_mode="stretch_width", margin=0)

    def show(self) -> None:
        """Follow the selection: look at once for one item, and list nothing else."""
        self.listed.put()
        chosen = len(self._state.selection)
        self._controls.visible = chosen > 0
        self.ask.visible = chosen > 1
        if chosen == 1:
            later(self.find)

    async def find(self) -> None:
        """List what is nearest to what is selected."""
        points, chosen = self._state.points, self._state.selection
        if points is None or not chosen:
            return
        metric, count = self.metric.value, number_in(self.count, NEAR)
        is_last = self._searches.ask()
        try:
            found = await asyncio.to_thread(
                nearest, self._host, points, chosen, metric=metric, count=count
            )
        except ClusteringError as error:
            self.listed.put(notice("line", str(error)))
            return
        if not is_last() or self._state.selection != chosen:
            return  # meanwhile something else was selected or asked for
        self._found = found
        to = "" if len(chosen) == 1 else f" to the mean of {items(len(chosen))}"
        self.listed.put(
            notice("heading", f"Nearest neighbours{to}", buttons=[SELECT_THESE]),
            *(_entry(points.table.item(item_id), distance) for item_id, distance in found),
        )

    def _changed(self, _event: Any) -> None:
        if self.listed.parts or len(self._state.selection) == 1:
            later(self.find)

    def _pressed(self, message: Any) -> None:
        match message:
            case str():
                self._on_select(tuple(item_id for item_id, _ in self._found))
            case ["select", str(item_id)]:
                self._on_select((item_id,))


def _entry(item: Item, distance: float) -> Metadata:
    return entry(
        item.name,
        f"distance {distance:.3f}",
        picture=item.thumbnail_url,
        message=["select", item.id],
    )
