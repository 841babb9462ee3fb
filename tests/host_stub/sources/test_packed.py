"""Zips of little that would become much in memory are refused before they do."""

import json
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from host_contract.errors import InvalidInput
from host_stub.platform import LocalPlatform
from tests.host_stub.sources import examples

MANY = 3_000_000


def packed(at: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(at / "in.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return at / "in.zip"


@pytest.mark.parametrize(
    ("name", "start", "each", "end"),
    [
        ("x.json", b"[", b"[],", b"1]"),
        ("x.json", b'{"images":[', b"{},", b"{}]}"),
        ("x.json", b'{"images":["', b"a" * 23, b'"]}'),
        ("dataset_dict.json", b'{"splits":[', b"[],", b"1]}"),
        ("metadata.csv", b"file_name\n", b"some.png\n", b""),
        ("metadata.csv", b"file_name\r", b"some.png\r", b""),
        ("metadata.jsonl", b"", b'{"file_name":"a"}\n', b""),
    ],
)
def test_texts_of_a_zip_are_refused_before_they_fill_the_memory(
    platform: LocalPlatform, tmp_path: Path, name: str, start: bytes, each: bytes, end: bytes
) -> None:
    content = start + each * MANY + end
    source = packed(tmp_path, {"a.png": b"x", name: content})
    tracemalloc.start()
    try:
        with pytest.raises(InvalidInput) as error:
            platform.import_source(source)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    expected = f"{name}: more than 67,108,864 bytes or 3,000,000 values in a zip; divide it, or "
    assert str(error.value) == expected + "import the folder."
    assert most < 3 * len(content) + (1 << 25)


def test_a_large_export_in_a_folder_or_zip_keeps_its_labels(
    platform: LocalPlatform, tmp_path: Path
) -> None:
    """As many values as 5,000 pictures of COCO have, and in a folder more than a zip may have."""
    source = examples.coco(tmp_path / "in")
    found = json.loads(source.read_text())
    outline = [round(n / 7, 2) for n in range(180_000)]
    for annotation in found["annotations"]:
        annotation["segmentation"] = [outline]
    text = json.dumps(found, separators=(",", ":"))
    pictures = {path.name: path.read_bytes() for path in (tmp_path / "in").rglob("*.png")}
    both = [packed(tmp_path, {**pictures, "x.json": text.encode()}), tmp_path / "in"]
    source.write_text(text.replace("[[", "[[" + "0.5," * 100_000))
    for place in both:
        items = platform.datasets.items(platform.import_source(place).id).items
        assert [item.labels[0] for item in items] == examples.LABELS


def test_zips_of_too_many_folders_or_too_long_paths_are_refused(
    platform: LocalPlatform, tmp_path: Path
) -> None:
    deep = {f"{n}/{'a/' * 62}b": b"" for n in range(800)}
    with pytest.raises(InvalidInput, match="more than 50,000 folders; divide it"):
        platform.import_source(packed(tmp_path, deep))
    long = {f"{'long/' * 8}{'a' * 1300}/b": b""}
    with pytest.raises(
        InvalidInput, match=r"'long/long.* and so on has more than 1,300 characters"
    ):
        platform.import_source(packed(tmp_path, long))
