"""Items of datasets as they are."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, bindparam, func, select, true
from sqlalchemy.orm import Session

from host_contract.entities import Item, ItemPage
from host_contract.errors import ItemUnreadable, NotFound
from host_stub.database import Database, ItemRow
from host_stub.files import Files
from host_stub.item_query import ORDERS, Query, Reading, condition_of
from host_stub.item_rows import ITEM_COLUMNS, item_of
from host_stub.latest import Latest

AT_PLACE = (
    select(ItemRow)
    .where(
        ItemRow.dataset_id == bindparam("dataset_id"),
        ItemRow.folder == bindparam("folder"),
        func.lower(ItemRow.name) == func.lower(bindparam("name")),  # as the index has it
        # Were it the column alone, SQLite would put the name in its place above, and look through
        # the whole dataset.
        ItemRow.name + "" == bindparam("name"),
    )
    .order_by(ItemRow.id)
    .limit(1)
)
"""Made once: to make it takes longer than to run it, and an import runs it for each item."""


NONE = -1
"""As SQLite says that there is no limit."""


def _ids(query: Query | None, order: str) -> Select[str]:
    """Ids that match, of a part of a dataset's list: `dataset_id`, `offset` and `limit`."""
    matching = select(ItemRow.id).where(condition_of(bindparam("dataset_id"), query))
    part = matching.offset(bindparam("offset")).limit(bindparam("limit"))
    return part.order_by(*ORDERS[order])


def _rows_of(ids: Select[str], order: str) -> Select[Any]:
    """Ids first: an index has them, so that the rows of earlier pages need not be read."""
    these = ids.subquery()
    return select(*ITEM_COLUMNS).join(these, ItemRow.id == these.c.id).order_by(*ORDERS[order])


PAGES = {order: _rows_of(_ids(None, order), order) for order in ORDERS}
"""Without a query, made once, as `AT_PLACE`: each one that is made is left as garbage, too."""


class ItemReading:
    """Every way to look at items. Safe to use from any thread."""

    def __init__(self, database: Database, files: Files) -> None:
        self._database = database
        self._files = files
        self._counts = Latest[int](database)

    def items(
        self,
        dataset_id: str,
        query: Query | None = None,
        *,
        after: str | None = None,
        limit: int = 1000,
    ) -> ItemPage:
        """A page of items in the order of ids. Raises `InvalidQuery`."""
        condition = condition_of(dataset_id, query)
        wanted = select(*ITEM_COLUMNS).where(condition).order_by(ItemRow.id).limit(limit + 1)
        if after is not None:
            wanted = wanted.where(ItemRow.id > after)
        with Reading(self._database, dataset_id) as session:
            rows = session.execute(wanted).all()
        total = self.count_items(dataset_id, query)
        more = rows[limit - 1].id if len(rows) > limit else None
        page = tuple(item_of(row, self._files) for row in rows[:limit])
        return ItemPage(items=page, total=total, next_after=more)

    def page(
        self,
        dataset_id: str,
        query: Query | None = None,
        *,
        offset: int,
        limit: int,
        order: str = "Oldest first",
    ) -> ItemPage:
        """The items from number `offset` on, in an order of `ORDERS`. Raises `InvalidQuery`."""
        wanted = PAGES[order] if not query else _rows_of(_ids(query, order), order)
        part = {"dataset_id": dataset_id, "offset": offset, "limit": limit}
        with Reading(self._database, dataset_id) as session:
            rows = session.execute(wanted, part).all()
        return ItemPage(
            items=tuple(item_of(row, self._files) for row in rows),
            total=self.count_items(dataset_id, query),
            next_after=None,
        )

    def item(self, item_id: str) -> Item:
        """One item. Raises `NotFound`."""
        with self._database.session() as session:
            row = item_row(session, item_id)
            return item_of(row, self._files)

    def item_ids(
        self,
        dataset_id: str,
        query: Query | None = None,
        *,
        offset: int = 0,
        limit: int | None = None,
        order: str = "Oldest first",
    ) -> list[str]:
        """Ids of all items that match, or of so many, as `page` has them. Raises `InvalidQuery`."""
        part = {
            "dataset_id": dataset_id,
            "offset": offset,
            "limit": NONE if limit is None else limit,
        }
        with Reading(self._database, dataset_id) as session:
            return [*session.scalars(_ids(query, order), part)]

    def count_items(self, dataset_id: str, query: Query | None = None) -> int:
        """Number of items that match. Raises `InvalidQuery`."""

        def count() -> int:
            wanted = select(func.count()).where(condition_of(dataset_id, query))
            with Reading(self._database, dataset_id) as session:
                return session.scalar(wanted) or 0

        return count() if query else self._counts.get(dataset_id, count)

    def fields(self, dataset_id: str) -> list[str]:
        """Names of the user metadata's fields that occur, sorted."""
        each = func.json_each(ItemRow.user_metadata).table_valued("key")
        wanted = select(each.c.key).select_from(ItemRow).join(each, true())
        with Reading(self._database, dataset_id) as session:
            wanted = wanted.where(ItemRow.dataset_id == dataset_id).distinct()
            return sorted(session.scalars(wanted))

    def at(self, dataset_id: str, folder: str, name: str) -> Item | None:
        """The oldest item with this folder and name, if there is one."""
        place = {"dataset_id": dataset_id, "folder": folder, "name": name}
        with self._database.session() as session:
            row = session.scalars(AT_PLACE, place).one_or_none()
            return None if row is None else item_of(row, self._files)

    def thumbnail(self, item_id: str) -> bytes:
        """A small WebP. Raises `NotFound`, or `ItemUnreadable` where there is none."""
        found = self._database.row("SELECT name, thumbnail FROM items WHERE id = ?", item_id)
        if found is None:
            raise NotFound(f"There is no item {item_id!r}.")
        name, thumbnail = found
        if thumbnail is None:
            raise ItemUnreadable(f"Item {name!r} ({item_id}) has no thumbnail.")
        return self._files.path(thumbnail).read_bytes()


def item_row(session: Session, item_id: str) -> ItemRow:
    """The row of an item. Raises `NotFound`."""
    row = session.get(ItemRow, item_id)
    if row is None:
        raise NotFound(f"There is no item {item_id!r}.")
    return row
