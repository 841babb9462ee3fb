"""A line in the place of the tab, until the tab can take it."""

from __future__ import annotations

from collections.abc import Callable

import panel as pn

from clustering_app.projector.notices import OPENING
from clustering_app.projector.parts import Parts


class Opening:
    """Lets the tab into the page once it is read and the line is drawn.

    A widget that changes while it is being mounted loses the change (Panel subscribes late), so
    the widgets enter the page when they already say what they should. A column loses its change
    too (Bokeh subscribes when all that is in it has been built), hence the line.
    """

    def __init__(self, layout: pn.Row, on_entered: Callable[[], None]) -> None:
        """Take the tab, and what to call when it is in the page."""
        self._layout = layout
        self._on_entered = on_entered
        self._read = self._drawn = False
        line = Parts(OPENING, tells_drawn=True, on_message=self._line_drawn)
        self.place = pn.Column(line, sizing_mode="stretch_both", margin=0)

    def tab_read(self) -> None:
        """Hear that the tab says what it should."""
        self._read = True
        self._enter()

    def _line_drawn(self, _message: object) -> None:
        self._drawn = True
        self._enter()

    def _enter(self) -> None:
        if self._read and self._drawn and self.place[0] is not self._layout:
            self.place[:] = [self._layout]
            self._on_entered()
