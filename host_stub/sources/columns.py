"""Tables with pictures in them, as Hugging Face's `datasets` writes them: which column is what.

What the columns mean is JSON in the schema's metadata: a picture is a struct of bytes and path,
a class is a number with a list of names.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from pydantic import JsonValue

from host_contract.entities import Metadata
from host_contract.errors import InvalidInput
from host_stub.item_rows import MAX_NAME_BYTES
from host_stub.sniffing import HEAD_BYTES, picture_type
from host_stub.sources.source import Report, SourceItem
from host_stub.sources.texts import parse_json

if TYPE_CHECKING:
    import pyarrow as pa

LABELS = ("label", "labels", "class", "category")
"""Columns that are labels even where no schema says so."""
PICTURES = ("image", "img", "picture", "photo", "pixel_values")
"""Columns of bytes that are pictures even where no schema says so, the likeliest first."""
ENDINGS = {"image/jpeg": ".jpg"}
UNLABELLED = -1
"""What Hugging Face writes for a class that nobody knows, as in test sets."""


@dataclass(frozen=True)
class Columns:
    """What the columns of a table are."""

    picture: str
    in_struct: bool
    """The picture is a struct of bytes and path; otherwise bytes alone."""
    labels: Mapping[str, Sequence[str] | None]
    """Names of classes by column; None where the column holds the names themselves."""
    metadata: tuple[str, ...]
    nested: Mapping[str, Any]
    """Features of columns in whose lists and structs there may be classes, as of boxes."""


def columns_of(schema: pa.Schema, where: str) -> Columns:
    """What the columns are, by the schema's metadata, or else by types and names.

    Raises:
        InvalidInput: none of them holds pictures; names them.
    """
    import pyarrow as pa

    features = _features(schema)
    structs, plain = [], []
    for field in schema:
        if pa.types.is_struct(field.type) and field.type.get_field_index("bytes") >= 0:
            structs.append(field.name)
        elif pa.types.is_binary(field.type) or pa.types.is_large_binary(field.type):
            plain.append(field.name)
    said = [name for name in structs if _kind(features.get(name)) == "Image"]
    named = [name for name in PICTURES if name in plain]
    found = [*said, *structs, *named, *plain]
    if not found:
        columns = ", ".join(map(repr, schema.names[:20])) or "none at all"
        raise InvalidInput(f"{where}: no column holds pictures as bytes; its columns: {columns}.")
    classes = {name: names for name in schema.names if (names := _classes(features.get(name)))}
    others = {name: None for name in schema.names if name in LABELS and name not in classes}
    metadata = [name for name in schema.names if name not in (*structs, *plain, *others)]
    if len(classes) == 1:
        metadata = [name for name in metadata if name not in classes]
    nested = {name: features[name] for name in metadata if name in features and name not in classes}
    return Columns(found[0], found[0] in structs, {**classes, **others}, tuple(metadata), nested)


class RowItems:
    """Makes items of rows, with names that are unique in one file."""

    def __init__(self, columns: Columns, where: str, folder: str, more: Metadata) -> None:
        """Begin a file.

        Args:
            columns: What the columns are.
            where: What messages call the file.
            folder: Folder of its items, '' or with '/' at its end.
            more: Metadata that all of its items have.
        """
        self._columns = columns
        self._where = where
        self._folder = folder
        self._more = more
        self._names: set[str] = set()

    def of(
        self,
        number: int,
        row: dict[str, Any],
        picture_path: str | None,
        picture: Callable[[], bytes | None],
        version: str | None,
        report: Report,
    ) -> Iterator[SourceItem]:
        """The item of a row, none when it has no picture.

        Args:
            number: Of the row in the file, from 0.
            row: Its values but the picture.
            picture_path: What the picture says of its path.
            picture: Gives its bytes.
            version: Of the bytes.
            report: Told of what is wrong with it.
        """
        where = f"{self._where}, row {number}"
        name = _file_name(picture_path)
        if name is None:
            content = picture()
            if content is None:
                report.add(where, "there is no picture in this row.")
                return
            kind = picture_type(content[:HEAD_BYTES]) or ""
            ending = ENDINGS.get(kind, f".{kind.partition('/')[2]}" if kind else "")
            name = f"{number:06}{ending}"
        if name in self._names:
            path = PurePosixPath(name)
            name = f"{path.stem}-{number}{path.suffix}"
        self._names.add(name)
        labels, metadata = self._known(row, where, report)

        def opened() -> io.BytesIO:
            if (content := picture()) is None:
                raise FileNotFoundError("a path without bytes; write the table with bytes in it")
            return io.BytesIO(content)

        yield SourceItem(self._folder + name, opened, version, labels, metadata | self._more)

    def _known(
        self, row: dict[str, Any], where: str, report: Report
    ) -> tuple[tuple[str, ...], Metadata]:
        labels: list[str] = []
        metadata: Metadata = {}
        for column, names in self._columns.labels.items():
            values = row.get(column)
            own = []
            for value in values if isinstance(values, list) else [values]:
                if value is None or (names and value == UNLABELLED):
                    continue
                if names and not (isinstance(value, int) and 0 <= value < len(names)):
                    report.add(where, f"a class of {column!r} that its schema does not name.")
                    continue
                own.append(str(names[value] if names else value).strip())
            labels += filter(None, own)
            if column in self._columns.metadata and own:
                metadata[column] = own[0] if len(own) == 1 else [*own]
        for column in self._columns.metadata:
            if column not in self._columns.labels:
                value = _json_value(row.get(column))
                if column in self._columns.nested:
                    value = _named(self._columns.nested[column], value, labels)
                if value is not None:
                    metadata[column] = value
        return tuple(dict.fromkeys(labels)), metadata


def _features(schema: pa.Schema) -> Mapping[str, Any]:
    """Hugging Face's own description of the columns; empty without one."""
    try:
        found = parse_json((schema.metadata or {}).get(b"huggingface", b"{}"))
        features = found["info"]["features"]
    except (ValueError, KeyError, TypeError):
        return {}
    return features if isinstance(features, dict) else {}


