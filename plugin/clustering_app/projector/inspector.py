"""Everything that is known of the one item that is selected."""

from __future__ import annotations

import json

from pydantic import JsonValue

from clustering_app.projector.map_state import MapState, shortened
from clustering_app.projector.parts import Parts, entry, notice, table
from host_contract.context import Host

LONGEST_VALUE = 400


class Inspector(Parts):
    """Its picture and a link to it in the host, and every field with a value."""

    def __init__(self, host: Host, state: MapState) -> None:
        """Take where the item opens, and what is selected."""
        super().__init__()
        self._host = host
        self._state = state

    def show(self) -> None:
        """Show the item when exactly one is selected, else nothing."""
        points = self._state.points
        if points is None or len(self._state.selection) != 1:
            self.put()
            return
        [item_id] = self._state.selection
        item = points.table.item(item_id)
        row = points.item_ids.index(item_id)
        values = [(field, points.value(row, field)) for field in points.fields()]
        said = [(field, _text(value)) for field, value in values if value is not None]
        self.put(
            notice("heading", "Item"),
            entry(
                item.name, "Opens in the dataset", picture=item.thumbnail_url,
                href=self._host.item_url(item.id),
            ),
            table([("id", item_id), *said]),
        )  # fmt: skip


def _text(value: JsonValue) -> str:
    if isinstance(value, bool | dict | list):
        value = json.dumps(value, ensure_ascii=False)
    return shortened(value, LONGEST_VALUE)
