"""Samples as items, found by the contract's queries.

Pages without a query are the database's. Which samples match a query is decided here, by the
contract's own meaning; columns are read a thousand samples at a time.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from fiftyone_host.fields import annotations_of, label_fields, metadata_fields, user_metadata
from fiftyone_host.ids import item_id, load, moment, parts
from host_contract.context import Query
from host_contract.entities import Annotation, Item, ItemPage
from host_contract.errors import InvalidQuery, ItemGone, ItemUnreadable, NotFound
from host_contract.mimetypes import mimetype_of
from host_contract.query import Filter, matches, parse_query

PAGE = 1000
REMEMBERED = 8
"""Queries whose matches are kept, so that their next pages need not look at every item again."""


class Items:
    """Reading items. Safe to use from any thread."""

    def __init__(self, pictures: str | None) -> None:
        """Take the path at which pictures of items are served, None where there are none."""
        self.pictures = pictures
        self._found: OrderedDict[tuple[str, str], list[str]] = OrderedDict()
        self._lock = threading.Lock()

    def page(self, dataset_id: str, query: Query | None, after: str | None, limit: int) -> ItemPage:
        """See `Host.items`."""
        tree = parse_query(query)
        dataset = load(dataset_id)
        last = None if after is None else parts(after)[1]
        if not query:
            ids = _ids(dataset, after=last, limit=limit + 1)
            total = len(dataset)
        else:
            matching = self._matching_ids(dataset_id, dataset, tree, query, again=after is None)
            ids = [one for one in matching if last is None or one > last]
            total = len(matching)
        items = self._read(dataset_id, dataset, ids[:limit])
        more = item_id(dataset_id, ids[limit - 1]) if len(ids) > limit else None
        return ItemPage(items=tuple(items), total=total, next_after=more)

    def count(self, dataset_id: str, query: Query | None) -> int:
        """See `Host.count_items`."""
        tree = parse_query(query)
        dataset = load(dataset_id)
        return sum(1 for _ in self._matching(dataset_id, dataset, tree)) if query else len(dataset)

    def ids(self, dataset_id: str) -> list[str]:
        """Ids of all items, in order. Raises `NotFound`."""
        return [item_id(dataset_id, one) for one in _ids(load(dataset_id))]

    def one(self, wanted: str) -> Item:
        """One item. Raises `NotFound`."""
        dataset_id, sample_id = parts(wanted)
        found = self._read(dataset_id, load(dataset_id), [sample_id])
        if not found:
            raise NotFound(f"There is no item {wanted!r}.")
        return found[0]

    def _matching_ids(
        self, dataset_id: str, dataset: Any, tree: Filter, query: Query, *, again: bool
    ) -> list[str]:
        key = (dataset_id, json.dumps(query, sort_keys=True))
        with self._lock:
            known = None if again else self._found.get(key)
        if known is not None:
            return known
        found = [parts(item.id)[1] for item in self._matching(dataset_id, dataset, tree)]
        with self._lock:
            self._found[key] = found
            while len(self._found) > REMEMBERED:
                self._found.popitem(last=False)
        return found

    def _matching(self, dataset_id: str, dataset: Any, tree: Filter) -> Iterator[Item]:
        ids = _ids(dataset)
        for start in range(0, len(ids), PAGE):
            for item in self._read(dataset_id, dataset, ids[start : start + PAGE]):
                try:
                    if matches(tree, item):
                        yield item
                except TimeoutError as error:
                    raise InvalidQuery("The $regex takes too long; make it simpler.") from error

    def _read(self, dataset_id: str, dataset: Any, sample_ids: Sequence[str]) -> list[Item]:
        """Those of these samples that there are, in the order of ids."""
        if not sample_ids:
            return []
        fields, labels = metadata_fields(dataset), label_fields(dataset)
        names = ["id", "filepath", "created_at", *fields, *labels]
        columns = dataset.select(list(sample_ids)).sort_by("id").values(names)
        items = []
        for sample_id, path, created, *values in zip(*columns, strict=True):
            said = [
                one
                for kind, value in zip(labels.values(), values[len(fields) :], strict=True)
                for one in annotations_of(kind, value)
            ]
            known = user_metadata(fields, values[: len(fields)])
            whole = item_id(dataset_id, sample_id)
            items.append(self._item(whole, Path(path), created, known, said))
        return items

    def _item(
        self, whole: str, path: Path, created: datetime, known: Any, said: Sequence[Annotation]
    ) -> Item:
        def opened() -> BinaryIO:
            try:
                return path.open("rb")
            except OSError as error:
                gone = isinstance(error, FileNotFoundError) and path.parent.is_dir()
                kind = ItemGone if gone else ItemUnreadable
                raise kind(f"{path.name!r} ({whole}): {error.strerror}.") from error

        size, version = _file(path)
        mimetype = mimetype_of(path.name)
        shown = self.pictures is not None and mimetype.startswith("image/")
        return Item(
            id=whole,
            dataset_id=parts(whole)[0],
            name=path.name,
            folder=f"{path.parent.as_posix().rstrip('/')}/",
            mimetype=mimetype,
            size=size,
            created=moment(created),
            content_version=version,
            user_metadata=known,
            annotations=tuple(said),
            thumbnail_url=f"{self.pictures}/{whole}" if shown else None,
        ).opened_by(opened)


def _ids(dataset: Any, *, after: str | None = None, limit: int | None = None) -> list[str]:
    """Ids of samples, in order."""
    from bson import ObjectId
    from fiftyone import ViewField

    view = dataset.view()
    if after is not None:
        view = view.match(ViewField("_id") > ObjectId(after))
    view = view.sort_by("id")
    ids: list[str] = (view if limit is None else view.limit(limit)).values("id")
    return ids


def _file(path: Path) -> tuple[int, str]:
    """Size of a file and the version of its bytes; 0 and `missing` where it cannot be had."""
    try:
        found = path.stat()
    except OSError:
        return 0, "missing"
    return found.st_size, f"{found.st_size} {found.st_mtime_ns}"
