"""Read-only parts of the tab, made of text nodes: what users wrote is never taken for markup."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import param
from panel.custom import JSComponent
from pydantic import JsonValue

from host_contract.entities import Metadata

HERE = Path(__file__).parent
STYLE = (HERE / "parts.css").read_text(encoding="utf-8")


class Parts(JSComponent):  # type: ignore[misc]
    """A place that shows parts, and reports clicks on those that have a message."""

    parts = param.List(default=[], doc="As `entry`, `notice`, `table` and `card` make them.")
    tells_drawn = param.Boolean(default=False, doc="Whether the browser says 'drawn' when it is.")

    _esm = "\n".join((HERE / name).read_text(encoding="utf-8") for name in ("entry.js", "parts.js"))

    def __init__(
        self,
        *shown: Metadata,
        on_message: Callable[[Any], None] | None = None,
        **params: Any,
    ) -> None:
        params.setdefault("sizing_mode", "stretch_width")
        params.setdefault("margin", 0)
        super().__init__(parts=list(shown), stylesheets=[STYLE], **params)
        self._on_message = on_message

    def put(self, *shown: Metadata) -> None:
        """Show these parts."""
        if list(shown) != self.parts:
            self.parts = list(shown)

    def _handle_msg(self, message: Any) -> None:
        if self._on_message is not None:
            self._on_message(message)


class Answer(Parts):
    """A line that tells what came of something asked for."""

    def say(self, text: str, *, kind: str = "line", buttons: Sequence[str] = ()) -> None:
        """Show a text, with buttons that report a press; no text shows nothing."""
        self.put(*([notice(kind, text, buttons=buttons)] if text else []))


def entry(
    title: str,
    detail: str = "",
    *,
    picture: str | None = None,
    href: str | None = None,
    message: JsonValue = None,
    delete: JsonValue = None,
) -> Metadata:
    """A line of a list: a picture, a title, and a quieter text.

    A press of it tells the message, and one of the cross at its end, if there is one, `delete`.
    """
    return {
        "part": "entry",
        "title": title,
        "detail": detail,
        "picture": own_address(picture),
        "href": own_address(href),
        "message": message,
        "delete": delete,
    }


def notice(
    kind: str,
    title: str,
    text: str = "",
    *,
    icon: str = "",
    progress: float | None = None,
    buttons: Sequence[str] = (),
) -> Metadata:
    """A message: a whole `page`, a `strip`, a `warning`, an `error`, or just a `line`."""
    return {
        "part": "notice",
        "kind": kind,
        "title": title,
        "text": text,
        "icon": icon,
        "progress": progress,
        "buttons": list(buttons),
    }


def card(title: str, lines: Sequence[str], picture: str | None, x: float, y: float) -> Metadata:
    """A floating card at a place in pixels."""
    return {
        "part": "card",
        "title": title,
        "lines": list(lines),
        "picture": own_address(picture),
        "x": x,
        "y": y,
    }


def table(rows: Sequence[tuple[str, str]]) -> Metadata:
    """Names with their values."""
    return {"part": "table", "rows": [list(row) for row in rows]}


def own_address(address: str | None) -> str | None:
    r"""The address when it is a path on this origin: '/x', but neither '//host' nor '/\host'."""
    if address is None or not address.startswith("/") or address.startswith(("//", "/\\")):
        return None
    return address
