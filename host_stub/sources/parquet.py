"""Parquet with the bytes of pictures in it: one file, or a folder of shards."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from host_contract.entities import Metadata
from host_contract.errors import InvalidInput
from host_stub.sources.columns import Columns, RowItems, columns_of
from host_stub.sources.location import File, reason_of
from host_stub.sources.source import Report, SourceItem

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

BATCH_BYTES = 1 << 25
"""So many bytes of pictures are decompressed at a time, about."""
MAX_BATCH_ROWS = 256
SHARD = re.compile(r"^(?P<split>.+?)-(?P<number>\d{5})-of-(?P<count>\d{5})$")
"""How Hugging Face names shards."""


class ParquetSource:
    """The rows of the files, in order. Bytes of unchanged pictures are not read."""

    def __init__(self, files: Sequence[File], url: str, name: str) -> None:
        """Look at what the files say of themselves.

        Raises:
            InvalidInput: one is no Parquet, or has no column of pictures.
        """
        self.url = url
        self.name = name
        self._files = files
        self.total = 0
        for file in files:
            with file.reading() as content, _table(content, file) as table:
                columns_of(table.schema_arrow, file.path)
                self.total += table.metadata.num_rows

    def items(self, report: Report) -> Iterator[SourceItem]:
        """The rows that have a picture."""
        for file in self._files:
            folder, more = place_of(file, alone=len(self._files) == 1)
            with file.reading() as content, _table(content, file) as table:
                columns = columns_of(table.schema_arrow, file.path)
                made = RowItems(columns, file.path, folder, more)
                yield from self._rows(table, columns, made, file, report)

    def _rows(
        self, table: pq.ParquetFile, columns: Columns, made: RowItems, file: File, report: Report
    ) -> Iterator[SourceItem]:
        import pyarrow as pa

        number = 0
        path_column = f"{columns.picture}.path" if columns.in_struct else columns.picture
        others = [*columns.labels, *columns.metadata, *([path_column] if columns.in_struct else [])]
        for group in range(table.num_row_groups):
            count = _batch_rows(table, group, columns)
            pictures = _Pictures(table, group, columns, count)
            left = table.metadata.row_group(group).num_rows
            try:
                batches = table.iter_batches(count, [group], others) if others else ()
                rows = (row for batch in batches for row in batch.to_pylist())
                for index in range(left):
                    row: dict[str, Any] = next(rows, {})
                    picture = row.get(columns.picture)
                    path = picture.get("path") if isinstance(picture, dict) else None
                    get = partial(pictures.get, index)
                    yield from made.of(number, row, path, get, file.version, report)
                    number += 1
            except (OSError, pa.ArrowException) as error:
                where = f"{file.path}, row {number}"
                raise InvalidInput(f"{where}: cannot be read: {reason_of(error)}") from error


class _Pictures:
    """Bytes of the pictures of a row group, decompressed batch by batch when they are wanted."""

    def __init__(self, table: pq.ParquetFile, group: int, columns: Columns, count: int) -> None:
        column = f"{columns.picture}.bytes" if columns.in_struct else columns.picture
        self._batches = table.iter_batches(count, [group], [column])
        self._count = count
        self._in_struct = columns.in_struct
        self._number = -1
        self._batch: pa.Array = ()

    def get(self, index: int) -> bytes | None:
        """Bytes of the picture of a row; rows are asked for in order."""
        number, row = divmod(index, self._count)
        while self._number < number:
            self._batch = ()  # one batch lies in memory, not two
            column = next(self._batches).column(0)
            self._batch = column.field("bytes") if self._in_struct else column
            self._number += 1
        value: bytes | None = self._batch[row].as_py()
        return value or None


def place_of(file: File, *, alone: bool) -> tuple[str, Metadata]:
    """Folder in the dataset for the rows of a file, and what its name says of them: their split."""
    stem = file.path.rpartition(".")[0]
    folders, _, own = stem.rpartition("/")
    found = SHARD.match(own)
    more: Metadata = {"split": found["split"]} if found else {}
    if alone:
        return "", more
    own = found["split"] if found and int(found["count"]) == 1 else own
    return f"{folders}/{own}/" if folders else f"{own}/", more


def _table(content: Any, file: File) -> pq.ParquetFile:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(content, pre_buffer=False, buffer_size=1 << 20)
    except (OSError, pa.ArrowException) as error:
        raise InvalidInput(f"{file.path}: no whole Parquet file: {reason_of(error)}") from error


def _batch_rows(table: pq.ParquetFile, group: int, columns: Columns) -> int:
    """Rows that hold about `BATCH_BYTES` of pictures."""
    found = table.metadata.row_group(group)
    parts = (found.column(index) for index in range(found.num_columns))
    own = [p for p in parts if p.path_in_schema.partition(".")[0] == columns.picture]
    size = sum(int(part.total_uncompressed_size) for part in own)
    return max(1, min(MAX_BATCH_ROWS, BATCH_BYTES * int(found.num_rows) // max(size, 1)))
