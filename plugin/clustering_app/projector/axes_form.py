"""The form in which the ends of custom axes are chosen: the selection, a saved one, or a text."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import param
from panel.custom import JSComponent

from clustering_app.projection.custom_axes import (
    AXES,
    LONGEST_TEXT,
    MOST_ITEMS,
    AxisName,
    CustomAxis,
    End,
)
from clustering_app.projector.parts import STYLE
from clustering_app.projector.saved_selections import SavedSelection

HERE = Path(__file__).parent
STYLES = [STYLE, (HERE / "axes_form.css").read_text(encoding="utf-8")]

Side: TypeAlias = Literal["start", "end"]
SIDES: tuple[Side, ...] = get_args(Side)


class AxesForm(JSComponent):  # type: ignore[misc]
    """Ends are what they were when they were chosen, whatever is selected later."""

    names = param.List(default=["x", "y"], doc="Axes that are offered.")
    described = param.Dict(default={}, doc="What each end is, by 'x start' and so on.")
    saved = param.List(default=[], doc="Id and name of each saved selection.")
    selected = param.Integer(default=0, doc="How many items are selected now.")

    _esm = HERE / "axes_form.js"

    def __init__(
        self,
        *,
        selection: Callable[[], Sequence[str]],
        read_saved: Callable[[str], Awaitable[Sequence[str]]],
        on_chosen: Callable[[], None],
        **params: Any,
    ) -> None:
        """Take what gives the selected ids and those of a saved selection, and what to call then.

        No ids of a saved selection mean that there is none any more.
        """
        super().__init__(stylesheets=STYLES, **params)
        self._selection = selection
        self._read_saved = read_saved
        self._on_chosen = on_chosen
        self._ends: dict[tuple[AxisName, Side], End] = {}

    def axes(self) -> dict[AxisName, CustomAxis]:
        """Those of the offered axes of which both ends are chosen."""
        found: dict[AxisName, CustomAxis] = {}
        for name in AXES:
            start, end = (self._ends.get((name, side)) for side in SIDES)
            if name in self.names and start is not None and end is not None:
                found[name] = CustomAxis(start=start, end=end)
        return found

    def fill(self, axes: Mapping[AxisName, CustomAxis]) -> None:
        """Take over the axes of a run."""
        for name, axis in axes.items():
            self._ends[name, "start"], self._ends[name, "end"] = axis.ends
        self._describe()

    def offer(self, saved: Sequence[SavedSelection]) -> None:
        """Offer these saved selections."""
        self.saved = [[one.id, one.name] for one in saved]

    async def _handle_msg(self, message: Any) -> None:
        match message:
            case [str(name), str(side), *choice] if name in AXES and side in SIDES:
                end = await self._end(choice)
                if end is not None:
                    self._ends[name, side] = end
                    self._describe()
                    self._on_chosen()

    async def _end(self, choice: Sequence[Any]) -> End | None:
        """What a choice names; None when it is nothing."""
        match choice:
            case ["selection"]:
                return items_end(self._selection(), "selected")
            case ["saved", str(selection_id)] if selection_id in dict(self.saved):
                return items_end(
                    await self._read_saved(selection_id), dict(self.saved)[selection_id]
                )
            case ["text", str(text)] if text.strip():
                return End(text=" ".join(text.split())[:LONGEST_TEXT])
        return None

    def _describe(self) -> None:
        self.described = {f"{name} {side}": str(end) for (name, side), end in self._ends.items()}


def items_end(item_ids: Sequence[str], name: str) -> End | None:
    """An end of items; of too many, some that lie evenly among them. None without items."""
    if not item_ids:
        return None
    rows = np.unique(np.linspace(0, len(item_ids) - 1, MOST_ITEMS).round().astype(int))
    count, kept = len(item_ids), tuple(item_ids[row] for row in rows)
    said = "1 item" if count == 1 else f"{count:,} items"
    if len(kept) < count:
        said = f"{len(kept):,} of {said}"
    return End(items=kept, name=f"{said} {name}" if name == "selected" else f"{name}, {said}")
