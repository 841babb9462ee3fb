"""A line to type in with a button: Enter or the button sends the text."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import param
from panel.custom import JSComponent

from clustering_app.projector.parts import STYLE

LONGEST = 1_000


class TextLine(JSComponent):  # type: ignore[misc]
    """Its text comes with the message that asks.

    A Panel widget's value is delivered a moment after the key or click that came later, so that
    what is read from it would be what was there before.
    """

    label = param.String(doc="Told to those who do not see.")
    action = param.String(doc="On the button.")
    placeholder = param.String(default="")
    text = param.String(
        default="", doc="Put into the line from here; what is typed comes by message."
    )

    _esm = Path(__file__).parent / "text_line.js"

    def __init__(self, on_text: Callable[[str], Awaitable[None]], **params: Any) -> None:
        super().__init__(stylesheets=[STYLE], **params)
        self._on_text = on_text

    async def _handle_msg(self, message: Any) -> None:
        if isinstance(message, str):
            await self._on_text(message[:LONGEST])
