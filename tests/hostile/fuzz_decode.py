"""Coverage-guided fuzzing of decoding: `python tests/hostile/fuzz_decode.py [libFuzzer options]`.

Each input is tried as a picture, as a text and as a video. Runs until it is stopped, or as long as
`-max_total_time=SECONDS` says. It ends with the input that did it when an input raises anything but
`Undecodable`, takes over ten seconds or two gigabytes. Needs `pip install atheris`, and for videos
`av`. The first inputs are from the hostile corpus, a text and a video of each container.
"""

import importlib.util
import io
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["PIL", "clustering_app.extraction"]):
    from clustering_app.errors import Undecodable
    from clustering_app.extraction.decode import decode_image
    from clustering_app.extraction.text import decode_text
    from clustering_app.extraction.video import FRAMES, decode_video

from corpus import corpus

LIMITS = ("-timeout=10", "-rss_limit_mb=2048", "-max_len=20000")
VIDEOS = importlib.util.find_spec("av") is not None


def check_picture(content: bytes) -> None:
    """An RGB picture of at least one pixel."""
    picture = decode_image(io.BytesIO(content), target_pixels=32)
    assert picture.mode == "RGB"
    assert min(picture.size) >= 1


def check_text(content: bytes) -> None:
    """Words with single spaces between them."""
    text = decode_text(io.BytesIO(content))
    assert text.strip()
    assert "\0" not in text


def check_video(content: bytes) -> None:
    """A few RGB pictures."""
    frames = list(decode_video(io.BytesIO(content)))
    assert 1 <= len(frames) <= FRAMES
    assert {frame.mode for frame in frames} == {"RGB"}


CHECKS: tuple[Callable[[bytes], None], ...] = (
    (check_picture, check_text, check_video) if VIDEOS else (check_picture, check_text)
)


def decode(content: bytes) -> None:
    """By each decoder: what it promises, or a refusal that can be shown."""
    for check in CHECKS:
        try:
            check(content)
        except Undecodable as error:
            assert str(error).isprintable(), repr(str(error))


def first_inputs() -> list[bytes]:
    """Good ones, from which the fuzzer goes on."""
    found = [
        content for name, content, _ in corpus() if name.startswith(("good", "mode", "animated"))
    ]
    found += ["a red bird\n\ton a tree".encode(coding) for coding in ("utf-8-sig", "utf-16")]
    if VIDEOS:
        sys.path.append(str(Path(__file__).parent.parent / "extraction"))
        from films import red_to_blue

        for kind, codec in (("mp4", "mpeg4"), ("matroska", "mpeg4"), ("avi", "mpeg4")):
            found.append(red_to_blue(kind, codec, frames=10, size=(32, 16)))
    return [content for content in found if len(content) < 20_000]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for index, content in enumerate(first_inputs()):
            (Path(folder) / str(index)).write_bytes(content)
        atheris.Setup([sys.argv[0], *LIMITS, *sys.argv[1:], folder], decode)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
