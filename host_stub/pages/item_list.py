"""The list of items that the Data tab shows, and any part of it. Items are numbered from 0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from host_contract.entities import Item

if TYPE_CHECKING:
    from host_stub.datasets import Datasets


@dataclass(frozen=True, slots=True)
class Part:
    """Some items of a list, one after another."""

    first: int
    """Number of the first."""
    items: tuple[Item, ...]
    matching: int
    """Items in the list."""
    total: int
    """Items in the dataset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemList:
    """What matches, or what was chosen. Reading it raises `InvalidQuery`."""

    datasets: Datasets
    dataset_id: str
    query: dict[str, Any]
    order: str
    """A key of `item_query.ORDERS`."""
    chosen: tuple[str, ...] | None = None
    """Ids of these alone, which are listed in the order of ids; None for all that match."""

    def part(self, first: int, count: int) -> Part:
        """So many items from a number on; where the list is too short for that, its last ones."""
        total = self.datasets.count_items(self.dataset_id)
        items, matching = self._read(first, count)
        if not items and matching:
            first = max(0, matching - count)
            items, matching = self._read(first, count)
        return Part(first, items, matching, total)

    def ids(self, first: int, last: int) -> list[str]:
        """Ids of the items from one number to another, the last one included."""
        if self.chosen is not None:
            return sorted(self.chosen)[first : last + 1]
        count = last + 1 - first
        return self.datasets.item_ids(
            self.dataset_id, self.query, offset=first, limit=count, order=self.order
        )

    def _read(self, first: int, count: int) -> tuple[tuple[Item, ...], int]:
        if self.chosen is None:
            found = self.datasets.page(
                self.dataset_id, self.query, offset=first, limit=count, order=self.order
            )
            return found.items, found.total
        these = {"id": {"$in": sorted(self.chosen)[first : first + count]}}
        found = self.datasets.page(self.dataset_id, these, offset=0, limit=count)
        return found.items, len(self.chosen)
