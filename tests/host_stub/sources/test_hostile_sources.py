"""Sources that lie: nothing outside is read, nothing grows without bound, each fault is named."""

import gzip
import io
import json
import os
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_contract.errors import InvalidInput
from host_stub.platform import LocalPlatform
from host_stub.sources.archive import open_zip
from host_stub.sources.kinds import open_source
from host_stub.sources.location import Location, open_location
from host_stub.sources.source import Report
from tests.host_stub.sources import examples
from tests.host_stub.sources.examples import picture, put

SECRET = b"nobody may read this"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder for a source, beside a file that is none of its business."""
    (tmp_path / "secret.png").write_bytes(SECRET)
    (folder := tmp_path / "in").mkdir()
    return folder


def outside(place: Path) -> list[str]:
    """Ways to name the file beside the source."""
    secret = place.parent / "secret.png"
    return ["../secret.png", str(secret), f"file://{secret}", f"a/../../{secret.name}", "..", ""]


def refused(platform: LocalPlatform, source: Path) -> str:
    with pytest.raises(InvalidInput) as error:
        platform.import_source(source)
    assert "\n" not in str(error.value)
    return str(error.value)


def contents(platform: LocalPlatform, dataset_id: str) -> set[bytes]:
    found = set()
    for item in platform.datasets.items(dataset_id).items:
        with item.open() as content:
            found.add(content.read())
    return found


def told(platform: LocalPlatform) -> str:
    return "\n".join(one.text for one in platform.notifications.list(1000))


def test_json_names_only_files_of_its_own_folder(platform: LocalPlatform, place: Path) -> None:
    examples.picture_file(place, "good.png", 1)
    names = ["good.png", *outside(place), "a/" * 500 + "x.png", "nul\0.png", "good.png"]
    images: list[Any] = [{"id": n, "file_name": name} for n, name in enumerate(names)]
    (place / ".hidden").mkdir()
    (place / ".hidden" / "key.png").write_bytes(SECRET)
    images += [{"file_name": ".hidden/key.png"}, {"file_name": ".hidden"}]
    images += [{"id": [1], "file_name": 5}, {"id": {}}]
    (place / "coco.json").write_text(json.dumps({"images": images, "categories": []}))
    tasks = [{"id": n, "data": {"image": name}} for n, name in enumerate(names)]
    tasks += [{"data": {"image": f"/data/local-files/?d={name}"}} for name in outside(place)]
    tasks += [{"data": {"image": "http://127.0.0.1:1/x.png"}}, {"data": {"image": "s3://b/c.png"}}]
    (place / "tasks.json").write_text(json.dumps(tasks))
    for source in ("coco.json", "tasks.json"):
        dataset = platform.import_source(place / source)
        assert contents(platform, dataset.id) == {picture(1)}
    assert "more than once" in told(platform)
    assert "coco.json, image 2 (../secret.png)" in told(platform)


def test_tar_gives_what_it_holds_and_no_more(platform: LocalPlatform, place: Path) -> None:
    with tarfile.open(place / "in.tar", "w") as tar:
        for name in ("../up.png", "/abs.png", "a/../../b.png", "fine.png", "noending", ".png"):
            put(tar, name, picture(2))
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE):
            link = tarfile.TarInfo(f"link-{kind.decode()}.png")
            link.type, link.linkname = kind, str(place.parent / "secret.png")
            tar.addfile(link)
        put(tar, "fine.json", b'{"a": NaN}')
        put(tar, "fine2.png", picture(3))
        put(tar, "fine2.cls", b"\xff\xfe")
        put(tar, "fine2.json", b"[" * 100_000)
    dataset = platform.import_source(place / "in.tar")
    items = platform.datasets.items(dataset.id).items
    assert {item.folder + item.name for item in items} == {"/abs.png", "/fine.png", "/fine2.png"}
    assert contents(platform, dataset.id) == {picture(2), picture(3)}
    assert "'../up.png': '..' cannot be a folder" in told(platform)
    assert "in.tar, fine.json" in told(platform)


def test_row_s_path_is_a_name_only(platform: LocalPlatform, place: Path) -> None:
    table = examples.table(6)
    paths = [*outside(place)[:4], "\0.png", "x" * 300 + ".png"]
    rows = [{"bytes": picture(n), "path": path} for n, path in enumerate(paths)]
    image = pa.array(rows, type=table.schema.field("image").type)
    changed = table.set_column(0, table.schema.field("image"), image)
    pq.write_table(changed, place / "in.parquet")
    dataset = platform.import_source(place / "in.parquet")
    items = platform.datasets.items(dataset.id).items
    assert {item.folder for item in items} == {"/"}
    names = [item.name for item in items]
    assert names[:4] == ["secret.png", "secret-1.png", "secret-2.png", "secret-3.png"]
    assert names[4:] == ["000004.png", "000005.png"]
    assert SECRET not in contents(platform, dataset.id)


def test_saved_folder_names_only_its_own_files(platform: LocalPlatform, place: Path) -> None:
    saved = examples.saved(place)
    for name in outside(place):
        state = json.dumps({"_data_files": [{"filename": name}]})
        (saved / "train" / "state.json").write_text(state)
        assert "train/state.json, file 1" in refused(platform, saved)


@pytest.mark.parametrize("name", ["../up.png", "/abs.png", "a/../../b.png", "a//b.png", "x/" * 70])
def test_zip_with_a_path_out_of_it_is_refused(
    platform: LocalPlatform, place: Path, name: str
) -> None:
    with zipfile.ZipFile(place / "in.zip", "w") as archive:
        archive.writestr("fine.png", picture(1))
        archive.writestr(name, picture(2))
    assert "is no path in a folder" in refused(platform, place / "in.zip")


def test_zip_bombs_are_refused_before_they_are_unpacked(place: Path) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.png", bytes(1 << 20))
    bomb = bytearray(content.getvalue())
    at = bomb.rfind(b"PK\x01\x02")
    bomb[at + 24 : at + 28] = struct.pack("<I", 0xFFFF0000)  # claims four gigabytes
    with pytest.raises(InvalidInput, match="would unpack to"):
        open_zip(io.BytesIO(bomb), "bomb.zip")
    bomb[-10:-6] = struct.pack("<I", 0x7FFFFFFF)  # claims a list of two
    with pytest.raises(InvalidInput, match="too many files"):
        open_zip(io.BytesIO(bomb), "bomb.zip")


def test_claimed_sizes_do_not_fill_the_memory(platform: LocalPlatform, place: Path) -> None:
    with tarfile.open(place / "long.tar", "w") as tar:
        put(tar, "fine.png", picture(1))
        header = tarfile.TarInfo("././@LongLink")
        header.type, header.size = tarfile.GNUTYPE_LONGNAME, 1 << 33
        tar.fileobj.write(header.tobuf(tarfile.GNU_FORMAT))  # type: ignore[union-attr]
    assert "a header of 8,589," in refused(platform, place / "long.tar")
    (place / "zeros.tar.gz").write_bytes(gzip.compress(bytes(1 << 24)))
    assert "holds nothing" in refused(platform, place / "zeros.tar.gz")


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("coco.json", '{"images": 5}', "coco.json: there is no list 'images'"),
        ("coco.json", '{"images": [5]}', "coco.json, images row 1"),
        ("coco.json", '{"images": [], "annotations": [{}, 1]}', "annotations row 2"),
        ("coco.json", '{"images": []}', "names no images"),
        ("coco.json", '{"images": [{"file_name": "a.png"}]}', "such as 'a.png'; looked in './'"),
        ("coco.json", '{"images": [NaN]}', "NaN is no JSON value"),
        ("coco.json", "[" * 100_000, "nested too deeply"),
        ("coco.json", '{"images": [' + "9" * 5000 + "]}", "not JSON"),
        ("tasks.json", '[{"data": {}}, {"data": 5}]', "task 2"),
        ("tasks.json", '[{"data": {"image": "/a.png"}}]', "such as '/a.png'"),
        ("a.parquet", "PAR1 and no more", "a.parquet: no whole Parquet file"),
        ("a.tar", "x" * 5000, "a.tar, byte 0: no whole tar"),
        ("a.tar.gz", "\x1f\x8b and no more", "no whole tar"),
        ("a.zip", "PK and no more", "no whole zip"),
    ],
)
def test_what_is_wrong_is_named_by_file_and_row(
    platform: LocalPlatform, place: Path, name: str, content: str, expected: str
) -> None:
    (place / name).write_bytes(content.encode("latin-1"))
    message = refused(platform, place / name)
    assert expected in message
    assert len(message) < 600
    assert platform.datasets.list() == []


def test_parquet_without_pictures_lists_its_columns(platform: LocalPlatform, place: Path) -> None:
    pq.write_table(pa.table({"text": ["a"], "n": [1]}), place / "a.parquet")
    assert "its columns: 'text', 'n'" in refused(platform, place / "a.parquet")


def test_rows_that_are_wrong_are_named_and_the_others_arrive(
    platform: LocalPlatform, place: Path
) -> None:
    table = examples.table(6)
    labels = pa.array([0, 99, -1, None, 1, 2])
    rows = [{"bytes": picture(n), "path": f"{n}.png"} for n in range(5)] + [None]
    image = pa.array(rows, type=table.schema.field("image").type)
    changed = table.set_column(0, table.schema.field("image"), image)
    changed = changed.set_column(1, table.schema.field("label"), labels)
    pq.write_table(changed, place / "in.parquet")
    items = platform.datasets.items(platform.import_source(place / "in.parquet").id).items
    assert [item.labels for item in items] == [("cat",), (), (), (), ("dog",)]
    assert "'in.parquet, row 1': a class of 'label' that its schema does not name" in told(platform)
    assert "'in.parquet, row 5': there is no picture in this row" in told(platform)


def test_what_came_before_a_damage_stays_and_importing_again_goes_on(
    platform: LocalPlatform, place: Path
) -> None:
    whole = examples.webdataset(place).read_bytes()
    (place / "shard.tar").write_bytes(whole[: len(whole) // 2 + 700])
    assert "shard.tar, byte" in refused(platform, place / "shard.tar")
    (dataset,) = platform.datasets.list()
    assert 0 < platform.datasets.count_items(dataset.id) < examples.COUNT
    (place / "shard.tar").write_bytes(whole)
    platform.import_source(place / "shard.tar")
    assert platform.datasets.count_items(dataset.id) == examples.COUNT
    (place / "shard.tar").write_bytes(whole[: 4 * 1024])
    platform.import_source(place / "shard.tar")
    assert "may be cut short" in told(platform)


def test_a_source_that_cannot_be_read_any_more_is_given_up(
    platform: LocalPlatform, place: Path
) -> None:
    with zipfile.ZipFile(place / "in.zip", "w") as archive:
        for number in range(30):
            archive.writestr(f"{number:02}.png", picture(5))
    broken = (place / "in.zip").read_bytes().replace(picture(5), bytes(len(picture(5))))
    (place / "in.zip").write_bytes(broken)
    message = refused(platform, place / "in.zip")
    assert "20 items in a row cannot be read, the last is '19.png': Bad CRC-32" in message


def test_an_item_that_cannot_be_read_is_named_and_the_others_arrive(
    platform: LocalPlatform, place: Path
) -> None:
    with zipfile.ZipFile(place / "in.zip", "w") as archive:
        for number in range(3):
            archive.writestr(f"{number}.png", picture(number))
    broken = (place / "in.zip").read_bytes().replace(picture(1), bytes(len(picture(1))))
    (place / "in.zip").write_bytes(broken)
    dataset = platform.import_source(place / "in.zip")
    assert contents(platform, dataset.id) == {picture(0), picture(2)}
    assert "'1.png': cannot be read: Bad CRC-32" in told(platform)


def encrypted(packed: bytes) -> bytes:
    """What says of the last file of a zip that it needs a password."""
    changed = bytearray(packed)
    for header, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        changed[packed.rfind(header) + flags] |= 1
    return bytes(changed)


def damaged(packed: bytes) -> bytes:
    """Other bytes in the last file of a zip."""
    end = int.from_bytes(packed[-6:-2], "little")  # where the list of files begins
    return packed[: end - 4] + b"\0\0\0\0" + packed[end:]


@pytest.mark.parametrize("spoilt", [encrypted, damaged])
@pytest.mark.parametrize(
    ("example", "name"),
    [
        ("folder", "metadata.csv"),
        ("coco", "instances_val2017.json"),
        ("label studio", "project.json"),
        ("parquet", "data.parquet"),
        ("saved", "dataset_dict.json"),
    ],
)
def test_files_of_a_zip_that_cannot_be_read_are_named(
    platform: LocalPlatform, place: Path, example: str, name: str, spoilt: Callable[[bytes], bytes]
) -> None:
    examples.EXAMPLES[example](place)
    files = [path for path in place.rglob("*") if path.is_file()]
    with zipfile.ZipFile(place / "in.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(files, key=lambda path: path.name == name):
            archive.write(path, path.relative_to(place))
    (place / "in.zip").write_bytes(spoilt((place / "in.zip").read_bytes()))
    assert f"{name}: cannot be read: " in refused(platform, place / "in.zip")
    assert platform.datasets.list() == []


@given(st.lists(st.sampled_from(["..", ".", "", "a", "in", "secret.png", "x.png"]), max_size=6))
def test_no_path_leads_out_of_a_location(parts: list[str]) -> None:
    """Whatever is found lies in the location."""
    from fsspec.implementations.memory import MemoryFileSystem

    fs = MemoryFileSystem(skip_instance_cache=True)
    for name in ("/in/x.png", "/in/a/x.png", "/secret.png"):
        fs.pipe_file(name, name.encode())
    found = Location(fs, "/in", "memory://in").find("/".join(parts))
    if found is not None:
        assert parts in (["x.png"], ["a", "x.png"])
        with found.open() as content:
            assert content.read() == f"/in/{found.path}".encode()


def test_names_that_are_not_utf_8_are_passed_over_and_the_others_arrive(
    platform: LocalPlatform, place: Path
) -> None:
    source = place / os.fsdecode(b"J\xfcrgen")
    for name in (b"fine.png", b"caf\xe9.png", b"\xe9t\xe9/a.png", b"caf\xe9 2.png"):
        examples.picture_file(source, os.fsdecode(name), 1)
    dataset = platform.import_source(source)
    assert dataset.name == "J?rgen"
    assert [item.name for item in platform.datasets.items(dataset.id).items] == ["fine.png"]
    assert r"'caf\udce9 2.png' and 2 more: its name or its folder's is not UTF-8" in told(platform)


def test_names_in_a_tar_and_labels_that_are_not_utf_8_are_passed_over(
    platform: LocalPlatform, place: Path
) -> None:
    with tarfile.open(place / "in.tar", "w") as tar:
        put(tar, "fine.png", picture(1))
        put(tar, "caf\udce9.png", picture(2))
    dataset = platform.import_source(place / "in.tar")
    assert contents(platform, dataset.id) == {picture(1)}
    assert r"'caf\udce9.png': its name or its folder's is not UTF-8" in told(platform)
    source = examples.coco(place)
    source.write_text(source.read_text().replace('"cat"', r'"\ud800"'))
    dataset = platform.import_source(source)
    labels = {item.labels for item in platform.datasets.items(dataset.id).items}
    assert labels == {("dog",), ("bird",)}
    assert r"and 3 more: The labels of an item: half a character" in told(platform)


def test_links_are_followed_only_inside(place: Path) -> None:
    examples.picture_file(place, "a/x.png", 1)
    (place / "link.png").symlink_to(place.parent / "secret.png")
    (place / "up").symlink_to(place.parent)
    (place / "self").symlink_to(place)
    (place / "good.png").symlink_to(place / "a" / "x.png")
    location, _ = open_location(str(place))
    assert sorted(file.path for file in location.files()) == ["a/x.png", "good.png"]
    for path in ("link.png", "up/secret.png", "self/a/x.png"):
        assert location.find(path) is None


@pytest.mark.parametrize("make", [examples.parquet, examples.webdataset, examples.saved])
def test_pictures_are_read_batch_by_batch(place: Path, make: Callable[[Path], Path]) -> None:
    """Of 96 pictures of a megabyte, far from all lie in memory at any time."""
    source = _large(place, make)
    pool = pa.default_memory_pool()
    before, most = pool.bytes_allocated(), 0
    items = open_source(str(source)).items(Report())
    for count, item in enumerate(items, 1):  # noqa: B007 - counted
        with item.open() as content:
            assert len(content.read()) >= 1 << 20
        most = max(most, pool.bytes_allocated() - before)
    assert count == 96
    assert most < 70 << 20


def _large(place: Path, make: Callable[[Path], Path]) -> Path:
    import random

    content = [random.Random(number).randbytes(1 << 20) for number in range(96)]
    if make is examples.webdataset:
        with tarfile.open(place / "in.tar", "w") as tar:
            for number, one in enumerate(content):
                put(tar, f"{number:03}.png", one)
        return place / "in.tar"
    rows = [{"bytes": one, "path": f"{number:03}.png"} for number, one in enumerate(content)]
    schema = examples.table(1).schema
    table = pa.table([rows, [0] * 96, [0] * 96], schema=schema)
    if make is examples.parquet:
        pq.write_table(table, place / "in.parquet", row_group_size=96, write_batch_size=4)
        return place / "in.parquet"
    saved = examples.saved(place)
    (file,) = (saved / "train").glob("*.arrow")
    with pa.ipc.new_stream(file, schema) as stream:
        stream.write_table(table, max_chunksize=16)
    return saved
