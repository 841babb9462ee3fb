"""Every kind of file that docs/items-and-vectors.md promises to encode is taken for one."""

import io
import mimetypes
from collections.abc import Iterator
from pathlib import Path

import pytest

from clustering_app.extraction.kinds import Kind, embeddable, kind_of
from host_stub.platform import LocalPlatform

PROMISED = {
    Kind.IMAGE: "jpg jpeg png webp avif heic tiff gif bmp",
    Kind.TEXT: "txt md",
    Kind.VIDEO: "mp4 mov mkv webm avi mpeg mpg ogv flv",
}


@pytest.fixture(params=["without", "with"])
def system_list(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whether the system has a list of mimetypes; Python reads it, or else has only its own."""
    if request.param == "without":
        monkeypatch.setattr(mimetypes, "knownfiles", [])
    mimetypes.init()
    yield
    monkeypatch.undo()
    mimetypes.init()


@pytest.mark.usefixtures("system_list")
def test_what_is_promised_can_be_encoded_on_every_machine(tmp_path: Path) -> None:
    with LocalPlatform(tmp_path / "data") as platform:
        dataset, host = platform.datasets.create("files").id, platform.host("clustering")
        for kind, endings in PROMISED.items():
            for ending in (*endings.split(), *endings.upper().split()):
                item = platform.datasets.add(dataset, f"a.{ending}", io.BytesIO(b"x"))
                assert (ending, kind_of(item)) == (ending, kind)
        count = host.count_items(dataset)
        for name in ("a.ogg", "a.mp3", "a.json", "md"):
            assert kind_of(platform.datasets.add(dataset, name, io.BytesIO(b"x"))) is None
        assert host.count_items(dataset, embeddable()) == count
