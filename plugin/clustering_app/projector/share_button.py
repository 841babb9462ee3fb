"""The button that copies the address of a view; the address itself follows the view."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import param
from panel.custom import JSComponent

from clustering_app.projector.parts import STYLE


class ShareButton(JSComponent):  # type: ignore[misc]
    """Tells what the address said when the page was opened, and when the user changes it."""

    panel = param.String(doc="Name of the tab, by which the host opens it again.")
    fragment = param.String(doc="What stands behind '#'.")
    opened = param.Boolean(default=False, doc="Whether the page told what its address said first.")
    copied = param.String(default="Copied.", doc="Said once the address is copied.")

    _esm = Path(__file__).parent / "share_button.js"

    def __init__(self, panel: str, on_address: Callable[[str], Awaitable[None]]) -> None:
        """Take the name of the tab, and what to call with the fragment of the address."""
        super().__init__(panel=panel, stylesheets=[STYLE], margin=0)
        self._on_address = on_address

    async def _handle_msg(self, message: Any) -> None:
        if isinstance(message, str):
            await self._on_address(message)
