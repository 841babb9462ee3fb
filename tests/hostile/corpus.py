"""More than a thousand files that somebody could upload, nearly all of them bad."""

import io
import struct
import zlib
from collections.abc import Iterator

import av
import numpy as np
from PIL import Image

NAMES = (
    "new\nline.png", "tab\t.png", "bell\a.png", "escape\x1b[31m.png", "\u202egnp.exe.png",
    "zero\u200bwidth.png", "<img src=x onerror=alert(1)>.png", "' OR 1=1 --.png", "%00.png",
    "a" * 240 + ".png", "💥.png", "e\u0301.png", "$(reboot).png", " .png", "\\..\\x.png",
)  # fmt: skip
"""Names that are dangerous to show; the pictures behind them are good."""
KINDS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "TGA", "PCX", "SGI")


def corpus() -> Iterator[tuple[str, bytes, bool | None]]:
    """Name, bytes, and whether there is a picture in them; None where that is the decoder's say."""
    chance = np.random.default_rng(0)
    pixels = chance.integers(0, 255, (48, 64, 3), dtype=np.uint8)
    good = {kind: saved(Image.fromarray(pixels), kind) for kind in KINDS}
    for name in NAMES:
        yield name, good["PNG"], True
    for kind, content in good.items():
        suffix = kind.lower()
        yield f"good.{suffix}.png", content, True
        for index in range(30):
            cut = content[: int(len(content) * index / 60)]
            # a cut file of these has neither a length nor a checksum that would tell
            yield f"cut-{index}-{suffix}.png", cut, None
        for index in range(60):
            yield f"flipped-{index}-{suffix}.png", flipped(content, chance), None
        noise = chance.integers(0, 255, 400, dtype=np.uint8).tobytes()
        yield f"noise-behind-head-{suffix}.png", content[:12] + noise, None
        yield f"tail-{suffix}.png", content + noise, None
    for index in range(60):
        size = int(chance.integers(1, 2000))
        yield f"noise-{index}.jpg", chance.integers(0, 255, size, dtype=np.uint8).tobytes(), None
    yield from ((f"empty-{index}.png", b"", False) for index in range(10))
    yield from mislabelled()
    yield from bombs()
    yield from texts()
    yield from videos(chance)


def mislabelled() -> Iterator[tuple[str, bytes, bool | None]]:
    """What is no picture whatever its name says."""
    texts = (
        b"{}", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7\n", b"PK\x03\x04",
        b"MZ\x90\x00", b"#!/bin/sh\nreboot\n", b"\x7fELF", b"%!PS-Adobe-3.0 EPSF-3.0\n",
        b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>",
        b"push graphic-context\nfill 'url(|reboot)'\n",
    )  # fmt: skip
    for index, content in enumerate(texts):
        yield f"text-{index}.png", content * 40, False


def bombs() -> Iterator[tuple[str, bytes, bool | None]]:
    """Small files that unfold to much."""
    for side in (30_000, 60_000, 2_000_000_000):
        yield f"header-{side}.png", png_of(side, side, 8, 2, b"\0" * 2000), False
        head = (54, 0, 0, 54, 40, side, side, 1, 24, *[0] * 6)
        bmp = b"BM" + struct.pack("<IHHIIiiHHIIiiII", *head)
        yield f"header-{side}.bmp", bmp + b"\0" * 100, False
        tga = struct.pack(
            "<BBBHHBHHHHBB", 0, 0, 2, 0, 0, 0, 0, 0, side % 65536, side % 65536, 24, 0
        )
        yield f"header-{side}.tga.png", tga + b"\0" * 100, False
    whole = zlib.compress(b"\0" * (30_000 * 3750 + 30_000), 9)
    yield "unfolds-30000.png", png_of(30_000, 30_000, 1, 0, whole), False
    for index in range(3):  # 90 megapixels each: allowed, but not all at once
        rows = zlib.compress(b"\0" * (10_000 * 36_001), 1)
        yield f"large-rgba-{index}.png", png_of(9_000, 10_000, 8, 6, rows), True
    text = zlib.compress(b"a" * 300_000_000, 9)
    yield (
        "text-bomb.png",
        png_of(1, 1, 8, 0, zlib.compress(b"\0\0"), (b"zTXt", b"k\0\0" + text)),
        None,
    )
    profile = zlib.compress(b"\0" * 300_000_000, 9)
    bomb = png_of(1, 1, 8, 0, zlib.compress(b"\0\0"), (b"iCCP", b"k\0\0" + profile))
    yield "profile-bomb.png", bomb, None
    frames = [Image.new("P", (300, 300), colour) for colour in range(200)]
    for kind in ("GIF", "WEBP", "PNG", "TIFF"):
        content = io.BytesIO()
        frames[0].save(content, kind, save_all=True, append_images=frames[1:])
        yield f"animated-{kind.lower()}.png", content.getvalue(), True
    for width, height in ((60_000, 1), (1, 60_000), (1, 1)):
        yield f"thin-{width}-{height}.png", saved(Image.new("RGB", (width, height)), "PNG"), True
    for mode in ("1", "L", "LA", "P", "RGBA", "I;16"):
        yield f"mode-{mode}.png", saved(Image.new(mode, (9, 9)), "PNG"), True
    for mode in ("I", "F", "CMYK", "YCbCr", "LAB", "I;16B"):
        yield f"mode-{mode}.tif.png", saved(Image.new(mode, (9, 9)), "TIFF"), True


