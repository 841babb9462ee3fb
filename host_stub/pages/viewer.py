"""The dialog that shows one item: picture, labels, metadata."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping

import panel as pn
import panel_material_ui as pmui
from pydantic import JsonValue

from host_contract.entities import Item
from host_stub.item_rows import SOURCE_VERSION
from host_stub.pages import formats
from host_stub.pages.elements import Element, Elements, box, icon, text
from host_stub.sniffing import PICTURES


class Viewer:
    """Shows an item large; Previous and Next ask for the neighbours in the grid."""

    def __init__(self, on_step: Callable[[str, int], Awaitable[None]]) -> None:
        self._item_id = ""
        self._on_step = on_step
        self.place = pn.Column(margin=0)
        """Where the page has the dialog, once an item was opened."""

    def _make(self) -> None:
        self._content = Elements()
        previous = pmui.Button(
            label="Previous", variant="text", icon="chevron_left", on_click=self._previous
        )
        following = pmui.Button(
            label="Next", variant="text", end_icon="chevron_right", on_click=self._next
        )
        self._dialog = pmui.Dialog(
            self._content,
            pn.Row(previous, pn.HSpacer(), following, sizing_mode="stretch_width"),
            title_variant="h6",
            width_option="lg",
            sizing_mode="stretch_width",
            close_on_click=True,
            show_close_button=True,
        )

    def show(self, item: Item) -> None:
        """Open the dialog with this item, or change to it."""
        if not self.place:
            self._make()
        self._item_id = item.id
        self._content.put(details(item))
        self._dialog.param.update(title=item.name, open=True)
        self.place[:] = [self._dialog]

    async def _previous(self, _event: object) -> None:
        await self._on_step(self._item_id, -1)

    async def _next(self, _event: object) -> None:
        await self._on_step(self._item_id, 1)


def details(item: Item) -> Element:
    """Picture and facts of an item."""
    address = f"/api/v1/items/{item.id}/stream"
    shown = address if item.mimetype in PICTURES else item.thumbnail_url
    if item.thumbnail_url is None or shown is None:
        picture = box("viewer-no-picture", icon("insert_drive_file"), text("No picture"))
    else:
        picture = Element(
            tag="img", style="viewer-picture", attributes={"src": shown, "alt": item.name}
        )
    facts = {
        "Id": item.id,
        "Folder": item.folder,
        "Type": item.mimetype,
        "Size": formats.size(item.size),
        "Created": formats.date(item.created),
    }
    known = {k: v for k, v in item.system_metadata.items() if k != SOURCE_VERSION}
    labels = [text(label, "chip") for label in item.labels] or [text("No labels", "quiet")]
    download = Element(
        tag="a",
        text="Download the file",
        style="link",
        attributes={"href": address, "download": item.name},
    )
    return box(
        "viewer",
        box("viewer-left", picture),
        box(
            "viewer-right",
            text("Labels", "viewer-section", "h3"),
            box("chips", *labels),
            *_table("Metadata", item.user_metadata),
            *_table("File", {**facts, **known}),
            download,
        ),
    )


def _table(title: str, values: Mapping[str, JsonValue]) -> list[Element]:
    if not values:
        return []
    rows = [
        Element(tag="tr", children=(text(name, "", "th"), text(_shown(value), "", "td")))
        for name, value in values.items()
    ]
    return [
        text(title, "viewer-section", "h3"),
        Element(tag="table", children=(Element(tag="tbody", children=rows),)),
    ]


def _shown(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
