"""NumPy's own format: an array of vectors, and beside it a file with an id a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy_format
from numpy.typing import NDArray

from clustering_app.vector_files.table import (
    MAX_KEYS_BYTES,
    ROWS_PER_BLOCK,
    VectorTable,
    opened_bytes,
)
from host_contract.errors import InvalidInput

READ_HEADER = {
    (1, 0): npy_format.read_array_header_1_0,
    (2, 0): npy_format.read_array_header_2_0,
}
"""Version 3 is for records with foreign names, which no vectors are."""


def read_npy(path: Path, keys: tuple[str, ...] | None) -> VectorTable:
    """Open an array (N, D) of float16, float32 or float64; its numbers are read block by block.

    Raises:
        InvalidInput: it is no such array, is cut off, or would have to be unpickled.
    """
    array = _mapped(path)
    if array.ndim != 2 or array.dtype.kind != "f" or array.dtype.itemsize > 8:
        raise InvalidInput(
            f"{path.name}: an array of {array.dtype} with shape {array.shape}; vectors are "
            "float16, float32 or float64, in two dimensions: a row an item."
        )

    def blocks() -> Iterator[NDArray[np.floating[Any]]]:
        for start in range(0, len(array), ROWS_PER_BLOCK):
            yield np.asarray(array[start : start + ROWS_PER_BLOCK])

    count, dimension = array.shape
    return VectorTable(source=path.name, count=count, dimension=dimension, keys=keys, blocks=blocks)


def read_npy_keys(path: Path) -> tuple[str, ...]:
    """An array (N,) of texts. Raises `InvalidInput` as `read_npy`."""
    if opened_bytes(path) > MAX_KEYS_BYTES:
        raise InvalidInput(f"{path.name}: has more than {MAX_KEYS_BYTES:,} bytes of ids.")
    array = _mapped(path)
    if array.ndim != 1 or array.dtype.kind != "U":
        raise InvalidInput(
            f"{path.name}: an array of {array.dtype} with shape {array.shape}; ids are texts, in "
            "one dimension."
        )
    try:
        return tuple(str(key) for key in array)
    except ValueError as error:  # numbers that no character has
        raise InvalidInput(f"{path.name}: not an array of texts: {error}.") from None


def write_npy(
    path: Path, item_ids: Sequence[str], vectors_ND: NDArray[np.floating[Any]]
) -> list[Path]:
    """Write the vectors as float32, and `NAME.ids.txt` beside them; gives both files."""
    ids = path.with_suffix(".ids.txt")
    with path.open("wb") as file:
        np.save(file, vectors_ND.astype(np.float32), allow_pickle=False)
    ids.write_text("".join(f"{item_id}\n" for item_id in item_ids), encoding="utf-8")
    return [path, ids]


def _mapped(path: Path) -> NDArray[Any]:
    """The array in the file, of which nothing is read yet but its head."""
    length = opened_bytes(path)
    with path.open("rb") as file:
        try:
            read_header = READ_HEADER[npy_format.read_magic(file)]
            shape, by_columns, dtype = read_header(file)
        except Exception:  # noqa: BLE001 - a broken head leads NumPy's reader to any of them
            raise InvalidInput(f"{path.name}: is not in NumPy's .npy format.") from None
        offset = file.tell()
    if dtype.hasobject:
        raise InvalidInput(
            f"{path.name}: holds Python objects, and unpickling them can run code; save the array "
            "as float32."
        )
    items = 1
    for side in shape:
        items *= side
    if min(shape, default=1) < 1 or dtype.itemsize < 1:
        raise InvalidInput(f"{path.name}: there is nothing in it: its shape is {shape}.")
    if (expected := offset + items * dtype.itemsize) > length:
        raise InvalidInput(
            f"{path.name}: is cut off: {length:,} bytes, where its head promises {expected:,}."
        )
    order: Any = "F" if by_columns else "C"
    return np.memmap(path, dtype, "r", offset, shape, order)
