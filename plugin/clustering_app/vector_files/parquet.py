"""Parquet: a column of ids or file names, and one of lists of numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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

MAX_ROWS = 50_000_000


def read_parquet(path: Path, wanted: str | None) -> VectorTable:
    """Open a table with one column of lists of floats; these are read block by block.

    Args:
        path: The file.
        wanted: Name of the column of ids; the first known one when not given. A table of vectors
            alone has none.

    Raises:
        InvalidInput: it is no such table. Rows are refused by number when they are read.
    """
    import pyarrow
    import pyarrow.parquet

    opened_bytes(path)
    try:
        file = pyarrow.parquet.ParquetFile(path)
        with file:
            vectors = _vector_column(path.name, file.schema_arrow)
            columns = {field.name: _is_text(field.type) for field in file.schema_arrow}
            alone = wanted is None and len(columns) == 1
            ids = None if alone else key_column(path.name, columns, wanted)
            _check_lengths(path.name, file.metadata, vectors, ids)
            first = next(file.iter_batches(1, columns=[vectors]), None)
            dimension = 0 if first is None else _values(path.name, first.column(0), 0).shape[1]
            count = file.metadata.num_rows
        keys = None if ids is None else _keys(path, ids)
    except (pyarrow.ArrowException, OSError) as error:
        raise _broken(path.name, error) from None

    def blocks() -> Iterator[NDArray[np.floating[Any]]]:
        start = 0
        try:
            with pyarrow.parquet.ParquetFile(path) as again:
                for batch in again.iter_batches(ROWS_PER_BLOCK, columns=[vectors]):
                    values = _values(path.name, batch.column(0), start)
                    if len(values) and values.shape[1] != dimension:
                        raise InvalidInput(
                            f"{path.name}, row {start + 1:,}: {values.shape[1]:,} numbers, where "
                            f"the first row has {dimension:,}."
                        )
                    yield values
                    start += len(values)
        except (pyarrow.ArrowException, OSError) as error:
            raise _broken(path.name, error) from None

    return VectorTable(source=path.name, count=count, dimension=dimension, keys=keys, blocks=blocks)


def write_parquet(
    path: Path,
    item_ids: Sequence[str],
    paths: Sequence[str],
    vectors_ND: NDArray[np.floating[Any]],
) -> list[Path]:
    """Write the columns `id`, `path` and `vector`, lists of float32; gives the file."""
    import pyarrow
    import pyarrow.parquet

    dimension = vectors_ND.shape[1]
    schema = pyarrow.schema(
        [
            ("id", pyarrow.string()),
            ("path", pyarrow.string()),
            ("vector", pyarrow.list_(pyarrow.float32(), dimension)),
        ]
    )
    with pyarrow.parquet.ParquetWriter(path, schema) as writer:
        for start in range(0, len(item_ids), 64 * ROWS_PER_BLOCK):
            rows = slice(start, start + 64 * ROWS_PER_BLOCK)
            numbers = pyarrow.array(vectors_ND[rows].astype(np.float32).ravel())
            columns = [
                pyarrow.array(item_ids[rows], pyarrow.string()),
                pyarrow.array(paths[rows], pyarrow.string()),
                pyarrow.FixedSizeListArray.from_arrays(numbers, dimension),
            ]
            writer.write_batch(pyarrow.record_batch(columns, schema=schema))
    return [path]


def _vector_column(source: str, schema: Any) -> str:
    import pyarrow.types as types

    def is_list(kind: Any) -> bool:
        lists = (types.is_list, types.is_large_list, types.is_fixed_size_list)
        return any(is_one(kind) for is_one in lists) and types.is_floating(kind.value_type)

    found = [field.name for field in schema if is_list(field.type)]
    if len(found) != 1:
        which = f"{len(found)} of them: {', '.join(map(repr, found[:20]))}" if found else "none"
        raise InvalidInput(
            f"{source}: one column of lists of floats is wanted, and there is {which}."
        )
    return str(found[0])


def _is_text(kind: Any) -> bool:
    import pyarrow.types as types

    if types.is_dictionary(kind):  # such as a category of pandas
        return _is_text(kind.value_type)
    texts = (types.is_string, types.is_large_string, types.is_string_view)
    return any(is_one(kind) for is_one in texts)


def _check_lengths(source: str, metadata: Any, vectors: str, ids: str | None) -> None:
    """A few bytes can stand for billions of equal numbers: refuse before they are unfolded."""
    if metadata.num_rows > MAX_ROWS:
        raise InvalidInput(f"{source}: {metadata.num_rows:,} rows are more than {MAX_ROWS:,}.")
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        for part in (group.column(index) for index in range(group.num_columns)):
            name = part.path_in_schema.split(".")[0]
            if name == vectors and part.num_values > max(group.num_rows, 1) * MAX_DIMENSION:
                raise InvalidInput(
                    f"{source}: {part.num_values:,} numbers in {group.num_rows:,} rows are more "
                    f"than {MAX_DIMENSION:,} a row."
                )
            if name == ids and part.total_uncompressed_size > MAX_KEYS_BYTES:
                raise InvalidInput(f"{source}: has more than {MAX_KEYS_BYTES:,} bytes of ids.")


def _keys(path: Path, column: str) -> tuple[str, ...]:
    import pyarrow.parquet

    keys: list[str] = []
    # As a dictionary, so that one long text that comes a million times is held once.
    with pyarrow.parquet.ParquetFile(path, read_dictionary=[column]) as file:
        for batch in file.iter_batches(ROWS_PER_BLOCK, columns=[column]):
            texts = batch.column(0)
            if texts.null_count:
                row = len(keys) + texts.indices.to_pylist().index(None) + 1
                raise InvalidInput(f"{path.name}, row {row:,}: there is no {column!r}.")
            words = texts.dictionary.to_pylist()
            keys += [words[index] for index in texts.indices.to_pylist()]
    return tuple(keys)


def _values(source: str, lists: Any, start: int) -> NDArray[np.floating[Any]]:
    """Lists of equal length as an array; `start` is the number of the first row, from 0."""
    import pyarrow.compute as compute

    if not len(lists):
        return np.empty((0, 0), np.float32)
    lengths = compute.list_value_length(lists).to_numpy(zero_copy_only=False)
    numbers = lists.flatten()
    if lists.null_count or numbers.null_count:
        raise InvalidInput(
            f"{source}: in the {len(lists):,} rows from {start + 1:,} a number or a vector is null."
        )
    if len(wrong := np.flatnonzero(lengths != lengths[0])):
        raise InvalidInput(
            f"{source}, row {start + int(wrong[0]) + 1:,}: {int(lengths[wrong[0]]):,} numbers, "
            f"where the row {start + 1:,} has {int(lengths[0]):,}."
        )
    values: NDArray[np.floating[Any]] = numbers.to_numpy(zero_copy_only=False)
    return values.reshape(len(lists), -1)


def _broken(source: str, error: Exception) -> InvalidInput:
    reason = " ".join(str(error).split())[:200] or type(error).__name__
    return InvalidInput(f"{source}: is no Parquet that can be read: {reason}.")
