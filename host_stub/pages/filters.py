"""The filter of the Data tab: its controls, and the query they make."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import panel as pn
import panel_material_ui as pmui

from host_contract.errors import InvalidQuery
from host_stub.pages.elements import Elements

KINDS: dict[str, dict[str, Any]] = {
    "Any type": {},
    "Images": {"mimetype": {"$regex": "^image/"}},
    "Other files": {"$not": {"mimetype": {"$regex": "^image/"}}},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What a person has typed and chosen."""

    name: str = ""
    """Part of the name, in any case."""
    label: str = ""
    """Part of a label, in any case."""
    kind: str = "Any type"
    """A key of `KINDS`."""
    query: str = ""
    """JSON in the query language of `host_contract.query`."""

    def as_query(self) -> dict[str, Any]:
        """All conditions together; an empty mapping when there is none.

        Raises:
            InvalidQuery: the query is not a JSON object. Its content is for the host to judge.
        """
        conditions: list[dict[str, Any]] = []
        if self.name.strip():
            conditions.append({"name": {"$contains": self.name.strip()}})
        if self.label.strip():
            conditions.append({"label": {"$contains": self.label.strip()}})
        if KINDS[self.kind]:
            conditions.append(KINDS[self.kind])
        if self.query.strip():
            conditions.append(_object(self.query))
        if len(conditions) > 1:
            return {"$and": conditions}
        return conditions[0] if conditions else {}


class FilterBar:
    """The controls. Calls back when the filter changes."""

    def __init__(self, on_change: Callable[[], Awaitable[None]]) -> None:
        self._on_change = on_change
        self._last = (Filter(), False)
        self._name = _input("Name contains", 190)
        self._label = _input("Label contains", 150)
        self._kind = pmui.Select(
            label="Type",
            options=list(KINDS),
            size="small",
            width=140,
            margin=(8, 6),
            sx={"& .MuiSelect-select": {"paddingTop": "8.5px", "paddingBottom": "8.5px"}},
        )
        self._query = _input("Query", 300, placeholder='{"metadata.split": "train"}')
        self._selected = pmui.Checkbox(label="Selected only", margin=(12, 6))
        self.error = Elements(margin=0)
        """Shows what is wrong with the query."""
        for control in (self._name, self._label):
            control.param.watch(self._changed, "value_input")
        for chooser in (self._kind, self._query, self._selected):
            chooser.param.watch(self._changed, "value")

    def view(self) -> pn.FlexBox:
        """The controls in a row, or in several where the window is narrow."""
        return pn.FlexBox(
            self._name,
            self._label,
            self._kind,
            self._query,
            self._selected,
            sizing_mode="stretch_width",
            margin=0,
        )

    @property
    def only_selected(self) -> bool:
        """Whether to show the selection and nothing else."""
        return bool(self._selected.value)

    def query(self) -> dict[str, Any]:
        """The query. Raises `InvalidQuery`."""
        return self._filter().as_query()

    def show_only_selected(self, on: bool) -> None:
        """Switch between the selection and all items, with no call back."""
        self._last = (self._filter(), on)
        self._selected.value = on

    def clear(self) -> None:
        """Empty every control, with no call back."""
        self._last = (Filter(), False)
        for control in (self._name, self._label, self._query):
            control.param.update(value="", value_input="")
        self._kind.value = Filter().kind
        self._selected.value = False

    def _filter(self) -> Filter:
        return Filter(
            name=self._name.value_input or "",
            label=self._label.value_input or "",
            kind=self._kind.value,
            query=self._query.value or "",
        )

    async def _changed(self, _event: object) -> None:
        now = (self._filter(), self.only_selected)
        if now != self._last:
            self._last = now
            await self._on_change()


def _input(label: str, width: int, **params: Any) -> pmui.TextInput:
    return pmui.TextInput(label=label, size="small", width=width, margin=(8, 6), **params)


def _object(text: str) -> dict[str, Any]:
    try:
        query = json.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidQuery(
            f"Not JSON at character {error.pos + 1}: {error.msg}. "
            'Write it like {"mimetype": "image/png"}.'
        ) from error
    if not isinstance(query, dict):
        raise InvalidQuery('A query is an object, like {"mimetype": "image/png"}.')
    return query
