"""Another map of the same items beside the open one, with the same selection and colours."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import panel as pn
import panel_material_ui as pmui

from clustering_app.errors import ClusteringError
from clustering_app.projection.runs import read_run
from clustering_app.projector.contents import Contents
from clustering_app.projector.controls import believable, named_runs
from clustering_app.projector.map_panel import MapPanel
from clustering_app.projector.map_state import MapState
from clustering_app.projector.parts import Parts, notice
from clustering_app.vectors.store import FeatureStore

ALONE = "nothing"


class Comparison:
    """Shown when another map is chosen; a second canvas is made for the first one."""

    def __init__(
        self, store: FeatureStore, state: MapState, *, on_selection: Callable[[], None]
    ) -> None:
        """Take where maps are kept, the state of the open map, and what to call when it changed."""
        self._store = store
        self._state = state
        self._on_selection = on_selection
        self._filling = False
        self._wanted = ""
        self.beside = MapState()
        self.map_panel: MapPanel | None = None
        self.choice = pmui.Select(
            label="Compare with", options={ALONE: ""}, value="", size="small", width=210,
            margin=(0, 4), visible=False,
        )  # fmt: skip
        self.choice.param.watch(self._chosen, "value")
        self._heading = Parts()
        self._pane = pn.Column(
            self._heading, sizing_mode="stretch_both", margin=(0, 0, 0, 8), visible=False
        )

    def view(self) -> pn.Column:
        """The other map, when one is chosen."""
        return self._pane

    async def show(self, contents: Contents) -> None:
        """Offer the other maps, and show the chosen one of the items as they are now."""
        points = contents.points
        open_run = points.run.id if points is not None else None
        named = named_runs(contents.runs)
        others = {name: run_id for name, run_id in named.items() if run_id != open_run}
        chosen = self.choice.value if self.choice.value in others.values() else ""
        self._filling = True
        try:
            self.choice.param.update(
                options={ALONE: "", **others}, value=chosen, visible=bool(others)
            )
        finally:
            self._filling = False
        await self.compare(chosen)

    async def compare(self, run_id: str) -> None:
        """Show this map beside the open one; none for an empty id."""
        self._wanted, points = run_id, self._state.points
        self._pane.visible = bool(run_id) and points is not None
        self.beside.take(Contents())
        if not run_id or points is None:
            return
        try:
            run = await asyncio.to_thread(read_run, self._store, run_id)
        except ClusteringError as error:
            self._heading.put(notice("error", str(error)))
            return
        if self._wanted != run_id or self._state.points is not points:
            return  # another map was chosen or opened meanwhile, or the tab was closed
        if self.map_panel is None:
            self.map_panel = MapPanel(
                self.beside, on_selection=self._selected_beside, on_view=lambda: None
            )
            self._pane.append(self.map_panel.view())
        self.beside.take(Contents(runs=(run.info,), points=points.at(run)))
        self._heading.put(notice("line", self.map_panel.described(), believable(run.info)))
        self.draw()

    def draw(self) -> None:
        """Show the same items as the open map, in the same colours."""
        if panel := self._following():
            panel.draw()
            panel.select()
            panel.count()

    def select(self) -> None:
        """Mark what is selected on the open map."""
        if panel := self._following():
            panel.select()
            panel.count()

    def recolour(self) -> None:
        """Colour and label as the open map."""
        if panel := self._following():
            panel.recolour()
            panel.label()

    def _following(self) -> MapPanel | None:
        """What draws the other map, its state brought up to the open one's; None without one."""
        if self.map_panel is None or self.beside.points is None:
            return None
        self.beside.follow(self._state)
        return self.map_panel

    def _selected_beside(self) -> None:
        self._state.select(self.beside.selection)
        self._on_selection()

    async def _chosen(self, event: Any) -> None:
        if not self._filling:
            await self.compare(event.new)
