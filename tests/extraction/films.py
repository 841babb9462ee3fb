"""Small videos, made where a test needs them."""

import io

import av
from PIL import Image


def red_to_blue(
    kind: str,
    codec: str,
    *,
    frames: int = 40,
    size: tuple[int, int] = (64, 48),
    gap: int = 10,
    mute: bool = True,
) -> bytes:
    """A video whose colour goes from red to blue, with a key frame every `gap` frames."""
    content = io.BytesIO()
    with av.open(content, "w", format=kind) as container:
        stream = container.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.codec_context.gop_size = gap
        if not mute:
            container.add_stream("aac", rate=8000)
        for number in range(frames):
            share = number / max(frames - 1, 1)
            colour = (round(255 * (1 - share)), 0, round(255 * share))
            frame = av.VideoFrame.from_image(Image.new("RGB", size, colour))
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return content.getvalue()
