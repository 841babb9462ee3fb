"""A folder of files: its sub-folders are labels or splits, a metadata file there is metadata."""

from __future__ import annotations

from collections.abc import Iterator

from host_contract.entities import Metadata
from host_contract.errors import InvalidInput
from host_stub.sources.location import Location
from host_stub.sources.source import Report, SourceItem
from host_stub.sources.texts import read_rows

METADATA_FILES = ("metadata.csv", "metadata.jsonl")
SPLITS = {"train", "training", "val", "valid", "validation", "dev", "test", "testing", "eval"}
"""Names of folders that are no labels, by Hugging Face's image folders."""


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
        folders = {name for name, file in location.entries().items() if file is None}
        folders = {name for name in folders if not name.startswith(".")}
        self._splits = folders if all(name.lower() in SPLITS for name in folders) else set()
        splits = ("", *(f"{split}/" for split in self._splits))
        tables = {split + name for split in splits for name in METADATA_FILES}
        self._files = [file for file in location.files() if file.path not in tables]
        self.total = len(self._files)
        if not self._files:
            raise InvalidInput(f"{location.url} holds no files to import.")
        self._missing: set[str] = set()
        """Paths of files that there is only metadata for."""
        self._metadata = self._read_metadata()

    def items(self, report: Report) -> Iterator[SourceItem]:
        """The files, folder by folder, in the order of their names."""
        for path in self._location.refused:
            report.add(path, "links to folders, to nothing or out of the folder were passed over.")
        for file in self._files:
            own = self._metadata.pop(file.path, {})
            split, inside, path = file.path.partition("/")
            if split in self._splits and inside:
                own = {**own, "split": split}
            else:
                path = file.path
            yield SourceItem(file.path, file.open, file.version, _labels(path), own)
        for path in sorted(self._missing):
            report.add(path, "there is metadata for this, but no such file.")

    def _read_metadata(self) -> dict[str, Metadata]:
        """User metadata of files by path; one table for all, or one for each split."""
        found: dict[str, Metadata] = {}
        there_are = {file.path for file in self._files}
        for folder in ("", *sorted(self._splits)):
            there = self._location.entries(folder)
            tables = (file for name in METADATA_FILES if (file := there.get(name)) is not None)
            if (file := next(tables, None)) is not None:
                prefix = f"{folder}/" if folder else ""
                for name, own in read_rows(file):
                    if (path := prefix + name) in there_are:
                        found[path] = own
                    else:
                        self._missing.add(path)
        return found


def _labels(path: str) -> tuple[str, ...]:
    first, inside, _ = path.partition("/")
    return (first,) if inside else ()
