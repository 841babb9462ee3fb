"""The map in two dimensions: a Bokeh figure drawn with WebGL. N points."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import numpy as np
import panel as pn
from numpy.typing import NDArray

from clustering_app.projector.colours import Colouring
from clustering_app.projector.later import later
from clustering_app.projector.selection import packed, unpacked
from clustering_app.projector.view_2d_figure import Figure2D, Mode

REST_SECONDS = 0.15
"""Without a move, after which the points in view are counted."""


class MapView2D:
    """See `clustering_app.projector.view.MapView`."""

    def __init__(self) -> None:
        self._count = 0
        self._serial = count()
        self._places = np.empty((0, 2), np.float32)
        self._drawn = Figure2D()
        self._figure = self._drawn.figure
        self._in_view: Callable[[int], None] | None = None
        self._moves = 0
        self._moving = False
        self._pane = pn.pane.Bokeh(self._figure, sizing_mode="stretch_both", margin=0)

    def show(
        self, coordinates: NDArray[np.float32], colours: Colouring, *, stay: bool = False
    ) -> None:
        """Draw these points (N, 2), and forget the selection: see `MapView.show`."""
        self._count = len(coordinates)
        self._places = coordinates.astype(np.float32)

        def draw() -> None:
            self._drawn.set_colours(colours)
            x, y = self._places.T
            self._drawn.points.data = {"x": x, "y": y, "colour": colours.codes}
            size = float(np.clip(220.0 / max(np.sqrt(self._count), 1.0), 3.0, 9.0))
            self._drawn.set_size(size)
            self._fit(stay=stay and bool(self.seen))
            self._tell_in_view()

        self.in_page(draw)
        self.select(np.empty(0, np.intp))

    def recolour(self, colours: Colouring) -> None:
        """Colour the points anew; only one number a point is sent."""

        def draw() -> None:
            self._drawn.set_colours(colours)
            self._drawn.points.data["colour"] = colours.codes

        self.in_page(draw)

    def label(self, rows: NDArray[np.intp], texts: Sequence[str]) -> None:
        """Write texts beside these points."""
        x, y = self._places[rows].T
        data = {"x": x, "y": y, "text": list(texts)}
        self.in_page(lambda: self._drawn.labels.update(data=data))

    def select(self, rows: NDArray[np.intp]) -> None:
        """Select these points, and no others."""
        data = {"bits": packed(rows, self._count)}

        def send() -> None:
            # Bokeh sends no data that are equal to the last it sent, whatever the browser has.
            self._drawn.wanted.update(data=data, tags=[next(self._serial)])

        self.in_page(send)

    def on_select(self, callback: Callable[[NDArray[np.intp]], None]) -> None:
        """Call back with the rows that the user selected."""
        self._drawn.selected.on_change(
            "data", lambda attribute, old, new: callback(unpacked(new["bits"], self._count))
        )

    def set_mode(self, mode: Mode) -> None:
        """What a selection does to the one before, when neither Shift nor Alt is held."""
        self.in_page(lambda: self._drawn.set_mode(mode))

    def on_hover(self, callback: Callable[[int | None, float, float], None]) -> None:
        """Call back with the row under the pointer, or None, and the pointer's place in pixels."""

        def changed(attribute: str, old: Any, new: Any) -> None:
            row = int(new["row"][0])
            inside = 0 <= row < self._count
            callback(row if inside else None, float(new["x"][0]), float(new["y"][0]))

        self._drawn.hovered.on_change("data", changed)

    def fit(self) -> None:
        """Look so that every point is seen."""
        self.in_page(self._fit)

    @property
    def seen(self) -> tuple[float, ...]:
        """Left, right, bottom and top in the coordinates' unit; none when it is fitted."""
        across, up = self._figure.x_range, self._figure.y_range
        now = (across.start, across.end, up.start, up.end)
        fitted = (across.reset_start, across.reset_end, up.reset_start, up.reset_end)
        return () if None in now or now == fitted else tuple(float(bound) for bound in now)

    def look(self, seen: tuple[float, ...]) -> None:
        """See the map as `seen` said. Raises `ValueError` for numbers that it cannot have said."""
        left, right, bottom, top = seen
        if left >= right or bottom >= top:
            raise ValueError(f"{seen} is no part of a plane")
        self.in_page(lambda: self._look(seen))

    def places(
        self, size: tuple[int, int]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Where the points lie in a picture of this size: see `MapView.places`."""
        across, up = self._figure.x_range, self._figure.y_range
        low, high = np.array([across.start, up.end]), np.array([across.end, up.start])
        places = (self._places - low) / (high - low) * size
        radius = self._drawn.dots.glyph.size / 2
        return places, np.ones(self._count), np.full(self._count, radius)

    def on_view(self, callback: Callable[[int], None]) -> None:
        """Call back with how many points are in view, each time that the view comes to rest."""
        self._in_view = callback
        for shown in (self._figure.x_range, self._figure.y_range):
            for bound in ("start", "end"):
                shown.on_change(bound, self._moved)

    def _moved(self, attribute: str, old: Any, new: Any) -> None:
        self._moves += 1
        if not self._is_open():
            self._tell_in_view()
        elif not self._moving:
            self._moving = True
            later(self._rest)

    async def _rest(self) -> None:
        moves = -1
        while moves != self._moves:
            moves = self._moves
            await asyncio.sleep(REST_SECONDS)
        self._moving = False
        self._tell_in_view()

    def _tell_in_view(self) -> None:
        across, up = self._figure.x_range, self._figure.y_range
        x, y = self._places.T
        inside = (x >= across.start) & (x <= across.end) & (y >= up.start) & (y <= up.end)
        if self._in_view is not None:
            self._in_view(int(inside.sum()))

    def pane(self) -> pn.pane.Bokeh:
        """What Panel shows."""
        return self._pane

    def _fit(self, *, stay: bool = False) -> None:
        """Show every point, with a margin, or stay; reset returns to every point."""
        if not self._count:
            return
        low, high = self._places.min(axis=0), self._places.max(axis=0)
        margin = np.maximum((high - low) * 0.05, 1e-3)
        for axis, shown in enumerate((self._figure.x_range, self._figure.y_range)):
            start, end = float(low[axis] - margin[axis]), float(high[axis] + margin[axis])
            shown.update(reset_start=start, reset_end=end)
            if not stay:
                shown.update(start=start, end=end)

    def _look(self, seen: tuple[float, ...]) -> None:
        left, right, bottom, top = seen
        self._figure.x_range.update(start=left, end=right)
        self._figure.y_range.update(start=bottom, end=top)

    def in_page(self, change: Callable[[], None]) -> None:
        """Change what is shown while the page's lock is held; a coroutine may have lost it."""
        if self._is_open():
            self._figure.document.add_next_tick_callback(change)
        else:
            change()

    def _is_open(self) -> bool:
        """Whether the figure is in a page that a server serves."""
        document = self._figure.document
        return document is not None and document.session_context is not None
