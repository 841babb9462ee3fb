"""The button that takes a picture to search by; it is kept nowhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from panel.custom import JSComponent

from clustering_app.projector.parts import STYLE

LONGEST_NAME = 80


class ExampleUpload(JSComponent):  # type: ignore[misc]
    """Tells the name of the file and its bytes; none where it has more than 12 MiB."""

    _esm = Path(__file__).parent / "example_upload.js"

    def __init__(
        self, on_picture: Callable[[str, bytes | None], Awaitable[None]], **params: Any
    ) -> None:
        """Take what to call with a picture; nothing of it is to be trusted."""
        super().__init__(stylesheets=[STYLE], **params)
        self._on_picture = on_picture

    async def _handle_msg(self, message: Any) -> None:
        match message:
            case {"name": str(name), "content": bytes() | None as content}:
                await self._on_picture(name[:LONGEST_NAME], content)
