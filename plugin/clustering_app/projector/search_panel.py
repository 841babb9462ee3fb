"""The box above the list: what to look for, and how."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import panel as pn
import panel_material_ui as pmui

from clustering_app.projector.address import BY_EXAMPLE, Search
from clustering_app.projector.conditions import query_of, read_query
from clustering_app.projector.conditions_form import ConditionsForm
from clustering_app.projector.example_upload import ExampleUpload
from clustering_app.projector.number_field import number_in
from clustering_app.projector.parts import Answer
from clustering_app.projector.search import ANY_FIELD
from clustering_app.projector.text_line import TextLine
from host_contract.errors import InvalidInput

CONTAINS, PATTERN, CONDITIONS = "Contains", "Regex", "Conditions"
BY_TEXT, BY_PICTURE = "By text", "By picture"
WIDE: dict[str, Any] = {"sizing_mode": "stretch_width", "margin": (5, 0)}
MOST_ASKED = 10_000
MOST_FOUND = 50
"""Items that a search by text selects, unless another number is chosen."""


class SearchPanel:
    """Asks with Enter or the button."""

    def __init__(
        self,
        on_search: Callable[[], Awaitable[None]],
        on_picture: Callable[[str, bytes | None], Awaitable[None]],
    ) -> None:
        """Take what to call when something is to be found, by the box or by a picture."""

        async def asked(message: Any) -> None:
            try:
                self.text = json.dumps(query_of(message), ensure_ascii=False)
            except InvalidInput as error:
                self.answer.say(str(error), kind="error")
                return
            await on_search()

        async def entered(text: str) -> None:
            self.text = text
            await on_search()

        self.text = ""
        self._box = TextLine(
            entered, label="Search", action="Find", placeholder="Text, then Enter", **WIDE
        )
        self.mode = pmui.Select(
            options=[CONTAINS, PATTERN, CONDITIONS, BY_TEXT, BY_PICTURE], value=CONTAINS,
            label="Search how", size="small", **WIDE,
        )  # fmt: skip
        self.field = pmui.Select(
            label="In", options=[ANY_FIELD], value=ANY_FIELD, size="small", **WIDE
        )
        self.count = pmui.IntInput(
            label="How many", value=MOST_FOUND, start=1, end=MOST_ASKED, size="small",
            visible=False, **WIDE,
        )  # fmt: skip
        self.form = ConditionsForm(asked, visible=False, **WIDE)
        self.upload = ExampleUpload(on_picture, visible=False, **WIDE)
        self.answer = Answer()

        self.mode.param.watch(self._mode_chosen, "value")

    def view(self) -> pn.Column:
        """The box."""
        return pn.Column(
            self.mode,
            self._box,
            self.form,
            self.upload,
            self.field,
            self.count,
            self.answer,
            sizing_mode="stretch_width",
            margin=0,
        )

    def wanted(self) -> int:
        """How many items a search by text, picture or example selects, from 1 to `MOST_ASKED`."""
        return number_in(self.count, MOST_FOUND)

    def asked(self) -> Search:
        """What the box asks for now."""
        if self.mode.value == BY_TEXT:
            return Search(BY_TEXT, self.text, count=self.wanted())
        if self.mode.value == CONDITIONS:
            return Search(CONDITIONS, self.text)
        return Search(self.mode.value, self.text, self.field.value or ANY_FIELD)

    def ask(self, search: Search) -> None:
        """Fill the box as if the user had. Raises `InvalidInput` for what the box cannot say."""
        if search.mode != BY_EXAMPLE or search.like is None:
            self._fill(search)
        if search.count:
            self.count.value = min(search.count, MOST_ASKED)

    def _fill(self, search: Search) -> None:
        if search.mode == CONDITIONS:
            read_query(search.text)
        modes, fields = self.mode.options, self.field.options
        if search.mode not in modes or (search.field or ANY_FIELD) not in fields:
            raise InvalidInput(f"There is no search {search.mode[:40]!r} in {search.field[:40]!r}.")
        self.mode.value = search.mode
        self.field.value = search.field or ANY_FIELD
        self.text = search.text
        self._box.text = "" if search.mode == CONDITIONS else search.text

    def show_fields(self, fields: list[str], with_conditions: list[str]) -> None:
        """Offer these fields to look in, and these for conditions."""
        self.form.fields = with_conditions
        chosen = self.field.value if self.field.value in fields else ANY_FIELD
        self.field.param.update(options=[ANY_FIELD, *fields], value=chosen)

    def _mode_chosen(self, event: Any) -> None:
        self.answer.say("")
        self._box.visible = event.new not in (CONDITIONS, BY_PICTURE)
        self.form.visible = event.new == CONDITIONS
        self.upload.visible = event.new == BY_PICTURE
        self.field.visible = event.new in (CONTAINS, PATTERN)
        self.count.visible = event.new in (BY_TEXT, BY_PICTURE)
        self._box.placeholder = (
            "What the picture shows, then Enter" if event.new == BY_TEXT else "Text, then Enter"
        )
