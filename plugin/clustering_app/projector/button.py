"""A button that hears each press, also one that comes while the page is being built."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import param
from panel.custom import JSComponent

from clustering_app.projector.parts import STYLE


class Button(JSComponent):  # type: ignore[misc]
    """A plain element: Panel's own button loses a press while React mounts it anew."""

    label = param.String()
    icon = param.String(doc="Name of a Material icon; none when empty.")
    title = param.String(doc="What a pointer that rests on it is told.")
    look = param.Selector(
        default="button", objects=["button", "button filled", "command"],
        doc="Outlined, filled for the main thing to do, or quiet.",
    )  # fmt: skip
    enabled = param.Boolean(default=True)

    _esm = Path(__file__).parent / "button.js"

    def __init__(self, label: str, on_press: Callable[[], Awaitable[None]], **params: Any) -> None:
        """Take what stands on it, and what to await after each press."""
        super().__init__(label=label, stylesheets=[STYLE], **params)
        self._on_press = on_press

    async def _handle_msg(self, message: Any) -> None:
        if self.enabled and message == "press":
            await self._on_press()
