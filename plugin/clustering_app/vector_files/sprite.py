"""All thumbnails in one picture, as TensorBoard's projector shows them."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from clustering_app.errors import Undecodable
from clustering_app.extraction.decode import decode_image
from host_contract.context import Host
from host_contract.entities import Item
from host_contract.errors import ItemUnreadable

LARGEST_SPRITE = 8192
"""Pixels of its side that TensorBoard takes."""
LARGEST_SIDE, SMALLEST_SIDE = 64, 12
"""Pixels of a thumbnail's side in it; smaller ones show nothing."""


@dataclass(frozen=True, kw_only=True)
class Sprite:
    """What was drawn."""

    side: int
    """Pixels of a thumbnail's side; 0 where there is no sprite."""
    left_out: tuple[str, ...]
    """What is not in it, a sentence each."""


def side_for(count: int) -> int:
    """The side of so many thumbnails, in pixels, so that all have room; 0 where none is enough."""
    side = min(LARGEST_SPRITE // math.ceil(math.sqrt(count)), LARGEST_SIDE)
    return side if side >= SMALLEST_SIDE else 0


def write_sprite(
    host: Host, items: Sequence[Item], path: Path, progress: Callable[[float, str], None]
) -> Sprite:
    """Draw the thumbnails row by row, in the order of the items; white where there is none."""
    from PIL import Image, ImageOps

    side = side_for(len(items))
    if not side:
        most = (LARGEST_SPRITE // SMALLEST_SIDE) ** 2
        said = f"There is no sprite: it has room for {most:,} thumbnails, not for {len(items):,}."
        return Sprite(side=0, left_out=(said,))
    columns = math.ceil(math.sqrt(len(items)))
    size = (columns * side, math.ceil(len(items) / columns) * side)
    sprite, blank = Image.new("RGB", size, "white"), 0
    for number, item in enumerate(items):
        try:
            picture = decode_image(io.BytesIO(host.thumbnail(item.id)), target_pixels=side)
        except (ItemUnreadable, Undecodable):
            blank += 1
            continue
        place = (number % columns * side, number // columns * side)
        sprite.paste(ImageOps.pad(picture, (side, side), color="white"), place)
        progress((number + 1) / len(items), f"Drawing {number + 1:,} thumbnails")
    sprite.save(path, "PNG")
    said = f"{blank:,} items have no thumbnail, and are white in the sprite."
    return Sprite(side=side, left_out=(said,) if blank else ())
