"""What a user takes away: a row an item with its metadata and its place on the map."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol, TextIO

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from host_contract.context import Host
from host_contract.entities import Item
from host_contract.errors import InvalidInput

FORMATS = (".csv", ".jsonl", ".parquet")

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""A cell of text that starts so is run as a formula by spreadsheet programs (OWASP)."""


class Placed(Protocol):
    """Items with their places on a map: N of them, in 2 or 3 dimensions."""

    @property
    def item_ids(self) -> tuple[str, ...]:
        """(N,)."""

    @property
    def coordinates(self) -> NDArray[np.float32]:
        """(N, 2) or (N, 3)."""

    @property
    def clusters(self) -> NDArray[np.int32]:
        """(N,): -1 for items of no cluster."""

    @property
    def outlier_scores(self) -> NDArray[np.float32]:
        """(N,)."""


def export(host: Host, dataset_id: str, run: Placed | None, path: Path) -> int:
    """Write the items of a dataset to a file, in the order of their ids.

    Args:
        host: Where the items are.
        dataset_id: The dataset.
        run: The map whose coordinates are written beside; items not on it have empty cells.
        path: File to write; its ending chooses the format, .csv, .jsonl or .parquet.

    Returns:
        The number of items written.

    Raises:
        InvalidInput: the ending names no format, or the file cannot be written.
    """
    if path.suffix not in FORMATS:
        raise InvalidInput(f"Cannot export to {path.name!r}: end it in {' or '.join(FORMATS)}.")
    rows = _rows(all_items(host, dataset_id), run)
    try:
        _write(rows, path)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror}.") from error
    return len(rows)


def as_csv(items: Iterable[Item], placed: Placed) -> bytes:
    """The same table of some items alone, in their order, as a file in UTF-8."""
    file = io.StringIO(newline="")
    _write_csv(file, _rows(items, placed))
    return file.getvalue().encode()


def as_parquet(items: Iterable[Item], placed: Placed) -> bytes:
    """The same as Parquet; numbers, texts and lists of texts keep their types."""
    return _parquet(_rows(items, placed))


def all_items(host: Host, dataset_id: str) -> Iterator[Item]:
    """Every item of a dataset, page by page, in the order of ids."""
    after: str | None = None
    while True:
        page = host.items(dataset_id, after=after)
        yield from page.items
        if (after := page.next_after) is None:
            return


def _write(rows: Sequence[dict[str, JsonValue]], path: Path) -> None:
    if path.suffix == ".parquet":
        path.write_bytes(_parquet(rows))
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        if path.suffix == ".jsonl":
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        else:
            _write_csv(file, rows)


def _write_csv(file: TextIO, rows: Sequence[dict[str, JsonValue]]) -> None:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    writer = csv.writer(file)
    writer.writerow(columns)
    writer.writerows([_cell(row.get(column)) for column in columns] for row in rows)


def _parquet(rows: Sequence[dict[str, JsonValue]]) -> bytes:
    import pyarrow
    import pyarrow.parquet

    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {}
    for name in names:
        values = [row.get(name) for row in rows]
        try:
            columns[name] = pyarrow.array(_as_texts(values) if _any_object(values) else values)
        except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError, OverflowError):
            columns[name] = pyarrow.array(_as_texts(values))
    file = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), file)
    return file.getvalue()


def _any_object(values: Sequence[JsonValue]) -> bool:
    """Whether there is an object among the values: Parquet would give each the keys of all."""
    return any(
        isinstance(one, dict) or (isinstance(one, list) and _any_object(one)) for one in values
    )


def _as_texts(values: Sequence[JsonValue]) -> list[str | None]:
    """Values as JSON, which those of several types have in common."""
    return [None if one is None else json.dumps(one, ensure_ascii=False) for one in values]


def _rows(items: Iterable[Item], placed: Placed | None) -> list[dict[str, JsonValue]]:
    places = _places(placed)
    return [_row(item) | places.get(item.id, {}) for item in items]


def _row(item: Item) -> dict[str, JsonValue]:
    return {
        "id": item.id,
        "name": item.name,
        "folder": item.folder,
        "mimetype": item.mimetype,
        "size": item.size,
        "labels": list(item.labels),
        **{f"metadata.{field}": value for field, value in item.user_metadata.items()},
    }


def _places(run: Placed | None) -> dict[str, dict[str, JsonValue]]:
    if run is None:
        return {}
    axes = "xyz"[: run.coordinates.shape[1]]
    columns = zip(
        run.item_ids,
        run.coordinates.tolist(),
        run.clusters.tolist(),
        run.outlier_scores.tolist(),
        strict=True,
    )
    return {
        item_id: {**dict(zip(axes, place, strict=True)), "cluster": cluster, "outlier_score": score}
        for item_id, place, cluster, score in columns
    }


def _cell(value: JsonValue) -> str | int | float | bool | None:
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        value = "; ".join(str(part) for part in value)
    if isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    return value
