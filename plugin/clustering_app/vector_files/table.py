"""Vectors as they lie in a file, and what is checked of each. N rows, B rows of a block, D numbers.

Nothing of a file is trusted: not its length, not its types, not what it says of itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from host_contract.errors import InvalidInput

KEY_COLUMNS = ("id", "item_id", "file_name", "path", "filename", "name")
"""Columns that say whose vector a row is; the first of these that there is."""
MAX_DIMENSION = 65_536
ROWS_PER_BLOCK = 1024
MAX_KEYS_BYTES = 512 * 1024**2
"""Bytes of a file of ids: they are held in memory."""
LARGEST = float(np.finfo(np.float16).max)
MOST_LOST = 0.01
"""Share of a vector's length that keeping it as float16 may change; 0.0005 is usual, and more
only where numbers are so small that float16 has no digits for them."""


@dataclass(frozen=True, kw_only=True)
class VectorTable:
    """A file of vectors, opened."""

    source: str
    """Name of the file, for messages."""
    count: int
    """N, from what the file says."""
    dimension: int
    """D."""
    keys: tuple[str, ...] | None
    """(N,): whose vector each row is, as untrusted text; None where the file does not say."""
    blocks: Callable[[], Iterator[NDArray[np.floating[Any]]]]
    """The rows in order, as arrays (B, D) of any float type."""

    def __post_init__(self) -> None:
        if self.count < 1 or self.dimension < 1:
            raise InvalidInput(f"{self.source}: there are no vectors in it.")
        if self.dimension > MAX_DIMENSION:
            raise InvalidInput(
                f"{self.source}: vectors of {self.dimension:,} numbers are longer than the "
                f"{MAX_DIMENSION:,} that are taken."
            )
        if self.keys is not None and len(self.keys) != self.count:
            raise InvalidInput(
                f"{self.source}: {self.count:,} vectors and {len(self.keys):,} ids do not belong "
                "together: give one id for each vector."
            )

    def checked(self) -> Iterator[tuple[int, NDArray[np.float16]]]:
        """The rows as they are kept: number of a block's first row, from 0, and float16 (B, D).

        Raises:
            InvalidInput: a row is not finite, or float16 cannot hold it; names the row.
        """
        start = 0
        for block in self.blocks():
            yield start, self._kept(block, start)
            start += len(block)
        if start != self.count:
            raise InvalidInput(f"{self.source}: {start:,} vectors, where it says {self.count:,}.")

    def _kept(self, block_BD: NDArray[np.floating[Any]], start: int) -> NDArray[np.float16]:
        self._refuse(~np.isfinite(block_BD).all(axis=1), start, "is not finite")
        beyond = (np.abs(block_BD) > LARGEST).any(axis=1)
        self._refuse(beyond, start, f"has a number beyond ±{LARGEST:,.0f}: scale all vectors")
        with np.errstate(under="ignore"):
            kept = block_BD.astype(np.float16)
            exact = block_BD.astype(np.float64)
            lost = np.linalg.norm(exact - kept, axis=1) > MOST_LOST * np.linalg.norm(exact, axis=1)
        self._refuse(lost, start, "has numbers too small for 16 bits: scale all vectors")
        return kept

    def _refuse(self, wrong_B: NDArray[np.bool_], start: int, reason: str) -> None:
        if wrong_B.any():
            row = start + int(np.argmax(wrong_B)) + 1
            raise InvalidInput(f"{self.source}, row {row:,}: the vector {reason}.")


def opened_bytes(path: Path) -> int:
    """Length of a file. Raises `InvalidInput` when it cannot be read."""
    try:
        with path.open("rb"):
            return path.stat().st_size
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InvalidInput(f"{str(path)!r} cannot be read: {reason}.") from None


def key_column(source: str, columns: Mapping[str, bool], wanted: str | None) -> str:
    """The column of ids: the one wanted, else the first known one that holds texts.

    Args:
        source: Name of the file, for messages.
        columns: All that there are, by name: whether they hold texts.
        wanted: Name of one of them.

    Raises:
        InvalidInput: there is none, or the one that is wanted is not there or holds no texts.
    """
    names = ", ".join(repr(name) for name in list(columns)[:20])
    column = wanted or next((name for name in KEY_COLUMNS if columns.get(name)), None)
    if column is None:
        raise InvalidInput(
            f"{source}: which of the columns {names} has the ids? Say with --key; without any "
            "other column, the vectors are taken to be all items in their order."
        )
    if column not in columns:
        raise InvalidInput(f"{source}: there is no column {column!r}; there are {names}.")
    if not columns[column]:
        raise InvalidInput(f"{source}: column {column!r} holds no texts, and ids are texts.")
    return column
