"""A folder that Hugging Face's `save_to_disk` made: Arrow streams, in a folder for each split."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from host_contract.entities import Metadata
from host_contract.errors import InvalidInput
from host_stub.sources.columns import RowItems, columns_of
from host_stub.sources.location import File, Location, reason_of
from host_stub.sources.source import Report, SourceItem
from host_stub.sources.texts import read_json

if TYPE_CHECKING:
    import pyarrow as pa

STATE, SPLITS = "state.json", "dataset_dict.json"
"""Files that say what such a folder holds: of one dataset, and of one with splits."""


class SavedSource:
    """The rows of all splits, in order."""

    def __init__(self, location: Location, name: str) -> None:
        """Find the Arrow files.

        Raises:
            InvalidInput: a file that the folder says it has is not there, or holds no pictures.
        """
        self.url = location.url
        self.name = name
        self.total = None
        self._files: list[tuple[str, File]] = []
        for split in self._splits(location):
            self._files += [(split, file) for file in _arrow_files(location, split)]
        for _, file in self._files:
            with file.reading() as content:
                columns_of(_stream(content, file).schema, file.path)

    def items(self, report: Report) -> Iterator[SourceItem]:
        """The rows that have a picture."""
        several = len(self._files) > 1
        for split, file in self._files:
            folder = f"{file.path.rpartition('.')[0]}/" if several else ""
            more: Metadata = {"split": split} if split else {}
            with file.reading() as content:
                stream = _stream(content, file)
                columns = columns_of(stream.schema, file.path)
                made = RowItems(columns, file.path, folder, more)
                others = [*columns.labels, *columns.metadata]
                number = 0
                for batch in _batches(stream, file):
                    picture = batch.column(columns.picture)
                    paths = picture.field("path") if _has_path(picture) else None
                    content_of = picture.field("bytes") if columns.in_struct else picture
                    rows = batch.select(others).to_pylist() if others else [{}] * batch.num_rows
                    for index, row in enumerate(rows):
                        path = paths[index].as_py() if paths is not None else None
                        get = partial(_bytes_at, content_of, index)
                        yield from made.of(number, row, path, get, file.version, report)
                        number += 1

    def _splits(self, location: Location) -> list[str]:
        """Names of the splits' folders; '' for the folder itself."""
        file = location.find(SPLITS)
        if file is None:
            return [""]
        found = read_json(file)
        splits = found.get("splits") if isinstance(found, dict) else None
        if not isinstance(splits, list) or not all(isinstance(split, str) for split in splits):
            raise InvalidInput(f"{SPLITS}: there is no list of names 'splits'.")
        return splits


def is_saved(location: Location) -> bool:
    """Whether a folder was made by `save_to_disk`."""
    there = location.entries()
    return SPLITS in there or (STATE in there and "dataset_info.json" in there)


def _arrow_files(location: Location, split: str) -> Iterator[File]:
    """The files that the state of a split names."""
    folder = f"{split}/" if split else ""
    state = location.find(folder + STATE)
    found = read_json(state) if state is not None else None
    named = found.get("_data_files") if isinstance(found, dict) else None
    if not isinstance(named, list):
        raise InvalidInput(f"{folder}{STATE}: there is no list '_data_files' of Arrow files.")
    for number, one in enumerate(named, 1):
        name = one.get("filename") if isinstance(one, dict) else None
        file = location.find(f"{folder}{name}")
        if file is None:
            raise InvalidInput(f"{folder}{STATE}, file {number}: {name!r} is not there.")
        yield file


def _stream(content: Any, file: File) -> pa.RecordBatchStreamReader:
    import pyarrow as pa

    try:
        return pa.ipc.open_stream(content)
    except (OSError, pa.ArrowException) as error:
        raise InvalidInput(f"{file.path}: no Arrow stream: {reason_of(error)}") from error


def _batches(stream: pa.RecordBatchStreamReader, file: File) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    number = 0
    while True:
        try:
            batch = stream.read_next_batch()
            batch.validate(full=True)
        except StopIteration:
            return
        except (OSError, pa.ArrowException) as error:
            reason = reason_of(error)
            raise InvalidInput(f"{file.path}, row {number}: cannot be read: {reason}") from error
        number += batch.num_rows
        yield batch


def _has_path(picture: pa.Array) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_struct(picture.type) and picture.type.get_field_index("path") >= 0)


def _bytes_at(content: pa.Array, index: int) -> bytes | None:
    value: bytes | None = content[index].as_py()
    return value or None
