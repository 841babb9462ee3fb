"""WebDataset tars: files with one key are one sample, of which each picture becomes an item.

The format: https://github.com/webdataset/webdataset#the-webdataset-format. A tar is read from its
beginning to its end; in one that is not compressed, bytes that nobody asks for are passed over.
"""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, BinaryIO, cast

from host_contract.entities import Metadata
from host_contract.errors import InvalidInput
from host_stub.limits import MAX_ITEM_BYTES
from host_stub.sources.location import File, reason_of
from host_stub.sources.source import Report, SourceItem
from host_stub.sources.texts import parse_json

PICTURES = frozenset(
    ["avif", "bmp", "gif", "heic", "jpeg", "jpg", "jp2", "pgm", "png", "ppm", "tif", "tiff", "webp"]
)
GZIP = b"\x1f\x8b"
MAX_SIBLING_BYTES = 1 << 20
"""A label, text or JSON of more bytes is none."""
MAX_HEADER_BYTES = 1 << 24
"""tarfile reads into memory at once what a header claims to be a long name."""
MAX_PICTURES = 64
"""Pictures of one sample."""
MAX_KEPT_BYTES = 1 << 28
"""Of the pictures of one sample of a compressed tar, which cannot be read again."""

BROKEN = (OSError, EOFError, zlib.error, tarfile.TarError)

Opener = Callable[[], BinaryIO]


@dataclass
class Sample:
    """Files with one key, as they are found."""

    key: str
    pictures: dict[str, Opener] = field(default_factory=dict)
    """By what follows the key."""
    labels: list[str] = field(default_factory=list)
    metadata: Metadata = field(default_factory=dict)
    kept: int = 0
    """Bytes of its pictures that lie in memory."""


@dataclass(frozen=True)
class Member:
    """A file in a tar."""

    name: str
    size: int
    open: Opener
    again: bool
    """Whether it can be opened when others behind it were looked at."""


class WebDatasetSource:
    """The samples of the shards, in order."""

    def __init__(self, files: Sequence[File], url: str, name: str) -> None:
        """Look at the beginning of each shard.

        Raises:
            InvalidInput: one is no tar.
        """
        self.url = url
        self.name = name
        self.total = None
        self._files = files
        for file in files:
            with file.reading() as content:
                next(_members(content, file, Report()), None)

    def items(self, report: Report) -> Iterator[SourceItem]:
        """The pictures of all samples."""
        for file in self._files:
            folder = "" if len(self._files) == 1 else f"{file.path.partition('.tar')[0]}/"
            with file.reading() as content:
                for sample in _samples(content, file, report):
                    if not sample.pictures:
                        report.add(f"{file.path}, {sample.key}", "a sample without a picture.")
                    for ending, opener in sample.pictures.items():
                        path = f"{folder}{sample.key}.{ending}"
                        labels = tuple(dict.fromkeys(sample.labels))
                        yield SourceItem(path, opener, file.version, labels, sample.metadata)


def _samples(content: BinaryIO, file: File, report: Report) -> Iterator[Sample]:
    """Files that follow one another and have one key."""
    sample: Sample | None = None
    for member in _members(content, file, report):
        folder, slash, name = member.name.rpartition("/")
        own, dot, ending = name.partition(".")
        if not (own and dot):
            continue
        if sample is None or sample.key != f"{folder}{slash}{own}":
            if sample is not None:
                yield sample
            sample = Sample(f"{folder}{slash}{own}")
        _add(sample, ending.lower(), member, f"{file.path}, {member.name}", report)
    if sample is not None:
        yield sample


def _add(sample: Sample, ending: str, member: Member, where: str, report: Report) -> None:
    """Add a file to its sample; what is of no known kind is left out."""
    if ending.rpartition(".")[2] in PICTURES:
        kept = 0 if member.again else member.size
        if (
            member.size > MAX_ITEM_BYTES
            or len(sample.pictures) == MAX_PICTURES
            or sample.kept + kept > MAX_KEPT_BYTES
        ):
            report.add(where, "too large, or one of too many pictures of a sample.")
        elif member.again:
            sample.pictures[ending] = member.open
        else:
            with member.open() as content:
                sample.pictures[ending] = partial(io.BytesIO, content.read())
            sample.kept += kept
        return
    if ending not in ("cls", "txt", "json"):
        return
    try:
        with member.open() as content:
            said = content.read(MAX_SIBLING_BYTES + 1)
        text = said.decode("utf-8").strip()
        if len(said) > MAX_SIBLING_BYTES:
            raise ValueError("too large")
        found = parse_json(text) if ending == "json" else text
    except (ValueError, *BROKEN):
        report.add(where, "no whole UTF-8 text or JSON, or too large.")
        return
    if ending == "cls" and text:
        sample.labels.append(text)
    elif ending == "txt" and text:
        sample.metadata["text"] = text
    elif isinstance(found, dict):
        sample.metadata |= {key: value for key, value in found.items() if value is not None}


class _Limited:
    """A tar's bytes, of which nothing is read at once that would not fit into memory."""

    def __init__(self, content: BinaryIO) -> None:
        self._content = content
        self.seek, self.tell = content.seek, content.tell
        self.last = b""

    def read(self, size: int) -> bytes:
        if size > MAX_HEADER_BYTES:
            raise tarfile.ReadError(f"a header of {size:,} bytes")
        self.last = self._content.read(size)
        return self.last


def _members(content: BinaryIO, file: File, report: Report) -> Iterator[Member]:
    """The files in a tar.

    Raises:
        InvalidInput: it is no tar, or damaged; says where.
    """
    offset = 0
    try:
        compressed = content.read(len(GZIP)) == GZIP
        content.seek(0)
        inner = cast(BinaryIO, gzip.GzipFile(fileobj=content)) if compressed else content
        limited = _Limited(inner)
        tar = tarfile.open(fileobj=cast(Any, limited), mode="r:")  # noqa: SIM115 - holds no file
        while (info := tar.next()) is not None:
            vars(tar)["members"] = []  # or it keeps all of them
            if info.isreg():
                opener = partial(_content, tar, info)
                yield Member(info.name, info.size, opener, again=not compressed)
            offset = tar.offset
        if limited.last.strip(b"\0"):
            raise tarfile.ReadError("no header of a file")
        if not limited.last:
            report.add(file.path, "a tar without the mark of its end; it may be cut short.")
    except BROKEN as error:
        where = f"{file.path}, byte {offset:,}"
        raise InvalidInput(f"{where}: no whole tar: {reason_of(error)}") from error


def _content(tar: tarfile.TarFile, info: tarfile.TarInfo) -> BinaryIO:
    return cast(BinaryIO, tar.extractfile(info))
