"""Items as rows: made of new bytes, copied, and handed out as entities."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from host_contract.entities import Annotation, Item, Metadata
from host_contract.errors import InvalidInput, ItemGone, ItemUnreadable
from host_contract.mimetypes import mimetype_of
from host_stub.database import ItemRow, new_id, now
from host_stub.files import Files, Part, Readable
from host_stub.json_values import check_json, check_length

IDS_PER_STATEMENT = 10_000
"""SQLite takes 32,766 values in a statement."""
MAX_NAME_BYTES = 255
"""What file systems take."""
MAX_LABELS, MAX_LABEL_LENGTH = 100, 200
MAX_METADATA_LENGTH = 100_000
MAX_ANNOTATIONS_LENGTH = 1_000_000
MAX_FOLDER_LENGTH = 1_000
SOURCE_VERSION = "source_version"
"""The system metadata's field that says which version of its source an item was made of."""


@dataclass(frozen=True)
class Received:
    """A new item whose bytes are on the disk; row and bytes are to be kept together."""

    row: ItemRow
    parts: tuple[Part, ...]


def new_row(
    files: Files,
    name: str,
    folder: str,
    content: Readable,
    labels: tuple[str, ...],
    metadata: Metadata,
    *,
    source_version: str | None,
) -> Received:
    """Receive the bytes, and make the row of a new item; its dataset is still to be named.

    Raises:
        InvalidInput: the name cannot be a file's, or a name, label or the metadata is too long.
    """
    if not name or "/" in name or "\0" in name or name in (".", ".."):
        raise InvalidInput(f"{name!r} cannot be the name of a file.")
    if len(name.encode("utf-8", "replace")) > MAX_NAME_BYTES:
        raise InvalidInput(f"A file's name has at most {MAX_NAME_BYTES} bytes; this one has more.")
    check_labels(labels)
    check_metadata(metadata)
    place = folder_of(folder)
    parts, system_metadata = received(files, content, source_version)
    row = ItemRow(
        id=new_id(),
        name=name,
        folder=place,
        mimetype=mimetype_of(name),
        size=parts[0].size,
        created=now(),
        content=parts[0].sha256,
        thumbnail=parts[1].sha256 if len(parts) > 1 else None,
        user_metadata=metadata,
        system_metadata=system_metadata,
        annotations=[classification(label) for label in labels],
        labels=list(dict.fromkeys(labels)),
    )
    return Received(row, tuple(parts))


def classification(label: str) -> dict[str, str]:
    """The annotation that a label is."""
    return {"label": label, "type": "classification"}


def check_labels(labels: Sequence[str]) -> None:
    """Raise `InvalidInput` for too many labels, or one that is empty, too long, or no text."""
    if len(labels) > MAX_LABELS:
        raise InvalidInput(f"An item has at most {MAX_LABELS} labels, not {len(labels)}.")
    check_json(list(labels), "The labels of an item", MAX_ANNOTATIONS_LENGTH)
    if any(not label.strip() or len(label) > MAX_LABEL_LENGTH for label in labels):
        raise InvalidInput(f"A label has 1 to {MAX_LABEL_LENGTH} characters.")


def check_annotations(annotations: Sequence[Any], labels: Sequence[str]) -> None:
    """Raise `InvalidInput` for a wrong label, or annotations that are too much for a row."""
    check_labels(labels)
    check_json(list(annotations), "The annotations of an item", MAX_ANNOTATIONS_LENGTH)


def check_metadata(metadata: Metadata) -> None:
    """Raise `InvalidInput` for user metadata that are too much for a row, or no JSON."""
    check_json(metadata, "The metadata of an item", MAX_METADATA_LENGTH)


def check_changed(changes: Metadata, metadata: Metadata) -> None:
    """Raise `InvalidInput` where changes are no JSON, or make metadata too much for a row.

    What was there before is not judged: earlier releases kept numbers that are none.
    """
    check_json(changes, "The change of metadata")
    whole = json.dumps(metadata, ensure_ascii=False)
    check_length(whole, "The metadata of an item", MAX_METADATA_LENGTH)


def copy_of(row: ItemRow, dataset_id: str) -> ItemRow:
    """The row of a clone, which shares the bytes."""
    columns = {column.key: getattr(row, column.key) for column in ItemRow.__table__.columns}
    new = {"id": new_id(), "creation_key": None, "dataset_id": dataset_id, "created": now()}
    return ItemRow(**columns | new)


ITEM_COLUMNS = (
    ItemRow.id,
    ItemRow.dataset_id,
    ItemRow.name,
    ItemRow.folder,
    ItemRow.mimetype,
    ItemRow.size,
    ItemRow.created,
    ItemRow.content,
    ItemRow.thumbnail,
    ItemRow.user_metadata,
    ItemRow.system_metadata,
    ItemRow.annotations,
)
"""Of a row, what `item_of` takes: where there are many, these are read in less time than rows."""


def item_of(row: ItemRow | Row[Any], files: Files) -> Item:
    """The item of a row, or of its `ITEM_COLUMNS`.

    It can be pickled, and opened by any process that has the files.
    """
    return Item(
        id=row.id,
        dataset_id=row.dataset_id,
        name=row.name,
        folder=row.folder,
        mimetype=row.mimetype,
        size=row.size,
        created=datetime.fromisoformat(row.created),
        content_version=row.content,
        user_metadata=row.user_metadata,
        system_metadata=row.system_metadata,
        annotations=tuple(Annotation(**annotation) for annotation in row.annotations),
        thumbnail_url=thumbnail_url(row.id) if row.thumbnail else None,
    ).opened_by(partial(_opened, files, row.content, f"{row.name!r} ({row.id})"))


def _opened(files: Files, content: str, said: str) -> BinaryIO:
    try:
        return files.open(content)
    except OSError as error:
        gone = isinstance(error, FileNotFoundError) and files.there()
        kind = ItemGone if gone else ItemUnreadable
        raise kind(f"{said}: {error.strerror or error}") from error


def thumbnail_url(item_id: str) -> str:
    """Address of an item's thumbnail on this host."""
    return f"/api/v1/items/{item_id}/thumbnail"


def received(
    files: Files, content: Readable, source_version: str | None = None
) -> tuple[list[Part], dict[str, Any]]:
    """The bytes, with a thumbnail if there can be one; and what the host knows of them."""
    part = files.receive(content)
    thumbnail, size = files.receive_thumbnail(part.path)
    parts = [part] if thumbnail is None else [part, thumbnail]
    known: dict[str, Any] = {"width": size[0], "height": size[1]} if size else {}
    if source_version is not None:
        known[SOURCE_VERSION] = source_version
    return parts, known


def blocks(item_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Ids, as many at a time as a statement takes."""
    for start in range(0, len(item_ids), IDS_PER_STATEMENT):
        yield item_ids[start : start + IDS_PER_STATEMENT]


def rows_of(session: Session, item_ids: Sequence[str]) -> Iterator[ItemRow]:
    """The rows of those items that there are."""
    for some in blocks(item_ids):
        yield from session.scalars(select(ItemRow).where(ItemRow.id.in_(some)))


def folder_of(folder: str) -> str:
    """A folder as it is kept, from '/' to '/'. Raises `InvalidInput` for one that leads out."""
    parts = [p for p in PurePosixPath(folder).parts if p not in ("/", ".")]
    if ".." in parts or any("\0" in part for part in parts) or len(folder) > MAX_FOLDER_LENGTH:
        raise InvalidInput(f"{folder[:100]!r} cannot be a folder.")
    return "/" + "".join(f"{part}/" for part in parts)
