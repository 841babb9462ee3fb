"""Items as the service describes them, found by the contract's queries.

The service's language cannot say all that the contract's can. It narrows what is looked at where
it can; which items match is decided here, by the contract's own meaning.
"""

from __future__ import annotations

import io
import json
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, BinaryIO

from dataloop_host.client import PAGE, Client
from host_contract.context import Query
from host_contract.entities import Annotation, Item, ItemPage, Metadata
from host_contract.errors import ContractError, InvalidQuery, ItemGone, ItemUnreadable, NotFound
from host_contract.query import matches, parse_query

CLASS, CLASSIFICATION = "class", "classification"
REMEMBERED = 8
"""Queries whose matches are kept, so that their next pages need not look at every item again."""


class Items:
    """Reading items. Safe to use from any thread."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._found: OrderedDict[tuple[str, str], list[str]] = OrderedDict()
        self._dataset_of: dict[str, str] = {}
        self._lock = threading.Lock()

    def page(self, dataset_id: str, query: Query | None, after: str | None, limit: int) -> ItemPage:
        """See `Host.items`."""
        tree = parse_query(query)
        narrow, whole = narrowed(query or {})
        path = f"/datasets/{dataset_id}/query"
        if whole:
            page = self._client.page(path, narrow, limit, after=after)
            total = page["totalItemsCount"]
            if after is not None:
                total = self._client.page(path, narrow, 1)["totalItemsCount"]
            items = self._items(dataset_id, page["items"])
            more = items[-1].id if page["hasNextPage"] else None
            return ItemPage(items=tuple(items), total=total, next_after=more)
        key = (dataset_id, json.dumps(query, sort_keys=True))
        with self._lock:
            ids = self._found.get(key) if after is not None else None
        read: dict[str, Item] = {}
        if ids is None:
            read = {item.id: item for item in self._matching(dataset_id, tree, narrow)}
            ids = [*read]
            with self._lock:
                self._found[key] = ids
                while len(self._found) > REMEMBERED:
                    self._found.popitem(last=False)
        behind = [one for one in ids if after is None or one > after]
        shown = behind[:limit]
        items = [read[one] for one in shown] if read else self.some(dataset_id, shown)
        more = shown[-1] if len(behind) > limit else None
        return ItemPage(items=tuple(items), total=len(ids), next_after=more)

    def count(self, dataset_id: str, query: Query | None) -> int:
        """See `Host.count_items`."""
        tree = parse_query(query)
        narrow, whole = narrowed(query or {})
        if whole:
            page = self._client.page(f"/datasets/{dataset_id}/query", narrow, 1)
            return int(page["totalItemsCount"])
        return sum(1 for _ in self._matching(dataset_id, tree, narrow))

    def ids(self, dataset_id: str) -> list[str]:
        """Ids of all items, in order."""
        return [one["id"] for one in self._client.records(f"/datasets/{dataset_id}/query", [])]

    def some(self, dataset_id: str, item_ids: Sequence[str]) -> list[Item]:
        """Those of these items that there are, in the order of ids."""
        path = f"/datasets/{dataset_id}/query"
        records: list[dict[str, Any]] = []
        for start in range(0, len(item_ids), PAGE):
            wanted: Metadata = {"id": {"$in": [*item_ids[start : start + PAGE]]}}
            records += self._client.records(path, [wanted])
        return self._items(dataset_id, records)

    def one(self, item_id: str) -> Item:
        """One item. Raises `NotFound`."""
        record = self._client.ask("get", f"/items/{item_id}")
        return self._items(record["datasetId"], [record])[0]

    def dataset_of(self, item_id: str) -> str:
        """The dataset of an item. Raises `NotFound`."""
        with self._lock:
            known = self._dataset_of.get(item_id)
        return known or self.one(item_id).dataset_id

    def _matching(self, dataset_id: str, tree: Any, narrow: Sequence[Metadata]) -> Iterator[Item]:
        path, after = f"/datasets/{dataset_id}/query", None
        while True:
            page = self._client.page(path, narrow, PAGE, after=after)
            for item in self._items(dataset_id, page["items"]):
                try:
                    if matches(tree, item):
                        yield item
                except TimeoutError as error:
                    raise InvalidQuery("The $regex takes too long; make it simpler.") from error
            if not page["hasNextPage"]:
                return
            after = page["items"][-1]["id"]

    def _items(self, dataset_id: str, records: Sequence[Mapping[str, Any]]) -> list[Item]:
        annotated = [one["id"] for one in records if one.get("annotationsCount") != 0]
        said: dict[str, list[Annotation]] = {}
        if annotated:
            wanted: Metadata = {"itemId": {"$in": [*annotated]}}
            path = f"/datasets/{dataset_id}/query"
            for one in self._client.records(path, [wanted], resource="annotations"):
                said.setdefault(one["itemId"], []).append(_annotation(one))
        with self._lock:
            self._dataset_of |= {one["id"]: dataset_id for one in records}
        return [self._item(one, dataset_id, said.get(one["id"], [])) for one in records]

    def _item(self, record: Mapping[str, Any], dataset_id: str, said: Sequence[Annotation]) -> Item:
        metadata = record.get("metadata") or {}
        system = metadata.get("system") or {}
        size = int(system.get("size") or 0)
        item_id, name = record["id"], record["name"]

        def opened() -> BinaryIO:
            try:
                return io.BytesIO(self._client.content(f"/items/{item_id}/stream"))
            except ContractError as error:
                kind = ItemGone if isinstance(error, NotFound) else ItemUnreadable
                raise kind(f"{name!r} ({item_id}): {error}") from error

        return Item(
            id=item_id,
            dataset_id=dataset_id,
            name=name,
            folder=f"{(record.get('dir') or '/').rstrip('/')}/",
            mimetype=system.get("mimetype") or "application/octet-stream",
            size=size,
            created=datetime.fromisoformat(record["createdAt"]),
            content_version=f"{record['createdAt']} {size}",
            user_metadata=metadata.get("user") or {},
            system_metadata=system,
            annotations=tuple(said),
        ).opened_by(opened)


def narrowed(query: Query) -> tuple[list[Metadata], bool]:
    """Conditions in the service's language that every match meets, and whether they are all."""
    conditions: list[Metadata] = []
    whole = True
    for key, value in query.items():
        if key == "$and" and isinstance(value, list):
            for part in value:
                inner, all_of_it = narrowed(part) if isinstance(part, Mapping) else ([], False)
                conditions += inner
                whole = whole and all_of_it
        elif key in ("id", "name") and (wanted := _texts(value)) is not None:
            conditions.append({key: {"$in": [*wanted]}})
        else:
            whole = False
    return conditions, whole


def _texts(value: object) -> list[str] | None:
    """The texts of which the field must be one, if it is that simple."""
    if isinstance(value, Mapping) and len(value) == 1:
        value = value.get("$eq", value.get("$in"))
    several = value if isinstance(value, list) else [value]
    texts = [one for one in several if isinstance(one, str) and "*" not in one]
    return texts if len(texts) == len(several) else None


def _annotation(record: Mapping[str, Any]) -> Annotation:
    kind = CLASSIFICATION if record["type"] == CLASS else record["type"]
    return Annotation(
        label=record["label"], type=kind, coordinates=record.get("coordinates") or None
    )