def _kind(feature: Any) -> str:
    return str(feature.get("_type")) if isinstance(feature, dict) else ""


def _classes(feature: Any) -> list[str] | None:
    """Names of the classes of a column of classes, or of lists of them."""
    feature = _inner(feature)
    names = feature.get("names") if _kind(feature) == "ClassLabel" else None
    return [str(name) for name in names] if isinstance(names, list) and names else None


def _inner(feature: Any) -> Any:
    """Feature of the elements of a list; of all else its own."""
    if isinstance(feature, list) and len(feature) == 1:
        return feature[0]
    if _kind(feature) in ("Sequence", "List", "LargeList"):
        return feature.get("feature")
    return feature


def _named(feature: Any, value: Any, labels: list[str]) -> Any:
    """A value with the names of its classes instead of their numbers; they are labels too."""
    inner = _inner(feature)
    if isinstance(value, list):
        return [_named(inner, one, labels) for one in value]
    if isinstance(value, dict) and isinstance(inner, dict):
        return {key: _named(inner.get(key), one, labels) for key, one in value.items()}
    names = _classes(feature)
    if names is None or not isinstance(value, int) or not 0 <= value < len(names):
        return value
    labels.append(names[value])
    return names[value]


def _file_name(path: str | None) -> str | None:
    """The name in a path, where it can be a file's and says what kind of file it is."""
    name = (path or "").replace("\\", "/").rpartition("/")[2]
    good = "." in name.strip(".") and "\0" not in name
    return name if good and len(name.encode("utf-8", "replace")) <= MAX_NAME_BYTES else None


def _json_value(value: Any) -> JsonValue:
    """A value as metadata; None for what cannot be said in JSON."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else None
        case datetime() | date():
            return value.isoformat()
        case list():
            return [_json_value(one) for one in value]
        case dict():
            return {str(key): _json_value(one) for key, one in value.items()}
    return None
