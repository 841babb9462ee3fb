"""The bytes of items, each kept once in a file named by its SHA-256."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import tempfile
import time
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from PIL import Image, ImageOps

THUMBNAIL_PIXELS = 160
MAX_THUMBNAIL_SOURCE_PIXELS = 100_000_000
"""A picture of more pixels gets no thumbnail: decoding it would take too much memory."""
ABANDONED_SECONDS = 3600
PARTS = "parts"
"""Folder of what is being received."""
SYNC_THREADS = 16


@dataclass(frozen=True)
class Part:
    """Bytes that were received, and are not kept yet."""

    path: Path
    sha256: str
    size: int


class Readable(Protocol):
    """A stream of bytes."""

    def read(self, size: int, /) -> bytes:
        """At most so many of the next bytes; none at the end."""


class Files:
    """Files under one folder. A file that is there is whole: it was written, then renamed.

    Whoever keeps or removes a file does it while nobody else can write rows, so that no row ever
    refers to a file that another one has just removed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parts = folder / PARTS
        self._parts.mkdir(parents=True, exist_ok=True)

    def receive(self, content: Readable) -> Part:
        """Write a stream's bytes; `sync` brings them to the disk, `keep` makes a file of them."""
        digest, size = hashlib.sha256(), 0
        with tempfile.NamedTemporaryFile(dir=self._parts, delete=False) as part:
            while block := content.read(1 << 20):
                digest.update(block)
                size += len(block)
                part.write(block)
        return Part(Path(part.name), digest.hexdigest(), size)

    def sync(self, parts: Sequence[Part]) -> None:
        """Wait until received bytes are on the disk, which takes many at once best."""
        if len(parts) <= 2:  # an item and its thumbnail are not worth threads
            for part in parts:
                _sync(part)
            return
        with ThreadPoolExecutor(SYNC_THREADS) as pool:
            for _ in pool.map(_sync, parts):
                pass  # a fault is raised here

    def keep(self, part: Part) -> None:
        """Make a file of bytes that are on the disk."""
        path = self.path(part.sha256)
        try:
            part.path.replace(path)
        except FileNotFoundError:  # asking first would cost each file half a millisecond
            path.parent.mkdir(exist_ok=True)
            part.path.replace(path)

    def drop(self, part: Part) -> None:
        """Forget received bytes, unless they are kept."""
        part.path.unlink(missing_ok=True)

    def names(self) -> set[str]:
        """SHA-256 of every file that is kept; what was received an hour ago and never is dropped.

        A process that was killed leaves such bytes behind.
        """
        for part in self._parts.iterdir():
            if time.time() - part.stat().st_mtime > ABANDONED_SECONDS:
                part.unlink(missing_ok=True)
        return {path.name for path in self._folder.glob("??/*")}

    def path(self, sha256: str) -> Path:
        """Where the bytes with this SHA-256 lie."""
        return self._folder / sha256[:2] / sha256

    def open(self, sha256: str) -> BinaryIO:
        """Open kept bytes. Raises `FileNotFoundError`."""
        return self.path(sha256).open("rb")

    def there(self) -> bool:
        """Whether the folder is there, as it is not while a disk is away."""
        return self._parts.is_dir()

    def remove(self, sha256: str) -> None:
        """Remove bytes that nothing refers to any more."""
        self.path(sha256).unlink(missing_ok=True)

    def free_bytes(self) -> int:
        """Space left on the disk."""
        return shutil.disk_usage(self._folder).free

    def receive_thumbnail(self, picture: Path) -> tuple[Part | None, tuple[int, int] | None]:
        """Make a small WebP of a picture.

        Returns:
            The thumbnail, None where the bytes are no picture or a broken or huge one; and the
            picture's width and height in pixels, None where not even they can be read.
        """
        size = None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", Image.DecompressionBombWarning)
                with Image.open(picture) as image:
                    size = image.size
                    if image.width * image.height > MAX_THUMBNAIL_SOURCE_PIXELS:
                        return None, size
                    return self._thumbnail(image), size
        except Exception:  # noqa: BLE001 - broken bytes lead Pillow's decoders to any of them
            return None, size

    def _thumbnail(self, image: Image.Image) -> Part:
        image.draft("RGB", (2 * THUMBNAIL_PIXELS, 2 * THUMBNAIL_PIXELS))
        upright = ImageOps.exif_transpose(image)
        transparent = "transparency" in image.info or "A" in image.mode
        small = upright.convert("RGBA" if transparent else "RGB")
        small.thumbnail((THUMBNAIL_PIXELS, THUMBNAIL_PIXELS))
        content = io.BytesIO()
        small.save(content, "WEBP", quality=80)
        content.seek(0)
        return self.receive(content)


def _sync(part: Part) -> None:
    with part.path.open("rb") as content:
        os.fsync(content.fileno())
