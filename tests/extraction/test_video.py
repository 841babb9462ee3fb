"""A video becomes a few frames from its whole length, or an error that says why not."""

import io
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clustering_app.errors import Undecodable
from clustering_app.extraction import video
from clustering_app.extraction.memory import MemoryBudget
from clustering_app.extraction.video import FRAMES, MOST_DECODED, decode_video
from tests.extraction.films import red_to_blue

EVEN = [(number + 0.5) / FRAMES for number in range(FRAMES)]


def blues(content: bytes) -> list[float]:
    """How far from red to blue each frame is, from 0.0 to 1.0."""
    frames = list(decode_video(io.BytesIO(content)))
    assert all(frame.mode == "RGB" and frame.size == (64, 48) for frame in frames)
    return [float(np.asarray(frame)[..., 2].mean()) / 255 for frame in frames]


@pytest.mark.parametrize(
    ("kind", "codec"),
    [("mp4", "mpeg4"), ("mp4", "libx264"), ("matroska", "libx264"), ("webm", "libvpx-vp9"),
     ("avi", "mpeg4"), ("mpegts", "mpeg2video"), ("flv", "flv1")],
)  # fmt: skip
@pytest.mark.parametrize("frames", [20, 300])
def test_frames_are_spread_evenly(kind: str, codec: str, frames: int) -> None:
    found = blues(red_to_blue(kind, codec, frames=frames, gap=12))
    if frames > MOST_DECODED and kind == "mpegts":  # which has no index: up to a key frame later
        assert found == pytest.approx(EVEN[: len(found)], abs=0.06)
        assert len(found) >= FRAMES - 1
    else:
        assert found == pytest.approx(EVEN, abs=0.06)


def test_a_video_of_one_frame_is_this_frame() -> None:
    found = blues(red_to_blue("mp4", "mpeg4", frames=1))
    assert len(found) >= 1
    assert found == pytest.approx([0.0] * len(found), abs=0.02)


def test_a_video_without_a_length_is_seen_from_its_beginning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = red_to_blue("mpeg2video", "mpeg2video", frames=64, gap=64)
    monkeypatch.setattr(video, "FORMATS", "mpegvideo")
    found = blues(whole)
    assert found == sorted(found)
    assert found[0] == pytest.approx(0.0, abs=0.02)


def test_a_turned_video_is_upright() -> None:
    (first, *_) = decode_video(io.BytesIO(red_to_blue("mp4", "mpeg4")))
    assert video._upright(first, -90).size == video._upright(first, 90).size == (48, 64)
    assert video._upright(first, 180).size == video._upright(first, 5).size == (64, 48)


@pytest.mark.parametrize(
    "content",
    [b"", b"no video", b"\0\0\0\x20ftypisom" + bytes(400), b"RIFF\0\0\0\0AVI LIST",
     b"\x1aE\xdf\xa3" + bytes(100)],
)  # fmt: skip
def test_what_is_no_video_is_refused(content: bytes) -> None:
    with pytest.raises(Undecodable) as caught:
        list(decode_video(io.BytesIO(content)))
    assert str(caught.value).isprintable()


def test_too_large_frames_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video, "MEMORY", MemoryBudget(64 * 48 * 32 - 1))
    with pytest.raises(Undecodable, match="64 × 48 pixels need"):  # noqa: RUF001
        list(decode_video(io.BytesIO(red_to_blue("mp4", "mpeg4"))))


def test_a_list_of_other_files_opens_none_of_them(tmp_path: Path) -> None:
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        own = tmp_path / "own.mp4"
        own.write_bytes(red_to_blue("mp4", "mpeg4"))
        for place in (f"http://127.0.0.1:{server.server_port}/a.ts", f"file://{own}", str(own)):
            for text in (
                f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{place}\n#EXT-X-ENDLIST\n",
                f"ffconcat version 1.0\nfile '{place}'\n",
                f"<?xml version='1.0'?><MPD><Period><BaseURL>{place}</BaseURL></Period></MPD>",
            ):
                with pytest.raises(Undecodable):
                    list(decode_video(io.BytesIO(text.encode())))
        server.shutdown()
        thread.join()
    assert asked == []


GOOD = red_to_blue("mp4", "mpeg4", frames=8)


@settings(max_examples=50)
@given(changes=st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255))))
def test_no_bytes_raise_anything_else(changes: list[tuple[int, int]]) -> None:
    content = bytearray(GOOD)
    for place, value in changes:
        content[place] = value
    try:
        assert 1 <= len(list(decode_video(io.BytesIO(bytes(content))))) <= FRAMES
    except Undecodable as error:
        assert str(error).isprintable()
