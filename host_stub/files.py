"""The bytes of items, each kept once in a file named by its SHA-256."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageOps

THUMBNAIL_PIXELS = 160
MAX_THUMBNAIL_SOURCE_PIXELS = 100_000_000
"""A picture of more pixels gets no thumbnail: decoding it would take too much memory."""


class Files:
    """Files under one folder. A file that is there is whole: it was written, then renamed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, content: BinaryIO) -> tuple[str, int]:
        """Keep a stream's bytes; returns their SHA-256 and their number."""
        digest, size = hashlib.sha256(), 0
        with tempfile.NamedTemporaryFile(dir=self._folder, delete=False) as part:
            while block := content.read(1 << 20):
                digest.update(block)
                size += len(block)
                part.write(block)
            part.flush()
            os.fsync(part.fileno())
        path = self.path(digest.hexdigest())
        path.parent.mkdir(exist_ok=True)
        Path(part.name).replace(path)
        return digest.hexdigest(), size

    def path(self, sha256: str) -> Path:
        """Where the bytes with this SHA-256 lie."""
        return self._folder / sha256[:2] / sha256

    def open(self, sha256: str) -> BinaryIO:
        """Open kept bytes. Raises `FileNotFoundError`."""
        return self.path(sha256).open("rb")

    def remove(self, sha256: str) -> None:
        """Remove bytes that nothing refers to any more."""
        self.path(sha256).unlink(missing_ok=True)

    def free_bytes(self) -> int:
        """Space left on the disk."""
        return shutil.disk_usage(self._folder).free

    def add_thumbnail(self, sha256: str) -> tuple[str | None, tuple[int, int] | None]:
        """Make a small WebP of a picture and keep it too.

        Returns:
            The thumbnail's SHA-256, None where the bytes are no picture or a broken or huge one;
            and the picture's width and height in pixels, None where not even they can be read.
        """
        size = None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", Image.DecompressionBombWarning)
                with Image.open(self.path(sha256)) as image:
                    size = image.size
                    if image.width * image.height > MAX_THUMBNAIL_SOURCE_PIXELS:
                        return None, size
                    return self._thumbnail(image), size
        except Exception:  # noqa: BLE001 - broken bytes lead Pillow's decoders to any of them
            return None, size

    def _thumbnail(self, image: Image.Image) -> str:
        image.draft("RGB", (2 * THUMBNAIL_PIXELS, 2 * THUMBNAIL_PIXELS))
        upright = ImageOps.exif_transpose(image)
        transparent = "transparency" in image.info or "A" in image.mode
        small = upright.convert("RGBA" if transparent else "RGB")
        small.thumbnail((THUMBNAIL_PIXELS, THUMBNAIL_PIXELS))
        content = io.BytesIO()
        small.save(content, "WEBP", quality=80)
        content.seek(0)
        return self.add(content)[0]
