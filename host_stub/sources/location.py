"""A folder on any file system of fsspec, beyond which nothing is looked at or opened."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from host_contract.errors import InvalidInput

VERSIONS = ("ETag", "etag", "md5Hash")
"""What file systems call a digest of the bytes: S3 and HTTP, Azure, Google."""
TIMES = ("mtime", "LastModified", "last_modified", "updated")
JUST_NOW_SECONDS = 2.0
"""A file changed so lately may change once more within the same tick of its clock."""
MAX_PARTS = 64
"""Folders in a path; a longer one leads nowhere."""
MAX_END_PARTS = 16
"""Of a path from elsewhere, so many of the last parts are looked for."""


class UnreadableFile(InvalidInput):
    """A file that says something about items cannot be read, or is too much to be read."""


@dataclass(frozen=True, slots=True)
class File:
    """A file in a location."""

    path: str
    """Relative to the location, '/' between folders."""
    size: int | None
    """Bytes, where the file system says so."""
    version: str | None
    """Another one when the bytes are others; None when the file system cannot tell."""
    open: Callable[[], BinaryIO]
    packed: bool = False
    """Whether it lies in a zip, where much can come of little."""

    @property
    def name(self) -> str:
        """Without its folders."""
        return self.path.rpartition("/")[2]

    @contextmanager
    def reading(self) -> Iterator[BinaryIO]:
        """Its bytes, where it is more than the bytes of an item.

        Raises:
            UnreadableFile: for whatever the block raises, but `InvalidInput`.
        """
        try:
            with self.open() as content:
                yield content
        except InvalidInput:
            raise
        except Exception as error:  # each file system and format has errors of its own
            reason = reason_of(error)
            raise UnreadableFile(f"{self.path}: cannot be read: {reason}") from error


class FileSystem(Protocol):
    """What is needed of a file system; those of fsspec have it."""

    root_marker: str

    def ls(self, path: str, detail: bool) -> list[dict[str, Any]]:
        """Name, type, size and more of all that is in a folder."""

    def info(self, path: str) -> dict[str, Any]:
        """The same of one file."""

    def open(self, path: str, mode: str, /) -> BinaryIO:
        """Open a file."""


class Location:
    """A folder. Folders are listed once each, when first asked for.

    Whatever path a source names is looked up in these lists, part by part, so that one that is
    absolute or has '..' in it is simply not there: no list has such a name.
    """

    def __init__(self, fs: FileSystem, root: str, url: str) -> None:
        """Look at a folder.

        Args:
            fs: Its file system.
            root: Its path there.
            url: What messages call it.
        """
        from fsspec.implementations.local import LocalFileSystem

        self.url = url
        self._fs = fs
        self._root = root.rstrip("/")
        self._local = isinstance(fs, LocalFileSystem)
        self._folders: dict[str, Mapping[str, File | None]] = {}
        self.refused: list[str] = []
        """Links to folders, to nothing or out of the location, and names that are no names."""

    def entries(self, folder: str = "") -> Mapping[str, File | None]:
        """Names in one of its folders, sorted: a file, or None for a folder."""
        if folder not in self._folders:
            self._folders[folder] = dict(sorted(self._listed(folder)))
        return self._folders[folder]

    def find(self, path: str) -> File | None:
        """The file at a path relative to the location, if there is one; none that is hidden."""
        folder = ""
        *folders, name = path.split("/", MAX_PARTS)
        for part in folders:
            there = self.entries(folder)
            if part.startswith(".") or part not in there or there[part] is not None:
                return None
            folder = f"{folder}/{part}" if folder else part
        return None if name.startswith(".") else self.entries(folder).get(name)

    def find_end(self, path: str) -> File | None:
        """The file that a path from elsewhere ends with, by as many of its folders as can be."""
        parts = path.replace("\\", "/").split("/")[-MAX_END_PARTS:]
        ends = ("/".join(parts[start:]) for start in range(len(parts)))
        return next((file for end in ends if (file := self.find(end))), None)

    def files(self, folder: str = "") -> Iterator[File]:
        """All files in a folder and those below, without hidden ones."""
        for name, file in self.entries(folder).items():
            if name.startswith("."):
                continue
            if file is not None:
                yield file
            elif folder.count("/") < MAX_PARTS:
                yield from self.files(f"{folder}/{name}" if folder else name)

    def inner(self, folder: str) -> Location:
        """One of its folders."""
        return Location(self._fs, f"{self._root}/{folder}", f"{self.url.rstrip('/')}/{folder}")

    def outer(self) -> Location:
        """The folder that it is in; itself when that would be a whole disk or all buckets."""
        outer = self._root.rpartition("/")[0]
        return Location(self._fs, outer, self.url.rpartition("/")[0]) if outer else self

    def file(self, name: str) -> File:
        """A file in it, of which nobody but the user said that it is there; nothing is listed."""
        return self._file(name, self._fs.info(f"{self._root}/{name}"))

    def _listed(self, folder: str) -> Iterator[tuple[str, File | None]]:
        for entry in self._ls(f"{self._root}/{folder}" if folder else self._root):
            name = str(entry["name"]).rstrip("/").rpartition("/")[2]
            path = f"{folder}/{name}" if folder else name
            if name in ("", ".", "..") or "\0" in name:
                self.refused.append(path)
            elif self._local and entry.get("islink"):
                if (file := self._linked(path)) is not None:
                    yield name, file
                else:
                    self.refused.append(path)
            elif entry["type"] == "directory":
                yield name, None
            elif entry["type"] == "file":
                yield name, self._file(path, entry)

    def _ls(self, path: str) -> list[dict[str, Any]]:
        try:
            found = self._fs.ls(path or self._fs.root_marker, detail=True)
        except (FileNotFoundError, NotADirectoryError):
            return []
        except Exception as error:  # each file system has errors of its own
            raise InvalidInput(f"{path!r} cannot be listed: {reason_of(error)}") from error
        itself = path.strip("/")
        return [entry for entry in found if str(entry["name"]).strip("/") != itself]

    def _linked(self, path: str) -> File | None:
        """The file that a link leads to, unless that is elsewhere."""
        real = Path(self._root, path).resolve()
        if not (real.is_file() and real.is_relative_to(Path(self._root).resolve())):
            return None
        return self._file(path, {"size": real.stat().st_size, "mtime": real.stat().st_mtime})

    def _file(self, path: str, entry: Mapping[str, Any]) -> File:
        whole = f"{self._root}/{path}"
        size = entry.get("size")

        def opened() -> BinaryIO:
            return self._fs.open(whole, "rb")

        known = size if isinstance(size, int) else None
        return File(path, known, _version(entry), opened, packed=bool(entry.get("packed")))


def reason_of(error: BaseException) -> str:
    """One printable line on an error of any library."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    text = "".join(c if c.isprintable() else " " for c in str(error))
    text = " ".join(text.split())
    return text[:300] or type(error).__name__


