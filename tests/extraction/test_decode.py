"""Bytes of every kind become an upright RGB picture, or an error that says why not."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from clustering_app.errors import Undecodable
from clustering_app.extraction import decode
from clustering_app.extraction.decode import decode_image
from clustering_app.extraction.memory import MemoryBudget


def saved(image: Image.Image, kind: str, **options: object) -> io.BytesIO:
    content = io.BytesIO()
    image.save(content, kind, **options)
    content.seek(0)
    return content


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("RGB", "PNG"), ("L", "PNG"), ("1", "PNG"), ("P", "PNG"), ("RGBA", "PNG"), ("LA", "PNG"),
     ("I;16", "PNG"), ("RGB", "JPEG"), ("CMYK", "JPEG"), ("RGB", "WEBP"), ("RGB", "BMP"),
     ("RGB", "TIFF"), ("P", "GIF")],
)  # fmt: skip
def test_every_mode_becomes_rgb(mode: str, kind: str) -> None:
    picture = decode_image(saved(Image.new(mode, (30, 20)), kind), target_pixels=64)
    assert (picture.mode, picture.size) == ("RGB", (30, 20))


HALVES = Image.new("RGB", (64, 48), (204, 0, 51))
HALVES.paste((0, 51, 204), (32, 0, 64, 48))


@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [("JPEG", "RGB", {"quality": 95}), ("JPEG", "RGB", {"quality": 95, "progressive": True}),
     ("JPEG", "CMYK", {"quality": 95}), ("MPO", "RGB", {"quality": 95}), ("PNG", "RGB", {}),
     ("PNG", "P", {}), ("PNG", "RGBA", {}), ("WEBP", "RGB", {"quality": 95}),
     ("WEBP", "RGBA", {"lossless": True}), ("AVIF", "RGB", {"quality": 95}),
     ("HEIF", "RGB", {"quality": 95}), ("JPEG2000", "RGB", {}), ("GIF", "P", {}),
     ("BMP", "RGB", {}), ("DIB", "RGB", {}), ("PCX", "RGB", {}), ("PPM", "RGB", {}),
     ("SGI", "RGB", {}), ("TGA", "RGB", {}), ("TIFF", "RGB", {}), ("TIFF", "CMYK", {}),
     ("TIFF", "RGB", {"compression": "jpeg", "quality": 95}),
     ("TIFF", "RGB", {"compression": "tiff_lzw"}),
     ("TIFF", "RGB", {"compression": "tiff_adobe_deflate"})],
)  # fmt: skip
@pytest.mark.parametrize("scale", [1, 12])
def test_the_picture_is_what_was_saved(
    kind: str, mode: str, options: dict[str, object], scale: int
) -> None:
    if kind == "HEIF":
        pytest.importorskip("pillow_heif").register_heif_opener()
    large = HALVES.resize((64 * scale, 48 * scale), Image.Resampling.NEAREST)
    picture = decode_image(saved(large.convert(mode), kind, **options), target_pixels=24)
    assert picture.mode == "RGB"
    assert picture.width * 3 == picture.height * 4
    assert 48 <= picture.height <= 96
    for place, colour in ((0.2, (204, 0, 51)), (0.8, (0, 51, 204))):
        found = picture.getpixel((int(place * picture.width), picture.height // 2))
        assert found == pytest.approx(colour, abs=12), place


def corners(picture: Image.Image) -> list[bool]:
    """Which corner is dark: top left, top right, bottom left, bottom right."""
    right, bottom = picture.width - 1, picture.height - 1
    places = ((0, 0), (right, 0), (0, bottom), (right, bottom))
    return [picture.convert("L").getpixel(place) < 128 for place in places]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_undone(kind: str, orientation: int) -> None:
    upright = Image.new("RGB", (300, 200), "white")
    upright.paste("black", (0, 0, 150, 100))
    undo = decode.UPRIGHT.get(orientation)
    inverse = {6: 8, 8: 6}.get(orientation, orientation)
    stored = upright if undo is None else upright.transpose(decode.UPRIGHT[inverse])
    exif = Image.Exif()
    exif[decode.ORIENTATION] = orientation
    picture = decode_image(saved(stored, kind, exif=exif), target_pixels=20)
    assert picture.width > picture.height
    assert corners(picture) == [True, False, False, False]


def test_sixteen_bits_of_either_order_and_floats_keep_their_brightness() -> None:
    for mode, kind, value in (("I;16", "TIFF", 32768), ("I;16B", "TIFF", 32768),
                              ("I", "TIFF", 32768), ("F", "TIFF", 128.0)):  # fmt: skip
        picture = decode_image(saved(Image.new(mode, (40, 40), value), kind), target_pixels=4)
        assert picture.getpixel((0, 0))[0] == pytest.approx(128, abs=1), mode


def test_a_picture_that_takes_too_much_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "MEMORY", MemoryBudget(30_000))
    with pytest.raises(Undecodable, match="need 0 MB"):
        decode_image(saved(Image.new("RGB", (100, 100)), "PNG"), target_pixels=64)
    assert decode_image(saved(Image.new("RGB", (70, 100)), "PNG"), target_pixels=64)


def test_transparency_is_white() -> None:
    picture = decode_image(saved(Image.new("RGBA", (4, 4), (9, 9, 9, 0)), "PNG"), target_pixels=4)
    assert picture.getpixel((0, 0)) == (255, 255, 255)


def test_sixteen_bits_keep_their_brightness() -> None:
    picture = decode_image(saved(Image.new("I;16", (4, 4), 32768), "PNG"), target_pixels=4)
    assert picture.getpixel((0, 0))[0] == pytest.approx(128, abs=1)


def test_a_rotated_photograph_is_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    photograph = saved(Image.new("RGB", (40, 20)), "JPEG", exif=exif)
    assert decode_image(photograph, target_pixels=64).size == (20, 40)


def test_a_large_jpeg_is_decoded_small_but_not_below_twice_the_target() -> None:
    picture = decode_image(saved(Image.new("RGB", (2400, 1600)), "JPEG"), target_pixels=100)
    assert 200 <= min(picture.size) < 1600


def test_the_first_frame_counts() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    animated = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert decode_image(animated, target_pixels=8).getpixel((0, 0)) == (255, 0, 0)


@pytest.mark.parametrize("content", [b"", b"{}", b"\x89PNG\r\n\x1a\n", b"<svg/>", b"GIF89a"])
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(Undecodable):
        decode_image(io.BytesIO(content), target_pixels=64)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_truncated_picture_is_refused(kind: str) -> None:
    noise = Image.effect_noise((200, 200), 90).convert("RGB")
    content = saved(noise, kind).getvalue()
    with pytest.raises(Undecodable):
        decode_image(io.BytesIO(content[: len(content) // 3]), target_pixels=64)


def test_too_many_pixels_are_refused_before_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    content = saved(Image.new("1", (30_000, 30_000)), "PNG", compress_level=9)
    with pytest.raises(Undecodable, match="pixels"):
        decode_image(content, target_pixels=64)
    monkeypatch.setattr(decode, "MAX_PIXELS", 99)
    with pytest.raises(Undecodable, match="more than 99"):
        decode_image(saved(Image.new("RGB", (10, 10)), "PNG"), target_pixels=64)


@given(content=st.binary(max_size=200), start=st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8", b"BM", b"II*\x00", b"RIFF"]))  # fmt: skip  # noqa: E501
def test_no_bytes_raise_anything_else(content: bytes, start: bytes) -> None:
    try:
        assert decode_image(io.BytesIO(start + content), target_pixels=8).mode == "RGB"
    except Undecodable as error:
        assert str(error)
