"""What a file's name says of its kind, the same on every machine. For hosts that know no more."""

from __future__ import annotations

import mimetypes
from pathlib import PurePath

UNKNOWN = "application/octet-stream"
NOT_PYTHONS = {
    ".flv": "video/x-flv",
    ".md": "text/markdown",
    ".mkv": "video/x-matroska",
    ".ogv": "video/ogg",
}
"""Endings that Python knows only where the system has a list of them, such as /etc/mime.types."""


def mimetype_of(name: str) -> str:
    """The mimetype that the ending of a file's name says; `UNKNOWN` where it says none."""
    ending = PurePath(name).suffix.lower()
    return NOT_PYTHONS.get(ending) or mimetypes.guess_type(name, strict=False)[0] or UNKNOWN
