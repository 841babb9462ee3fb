"""Upload of files: the browser sends them one by one to the REST interface, with progress."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import param
from panel.custom import JSComponent

from host_stub.pages.elements import HERE, STYLE, call


class Upload(JSComponent):  # type: ignore[misc]
    """A button that opens the file chooser; files can be dropped on it too, and zips of them."""

    address = param.String(
        doc="Of the dataset: files are posted to items in it, zips to archive, as the field `file`."
    )

    _esm = HERE / "upload.js"

    def __init__(
        self,
        address: str,
        *,
        on_done: Callable[[int, list[str]], Awaitable[None]],
        **params: Any,
    ) -> None:
        super().__init__(address=address, stylesheets=[STYLE], **params)
        self._on_done = on_done

    def _handle_msg(self, message: Any) -> None:
        if not isinstance(message, dict) or not isinstance(message.get("failed"), list):
            return
        done, failed = int(message.get("done", 0)), [str(line) for line in message["failed"]]

        async def report(_message: object) -> None:
            await self._on_done(done, failed)

        call(report, message)
