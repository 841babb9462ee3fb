"""The Bokeh figure of the map in two dimensions, and what crosses between it and Python."""

from __future__ import annotations

from typing import Literal

import numpy as np
from bokeh.models import (
    BoxSelectTool,
    ColumnDataSource,
    CustomJS,
    HoverTool,
    LassoSelectTool,
    LinearColorMapper,
    PanTool,
    Range1d,
    ResetTool,
    SaveTool,
    TapTool,
    WheelZoomTool,
)
from bokeh.plotting import figure

from clustering_app.projector.colours import Colouring

Mode = Literal["replace", "add", "subtract", "intersect"]
BOKEH_MODES = {
    "replace": "replace",
    "add": "append",
    "subtract": "subtract",
    "intersect": "intersect",
}
NOTHING = np.empty(0, np.float32)
SEND_BITS = """
const rows = points.selected.indices
const bits = new Uint8Array((points.get_length() + 7) >> 3)
for (const row of rows) bits[row >> 3] |= 1 << (row & 7)
const known = wanted.known_bits // what Python knows is not told back to it
if (known != null && known.length === bits.length && known.every((b, i) => b === bits[i])) return
wanted.known_bits = bits
selected.data = {bits}
"""
TAKE_BITS = """
const bits = wanted.data.bits
wanted.known_bits = Uint8Array.from(bits)
const rows = []
for (let row = 0; row < points.get_length(); row++)
  if (bits[row >> 3] & (1 << (row & 7))) rows.push(row)
points.selected.indices = rows
"""
SEND_HOVER = """
const rows = cb_data.index.indices
const row = rows.length ? rows[0] : -1
if (hovered.data.row[0] !== row) {
  const {sx, sy} = cb_data.geometry
  hovered.data = {row: [row], x: [sx], y: [sy]}
}
"""


class Figure2D:
    """Points, labels, and the tools on them. N points."""

    def __init__(self) -> None:
        self.points = ColumnDataSource(
            {"x": NOTHING, "y": NOTHING, "colour": NOTHING}, name="points"
        )
        """(N,) float32 each."""
        self.labels = ColumnDataSource({"x": NOTHING, "y": NOTHING, "text": []}, name="labels")
        self.selected = ColumnDataSource({"bits": np.empty(0, np.uint8)}, name="selected")
        """What the user selected, one bit a point."""
        self.wanted = ColumnDataSource({"bits": np.empty(0, np.uint8)})
        """What Python selects; taken over when its tags change."""
        self.hovered = ColumnDataSource({"row": [-1], "x": [0.0], "y": [0.0]}, name="hovered")
        """The row under the pointer, or -1, and the pointer's place in pixels."""
        self.mapper = LinearColorMapper(palette=["#0072b2"], low=0.0, high=1.0)
        self.figure = self._make()
        self._link_selection()

    def set_size(self, diameter: float) -> None:
        """Of the dots, in pixels; selected ones are larger."""
        self.dots.glyph.size = self.dots.nonselection_glyph.size = diameter
        self.dots.selection_glyph.size = diameter + 2.0

    def set_colours(self, colours: Colouring) -> None:
        """What colour each number of `points` stands for."""
        self.mapper.update(
            palette=list(colours.palette), low=colours.ends[0], high=colours.ends[1],
            nan_color="#b9c2cb",
        )  # fmt: skip

    def set_mode(self, mode: Mode) -> None:
        """What a selection does to the one before, when neither Shift nor Alt is held."""
        for tool in self.figure.toolbar.tools:
            if isinstance(tool, BoxSelectTool | LassoSelectTool | TapTool):
                tool.mode = BOKEH_MODES[mode]

    def _make(self) -> figure:
        drawn = figure(
            name="plane",
            output_backend="webgl",
            tools=[
                pan := PanTool(),
                box := BoxSelectTool(persistent=False, continuous=False),
                LassoSelectTool(persistent=False, continuous=False),
                TapTool(),
                wheel := WheelZoomTool(),
                ResetTool(),
                SaveTool(),
            ],
            toolbar_location="above",
            sizing_mode="stretch_both",
            min_height=300,
            x_range=Range1d(0.0, 1.0),
            y_range=Range1d(0.0, 1.0),
        )
        drawn.toolbar.logo = None
        drawn.toolbar.active_drag = box
        drawn.toolbar.active_scroll = wheel
        pan.description, box.description = "Pan", "Box select (Shift adds)"
        drawn.axis.visible = False
        drawn.grid.visible = False
        drawn.outline_line_color = None
        colour = {"field": "colour", "transform": self.mapper}
        self.dots = drawn.scatter(
            "x", "y", source=self.points, size=6, color=colour, fill_alpha=0.85, line_alpha=0.0,
            nonselection_fill_alpha=0.18, selection_fill_alpha=1.0, selection_line_alpha=1.0,
        )  # fmt: skip
        self.dots.selection_glyph.line_color = "#111111"
        drawn.text(
            "x", "y", "text", source=self.labels, text_font_size="11px", text_color="#7a8794",
            x_offset=7, y_offset=4,
        )  # fmt: skip
        drawn.add_tools(
            HoverTool(
                renderers=[self.dots],
                tooltips=None,
                callback=CustomJS(args={"hovered": self.hovered}, code=SEND_HOVER),
            )
        )
        return drawn

    def _link_selection(self) -> None:
        """Indices never cross as JSON: bits go up, and bits come down."""
        self.points.selected.syncable = False
        names = {"points": self.points, "selected": self.selected, "wanted": self.wanted}
        self.points.selected.js_on_change("indices", CustomJS(args=names, code=SEND_BITS))
        self.wanted.js_on_change("tags", CustomJS(args=names, code=TAKE_BITS))
