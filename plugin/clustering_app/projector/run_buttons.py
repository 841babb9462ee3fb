"""The buttons that make a map, and that place new items on the one there is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias

import param
from panel.custom import JSComponent

from clustering_app.projector.parts import STYLE

Start: TypeAlias = Callable[[], Awaitable[None]]


class RunButtons(JSComponent):  # type: ignore[misc]
    """Run always stands here; the other is there while items with a vector have no point."""

    enabled = param.Boolean(default=False, doc="Whether something can be started now.")
    unmapped = param.Integer(default=0, bounds=(0, None), doc="Items that could be placed.")

    _esm = Path(__file__).parent / "run_buttons.js"

    def __init__(self, starts: Mapping[Literal["run", "place"], Start]) -> None:
        """Take what to start."""
        super().__init__(stylesheets=[STYLE], sizing_mode="stretch_width", margin=(5, 0))
        self._starts = starts

    async def _handle_msg(self, message: Any) -> None:
        if self.enabled and message in ("run", "place"):
            await self._starts[message]()
