"""The dialog that shows one item: picture, labels, and metadata, which can be changed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import panel as pn
import panel_material_ui as pmui
from pydantic import JsonValue

from host_contract.entities import Item
from host_contract.errors import ContractError
from host_stub.item_rows import SOURCE_VERSION
from host_stub.pages import formats, typed
from host_stub.pages.elements import Element, Elements, box, icon, text
from host_stub.sniffing import PICTURES


class Viewer:
    """Shows an item large; Previous and Next ask for the neighbours in the grid."""

    def __init__(
        self,
        on_step: Callable[[str, int], Awaitable[None]],
        on_set: Callable[[str, str, JsonValue], Awaitable[None]] | None,
    ) -> None:
        """Take what to call.

        Args:
            on_step: With the item's id and 1 for the next item, -1 for the one before.
            on_set: With the item's id, a field of its metadata and the value that it gets, None to
                remove it; raises `ContractError` when it cannot have it. None where nobody may.
        """
        self._item: Item | None = None
        self._saving = False
        """Not the button's `loading`: a slow browser may bring back what was soon taken back."""
        self._on_step = on_step
        self._on_set = on_set
        self.place = pn.Column(margin=0)
        """Where the page has the dialog, once an item was opened."""

    def _make(self) -> None:
        self._content = Elements(on_message=self._edit)
        self._field = pmui.TextInput(label="Field", width=180, margin=(16, 12, 8, 0))
        self._value = pmui.TextInput(
            label="Value",
            placeholder=typed.DESCRIBED,
            sizing_mode="stretch_width",
            margin=(16, 12, 8, 12),
        )
        save = pmui.Button(label="Save", on_click=self._saved, margin=(24, 0, 8, 0))
        self._error = Elements()
        editing = pn.Column(
            pn.Row(self._field, self._value, save, sizing_mode="stretch_width"),
            self._error,
            sizing_mode="stretch_width",
        )
        previous = pmui.Button(
            label="Previous", variant="text", icon="chevron_left", on_click=self._previous
        )
        following = pmui.Button(
            label="Next", variant="text", end_icon="chevron_right", on_click=self._next
        )
        self._dialog = pmui.Dialog(
            self._content,
            *([editing] if self._on_set else []),
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
        if self._item is None or self._item.id != item.id:
            self._fill("", "")
        self._item = item
        self._content.put(details(item, editable=self._on_set is not None))
        self._dialog.param.update(title=item.name, open=True)
        self.place[:] = [self._dialog]

    def _fill(self, field: str, value: str) -> None:
        self._field.param.update(value=field, value_input=field)
        self._value.param.update(value=value, value_input=value)
        self._error.put()

    async def _edit(self, field: Any) -> None:
        """Bring a field of the metadata to where it can be changed."""
        if self._item is not None and field in self._item.user_metadata:
            self._fill(field, typed.write(self._item.user_metadata[field]))

    async def _saved(self, _event: object) -> None:
        if self._item is None or self._on_set is None or self._saving:
            return
        item_id, self._saving = self._item.id, True
        try:
            await asyncio.sleep(typed.WITHIN_SECONDS)
            value = typed.read(self._value.value_input)
            await self._on_set(item_id, self._field.value_input, value)
        except ContractError as error:
            self._error.put(text(str(error), "error-text", "p"))
        else:
            if self._item.id == item_id:
                self._fill("", "")
        finally:
            self._saving = False

    async def _previous(self, _event: object) -> None:
        await self._step(-1)

    async def _next(self, _event: object) -> None:
        await self._step(1)

    async def _step(self, step: int) -> None:
        if self._item is not None:
            await self._on_step(self._item.id, step)


def details(item: Item, *, editable: bool) -> Element:
    """Picture and facts of an item; a press of Edit gives the name of a field of its metadata."""
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
            *_table("Metadata", item.user_metadata, editable=editable),
            *_table("File", {**facts, **known}, editable=False),
            download,
        ),
    )


def _table(title: str, values: Mapping[str, JsonValue], *, editable: bool) -> list[Element]:
    if not values and not editable:
        return []
    rows = [
        Element(tag="tr", children=(text(name, "", "th"), _cell(name, value, editable=editable)))
        for name, value in values.items()
    ]
    below = Element(tag="table", children=(Element(tag="tbody", children=rows),))
    return [
        text(title, "viewer-section", "h3"),
        below if rows else text("None yet: name a field below, and give it a value.", "quiet"),
    ]


def _cell(name: str, value: JsonValue, *, editable: bool) -> Element:
    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if not editable:
        return text(shown, "", "td")
    edit = Element(
        tag="button", text="Edit", style="link", message=name,
        attributes={"aria-label": f"Edit {name}"},
    )  # fmt: skip
    return Element(tag="td", children=(text(f"{shown} "), edit))
