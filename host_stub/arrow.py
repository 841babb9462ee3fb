"""Vectors as a stream of Arrow's IPC format: `item_id` (text) and `vector` (D float32) a row.

Streams from outside are mapped from a file rather than read, so that no length which they claim is
believed, and only plain record batches are taken: no dictionary, and nothing compressed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from host_contract.errors import InvalidInput

MEDIA_TYPE = "application/vnd.apache.arrow.stream"
ITEM_ID, VECTOR = "item_id", "vector"
ITEM_IDS = (pa.string(), pa.large_string())
NUMBERS = (pa.float16(), pa.float32(), pa.float64())
Block = tuple[Sequence[str], NDArray[np.float32]]
"""Ids of B items, and (B, D)."""


def written(blocks: Iterable[Block], size: int) -> Iterator[bytes]:
    """The stream of blocks of vectors of `size` numbers, a part at a time."""
    schema = pa.schema({ITEM_ID: pa.string(), VECTOR: pa.list_(pa.float32(), size)})
    part = _Part()
    with pa.ipc.new_stream(part, schema) as stream:
        for item_ids, vectors in blocks:
            numbers = pa.array(np.ascontiguousarray(vectors, np.float32).reshape(-1))
            columns = [
                pa.array(item_ids, pa.string()),
                pa.FixedSizeListArray.from_arrays(numbers, size),
            ]
            stream.write_batch(pa.record_batch(columns, schema))
            yield part.take()
    yield part.take()


def read(path: Path, size: int) -> Iterator[Block]:
    """The blocks of a stream in a file, each checked for its form.

    Raises:
        InvalidInput: it is no whole stream of such vectors; says what is wrong.
    """
    try:
        with pa.memory_map(str(path)) as file:
            messages = pa.ipc.MessageReader.open_stream(file)
            first = messages.read_next_message()
            if first.type != "schema":  # pyarrow would read it as one, and may crash
                raise InvalidInput("This is no Arrow IPC stream: its schema is missing.")
            schema = pa.ipc.read_schema(first)
            _check(schema, size)
            for message in messages:
                if message.type != "record batch" or _compressed(message.metadata):
                    raise InvalidInput("Send plain record batches: no dictionary, not compressed.")
                batch = pa.ipc.read_record_batch(message, schema)
                batch.validate(full=True)
                yield _block(batch, size)
            if not _ends(path):
                raise InvalidInput("The stream is cut off: its end is missing.")
    except InvalidInput:
        raise
    except (pa.ArrowException, OSError, StopIteration, ValueError, struct.error) as error:
        reason = str(error).partition("\n")[0][:200] or "it ends at once"
        raise InvalidInput(f"This is no whole Arrow IPC stream: {reason}") from error


def _check(schema: pa.Schema, size: int) -> None:
    types = {field.name: field.type for field in schema}
    vector = types.get(VECTOR)
    if (
        len(schema) != 2
        or types.get(ITEM_ID) not in ITEM_IDS
        or not isinstance(vector, pa.FixedSizeListType)
        or vector.value_type not in NUMBERS
    ):
        raise InvalidInput(
            f"Send the columns {ITEM_ID!r} (string) and {VECTOR!r} (fixed_size_list of {size} "
            f"float32), not {', '.join(f'{name} ({kind})' for name, kind in types.items())}."[:500]
        )
    if vector.list_size != size:
        raise InvalidInput(
            f"The feature set has vectors of {size} numbers; these have {vector.list_size}."
        )


def _block(batch: pa.RecordBatch, size: int) -> Block:
    item_ids, vectors = batch.column(ITEM_ID), batch.column(VECTOR)
    numbers = vectors.flatten()
    if item_ids.null_count or vectors.null_count or numbers.null_count:
        raise InvalidInput("An item id, a vector or a number is missing (null).")
    with np.errstate(over="ignore"):
        found = numbers.to_numpy(zero_copy_only=False).astype(np.float32).reshape(-1, size)
    return item_ids.to_pylist(), found


def _compressed(metadata: pa.Buffer) -> bool:
    """Whether the header of a record batch names a codec: its fourth field, by Arrow's format."""
    content = metadata.to_pybytes()
    message = struct.unpack_from("<I", content)[0]
    batch = _field(content, message, 2)
    return batch is not None and _field(content, batch, 3) is not None


def _field(content: bytes, table: int, number: int) -> int | None:
    """Where a field of a flatbuffers table that is a table itself lies; None without it."""
    fields = table - struct.unpack_from("<i", content, table)[0]
    slot = 4 + 2 * number
    if slot >= struct.unpack_from("<H", content, fields)[0]:
        return None
    offset = struct.unpack_from("<H", content, fields + slot)[0]
    at = table + offset
    return at + struct.unpack_from("<I", content, at)[0] if offset else None


def _ends(path: Path) -> bool:
    """Whether the mark of the end is there; without it, the stream may be cut between batches."""
    with path.open("rb") as file:
        file.seek(-min(8, path.stat().st_size), 2)
        return file.read() == b"\xff\xff\xff\xff\0\0\0\0"


class _Part:
    """A file that holds what was written to it since the last time."""

    closed = False

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def write(self, content: bytes) -> int:
        self._written.append(bytes(content))
        return len(content)

    def take(self) -> bytes:
        written, self._written = b"".join(self._written), []
        return written

    def flush(self) -> None:
        """Nothing waits here."""

    def writable(self) -> bool:
        return True
