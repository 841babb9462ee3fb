"""Read-only HTML made of Python values, so that text from users can never become markup.

A tree of `Element` is sent as JSON and built in the browser with `createElement` and text nodes;
nothing is parsed as HTML on the way.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import param
from panel.custom import JSComponent
from pydantic import JsonValue

HERE = Path(__file__).parent

STYLE = (HERE / "style.css").read_text(encoding="utf-8")
"""The style sheet of all pages, written with the theme's variables so that dark mode follows."""

TAGS = frozenset(
    (
        *("a", "button", "div", "h2", "h3", "img", "p", "progress", "span"),
        *("table", "tbody", "td", "th", "tr"),
    )
)

Handler: TypeAlias = Callable[[Any], Awaitable[None] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One HTML element."""

    tag: str
    text: str = ""
    style: str = ""
    """Names of classes in style.css."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    message: JsonValue = None
    """What the page's handler gets when the element is clicked."""
    children: Sequence[Element] = ()
    key: str | None = None
    """What the element is of, among its siblings: it stays the same node wherever it moves, so that
    a press meant for one line of a list never meets the line that took its place."""

    def __post_init__(self) -> None:
        """Refuse what could run a script or lead away from this origin."""
        if self.tag not in TAGS:
            raise ValueError(f"<{self.tag}> is not one of the elements that pages are made of")
        for name, value in self.attributes.items():
            if name.startswith("on") or name == "style":
                raise ValueError(f"the attribute {name!r} is not allowed")
            if name in ("href", "src") and not is_own_address(value):
                raise ValueError(f"{name}={value!r} is not an address of this origin")

    def as_json(self) -> dict[str, JsonValue]:
        """The element as elements.js reads it."""
        return {
            "tag": self.tag,
            "text": self.text,
            "style": self.style,
            "attributes": dict(self.attributes),
            "message": self.message,
            "children": [child.as_json() for child in self.children],
            "key": self.key,
        }


def is_own_address(address: str) -> bool:
    r"""Whether an address is a path on this origin: '/x', but neither '//host' nor '/\host'."""
    return address.startswith("/") and not address.startswith(("//", "/\\"))


def box(style: str, *children: Element, **attributes: str) -> Element:
    """A <div> with children."""
    return Element(tag="div", style=style, children=children, attributes=attributes)


def line(key: str, style: str, *children: Element) -> Element:
    """A <div> that is a line of a list, of what its key says."""
    return Element(tag="div", style=style, children=children, key=key)


def text(content: str, style: str = "", tag: str = "span") -> Element:
    """A text."""
    return Element(tag=tag, text=content, style=style)


def icon(name: str, style: str = "") -> Element:
    """A Material icon from the font that panel-material-ui ships; silent to screen readers."""
    return Element(
        tag="span", text=name, style=f"icon {style}".strip(), attributes={"aria-hidden": "true"}
    )


def button(label: str, message: JsonValue, style: str = "text-button") -> Element:
    """A button that sends a message."""
    return Element(
        tag="button", text=label, style=style, message=message, attributes={"type": "button"}
    )


class Elements(JSComponent):  # type: ignore[misc]
    """A place in a page that shows elements and reports clicks on those with a message."""

    tree = param.List(default=[], doc="Elements as JSON.")

    _esm = HERE / "elements.js"

    def __init__(
        self,
        *elements: Element,
        on_message: Handler | None = None,
        **params: Any,
    ) -> None:
        params.setdefault("sizing_mode", "stretch_width")
        super().__init__(
            tree=[element.as_json() for element in elements], stylesheets=[STYLE], **params
        )
        self._handler = on_message

    def put(self, *elements: Element) -> None:
        """Show these elements; what is equal stays in place, with its focus."""
        tree = [element.as_json() for element in elements]
        if tree != self.tree:
            self.tree = tree

    def _handle_msg(self, message: JsonValue) -> None:
        if self._handler is not None:
            call(self._handler, message)


def call(handler: Handler, message: Any) -> None:
    """Call a handler in the session's event loop when it is a coroutine function, else here."""
    if inspect.iscoroutinefunction(handler):
        param.parameterized.async_executor(lambda: handler(message))
    else:
        handler(message)
