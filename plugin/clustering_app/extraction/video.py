"""Bytes to a few frames of a video. Nothing about the bytes is trusted, as in `decode`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

from clustering_app.errors import Undecodable
from clustering_app.extraction.decode import MAX_PIXELS, MEMORY
from host_contract.errors import ItemUnreadable

if TYPE_CHECKING:
    from PIL.Image import Image

FRAMES = 8
"""Frames of a video that are encoded, spread evenly."""
MOST_DECODED = 256
"""Frames that are decoded to reach one: from the key frame before it, in a video that has few."""
FORMATS = "mov,matroska,avi,mpeg,mpegts,ogg,flv,asf"
"""Containers that are read; others are playlists, which name files and addresses to be opened."""
BYTES_PER_PIXEL = 32
"""What a decoder holds at its worst: 16 earlier frames at 1.5 bytes, and the frame as RGB."""
QUARTERS = {90: "ROTATE_90", 180: "ROTATE_180", 270: "ROTATE_270"}


def decode_video(file: BinaryIO) -> Iterator[Image]:
    """Up to 8 frames, upright, as RGB, at even distances from beginning to end.

    A frame is decoded when it is asked for. Of a video that does not say how long it is, every
    32nd of the first 256 frames is taken.

    Raises:
        Undecodable: the bytes are no video, or a frame has too many pixels.
        ItemUnreadable: the file raised it.
    """
    import av

    try:
        with av.open(
            file,
            options={"format_whitelist": FORMATS, "protocol_whitelist": "none"},
            metadata_errors="replace",
        ) as container:
            if not container.streams.video:
                raise Undecodable("there is no picture in the video")
            stream: Any = container.streams.video[0]
            if stream.codec_context is None:
                raise Undecodable("the video is in a codec that is not known")
            stream.thread_type = "NONE"  # other threads of the process decode too
            size = (stream.codec_context.width, stream.codec_context.height)
            with MEMORY.reserved(_bytes_needed(*size)):
                found = 0
                for frame in _spread(container, stream):
                    if (frame.width, frame.height) != size:
                        raise Undecodable("its frames change their size")
                    yield _upright(frame.to_image(), frame.rotation)
                    found += 1
                if not found:
                    raise Undecodable("there is no frame in the video that can be decoded")
    except (Undecodable, ItemUnreadable):
        raise
    except Exception as error:  # broken bytes lead PyAV to any of them
        reason = " ".join(str(error).split()) or type(error).__name__
        raise Undecodable(f"broken video: {reason[:200]}") from error


def _bytes_needed(width: int, height: int) -> int:
    pixels = width * height
    needed = pixels * BYTES_PER_PIXEL
    if pixels < 1 or pixels > MAX_PIXELS or needed > MEMORY.capacity:
        raise Undecodable(
            f"frames of {width:,} × {height:,} pixels need {needed // 10**6:,} MB to decode, or "  # noqa: RUF001
            "have no size"
        )
    return needed


def _spread(container: Any, stream: Any) -> Iterator[Any]:
    """Frames at the middles of equal parts of the video."""
    count = _frame_count(container, stream)
    if count < 1:
        yield from islice(container.decode(stream), 0, MOST_DECODED, MOST_DECODED // FRAMES)
    elif count <= MOST_DECODED:
        yield from _of_few(container, stream, count)
    else:
        yield from _of_many(container, stream)


def _frame_count(container: Any, stream: Any) -> int:
    """How many frames there are, as far as the file says; 0 when it does not."""
    if stream.frames:
        return int(stream.frames)
    seconds = _length(container, stream) * (stream.time_base or 0)
    return round(seconds * (stream.average_rate or 0))


def _length(container: Any, stream: Any) -> int:
    """In units of the stream's time base; 0 when it is not known."""
    if stream.duration is None and container.duration is not None and stream.time_base:
        return int(container.duration / 1_000_000 / stream.time_base)
    return int(stream.duration or 0)


def _of_few(container: Any, stream: Any, count: int) -> Iterator[Any]:
    """By decoding all; the last frame where there are fewer than the file says."""
    wanted = {int((number + 0.5) / FRAMES * count) for number in range(FRAMES)}
    last, found = None, False
    for number, last in enumerate(islice(container.decode(stream), MOST_DECODED)):
        if number in wanted:
            yield last
            found = True
    if last is not None and not found:
        yield last


def _of_many(container: Any, stream: Any) -> Iterator[Any]:
    """By going to the key frame before each; some formats have no index, and give the next."""
    start, length = stream.start_time or 0, _length(container, stream)
    for number in range(FRAMES):
        wanted = start + int((number + 0.5) / FRAMES * length)
        container.seek(wanted, stream=stream)
        last = None
        for last in islice(container.decode(stream), MOST_DECODED):
            if last.pts is not None and last.pts + (last.duration or 0) > wanted:
                break
        if last is not None:
            yield last


def _upright(image: Image, degrees: int) -> Image:
    from PIL import Image as Images

    turn = QUARTERS.get(degrees % 360)
    return image.transpose(Images.Transpose[turn]) if turn else image
