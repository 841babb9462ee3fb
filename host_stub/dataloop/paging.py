"""The body of a query, and the page that answers it.

The client pages in two ways: by number, and by asking for ids behind the last one. The second is a
filter like any other, so that both are one here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from host_contract.errors import InvalidQuery
from host_contract.query import values_at
from host_stub.dataloop.changes import ChangedItem
from host_stub.dataloop.dql import of_records

MAX_PAGE, MAX_PAGES = 1000, 1_000_000_000
Direction = Literal["ascending", "descending"]


class Asked(BaseModel):
    """What the client sends to find things."""

    filter: dict[str, Any] = Field(default_factory=dict)
    join: dict[str, Any] | None = None
    sort: dict[str, Direction] = Field(default_factory=dict)
    page: Annotated[int, Field(ge=0, le=MAX_PAGES)] = 0
    page_size: Annotated[int, Field(ge=1, le=MAX_PAGE, alias="pageSize")] = MAX_PAGE
    resource: str = "items"
    context: dict[str, Any] | None = None
    update: ChangedItem | None = None
    delete: bool = False

    def projects(self) -> list[str] | None:
        """Ids of the projects that are asked about; None for all."""
        projects = (self.context or {}).get("projects")
        return [str(one) for one in projects] if isinstance(projects, list) else None

    def named(self, field: str) -> list[str] | None:
        """The texts of which the filter wants one, where it says so at its top; None for any."""
        both = self.filter.get("$and")
        for part in (self.filter, *(both if isinstance(both, list) else ())):
            value = part.get(field) if isinstance(part, dict) else None
            several = value.get("$in") if isinstance(value, dict) else value
            named = several if isinstance(several, list) else [several]
            texts = [one for one in named if isinstance(one, str)]
            if len(texts) == len(named):
                return texts
        return None

    def order(self) -> tuple[str, bool]:
        """The field to sort by, and whether it descends. Raises `InvalidQuery` for several."""
        if len(self.sort) > 1:
            raise InvalidQuery(f"One field to sort by is enough, not {', '.join(self.sort)}.")
        for field, direction in self.sort.items():
            return field, direction == "descending"
        return "id", False


def page_of(items: list[dict[str, Any]], total: int, asked: Asked) -> dict[str, Any]:
    """A page as the client reads it."""
    pages = -(-total // asked.page_size)
    return {
        "items": items,
        "totalItemsCount": total,
        "totalPagesCount": pages,
        "hasNextPage": asked.page + 1 < pages,
    }


def found_in(records: Iterable[dict[str, Any]], asked: Asked) -> tuple[list[dict[str, Any]], int]:
    """The records of the page that is asked for, and how many pass on all pages."""
    passes = of_records(asked.filter)
    field, descending = asked.order()
    kept = [record for record in records if passes(record)]

    def key(record: dict[str, Any]) -> list[tuple[bool, Any]]:
        return [(isinstance(value, str), value) for value in values_at(record, field)]

    kept.sort(key=key, reverse=descending)
    start = asked.page * asked.page_size
    return kept[start : start + asked.page_size], len(kept)


def records_page(records: Iterable[dict[str, Any]], asked: Asked) -> dict[str, Any]:
    """The page of those records that pass."""
    kept, total = found_in(records, asked)
    return page_of(kept, total, asked)
