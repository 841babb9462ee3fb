"""Projects, datasets and items: rows in the database, bytes in files, events to the apps."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from sqlalchemy import delete, func, select, true
from sqlalchemy.orm import Session

from host_contract.entities import Annotation, Dataset, Item, ItemPage, Metadata, Project
from host_contract.errors import InvalidInput, ItemUnreadable, NotFound
from host_stub.database import Database, DatasetRow, ItemRow, ProjectRow, made_with, new_id, now
from host_stub.files import Files, Part
from host_stub.item_query import ORDERS, Query, Reading, condition_of, dataset_row
from host_stub.item_rows import (
    blocks,
    check_annotations,
    check_labels,
    check_metadata,
    classification,
    copy_of,
    folder_of,
    item_of,
    new_row,
    received,
    rows_of,
    thumbnail_url,
)

DEFAULT_PROJECT = "default"
SUMMARY_THUMBNAILS = 4

Event = Callable[[str, str, str, Sequence[str]], None]
"""Told of every change: resource, action, dataset id, item ids."""


@dataclass(frozen=True)
class DatasetSummary:
    """What the list of datasets shows."""

    items: int
    bytes: int
    thumbnails: tuple[str, ...]
    """Addresses of a few thumbnails."""


class Datasets:
    """Everything about datasets and their items. Safe to use from any thread."""

    def __init__(self, database: Database, files: Files, event: Event) -> None:
        self._database = database
        self._files = files
        self._event = event

    def projects(self) -> list[Project]:
        """All projects; the default one at least."""
        with self._database.changing() as session:
            _default_project(session)
            rows = session.scalars(select(ProjectRow).order_by(ProjectRow.id))
            return [Project(id=row.id, name=row.name) for row in rows]

    def create_project(self, name: str) -> Project:
        """Make a project. Raises `InvalidInput` when the name has no visible character."""
        row = ProjectRow(id=new_id(), name=_checked_name("project", name))
        with self._database.changing() as session:
            session.add(row)
        return Project(id=row.id, name=row.name)

    def list(
        self, project_id: str | None = None, *, after: str | None = None, limit: int | None = None
    ) -> list[Dataset]:
        """Datasets in the order of creation: of a project, and a page behind `after`, if asked."""
        wanted = select(DatasetRow).order_by(DatasetRow.id).limit(limit)
        if after is not None:
            wanted = wanted.where(DatasetRow.id > after)
        if project_id is not None:
            wanted = wanted.where(DatasetRow.project_id == project_id)
        with self._database.session() as session:
            return [_dataset(row) for row in session.scalars(wanted)]

    def get(self, dataset_id: str) -> Dataset:
        """One dataset. Raises `NotFound`."""
        with self._database.session() as session:
            return _dataset(dataset_row(session, dataset_id))

    def create(
        self, name: str, project_id: str | None = None, *, key: str | None = None
    ) -> Dataset:
        """Make an empty dataset; asked again with a key, give what the first call made.

        Raises:
            InvalidInput: the name has no visible character.
            NotFound: there is no such project.
        """
        name = _checked_name("dataset", name)
        with self._database.changing() as session:
            if (made := made_with(session, DatasetRow, key)) is not None:
                return _dataset(made)
            project = project_id or _default_project(session)
            if session.get(ProjectRow, project) is None:
                raise NotFound(f"There is no project {project!r}.")
            row = DatasetRow(
                id=new_id(),
                creation_key=key,
                project_id=project,
                name=name,
                created=now(),
            )
            session.add(row)
            session.flush()
            return _dataset(row)

    def rename(self, dataset_id: str, name: str) -> Dataset:
        """Give a dataset another name. Raises `InvalidInput` as `create` does."""
        with self._database.changing() as session:
            row = dataset_row(session, dataset_id)
            row.name = _checked_name("dataset", name)
        return _dataset(row)

    def delete(self, dataset_id: str) -> None:
        """Delete a dataset with its items and bytes; the apps then delete what they keep of it."""
        with self._database.changing() as session:
            row = dataset_row(session, dataset_id)
            files = session.execute(
                select(ItemRow.content, ItemRow.thumbnail).where(ItemRow.dataset_id == dataset_id)
            ).all()
            session.delete(row)
        self._remove_files(name for pair in files for name in pair)
        self._event("Dataset", "Deleted", dataset_id, ())

    def summary(self, dataset_id: str) -> DatasetSummary:
        """Counts and a few thumbnails."""
        with self._database.session() as session:
            dataset_row(session, dataset_id)
            of_dataset = ItemRow.dataset_id == dataset_id
            items, size = session.execute(
                select(func.count(), func.sum(ItemRow.size)).where(of_dataset)
            ).one()
            shown = session.scalars(
                select(ItemRow.id)
                .where(of_dataset, ItemRow.thumbnail.is_not(None))
                .order_by(ItemRow.id)
                .limit(SUMMARY_THUMBNAILS)
            )
            thumbnails = tuple(thumbnail_url(item_id) for item_id in shown)
        return DatasetSummary(items=items, bytes=size or 0, thumbnails=thumbnails)

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
        wanted = select(ItemRow).where(condition).order_by(ItemRow.id).limit(limit + 1)
        if after is not None:
            wanted = wanted.where(ItemRow.id > after)
        with Reading(self._database, dataset_id) as session:
            rows = session.scalars(wanted).all()
            total = session.scalar(select(func.count()).where(condition)) or 0
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
        condition = condition_of(dataset_id, query)
        wanted = select(ItemRow).where(condition).order_by(*ORDERS[order])
        wanted = wanted.offset(offset).limit(limit)
        with Reading(self._database, dataset_id) as session:
            rows = session.scalars(wanted).all()
            total = session.scalar(select(func.count()).where(condition)) or 0
        return ItemPage(
            items=tuple(item_of(row, self._files) for row in rows), total=total, next_after=None
        )

    def item(self, item_id: str) -> Item:
        """One item. Raises `NotFound`."""
        with self._database.session() as session:
            row = _item_row(session, item_id)
            return item_of(row, self._files)

    def item_ids(self, dataset_id: str, query: Query | None = None) -> builtins.list[str]:
        """Ids of all items that match, in order. Raises `InvalidQuery`."""
        wanted = select(ItemRow.id).where(condition_of(dataset_id, query)).order_by(ItemRow.id)
        with Reading(self._database, dataset_id) as session:
            return [*session.scalars(wanted)]

    def count_items(self, dataset_id: str, query: Query | None = None) -> int:
        """Number of items that match. Raises `InvalidQuery`."""
        wanted = select(func.count()).where(condition_of(dataset_id, query))
        with Reading(self._database, dataset_id) as session:
            return session.scalar(wanted) or 0

    def fields(self, dataset_id: str) -> builtins.list[str]:
        """Names of the user metadata's fields that occur, sorted."""
        each = func.json_each(ItemRow.user_metadata).table_valued("key")
        wanted = select(each.c.key).select_from(ItemRow).join(each, true())
        with Reading(self._database, dataset_id) as session:
            wanted = wanted.where(ItemRow.dataset_id == dataset_id).distinct()
            return sorted(session.scalars(wanted))

    def add(
        self,
        dataset_id: str,
        name: str,
        content: BinaryIO,
        *,
        folder: str = "/",
        labels: Sequence[str] = (),
        metadata: Metadata | None = None,
        key: str | None = None,
    ) -> Item:
        """Add one file; asked again with a key, give what the first call made.

        Raises:
            InvalidInput: the name cannot be a file's, or something is too long.
        """
        new = (name, folder, content, tuple(labels), metadata or {})
        return self.add_many(dataset_id, [new], key=key)[0]

    def add_many(
        self,
        dataset_id: str,
        new: Iterable[tuple[str, str, BinaryIO, tuple[str, ...], Metadata]],
        *,
        key: str | None = None,
    ) -> builtins.list[Item]:
        """Add files in one transaction: name, folder, bytes, labels, user metadata of each.

        A key is for one file alone.
        """
        self.get(dataset_id)
        rows: builtins.list[ItemRow] = []
        parts: builtins.list[Part] = []
        try:
            for one in new:
                row, received_parts = new_row(self._files, dataset_id, *one)
                rows.append(row)
                parts += received_parts
            with self._database.changing() as session:
                dataset_row(session, dataset_id)
                if (made := made_with(session, ItemRow, key)) is not None:
                    return [item_of(made, self._files)]
                for part in parts:
                    self._files.keep(part)
                for row in rows:
                    row.creation_key = key
                session.add_all(rows)
        finally:
            for part in parts:
                self._files.drop(part)
        self._event("Item", "Created", dataset_id, [row.id for row in rows])
        return [item_of(row, self._files) for row in rows]

    def replace_content(self, item_id: str, content: BinaryIO) -> None:
        """Give an item new bytes."""
        parts, known = received(self._files, content)
        with self._database.changing() as session:
            row = _item_row(session, item_id)
            old = [row.content, row.thumbnail]
            for part in parts:
                self._files.keep(part)
            row.content, row.size, row.system_metadata = parts[0].sha256, parts[0].size, known
            row.thumbnail = parts[1].sha256 if len(parts) > 1 else None
        self._remove_files(old)
        self._event("Item", "Updated", row.dataset_id, [item_id])

    def update_metadata(self, item_ids: Sequence[str], changes: Metadata) -> int:
        """Merge changes into user metadata; a null removes a field. Returns items changed.

        Raises:
            InvalidInput: an item would have too much of it.
        """

        def merge(row: ItemRow) -> None:
            merged = {**row.user_metadata, **changes}
            row.user_metadata = {k: v for k, v in merged.items() if v is not None}
            check_metadata(row.user_metadata)

        return self._change(item_ids, merge)

    def move_items(self, item_ids: Sequence[str], folder: str) -> int:
        """Put items into a folder of their dataset. Raises `InvalidInput` for what is no folder."""
        place = folder_of(folder)

        def move(row: ItemRow) -> None:
            row.folder = place

        return self._change(item_ids, move)

    def add_label(self, item_ids: Sequence[str], label: str) -> int:
        """Give items a label; those that have it are left as they are. Raises `InvalidInput`."""
        label = label.strip()
        check_labels([label])

        def add(row: ItemRow) -> None:
            if label not in row.labels:
                check_labels([*row.labels, label])
                row.labels = [*row.labels, label]
                row.annotations = [*row.annotations, classification(label)]

        return self._change(item_ids, add)

    def annotate(
        self, item_id: str, change: Callable[[Sequence[Annotation]], Sequence[Annotation]]
    ) -> None:
        """Change what is said about an item: from the annotations that there are, to the new ones.

        Raises:
            NotFound: there is no such item.
            InvalidInput: a label is empty or too long, or it is too much.
        """

        def annotated(row: ItemRow) -> None:
            after = change([Annotation(**annotation) for annotation in row.annotations])
            row.labels = list(dict.fromkeys(annotation.label for annotation in after))
            row.annotations = [annotation.model_dump(exclude_none=True) for annotation in after]
            check_annotations(row.annotations, row.labels)

        if not self._change([item_id], annotated):
            raise NotFound(f"There is no item {item_id!r}.")

    def delete_items(self, item_ids: Sequence[str]) -> int:
        """Delete items with their bytes; the apps then delete what they keep of them."""
        gone: dict[str, list[str]] = {}
        files: builtins.list[str | None] = []
        with self._database.changing() as session:
            for row in rows_of(session, item_ids):
                gone.setdefault(row.dataset_id, []).append(row.id)
                files += [row.content, row.thumbnail]
            for some in blocks(item_ids):
                session.execute(delete(ItemRow).where(ItemRow.id.in_(some)))
        self._remove_files(files)
        for dataset_id, ids in gone.items():
            self._event("Item", "Deleted", dataset_id, ids)
        return sum(map(len, gone.values()))

    def clone_items(self, item_ids: Sequence[str], dataset_id: str) -> builtins.list[str]:
        """Copy items into a dataset; the bytes are shared. Returns the ids of the copies."""
        with self._database.changing() as session:
            dataset_row(session, dataset_id)
            copies = [copy_of(row, dataset_id) for row in rows_of(session, item_ids)]
            session.add_all(copies)
        ids = [row.id for row in copies]
        self._event("Item", "Created", dataset_id, ids)
        return ids

    def thumbnail(self, item_id: str) -> bytes:
        """A small WebP. Raises `NotFound`, or `ItemUnreadable` where there is none."""
        with self._database.session() as session:
            row = _item_row(session, item_id)
        if row.thumbnail is None:
            raise ItemUnreadable(f"Item {row.name!r} ({item_id}) has no thumbnail.")
        return self._files.path(row.thumbnail).read_bytes()

    def tidy(self) -> None:
        """Remove the files that a process left behind when it was killed, and no item has."""
        with self._database.session() as session:
            used = session.execute(select(ItemRow.content, ItemRow.thumbnail)).all()
        self._remove_files(self._files.names() - {name for pair in used for name in pair})

    def _change(self, item_ids: Sequence[str], change: Callable[[ItemRow], None]) -> int:
        """Change those items that there are, all or none, and tell the apps; returns how many."""
        changed: dict[str, builtins.list[str]] = {}
        with self._database.changing() as session:
            for row in rows_of(session, item_ids):
                change(row)
                changed.setdefault(row.dataset_id, []).append(row.id)
        for dataset_id, ids in changed.items():
            self._event("Item", "Updated", dataset_id, ids)
        return sum(map(len, changed.values()))

    def _remove_files(self, names: Iterable[str | None]) -> None:
        """Remove the files that no item refers to any more."""
        with self._database.changing() as session:
            for name in {name for name in names if name}:
                uses = (ItemRow.content == name) | (ItemRow.thumbnail == name)
                if session.scalars(select(ItemRow.id).where(uses).limit(1)).first() is None:
                    self._files.remove(name)


def _default_project(session: Session) -> str:
    if session.get(ProjectRow, DEFAULT_PROJECT) is None:
        session.add(ProjectRow(id=DEFAULT_PROJECT, name="Default project"))
        session.flush()
    return DEFAULT_PROJECT


def _checked_name(what: str, name: str) -> str:
    if not name.strip() or not name.isprintable():
        raise InvalidInput(f"A {what} needs a name of printable characters, not {name!r}.")
    return name.strip()


def _dataset(row: DatasetRow) -> Dataset:
    created = datetime.fromisoformat(row.created)
    return Dataset(id=row.id, project_id=row.project_id, name=row.name, created=created)


def _item_row(session: Session, item_id: str) -> ItemRow:
    row = session.get(ItemRow, item_id)
    if row is None:
        raise NotFound(f"There is no item {item_id!r}.")
    return row
