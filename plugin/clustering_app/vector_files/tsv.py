"""TensorBoard's text files: vectors with tabs between, and metadata, one line an item each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clustering_app.vector_files.table import (
    MAX_DIMENSION,
    MAX_KEYS_BYTES,
    ROWS_PER_BLOCK,
    VectorTable,
    key_column,
    opened_bytes,
)
from host_contract.errors import InvalidInput

LONGEST_LINE = 32 * MAX_DIMENSION
"""Characters; a number in full takes less than 32."""


def read_tsv(path: Path, keys: tuple[str, ...] | None) -> VectorTable:
    """Open a file of vectors, which has no head line.

    Raises:
        InvalidInput: it is no text, or its first line has no numbers. Later lines are refused by
            number when they are read.
    """
    opened_bytes(path)
    first = next(_lines(path), "")
    dimension = len(_numbers(path.name, 1, first))

    def blocks() -> Iterator[NDArray[np.floating[Any]]]:
        rows: list[NDArray[np.float32]] = []
        for number, line in enumerate(_lines(path), 1):
            row = _numbers(path.name, number, line)
            if len(row) != dimension:
                raise InvalidInput(
                    f"{path.name}, row {number:,}: {len(row):,} numbers, where the first row has "
                    f"{dimension:,}."
                )
            rows.append(row)
            if len(rows) == ROWS_PER_BLOCK:
                yield np.stack(rows)
                rows = []
        if rows:
            yield np.stack(rows)

    count = sum(1 for _ in _lines(path))
    return VectorTable(source=path.name, count=count, dimension=dimension, keys=keys, blocks=blocks)


def read_tsv_keys(path: Path, wanted: str | None) -> tuple[str, ...]:
    """The ids in a metadata file: of several columns, under a head line, or of one, without.

    Args:
        path: The file. One of ids alone, a line each, is one of one column.
        wanted: Name of the column to take.

    Raises:
        InvalidInput: it is no text, or none of several columns can be that of ids.
    """
    if opened_bytes(path) > MAX_KEYS_BYTES:
        raise InvalidInput(f"{path.name}: has more than {MAX_KEYS_BYTES:,} bytes of ids.")
    lines = list(_lines(path))
    head = lines[0].split("\t") if lines else []
    if len(head) == 1:
        return tuple(lines)
    place, keys = head.index(key_column(path.name, dict.fromkeys(head, True), wanted)), []
    for number, line in enumerate(lines[1:], 2):
        cells = line.split("\t")
        if len(cells) != len(head):
            raise InvalidInput(
                f"{path.name}, row {number:,}: {len(cells):,} cells, where the head has "
                f"{len(head):,}."
            )
        keys.append(cells[place])
    return tuple(keys)


def write_tsv(path: Path, vectors_ND: NDArray[np.floating[Any]]) -> None:
    """Write vectors, each number with as few digits as name it alone.

    Rows with numbers of a few bits only get all digits: what names 6e-8 alone is 1 % beside it.
    """
    smallest = np.finfo(vectors_ND.dtype).smallest_normal
    with path.open("w", encoding="ascii", newline="\n") as file:
        for row in vectors_ND:
            few_bits = (row != 0) & (np.abs(row) < smallest)
            digits = row.astype(np.float32) if few_bits.any() else row
            file.write("\t".join(map(str, digits)) + "\n")


def write_metadata(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a head line and a line an item; what would break a line or cell becomes a space."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in (columns, *rows):
            file.write("\t".join(_cell(value) for value in row) + "\n")


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return " ".join(text.split()) if any(not c.isprintable() for c in text) else text


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8-sig", newline="\n") as file:
        number = 1
        try:
            while line := file.readline(LONGEST_LINE + 1):
                if len(line) > LONGEST_LINE:
                    raise InvalidInput(
                        f"{path.name}, row {number:,}: has more than {LONGEST_LINE:,} characters."
                    )
                yield line.rstrip("\r\n")
                number += 1
        except UnicodeDecodeError:
            raise InvalidInput(f"{path.name}, row {number:,}: is not UTF-8 text.") from None


def _numbers(source: str, number: int, line: str) -> NDArray[np.float32]:
    try:
        with np.errstate(over="ignore"):
            return np.array([float(cell) for cell in line.split("\t")]).astype(np.float32)
    except ValueError:
        what = "is empty" if not line.strip() else "has what is no number"
        raise InvalidInput(
            f"{source}, row {number:,}: {what}; vectors are numbers with tabs between, without a "
            "head line."
        ) from None
