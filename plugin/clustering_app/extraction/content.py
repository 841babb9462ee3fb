"""An item's bytes, as its host gives them: whatever goes wrong with that is `ItemUnreadable`."""

from __future__ import annotations

import io
import os
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from host_contract.entities import Item
from host_contract.errors import ItemUnreadable

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

READ_AT_ONCE = 4 * 1024**2
"""Bytes of a file that is read, and given to the decoder, in one go: after each piece a thread
waits for Python's lock again, and the more threads there are, the longer."""
BUFFER = 256 * 1024
"""Bytes that are asked for at a time of a file that is larger."""


@contextmanager
def opened(item: Item) -> Generator[BinaryIO]:
    """An item's bytes, from their beginning on, in a file that can seek.

    Raises:
        ItemUnreadable: the bytes cannot be had, for a while at least. The file raises it too.
    """
    with _of_the_host():
        given = item.open()
    with _FromHost(given) as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        if size <= READ_AT_ONCE:
            yield io.BytesIO(file.read(size))
        else:
            yield io.BufferedReader(file, BUFFER)


class _FromHost(io.RawIOBase):
    """A host's file: of any kind, and its own client may raise anything."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def fileno(self) -> int:
        if not hasattr(self._file, "fileno"):
            raise io.UnsupportedOperation("fileno")
        return self._file.fileno()  # libtiff reads by it

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        with _of_the_host():
            return self._file.seek(offset, whence)

    def read(self, size: int = -1, /) -> bytes:
        with _of_the_host():
            return self._file.read(size)

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer)
        content = self.read(len(view))
        view[: len(content)] = content
        return len(content)

    def close(self) -> None:
        if not self.closed:
            super().close()
            with _of_the_host():
                self._file.close()


@contextmanager
def _of_the_host() -> Generator[None]:
    try:
        yield
    except ItemUnreadable:
        raise
    except OSError as error:
        raise ItemUnreadable(str(error)) from error
    except Exception as error:
        raise ItemUnreadable(f"{type(error).__name__}: {error}") from error
