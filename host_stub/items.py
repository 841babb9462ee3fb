"""Items of datasets as they change: rows in the database, bytes in files, events to the apps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, BinaryIO

from sqlalchemy import delete, select

from host_contract.entities import Annotation, Item, Metadata
from host_contract.errors import NotFound
from host_stub.changes import Change, MergeMetadata, fingerprint
from host_stub.database import Database, ItemRow, made_with
from host_stub.files import Files, Readable
from host_stub.item_query import Reading, dataset_row
from host_stub.item_reading import ItemReading, item_row
from host_stub.item_rows import (
    SOURCE_VERSION,
    Received,
    blocks,
    check_annotations,
    copy_of,
    item_of,
    new_row,
    received,
    rows_of,
)

Event = Callable[[str, str, str, Sequence[str]], None]
"""Told of every change: resource, action, dataset id, item ids."""

ID_AT = """SELECT id FROM items WHERE dataset_id = ? AND folder = ? AND lower(name) = lower(?)
AND name || '' = ? ORDER BY id LIMIT 1"""
"""As `AT_PLACE`, which takes SQLAlchemy thirty times as long: meanwhile nobody else can write."""


class Items(ItemReading):
    """Everything about the items of datasets. Safe to use from any thread."""

    def __init__(self, database: Database, files: Files, event: Event) -> None:
        super().__init__(database, files)
        self._event = event

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
    ) -> list[Item]:
        """Add files in one transaction: name, folder, bytes, labels, user metadata of each.

        A key is for one file alone.
        """
        with Reading(self._database, dataset_id):
            pass  # bytes are received for a dataset that is there
        arrived: list[Received] = []
        try:
            for one in new:
                arrived.append(self.receive(*one))  # noqa: PERF401 - to drop those before a bad one
        except BaseException:
            self.drop(arrived)
            raise
        return self.keep(dataset_id, arrived, key=key)

    def receive(
        self,
        name: str,
        folder: str,
        content: Readable,
        labels: tuple[str, ...],
        metadata: Metadata,
        *,
        source_version: str | None = None,
    ) -> Received:
        """Take in the bytes of a new file, to be kept or dropped.

        Raises:
            InvalidInput: the name cannot be a file's, or something is too long.
        """
        return new_row(
            self._files, name, folder, content, labels, metadata, source_version=source_version
        )

    def keep(
        self,
        dataset_id: str,
        arrived: Sequence[Received],
        *,
        key: str | None = None,
        once: bool = False,
    ) -> list[Item]:
        """Make items of received files in one transaction. Raises `NotFound`.

        Where `once`, a file whose folder and name an item has by then is dropped, and that item,
        which has another id than the file's row, is given in its stead.
        """
        rows: list[ItemRow] = []
        try:
            self._files.sync([part for one in arrived for part in one.parts])
            with self._database.changing() as session:
                dataset_row(session, dataset_id)
                if (made := made_with(session, ItemRow, key)) is not None:
                    return [item_of(made, self._files)]
                for one in arrived:
                    there = self._id_at(dataset_id, one.row) if once else None
                    rows.append(session.get_one(ItemRow, there) if there else one.row)
                new = [one for one, row in zip(arrived, rows, strict=True) if row is one.row]
                for one in new:
                    for part in one.parts:
                        self._files.keep(part)
                    one.row.dataset_id, one.row.creation_key = dataset_id, key
                session.add_all(one.row for one in new)
        finally:
            self.drop(arrived)
        if new:
            self._event("Item", "Created", dataset_id, [one.row.id for one in new])
        return [item_of(row, self._files) for row in rows]

    def _id_at(self, dataset_id: str, row: ItemRow) -> str | None:
        """Id of the oldest item with a row's folder and name, as it was last committed."""
        found = self._database.row(ID_AT, dataset_id, row.folder, row.name, row.name)
        return None if found is None else str(found[0])

    def drop(self, arrived: Sequence[Received]) -> None:
        """Forget received files, unless they are kept."""
        for one in arrived:
            for part in one.parts:
                self._files.drop(part)

    def replace_content(
        self, item_id: str, content: Readable, *, source_version: str | None = None
    ) -> None:
        """Give an item new bytes."""
        parts, known = received(self._files, content, source_version)
        self._files.sync(parts)
        with self._database.changing() as session:
            row = item_row(session, item_id)
            old = [row.content, row.thumbnail]
            for part in parts:
                self._files.keep(part)
            row.content, row.size, row.system_metadata = parts[0].sha256, parts[0].size, known
            row.thumbnail = parts[1].sha256 if len(parts) > 1 else None
        self._remove_files(old)
        self._event("Item", "Updated", row.dataset_id, [item_id])

    def set_source_version(self, item_id: str, source_version: str) -> None:
        """Note which version of a source an item's bytes are those of; no app is told."""
        with self._database.changing() as session:
            row = item_row(session, item_id)
            row.system_metadata = {**row.system_metadata, SOURCE_VERSION: source_version}

    def update_metadata(self, item_ids: Sequence[str], changes: Metadata) -> int:
        """Merge changes into user metadata; a null removes a field. Returns items changed.

        Raises:
            InvalidInput: an item would have too much of it.
        """
        return len(self.change(item_ids, MergeMetadata(changes)))

    def change(self, item_ids: Sequence[str], change: Change) -> dict[str, Any]:
        """Change those items that there are, all or none, and tell the apps.

        Returns:
            What `undo` needs, by the ids of the items that are there; None for those that were so.
        """
        before: dict[str, Any] = {}
        self._each(item_ids, lambda row: before.update({row.id: change.do(row)}))
        return before

    def undo(self, change: Change, before: Mapping[str, Any]) -> int:
        """Take a change back where it still is as it was made; returns from how many items."""
        undone: list[str] = []

        def back(row: ItemRow) -> None:
            if change.undo(row, before[row.id]):
                undone.append(row.id)

        self._each([item_id for item_id, was in before.items() if was is not None], back)
        return len(undone)

    def delete_items(self, item_ids: Sequence[str]) -> int:
        """Delete items with their bytes; the apps then delete what they keep of them."""
        gone: dict[str, list[str]] = {}
        files: list[str | None] = []
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

    def annotate(
        self, item_id: str, change: Callable[[Sequence[Annotation]], Sequence[Annotation]]
    ) -> None:
        """Change what is said about an item: from the annotations that there are, to the new ones.

        Raises:
            NotFound: there is no such item.
            InvalidInput: a label is empty or too long, or it is too much.
        """
        found: list[str] = []

        def annotated(row: ItemRow) -> None:
            after = change([Annotation(**annotation) for annotation in row.annotations])
            row.labels = list(dict.fromkeys(annotation.label for annotation in after))
            row.annotations = [annotation.model_dump(exclude_none=True) for annotation in after]
            check_annotations(row.annotations, row.labels)
            found.append(row.id)

        self._each([item_id], annotated)
        if not found:
            raise NotFound(f"There is no item {item_id!r}.")

    def clone_items(self, item_ids: Sequence[str], dataset_id: str) -> dict[str, str]:
        """Copy items into a dataset; the bytes are shared.

        Returns:
            What `delete_unchanged` needs, by the ids of the copies.
        """
        with self._database.changing() as session:
            dataset_row(session, dataset_id)
            copies = [copy_of(row, dataset_id) for row in rows_of(session, item_ids)]
            session.add_all(copies)
        self._event("Item", "Created", dataset_id, [row.id for row in copies])
        return {row.id: fingerprint(row) for row in copies}

    def delete_unchanged(self, fingerprints: Mapping[str, str]) -> int:
        """Delete those items that still are as they were; returns how many."""
        with self._database.session() as session:
            found = rows_of(session, list(fingerprints))
            same = [row.id for row in found if fingerprint(row) == fingerprints[row.id]]
        return self.delete_items(same)

    def tidy(self) -> None:
        """Remove the files that a process left behind when it was killed, and no item has."""
        with self._database.session() as session:
            used = session.execute(select(ItemRow.content, ItemRow.thumbnail)).all()
        self._remove_files(self._files.names() - {name for pair in used for name in pair})

    def _each(self, item_ids: Sequence[str], change: Callable[[ItemRow], None]) -> None:
        """Change the rows that there are, all or none, and tell the apps."""
        changed: dict[str, list[str]] = {}
        with self._database.changing() as session:
            for row in rows_of(session, item_ids):
                change(row)
                changed.setdefault(row.dataset_id, []).append(row.id)
        for dataset_id, ids in changed.items():
            self._event("Item", "Updated", dataset_id, ids)

    def _remove_files(self, names: Iterable[str | None]) -> None:
        """Remove the files that no item refers to any more."""
        with self._database.changing() as session:
            for name in {name for name in names if name}:
                uses = (ItemRow.content == name) | (ItemRow.thumbnail == name)
                if session.scalars(select(ItemRow.id).where(uses).limit(1)).first() is None:
                    self._files.remove(name)
