"""Text files from elsewhere: JSON, and JSON or comma-separated values by row."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Callable, Iterator
from io import BytesIO, TextIOWrapper
from typing import Any

from pydantic import JsonValue

from host_contract.entities import Metadata
from host_contract.errors import InvalidInput
from host_stub.sources.location import File, UnreadableFile

MAX_TEXT_BYTES = 1 << 29
"""Half a gigabyte: the annotations of COCO's 118,000 training pictures are 450 MB."""
MAX_PACKED_BYTES, MAX_PACKED_VALUES = 1 << 26, 3_000_000
"""Of a text in a zip, which may come of a thousandth of its bytes: a value takes up to 110 bytes of
memory. The annotations of COCO's 5,000 pictures for validation are 20 MB."""
BEFORE_VALUES = b",[{\n\r"
"""Each value of a JSON or a table has one of these before or behind it."""
FILE_NAME = "file_name"
"""Column that names the file, relative to the folder, as Hugging Face's image folders do."""
NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
"""As JSON writes one; Python takes '1_000', ' 7', '+7' and other scripts' digits for one, too."""
MAX_INTEGER_LENGTH = 20
"""Of one with 64 bits: a sign and nineteen digits."""


def read_json(file: File, keep: Callable[[dict[str, Any]], Any] | None = None) -> Any:
    """All of a JSON file.

    Args:
        file: The file.
        keep: Makes what is kept of each object, as soon as it is read.

    Raises:
        InvalidInput: it is too large, or no JSON.
        UnreadableFile: it cannot be read, or is too large for a zip.
    """
    if file.packed:
        encoded = _unpacked(file)
    else:
        with file.reading() as content:
            encoded = content.read(MAX_TEXT_BYTES + 1)
    if len(encoded) > MAX_TEXT_BYTES:
        raise InvalidInput(f"{file.path}: more than {MAX_TEXT_BYTES:,} bytes of JSON; divide it.")
    try:
        text = encoded.decode(json.detect_encoding(encoded))
        del encoded  # not both in memory while it is parsed
        return parse_json(text, keep)
    except ValueError as error:
        raise InvalidInput(f"{file.path}: not JSON: {error}.") from error


def parse_json(text: str | bytes, keep: Callable[[dict[str, Any]], Any] | None = None) -> Any:
    """A JSON text. Raises `ValueError` for whatever is none, NaN and too deep nesting included."""
    try:
        return json.loads(text, object_hook=keep, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def read_rows(file: File) -> Iterator[tuple[str, Metadata]]:
    """File name and metadata of each row of a table, .csv or .jsonl.

    Raises:
        InvalidInput: the file cannot be read, or a row is wrong; names it.
    """
    if (file.size or 0) > MAX_TEXT_BYTES:
        raise InvalidInput(f"{file.path}: more than {MAX_TEXT_BYTES:,} bytes; divide it.")
    rows = _csv_rows if file.name.endswith(".csv") else _json_rows
    opened = BytesIO(_unpacked(file)) if file.packed else file.reading()
    with opened as content, TextIOWrapper(content, encoding="utf-8-sig", newline="") as text:
        try:
            yield from rows(file.path, text)
        except UnicodeDecodeError as error:
            raise InvalidInput(f"{file.path}: not UTF-8 text: {error.reason}.") from error


def _unpacked(file: File) -> bytes:
    """All of a text in a zip. Raises `UnreadableFile` before it takes much more memory."""
    with file.reading() as content:
        encoded = content.read(MAX_PACKED_BYTES + 1)
    values = sum(map(encoded.count, BEFORE_VALUES))
    if len(encoded) > MAX_PACKED_BYTES or values > MAX_PACKED_VALUES:
        limit = f"{MAX_PACKED_BYTES:,} bytes or {MAX_PACKED_VALUES:,} values in a zip"
        raise UnreadableFile(f"{file.path}: more than {limit}; divide it, or import the folder.")
    return encoded


def _csv_rows(path: str, text: TextIOWrapper) -> Iterator[tuple[str, Metadata]]:
    reader = csv.DictReader(text)
    try:
        if FILE_NAME not in (reader.fieldnames or ()):
            raise InvalidInput(f"{path}, row 1: there is no column {FILE_NAME!r}.")
        for row in reader:
            if None in row or not row[FILE_NAME]:
                raise InvalidInput(f"{path}, row {reader.line_num}: too many cells, or no file.")
            file_name = row.pop(FILE_NAME)
            yield file_name, {k: _typed(v) for k, v in row.items() if v not in ("", None)}
    except csv.Error as error:
        raise InvalidInput(f"{path}, row {reader.line_num + 1}: {error}.") from error


def _json_rows(path: str, text: TextIOWrapper) -> Iterator[tuple[str, Metadata]]:
    for number, line in enumerate(text, 1):
        if not line.strip():
            continue
        try:
            row = parse_json(line)
        except ValueError as error:
            raise InvalidInput(f"{path}, row {number}: not JSON: {error}.") from error
        if not isinstance(row, dict) or not isinstance(row.get(FILE_NAME), str):
            raise InvalidInput(f"{path}, row {number}: not an object with {FILE_NAME!r}.")
        file_name = row.pop(FILE_NAME)
        yield file_name, {key: value for key, value in row.items() if value is not None}


def _typed(cell: str) -> JsonValue:
    """A number where the cell is one that can be kept; text otherwise, so that '007' stays so."""
    if (number := NUMBER.fullmatch(cell)) is None:
        return cell
    if number[2] or number[3]:
        return float(cell) if math.isfinite(float(cell)) else cell
    if len(cell) > MAX_INTEGER_LENGTH or not -(1 << 63) <= int(cell) < 1 << 63:
        return cell
    return int(cell)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")
