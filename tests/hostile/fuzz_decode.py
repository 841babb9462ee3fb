"""Coverage-guided fuzzing of decoding: `python tests/hostile/fuzz_decode.py [libFuzzer options]`.

Runs until it is stopped, or as long as `-max_total_time=SECONDS` says. It ends with the input that
did it when an input raises anything but `Undecodable`, takes over ten seconds or two gigabytes.
Needs `pip install atheris`. The first input of each format is from the hostile corpus.
"""

import io
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["PIL", "clustering_app.extraction"]):
    from clustering_app.errors import Undecodable
    from clustering_app.extraction.decode import decode_image

from corpus import corpus

LIMITS = ("-timeout=10", "-rss_limit_mb=2048", "-max_len=20000")


def decode(content: bytes) -> None:
    """Turn bytes into an RGB picture, or be refused."""
    try:
        picture = decode_image(io.BytesIO(content), target_pixels=32)
    except Undecodable as error:
        assert str(error).isprintable()
    else:
        assert picture.mode == "RGB"
        assert min(picture.size) >= 1


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for index, (name, content, _) in enumerate(corpus()):
            if len(content) < 20_000 and name.startswith(("good", "mode", "animated")):
                (Path(folder) / str(index)).write_bytes(content)
        atheris.Setup([sys.argv[0], *LIMITS, *sys.argv[1:], folder], decode)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
