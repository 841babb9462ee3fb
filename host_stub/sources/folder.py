"""A folder of files: its sub-folders are labels, a metadata file at its top is metadata."""

from __future__ import annotations

from collections.abc import Iterator

from host_contract.entities import Metadata
from host_contract.errors import InvalidInput
from host_stub.sources.location import File, Location
from host_stub.sources.source import Report, SourceItem
from host_stub.sources.texts import read_rows

METADATA_FILES = ("metadata.csv", "metadata.jsonl")


class FolderSource:
    """All files of a folder, whatever they are; hidden ones are passed over."""

    def __init__(self, location: Location, name: str) -> None:
        """List the folder and read its metadata file.

        Raises:
            InvalidInput: the folder cannot be listed or holds no file, or its metadata file is
                wrong, by row.
        """
        self.url = location.url
        self.name = name
        self._location = location
        self._files = [file for file in location.files() if file.path not in METADATA_FILES]
        self.total = len(self._files)
        if not self._files:
            raise InvalidInput(f"{location.url} holds no files to import.")
        self._metadata = self._read_metadata()

    def items(self, report: Report) -> Iterator[SourceItem]:
        """The files, folder by folder, in the order of their names."""
        for path in self._location.refused:
            report.add(path, "links to folders, to nothing or out of the folder were passed over.")
        for file in self._files:
            own = self._metadata.pop(file.path, {})
            yield SourceItem(file.path, file.open, file.version, _labels(file), own)
        for path in sorted(self._metadata):
            report.add(path, "there is metadata for this, but no such file.")

    def _read_metadata(self) -> dict[str, Metadata]:
        """User metadata by file name."""
        there = self._location.entries()
        for name in METADATA_FILES:
            if (file := there.get(name)) is not None:
                return dict(read_rows(file))
        return {}


def _labels(file: File) -> tuple[str, ...]:
    first, inside, _ = file.path.partition("/")
    return (first,) if inside else ()
