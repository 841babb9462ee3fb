"""The drawn map and its tools: Bokeh in the plane; WebGL in space, for pictures or many points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui
from numpy.typing import NDArray
from panel.viewable import Viewable

from clustering_app.projector.button import Button
from clustering_app.projector.colours import Colouring
from clustering_app.projector.view_2d import MapView2D
from clustering_app.projector.view_3d import MapView3D

MOST_IN_BOKEH = 200_000
"""Points up to which Bokeh draws fluently; above, a plane map is drawn as one in space is."""
TOOLS = {"Turn": "orbit", "Box": "box", "Lasso": "lasso"}
MODES = {
    "Replace": "replace",
    "Add": "add",
    "Subtract": "subtract",
    "Intersect": "intersect",
}


class Canvas:
    """See `clustering_app.projector.view.MapView`; coordinates may also be (N, 3)."""

    def __init__(self) -> None:
        self.plane = MapView2D()
        self.space = MapView3D()
        self.drawn: MapView2D | MapView3D = self.plane
        # A column, since Panel would hide the figure itself without waiting for the page's lock.
        self.in_plane = pn.Column(self.plane.pane(), sizing_mode="stretch_both", margin=0)
        self.in_space = pn.Column(
            self.space.pane(), sizing_mode="stretch_both", margin=0, visible=False
        )
        self._tool = pmui.RadioButtonGroup(
            options=TOOLS, value="orbit", size="small", margin=(0, 4), visible=False
        )
        self._tool.param.watch(lambda event: self.space.set_tool(event.new), "value")
        self._mode = pmui.Select(
            label="A selection", options=MODES, value="replace", size="small", width=124,
            margin=(0, 4),
        )  # fmt: skip
        self._mode.param.watch(self._mode_chosen, "value")
        self._front = pmui.Checkbox(label="Front only", size="small", margin=(0, 4), visible=False)
        self._front.param.watch(lambda event: self.space.set_front_only(event.new), "value")
        self._thumbnails = pmui.Checkbox(label="Pictures", size="small", margin=(0, 4))
        self._thumbnails.param.watch(self._thumbnails_chosen, "value")
        self._address: Callable[[int], str | None] = lambda _row: None
        self._redraw: Callable[[], None] = lambda: None
        self._fit = Button(
            "Fit", self._fit_pressed, icon="fit_screen", look="command", margin=(0, 2)
        )

    def show(
        self, coordinates: NDArray[np.float32], colours: Colouring, *, stay: bool = False
    ) -> None:
        """Draw these points, (N, 2) or (N, 3), and forget the selection: see `MapView.show`."""
        before, few = self.drawn, len(coordinates) <= MOST_IN_BOKEH
        in_plane = coordinates.shape[1] == 2 and few and not self._thumbnails.value
        self.drawn = self.plane if in_plane else self.space
        self.in_plane.visible = in_plane
        for part in (self.in_space, self._tool, self._front):
            part.visible = not in_plane
        self.drawn.show(coordinates, colours, stay=stay and self.drawn is before)
        self.space.show_thumbnails(self._address if self._thumbnails.value else None)

    def recolour(self, colours: Colouring) -> None:
        """Colour the points anew."""
        self.drawn.recolour(colours)

    def label(self, rows: NDArray[np.intp], texts: Sequence[str]) -> None:
        """Write texts beside these points."""
        self.drawn.label(rows, texts)

    def select(self, rows: NDArray[np.intp]) -> None:
        """Select these points, and no others."""
        self.drawn.select(rows)

    def on_select(self, callback: Callable[[NDArray[np.intp]], None]) -> None:
        """Call back with the rows that the user selected."""
        self.plane.on_select(callback)
        self.space.on_select(callback)

    def on_hover(self, callback: Callable[[int | None, float, float], None]) -> None:
        """Call back with the row under the pointer, or None, and the pointer's place in pixels."""
        self.plane.on_hover(callback)
        self.space.on_hover(callback)

    def fit(self) -> None:
        """Look so that every point is seen."""
        self.drawn.fit()

    @property
    def seen(self) -> tuple[float, ...]:
        """From where the map is seen, in numbers that only `look` reads; none when it is fitted."""
        return self.drawn.seen

    def look(self, seen: tuple[float, ...]) -> None:
        """See the map as `seen` said. Raises `ValueError` for numbers that it cannot have said."""
        self.drawn.look(seen)

    def on_view(self, callback: Callable[[int], None]) -> None:
        """Call back with how many points are in view, each time that the view comes to rest."""
        self.plane.on_view(lambda count: self._tell(self.plane, callback, count))
        self.space.on_view(lambda count: self._tell(self.space, callback, count))

    def on_thumbnails(
        self, address: Callable[[int], str | None], redraw: Callable[[], None]
    ) -> None:
        """Take the path of a row's picture, and what draws anew when pictures are switched."""
        self._address, self._redraw = address, redraw

    @property
    def thumbnails(self) -> bool:
        """Whether points are drawn as pictures; in the plane too WebGL draws them then."""
        return bool(self._thumbnails.value)

    @thumbnails.setter
    def thumbnails(self, wanted: bool) -> None:
        self._thumbnails.value = wanted

    def _thumbnails_chosen(self, _event: Any) -> None:
        self._redraw()

    def _tell(
        self, view: MapView2D | MapView3D, callback: Callable[[int], None], count: int
    ) -> None:
        if view is self.drawn:
            callback(count)

    def tools(self) -> tuple[Viewable, ...]:
        """What dragging does, and what a selection does to the one before."""
        return (self._tool, self._front, self._thumbnails, self._fit, self._mode)

    def pane(self) -> pn.Row:
        """What Panel shows."""
        # Of a column Panel would ask for the least heights of both together; one alone is shown.
        return pn.Row(self.in_plane, self.in_space, sizing_mode="stretch_both", margin=0)

    def _mode_chosen(self, event: Any) -> None:
        self.plane.set_mode(event.new)
        self.space.set_mode(event.new)

    async def _fit_pressed(self) -> None:
        self.fit()