def texts() -> Iterator[tuple[str, bytes, bool | None]]:
    """Files that say they are text."""
    good = {
        "short": b"a cat", "marked": b"\xef\xbb\xbfa cat", "utf-16": "a cat".encode("utf-16"),
        "long": b"word " * 2_000_000, "one-word": b"x" * 5_000_000, "cut": "ä".encode() * 40_000,
        "entities": b"&lt;&amp;amp;" * 9_000, "marks": ("e" + "\u0300" * 60_000).encode(),
        "turned": "\u202eevil\u2066".encode(), "escapes": b"\x1b[31mred\x07",
    }  # fmt: skip
    bad = {
        "empty": b"", "blank": b" \n\t" * 99, "latin": b"caf\xe9 au lait", "zeros": bytes(400),
        "half": b"\xff\xfe\x00\xd8a", "surrogate": b"\xed\xa0\x80", "elf": b"\x7fELF\x02\x01\xff",
    }  # fmt: skip
    for name, content in good.items():
        yield f"{name}.txt", content, True
    for name, content in bad.items():
        yield f"{name}.md", content, False


def videos(chance: np.random.Generator) -> Iterator[tuple[str, bytes, bool | None]]:
    """Files that say they are videos, most of them cut, changed, or lists of other files."""
    for kind, codec in (("mp4", "mpeg4"), ("matroska", "libx264"), ("avi", "mpeg4")):
        content = video(kind, codec, (64, 48), 12)
        yield f"good.{kind}.mp4", content, True
        for index in range(12):
            yield f"cut-{index}.{kind}.mp4", content[: len(content) * index // 12], None
        for index in range(30):
            yield f"flipped-{index}.{kind}.mp4", flipped(content, chance), None
    for name, content in (
        ("empty", b""), ("text", b"no video" * 20),
        ("picture", saved(Image.new("RGB", (9, 9)), "PNG")),
        ("concat", b"ffconcat version 1.0\nfile /etc/passwd\n"),
        ("playlist", b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n"),
    ):  # fmt: skip
        yield f"{name}.mp4", content, False
    large = video("matroska", "mpeg4", (8000, 6000), 1)
    yield "large.mkv", large, False


def video(kind: str, codec: str, size: tuple[int, int], frames: int) -> bytes:
    """A video that goes from red to blue."""
    content = io.BytesIO()
    with av.open(content, "w", format=kind) as container:
        stream = container.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number in range(frames):
            share = number / max(frames - 1, 1)
            colour = (round(255 * (1 - share)), 0, round(255 * share))
            frame = av.VideoFrame.from_image(Image.new("RGB", size, colour))
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return content.getvalue()


def png_of(
    width: int, height: int, depth: int, colour: int, data: bytes, *more: tuple[bytes, bytes]
) -> bytes:
    """A PNG with a header that says what one likes."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    chunks = [(b"IHDR", head), *more, (b"IDAT", data), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )


def flipped(content: bytes, chance: np.random.Generator) -> bytes:
    """The bytes with a few of them changed, more likely at the beginning."""
    changed = bytearray(content)
    for _ in range(int(chance.integers(1, 8))):
        place = int(len(changed) * chance.random() ** 3)
        changed[place] = int(chance.integers(256))
    return bytes(changed)


def saved(image: Image.Image, kind: str) -> bytes:
    content = io.BytesIO()
    image.save(content, kind)
    return content.getvalue()
