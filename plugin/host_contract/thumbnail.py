"""A small picture of an item, for hosts that keep none."""

from __future__ import annotations

import io

from host_contract.entities import Item
from host_contract.errors import ItemUnreadable

PIXELS = 160
"""The longer side at most."""


def thumbnail(item: Item) -> bytes:
    """A WebP made of the whole picture. Raises `ItemUnreadable` for an item that is none."""
    from PIL import Image, ImageOps

    try:
        with Image.open(item.open()) as picture:
            small = ImageOps.exif_transpose(picture).convert("RGBA")
            small.thumbnail((PIXELS, PIXELS))
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise ItemUnreadable(f"Item {item.name!r} ({item.id}) has no picture.") from error
    content = io.BytesIO()
    small.save(content, "WEBP", quality=80)
    return content.getvalue()
