"""The middle of the tab: the drawn map, the tools above it, the counts, and the hover card."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import panel as pn
from numpy.typing import NDArray

from clustering_app.projection.run import METHOD_NAMES, say_points
from clustering_app.projector.canvas import Canvas
from clustering_app.projector.contents import Points
from clustering_app.projector.full_screen import MAP_PANEL, FullScreenButton
from clustering_app.projector.items import METADATA
from clustering_app.projector.map_state import MapState, shortened
from clustering_app.projector.parts import Parts, card, notice
from clustering_app.projector.picture import HEIGHT, WIDTH, Scene

LABEL = "label"
LONGEST_LINE = 80
"""Characters of a value on the hover card."""


class MapPanel:
    """Draws what the state says, and takes over into it what the user selects on the map."""

    def __init__(
        self, state: MapState, *, on_selection: Callable[[], None], on_view: Callable[[], None]
    ) -> None:
        """Take what is shown, and what to call when the user selects or looks somewhere else."""
        self._state = state
        self._on_selection = on_selection
        self._on_view = on_view
        self._in_view: int | None = None
        """Points in view, once that is known."""
        self._drawn_run = ""
        """Id of the map that is drawn."""
        self.canvas = Canvas()
        self.canvas.on_select(self.rows_selected)
        self.canvas.on_hover(self.hovered)
        self.canvas.on_view(self.viewed)
        self.canvas.on_thumbnails(self._thumbnail, self._redraw)
        self.counts = Parts(styles={"flex": "1 0 260px", "width": "auto"})
        self.hover = Parts(sizing_mode="fixed", width=0, height=0, styles={"z-index": "20"})

    def view(self, *tools: object) -> pn.Column:
        """The map, and above it the counts, the tools of the map, and others."""
        above = pn.FlexBox(
            self.counts, *self.canvas.tools(), *tools, FullScreenButton(),
            sizing_mode="stretch_width", margin=0, align_items="center", gap="6px 0px",
        )  # fmt: skip
        drawn = pn.Column(
            self.hover, self.canvas.pane(), sizing_mode="stretch_both", margin=0,
            styles={"position": "relative"},
        )  # fmt: skip
        return pn.Column(
            above, drawn, sizing_mode="stretch_both", margin=0, css_classes=[MAP_PANEL]
        )

    def draw(self) -> None:
        """Draw the shown points anew; those of the same map where they are seen now."""
        self._in_view = None
        run_id = self._state.points.run.id if self._state.points else ""
        stay, self._drawn_run = run_id == self._drawn_run, run_id
        self.canvas.show(self._state.coordinates(), self._state.colours(), stay=stay)
        self.label()
        self.hover.put()

    def recolour(self) -> None:
        """Colour the points by what was chosen."""
        self.canvas.recolour(self._state.colours())

    def label(self) -> None:
        """Write the texts that were chosen."""
        self.canvas.label(*self._state.labels())

    def select(self) -> None:
        """Mark what is selected."""
        self.canvas.select(self._state.selected_rows())

    def count(self) -> None:
        """Say how many points are shown, selected and in view."""
        if self._state.points is not None:
            self.counts.put(notice("line", self._counted(self._state.points)))

    def _counted(self, points: Points) -> str:
        shown, whole = len(self._state.shown()), len(points.item_ids)
        said = [say_points(whole) if shown == whole else f"{shown:,} of {say_points(whole)}"]
        said.append(f"{len(self._state.selection):,} selected")
        if self._in_view is not None:
            said.append(f"{self._in_view:,} in view")
        run = points.run
        for info in self._state.contents.feature_sets:
            if info.name == run.feature_set:
                dimensions = info.fingerprint.dimension
                said.append(f"{dimensions} dimensions to {run.parameters.dimensions}")
        return " · ".join(said)

    def scene(self, title: str) -> Scene:
        """What is seen now, as a picture to take away."""
        state = self._state
        places, distances, radii = self.canvas.drawn.places((WIDTH, HEIGHT))
        rows, texts = state.labels()
        said = [self.described(), f"coloured by {state.color_by}"]
        if len(rows):
            said.append(f"labelled by {state.label_by}")
        return Scene(
            places=places,
            distances=distances,
            radii=radii,
            colours=state.colours(),
            selected=state.selected_rows(),
            labels=list(zip(rows.tolist(), texts, strict=True)),
            title=title,
            subtitle=" · ".join(said),
        )

    def described(self) -> str:
        """How many points of which map are shown, in a line."""
        if (points := self._state.points) is None:
            return ""
        parameters = points.run.parameters
        return (
            f"{METHOD_NAMES[parameters.method]} {parameters.dimensions}D of "
            f"{points.run.created.astimezone():%-d %b %Y, %H:%M} · "
            f"{len(self._state.shown()):,} of {say_points(len(points.item_ids))}"
        )

    def viewed(self, count: int) -> None:
        """Hear how many points are in view."""
        self._in_view = min(count, len(self._state.shown()))
        self.count()
        self._on_view()

    def rows_selected(self, rows: NDArray[np.intp]) -> None:
        """Take over what the user selected on the map."""
        if self._state.points is None or (len(rows) and rows[-1] >= len(self._state.shown())):
            return  # bits of a map that was replaced meanwhile
        before = self._state.selection
        self._state.select_rows(rows)
        if self._state.selection != before:
            self._on_selection()

    def hovered(self, row: int | None, x: float, y: float) -> None:
        """Show what the point under the pointer is."""
        shown = self._state.shown()
        if row is None or self._state.points is None or row >= len(shown):
            self.hover.put()
            return
        item = self._state.points.item(int(shown[row]))
        lines = []
        for field in self._state.card_fields:
            found = self._state.value(int(shown[row]), field)
            if found is not None:
                name = "" if field == LABEL else f"{field.removeprefix(METADATA)}: "
                lines.append(name + shortened(found, LONGEST_LINE))
        self.hover.put(card(item.name, lines, item.thumbnail_url, x, y))

    def _thumbnail(self, row: int) -> str | None:
        shown = self._state.shown()
        if self._state.points is None or row >= len(shown):
            return None
        return self._state.points.item(int(shown[row])).thumbnail_url

    def _redraw(self) -> None:
        if self._state.points is not None:
            self.draw()
            self.select()