def _version(entry: Mapping[str, Any]) -> str | None:
    for key in VERSIONS:
        if entry.get(key):
            return f"{entry[key]}:{entry.get('size')}"
    for key in TIMES:
        if (changed := entry.get(key)) is not None:
            if isinstance(changed, float) and time.time() - changed < JUST_NOW_SECONDS:
                return None
            return f"{changed}:{entry.get('size')}"
    return None


def open_location(url: str) -> tuple[Location, File | None]:
    """The location of a local path or an fsspec URL, and the file there, if it is one.

    Returns:
        The folder and None; or for a file the folder that it is in, and the file.

    Raises:
        InvalidInput: there is nothing there, or the file system cannot be used.
    """
    from fsspec.core import url_to_fs
    from fsspec.implementations.local import LocalFileSystem

    local = "://" not in url
    try:
        if local:
            fs, path = LocalFileSystem(), str(Path(url).expanduser().resolve())
            url = path
        else:
            fs, path = url_to_fs(url)
        fs.invalidate_cache()
        if fs.isfile(path):
            folder, _, name = path.rpartition("/")
            location = Location(fs, folder, url.rpartition("/")[0])
            return location, location.file(name)
        there = fs.isdir(path)
    except Exception as error:  # each file system has errors of its own
        raise InvalidInput(f"{url} cannot be opened: {reason_of(error)}") from error
    if not there:
        raise InvalidInput(f"{url} is not there: neither a file nor a folder.")
    return Location(fs, path, url), None
