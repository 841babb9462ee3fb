"""The items of a dataset as columns, read once when the map is loaded."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import JsonValue

from host_contract.context import Host
from host_contract.entities import Item

OWN_FIELDS = ("label", "name", "folder", "mimetype", "size")
METADATA = "metadata."


@dataclass(frozen=True)
class ItemTable:
    """Items in the order of their ids, and their rows by id."""

    items: tuple[Item, ...]
    rows: dict[str, int]

    def item(self, item_id: str) -> Item:
        """One item."""
        return self.items[self.rows[item_id]]

    def fields(self) -> list[str]:
        """Names of all fields that an item has: its own, then its metadata's, sorted."""
        found = {name for item in self.items for name in item.user_metadata}
        return [*OWN_FIELDS, *(METADATA + name for name in sorted(found))]

    def values(self, field: str) -> list[JsonValue]:
        """A field's value for every item; None where it is missing."""
        return [value(item, field) for item in self.items]


def value(item: Item, field: str) -> JsonValue:
    """One field of one item; several labels are joined."""
    if field == "label":
        return ", ".join(item.labels) or None
    if field.startswith(METADATA):
        return item.user_metadata.get(field.removeprefix(METADATA))
    found: JsonValue = getattr(item, field)
    return found


def read_items(host: Host, dataset_id: str) -> ItemTable:
    """Read all items, page by page. Takes about a second for 10,000; call it in a thread."""
    found: list[Item] = []
    after: str | None = None
    while True:
        page = host.items(dataset_id, after=after)
        found += page.items
        if (after := page.next_after) is None:
            break
    return ItemTable(items=tuple(found), rows={item.id: row for row, item in enumerate(found)})
