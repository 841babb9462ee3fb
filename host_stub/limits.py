"""How much a request may bring."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_UPLOAD_BYTES = 1 << 30
MAX_ITEM_BYTES = MAX_UPLOAD_BYTES
"""Of one file, in whatever it arrives."""


class BodyLimit:
    """Stops reading a request, whatever length it claims, once it brought too many bytes."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        """Guard an app."""
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; reading too much of it raises what the app answers as 413."""
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._max_bytes:
                limit = f"{self._max_bytes:,} bytes"
                raise HTTPException(413, f"A request may bring {limit}; send a smaller file.")
            return message

        await self._app(scope, counted if scope["type"] == "http" else receive, send)
