"""The row of each item of a feature set, kept from one look to the next. N items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clustering_app.vectors.columns import ORDER, strings


class Rows:
    """The rows of the feature set that was looked at last. For one thread at a time.

    While others only append, a row stays what it was, and the new ones alone are read: `ORDER`
    changes with each deletion.
    """

    def __init__(self) -> None:
        self._order: str | None = None
        self._rows: dict[str, int] = {}

    def of(self, group: Any) -> Mapping[str, int]:
        """The row of each item, N of them."""
        order = group.attrs.get(ORDER)
        item_ids = group["item_ids"]
        if order is None or order != self._order or item_ids.shape[0] < len(self._rows):
            self._order, self._rows = order, {}
        known = len(self._rows)
        if item_ids.shape[0] > known:
            self.add(strings(item_ids[known:]))
        return self._rows

    def add(self, item_ids: Sequence[str]) -> None:
        """Take in items that have been committed behind all others."""
        start = len(self._rows)
        self._rows.update((item_id, start + row) for row, item_id in enumerate(item_ids))
