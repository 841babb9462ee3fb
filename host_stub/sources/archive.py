"""A zip as a folder: its list is checked before it is read, what it holds before it is unpacked."""

from __future__ import annotations

import zipfile
from typing import Any, BinaryIO, cast

from host_contract.errors import InvalidInput
from host_stub.sources.location import MAX_PARTS, Location, reason_of

END, END_BYTES = b"PK\x05\x06", 22
END_64, END_64_BYTES = b"PK\x06\x06", 56
MAX_FOLDERS, MAX_PATH_LENGTH = 50_000, 1_300
"""Folders take half a kilobyte and their path each, and a short list can name 64 of them a file."""
MAX_COMMENT_BYTES = 0xFFFF
MAX_LIST_BYTES = 1 << 25
"""About 300,000 files; a list is kept in memory whole, at several times its size."""
MAX_RATIO, MAX_SLACK_BYTES = 10, 1 << 30
"""A zip may unpack to ten times its size and one gigabyte: pictures are compressed already."""


def open_zip(content: BinaryIO, url: str) -> Location:
    """The folder in a zip; where all lies in one folder, that one.

    Args:
        content: The zip, which can be sought in, and stays open as long as the location is used.
        url: What messages call it.

    Raises:
        InvalidInput: it is no zip, too long a list, or unpacks to far more than it is.
    """
    try:
        size = content.seek(0, 2)
        _check_list(content, size)
        content.seek(0)
        archive = zipfile.ZipFile(content)
        folders = _Folders(archive)
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError) as error:
        raise InvalidInput(f"{url}: no whole zip: {reason_of(error)}") from error
    unpacked = sum(one.file_size for one in archive.infolist())
    if unpacked > MAX_RATIO * size + MAX_SLACK_BYTES:
        raise InvalidInput(
            f"{url}: would unpack to {unpacked:,} bytes, far more than its own {size:,}; send the "
            "pictures themselves."
        )
    return _innermost(Location(folders, "", url))


class _Folders:
    """What a location asks of a file system. That of fsspec goes through all names a folder."""

    root_marker = ""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._entries: dict[str, dict[str, dict[str, Any]]] = {"": {}}
        self._files: dict[str, zipfile.ZipInfo] = {}
        for one in archive.infolist():
            parts = one.filename.removesuffix("/").split("/", MAX_PARTS)
            if not {"", ".", ".."}.isdisjoint(parts) or len(parts) > MAX_PARTS:
                raise zipfile.BadZipFile(f"{one.filename[:100]!r} is no path in a folder")
            if len(one.filename) > MAX_PATH_LENGTH:
                limit = f"{MAX_PATH_LENGTH:,} characters; give its folders shorter names"
                raise zipfile.BadZipFile(f"{one.filename[:100]!r} and so on has more than {limit}")
            *folders, name = parts
            place = ""
            for part in folders:
                path = f"{place}/{part}".strip("/")
                self._entries[place].setdefault(part, {"name": path, "type": "directory"})
                self._entries.setdefault(path, {})
                place = path
            if len(self._entries) > MAX_FOLDERS:
                raise zipfile.BadZipFile(f"more than {MAX_FOLDERS:,} folders; divide it")
            if one.is_dir():
                self._entries[place].setdefault(name, {"name": one.filename, "type": "directory"})
            else:
                known = {
                    "name": one.filename,
                    "type": "file",
                    "size": one.file_size,
                    "packed": True,
                }
                self._entries[place][name] = known
                self._files[one.filename] = one

    def ls(self, path: str, detail: bool = True) -> list[dict[str, Any]]:
        return list(self._entries.get(path.strip("/"), {}).values())

    def info(self, path: str) -> dict[str, Any]:
        return {"name": path, "type": "file", "size": self._files[path.strip("/")].file_size}

    def open(self, path: str, _mode: str) -> BinaryIO:
        return cast(BinaryIO, self._archive.open(self._files[path.strip("/")]))


def _check_list(content: BinaryIO, size: int) -> None:
    """Raise `BadZipFile` before a list that is too long for the memory is read."""
    content.seek(max(0, size - END_BYTES - MAX_COMMENT_BYTES - END_64_BYTES - 20))
    tail = content.read()
    end = tail.rfind(END)
    if end < 0 or len(tail) < end + END_BYTES:
        raise zipfile.BadZipFile("there is no list of files at its end")
    lists = [int.from_bytes(tail[end + 12 : end + 16], "little")]
    if lists[0] == 0xFFFFFFFF:
        end = tail.rfind(END_64, 0, end)
        lists = [int.from_bytes(tail[end + 40 : end + 48], "little")] if end >= 0 else [size]
    if lists[0] > MAX_LIST_BYTES:
        raise zipfile.BadZipFile("too many files; divide it")


def _innermost(location: Location) -> Location:
    """A folder that was packed as a whole, rather than what is in it, is what was meant."""
    while True:
        names = [n for n in location.entries() if not n.startswith(".") and n != "__MACOSX"]
        if len(names) != 1 or location.entries()[names[0]] is not None:
            return location
        location = location.inner(names[0])
