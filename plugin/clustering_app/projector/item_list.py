"""A list of any number of items, of which the browser gets only the lines that it shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import param
from panel.custom import JSComponent

from clustering_app.projector.parts import STYLE
from host_contract.entities import Metadata

HERE = Path(__file__).parent
MOST_LINES = 200
"""Lines that are given at a time."""


class ItemList(JSComponent):  # type: ignore[misc]
    """Asks for the lines that come into view, and gives them to the browser."""

    count = param.Integer(default=0)
    serial = param.Integer(default=0, doc="Number of the list; an answer to an older is late.")

    _esm = "\n".join(
        (HERE / name).read_text(encoding="utf-8") for name in ("entry.js", "item_list.js")
    )

    def __init__(self, lines: Callable[[int, int], Sequence[Metadata]]) -> None:
        """Take what gives the lines from one number to before another, as `entry` makes them."""
        styles = [STYLE, (HERE / "item_list.css").read_text(encoding="utf-8")]
        super().__init__(stylesheets=styles, sizing_mode="stretch_width", margin=0)
        self._lines = lines

    def show(self, count: int) -> None:
        """Show so many lines, all of them new."""
        self.param.update(count=count, serial=self.serial + 1)

    def _handle_msg(self, message: Any) -> None:
        match message:
            case {"serial": self.serial, "from": int(start), "to": int(end)}:
                start = max(start, 0)
                end = min(end, self.count, start + MOST_LINES)
                entries = list(self._lines(start, end)) if start < end else []
                self._send_msg({"serial": self.serial, "from": start, "entries": entries})
