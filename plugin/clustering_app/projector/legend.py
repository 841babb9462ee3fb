"""What the colours stand for: a line a category, which selects, hides and isolates its points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal, get_args

import param
from panel.custom import JSComponent

from clustering_app.projector.colours import LegendLine
from clustering_app.projector.own_colours import COLOUR

HERE = Path(__file__).parent
STYLES = [(HERE / name).read_text(encoding="utf-8") for name in ("parts.css", "legend.css")]

Act = Literal["select", "hide", "show", "isolate"]


class LegendList(JSComponent):  # type: ignore[misc]
    """A list with a box to search it when it is long. Labels become text nodes, never markup.

    Not plainly `Legend`: panel-material-ui takes each model of that name for one of Bokeh's.
    """

    lines = param.List(default=[], doc="Of `LegendLine` as dicts.")

    _esm = HERE / "legend.js"

    def __init__(
        self,
        on_act: Callable[[Act, str], None],
        on_colour: Callable[[str, str | None], None],
    ) -> None:
        """Take what to call with what to do with which line, and with a line's new colour.

        A colour is '#rrggbb'; None gives back the one that it had by itself.
        """
        super().__init__(stylesheets=STYLES, sizing_mode="stretch_width", margin=0)
        self._on_act = on_act
        self._on_colour = on_colour

    def show(self, lines: Sequence[LegendLine]) -> None:
        """Show these lines, in this order."""
        shown = [asdict(line) for line in lines]
        if shown != self.lines:
            self.lines = shown

    def _handle_msg(self, message: Any) -> None:
        match message:
            case [act, str(label)] if act in get_args(Act):
                self._on_act(act, label)
            case ["colour", str(label), str(colour)] if COLOUR.fullmatch(colour):
                self._on_colour(label, colour)
            case ["own colour", str(label)]:
                self._on_colour(label, None)
