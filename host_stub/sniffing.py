"""What a file is by its first bytes, whatever its name claims."""

from __future__ import annotations

import re

HEAD_BYTES = 16
"""So many bytes tell the kinds below apart."""

PICTURES: dict[str, re.Pattern[bytes]] = {
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/gif": re.compile(rb"GIF8[79]a"),
    "image/webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
    "image/bmp": re.compile(rb"BM"),
    "image/avif": re.compile(rb"....ftypavi[fs]", re.DOTALL),
}
"""Kinds that a browser shows as a picture and nothing else."""


def picture_type(head: bytes) -> str | None:
    """The media type of a picture that starts so; None for all else, SVG and HTML among it."""
    return next((kind for kind, start in PICTURES.items() if start.match(head)), None)
