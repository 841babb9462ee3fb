"""A look at the items of one dataset: which, in which order, and in a session of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, func
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from host_contract.errors import InvalidQuery, NotFound
from host_contract.query import parse_query
from host_stub.database import Database, DatasetRow, ItemRow
from host_stub.filtering import as_sql

Query = Mapping[str, Any]

ORDERS: Mapping[str, Sequence[Any]] = {
    "Oldest first": (ItemRow.id,),
    "Newest first": (ItemRow.id.desc(),),
    "Name": (func.lower(ItemRow.name), ItemRow.id),
    "Folder": (ItemRow.folder, func.lower(ItemRow.name), ItemRow.id),
    "Largest first": (ItemRow.size.desc(), ItemRow.id.desc()),
    "Smallest first": (ItemRow.size, ItemRow.id),
}
"""Orders of items by what a person calls them; the id makes each of them total.

Each is an index of the table, read forwards or backwards."""


class Reading:
    """A session for a dataset that must exist, in which a too slow pattern is a bad query."""

    def __init__(self, database: Database, dataset_id: str) -> None:
        self._session = database.session()
        self._dataset_id = dataset_id

    def __enter__(self) -> Session:
        session = self._session.__enter__()
        dataset_row(session, self._dataset_id)
        return session

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self._session.__exit__(kind, error, trace)
        if isinstance(error, OperationalError) and "user-defined function" in str(error):
            raise InvalidQuery("The $regex takes too long; make it simpler.") from error


def condition_of(dataset_id: str | BindParameter[str], query: Query | None) -> ColumnElement[bool]:
    """The condition on rows of a dataset's items. Raises `InvalidQuery`."""
    return (ItemRow.dataset_id == dataset_id) & as_sql(parse_query(query))


def dataset_row(session: Session, dataset_id: str) -> DatasetRow:
    """The row of a dataset. Raises `NotFound`."""
    row = session.get(DatasetRow, dataset_id)
    if row is None:
        raise NotFound(f"There is no dataset {dataset_id!r}.")
    return row
