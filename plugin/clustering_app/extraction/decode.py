"""Bytes to a picture. Nothing about the bytes is trusted: neither the name nor the mimetype."""

from __future__ import annotations

import importlib.util
import os
import warnings
from functools import cache
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from clustering_app.errors import Undecodable
from clustering_app.extraction.content import READ_AT_ONCE
from clustering_app.extraction.memory import MemoryBudget
from host_contract.errors import ItemUnreadable

# Pillow warns of large pictures, which are judged here, and of broken metadata, which is not used.
warnings.filterwarnings("ignore", module=r"PIL\.")
# Blocks of this size go back to the system at once; smaller ones stay with each thread's heap.
Image.core.set_block_size(64 * 1024**2)  # type: ignore[attr-defined]

MAX_PIXELS = 200_000_000
"""A picture of more pixels is refused before its pixels are read."""
MEMORY = MemoryBudget(1_250_000_000)
"""Bytes for all pictures that are being decoded at one time in this process."""
MAX_WHOLE_FILE = 128 * 1024**2
"""Bytes of a file in a format that is read as a whole before anything is known of the picture."""
STREAMED = (
    "BMP", "DIB", "GIF", "JPEG", "PCX", "PNG", "PPM", "PSD", "SGI", "TGA", "TIFF",
)  # fmt: skip
WHOLE = ("AVIF", "HEIF", "JPEG2000", "WEBP")
"""Formats that are read; others run programs (EPS), hold a picture of another size than they say
(ICO), or are decoded by loops in Python (QOI, DDS)."""
DECODERS_BYTES_PER_PIXEL = {"AVIF": 18, "HEIF": 18, "JPEG2000": 20, "TIFF": 10, "WEBP": 18}
"""What a decoder holds at its worst, the picture included, where that is more than the picture."""
COPIED_WHOLE = ("P", "PA", "RGBA", "LA", "I", "F", "I;16", "I;16B", "I;16L", "I;16N")
"""Modes that are converted at full size, before they are made smaller."""
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What undoes each value of EXIF's orientation."""
ORIENTATION = 0x0112


def decode_image(file: BinaryIO, *, target_pixels: int) -> Image.Image:
    """Decode a picture, upright, as RGB, with transparency on white; the first of several frames.

    Waits while other threads of the process decode so much that memory would run short.

    Args:
        file: The bytes; can seek.
        target_pixels: Side of the square that the picture is meant for. A picture whose shorter
            side is four times that or more is made smaller by a whole number, to no less than
            twice it; a JPEG while it is being decoded.

    Raises:
        Undecodable: the bytes are no picture, are cut off, or unfold to too many pixels.
        ItemUnreadable: the file raised it.
    """
    try:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        with Image.open(file, formats=_formats(size)) as image:
            full = image.size
            if size <= READ_AT_ONCE:
                image.decodermaxblock = READ_AT_ONCE
            _check_pixels(image)
            image.draft("RGB", (2 * target_pixels, 2 * target_pixels))
            with MEMORY.reserved(_bytes_needed(image, full)):
                image.load()
                return _upright(_as_rgb(image, 2 * target_pixels), _orientation(image))
    except (Undecodable, ItemUnreadable):
        raise
    except UnidentifiedImageError:
        raise Undecodable("not a picture in any format that is read") from None
    except Image.DecompressionBombError as error:
        raise Undecodable(f"too many pixels: {error}") from None
    except Exception as error:  # broken bytes lead Pillow's decoders to any of them
        reason = " ".join(str(error).split()) or type(error).__name__
        raise Undecodable(f"broken picture: {reason}") from error


def _formats(size: int) -> tuple[str, ...]:
    if size == 0:
        raise Undecodable("the file is empty")
    return STREAMED if size > MAX_WHOLE_FILE else _all_formats()


@cache
def _all_formats() -> tuple[str, ...]:
    """Those that Pillow was built with, and HEIF where pillow-heif is installed."""
    if importlib.util.find_spec("pillow_heif") is not None:
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False, decode_threads=1)
    Image.init()
    return tuple(name for name in STREAMED + WHOLE if name in Image.OPEN)


def _check_pixels(image: Image.Image) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise Undecodable(
            f"{image.width:,} × {image.height:,} pixels are more than {MAX_PIXELS:,}"  # noqa: RUF001
        )


def _bytes_needed(image: Image.Image, full: tuple[int, int]) -> int:
    """Most bytes that decoding and converting can take, from the header alone."""
    pixels = image.width * image.height
    if image.format in ("JPEG", "MPO"):  # keeps all coefficients when it comes in several scans
        needed = 4 * pixels + 2 * len(image.getbands()) * full[0] * full[1]
    else:
        picture = 9 if image.mode in COPIED_WHOLE else 4
        needed = max(picture, DECODERS_BYTES_PER_PIXEL.get(str(image.format), 0)) * pixels
    if needed > MEMORY.capacity:
        raise Undecodable(
            f"{full[0]:,} × {full[1]:,} pixels of {image.format} need {needed // 10**6:,} MB to "  # noqa: RUF001
            f"decode, more than {MEMORY.capacity // 10**6:,} MB"
        )
    return needed


def _as_rgb(image: Image.Image, least: int) -> Image.Image:
    """The picture as RGB, made smaller by a whole number, but no side below `least`."""
    factor = max(min(image.size) // least, 1)
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        numbers = image.convert("I") if image.mode == "I;16B" else image
        low, high = (float(value) for value in numbers.getextrema())  # type: ignore[arg-type]
        scale = 255.0 / 65535.0 if high > 255.0 and low >= 0.0 else 1.0
        values = numbers.convert("F").reduce(factor)
        return values.point(lambda value: value * scale).convert("L").convert("RGB")
    if "transparency" in image.info or image.mode in ("RGBA", "LA", "PA", "RGBa", "La"):
        rgba = (image if image.mode == "RGBA" else image.convert("RGBA")).reduce(factor)
        white = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(white, rgba).convert("RGB")
    if image.mode in ("L", "RGB", "CMYK", "YCbCr"):
        return image.reduce(factor).convert("RGB")
    return image.convert("RGB").reduce(factor)


def _orientation(image: Image.Image) -> int:
    """EXIF's orientation; 1, upright, where there is none that can be read."""
    try:
        return int(image.getexif().get(ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - broken metadata does not make the picture worse
        return 1


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    return image.transpose(UPRIGHT[orientation]) if orientation in UPRIGHT else image
