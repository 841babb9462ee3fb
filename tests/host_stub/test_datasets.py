"""Datasets and items: what goes in comes out, bytes are kept once, and nothing is left behind."""

import io
import threading
from pathlib import Path

import pytest
from PIL import Image

from host_contract.entities import Dataset
from host_contract.errors import InvalidInput, ItemUnreadable, NotFound
from host_stub.database import new_id
from host_stub.item_query import ORDERS
from host_stub.item_reading import AT_PLACE
from host_stub.items import ID_AT
from host_stub.platform import LocalPlatform
from tests.host_stub.conftest import png


def files(platform: LocalPlatform) -> list[Path]:
    return [path for path in (platform.data_dir / "files").rglob("*") if path.is_file()]


def test_ids_sort_in_the_order_of_creation_and_never_repeat() -> None:
    ids: list[str] = []

    def make() -> None:
        mine = [new_id() for _ in range(2000)]
        assert mine == sorted(mine)
        ids.extend(mine)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(ids)) == 8000
    assert all(len(one) == 24 and int(one, 16) for one in ids)


def test_item_comes_out_as_it_went_in(platform: LocalPlatform, dataset: Dataset) -> None:
    content = png(size=(300, 200)).getvalue()
    added = platform.datasets.add(
        dataset.id,
        "sign ä.png",
        io.BytesIO(content),
        folder="a/b",
        labels=["stop", "red"],
        metadata={"score": 1.5, "tags": ["x"]},
    )
    item = platform.datasets.item(added.id)
    assert item.model_dump() == added.model_dump()
    assert (item.name, item.folder, item.mimetype) == ("sign ä.png", "/a/b/", "image/png")
    assert (item.size, item.labels) == (len(content), ("stop", "red"))
    assert item.user_metadata == {"score": 1.5, "tags": ["x"]}
    assert item.system_metadata == {"width": 300, "height": 200}
    with item.open() as opened:
        assert opened.read() == content


def test_thumbnail_is_small_and_keeps_transparency(
    platform: LocalPlatform, dataset: Dataset
) -> None:
    content = io.BytesIO()
    Image.new("RGBA", (800, 400), (255, 0, 0, 0)).save(content, "PNG")
    content.seek(0)
    item = platform.datasets.add(dataset.id, "a.png", content)
    picture = Image.open(io.BytesIO(platform.datasets.thumbnail(item.id)))
    assert (picture.format, picture.size, picture.mode) == ("WEBP", (160, 80), "RGBA")
    assert picture.getextrema()[3] == (0, 0)


@pytest.mark.parametrize(
    "content", [b"", b"\x89PNG\r\n\x1a\nbroken", png().getvalue()[:40], b"GIF89a", b"<svg/>"]
)
def test_broken_picture_is_an_item_without_thumbnail(
    platform: LocalPlatform, dataset: Dataset, content: bytes
) -> None:
    item = platform.datasets.add(dataset.id, "a.png", io.BytesIO(content))
    assert item.thumbnail_url is None
    with pytest.raises(ItemUnreadable, match=r"a\.png"):
        platform.datasets.thumbnail(item.id)
    with item.open() as opened:
        assert opened.read() == content


def test_picture_of_too_many_pixels_is_not_decoded(
    platform: LocalPlatform, dataset: Dataset
) -> None:
    huge = bytearray(png(size=(1, 1)).getvalue())
    huge[16:24] = (60_000).to_bytes(4) + (60_000).to_bytes(4)
    import zlib

    huge[29:33] = zlib.crc32(huge[12:29]).to_bytes(4)
    item = platform.datasets.add(dataset.id, "bomb.png", io.BytesIO(bytes(huge)))
    assert item.thumbnail_url is None


def test_orders_hold_across_pages(platform: LocalPlatform, dataset: Dataset) -> None:
    for name, size in (("b", 2), ("C", 1), ("a", 3), ("d", 2)):
        platform.datasets.add(dataset.id, name, io.BytesIO(b"x" * size), folder=f"/{size}")

    def names(order: str) -> str:
        page = platform.datasets.page
        halves = [page(dataset.id, offset=at, limit=2, order=order).items for at in (0, 2)]
        return "".join(item.name for half in halves for item in half)

    assert {order: names(order) for order in ORDERS} == {
        "Oldest first": "bCad",
        "Newest first": "daCb",
        "Name": "abCd",
        "Folder": "Cbda",
        "Largest first": "adbC",
        "Smallest first": "Cbda",
    }


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/etc/passwd", "a\0b"])
def test_name_that_is_no_file_name_is_refused(
    platform: LocalPlatform, dataset: Dataset, name: str
) -> None:
    with pytest.raises(InvalidInput):
        platform.datasets.add(dataset.id, name, png())
    assert platform.datasets.count_items(dataset.id) == 0
    assert files(platform) == []


def test_folder_cannot_lead_out(platform: LocalPlatform, dataset: Dataset) -> None:
    with pytest.raises(InvalidInput, match="folder"):
        platform.datasets.add(dataset.id, "a.png", png(), folder="/../../etc")


def test_same_bytes_are_kept_once_until_the_last_item_goes(
    platform: LocalPlatform, dataset: Dataset
) -> None:
    first = platform.datasets.add(dataset.id, "a.png", png())
    kept = len(files(platform))
    second = platform.datasets.add(dataset.id, "b.png", png())
    other = platform.datasets.create("other")
    assert len(platform.datasets.clone_items([first.id], other.id)) == 1
    assert len(files(platform)) == kept == 2
    assert first.content_version == second.content_version

    platform.datasets.delete_items([first.id, second.id])
    (clone,) = platform.datasets.items(other.id).items
    with clone.open() as opened:
        assert opened.read() == png().getvalue()
    assert platform.datasets.thumbnail(clone.id)
    platform.datasets.delete(other.id)
    assert files(platform) == []


def test_clone_keeps_what_is_known(platform: LocalPlatform, dataset: Dataset) -> None:
    item = platform.datasets.add(dataset.id, "a.png", png(), labels=["stop"], metadata={"n": 1})
    other = platform.datasets.create("other")
    platform.datasets.clone_items([item.id], other.id)
    (clone,) = platform.datasets.items(other.id).items
    assert clone.id != item.id
    assert (clone.labels, clone.user_metadata) == (("stop",), {"n": 1})
    platform.datasets.update_metadata([clone.id], {"n": 2})
    assert platform.datasets.item(item.id).user_metadata == {"n": 1}


def test_metadata_is_merged_and_null_removes(platform: LocalPlatform, dataset: Dataset) -> None:
    item = platform.datasets.add(dataset.id, "a.png", png(), metadata={"keep": 1, "drop": 2})
    assert platform.datasets.update_metadata([item.id, "gone"], {"drop": None, "new": [1]}) == 1
    assert platform.datasets.item(item.id).user_metadata == {"keep": 1, "new": [1]}
    assert platform.datasets.fields(dataset.id) == ["keep", "new"]


def test_content_version_changes_with_the_bytes_only(
    platform: LocalPlatform, dataset: Dataset
) -> None:
    item = platform.datasets.add(dataset.id, "a.png", png())
    platform.datasets.update_metadata([item.id], {"n": 1})
    assert platform.datasets.item(item.id).content_version == item.content_version
    platform.datasets.replace_content(item.id, png())
    assert platform.datasets.item(item.id).content_version == item.content_version
    assert platform.datasets.thumbnail(item.id)
    platform.datasets.replace_content(item.id, png("blue"))
    assert platform.datasets.item(item.id).content_version != item.content_version
    assert len(files(platform)) == 2


def test_pages_together_are_all_items_in_order(platform: LocalPlatform, dataset: Dataset) -> None:
    added = [
        platform.datasets.add(dataset.id, f"{number}.txt", io.BytesIO(b"")).id
        for number in range(25)
    ]
    seen: list[str] = []
    after = None
    while True:
        page = platform.datasets.items(dataset.id, after=after, limit=7)
        assert page.total == 25
        seen += [item.id for item in page.items]
        if (after := page.next_after) is None:
            break
    assert seen == added == platform.datasets.item_ids(dataset.id)
    numbered = platform.datasets.page(dataset.id, None, offset=20, limit=10)
    assert [item.id for item in numbered.items] == added[20:]
    exact = platform.datasets.items(dataset.id, limit=25)
    assert exact.next_after is None


def test_many_ids_in_one_call(platform: LocalPlatform, dataset: Dataset) -> None:
    item = platform.datasets.add(dataset.id, "a.png", png())
    ids = [f"{number:024x}" for number in range(40_000)] + [item.id]
    assert platform.datasets.item_ids(dataset.id, {"id": {"$in": ids}}) == [item.id]
    assert platform.datasets.update_metadata(ids, {"n": 1}) == 1
    assert platform.datasets.delete_items(ids) == 1


def test_ids_given_twice_count_once(platform: LocalPlatform, dataset: Dataset) -> None:
    item = platform.datasets.add(dataset.id, "a.png", png())
    other = platform.datasets.create("other")
    assert platform.datasets.update_metadata([item.id, item.id], {"n": 1}) == 1
    assert len(platform.datasets.clone_items([item.id, item.id], other.id)) == 1
    assert platform.datasets.delete_items([item.id, item.id]) == 1


def test_what_is_not_there_is_not_found(platform: LocalPlatform) -> None:
    datasets = platform.datasets
    for call in (datasets.get, datasets.summary, datasets.items, datasets.delete, datasets.fields):
        with pytest.raises(NotFound, match="nowhere"):
            call("nowhere")
    with pytest.raises(NotFound, match="nowhere"):
        datasets.item("nowhere")
    with pytest.raises(NotFound, match="nowhere"):
        datasets.create("name", "nowhere")
    with pytest.raises(NotFound, match="nowhere"):
        datasets.add("nowhere", "a.png", png())
    assert files(platform) == []


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "\0"])
def test_dataset_needs_a_visible_name(platform: LocalPlatform, name: str) -> None:
    with pytest.raises(InvalidInput):
        platform.datasets.create(name)


def test_summary(platform: LocalPlatform, dataset: Dataset) -> None:
    assert platform.datasets.summary(dataset.id).items == 0
    platform.datasets.add(dataset.id, "a.txt", io.BytesIO(b"123"))
    item = platform.datasets.add(dataset.id, "a.png", png())
    summary = platform.datasets.summary(dataset.id)
    assert (summary.items, summary.bytes) == (2, 3 + item.size)
    assert summary.thumbnails == (item.thumbnail_url,)


def test_missing_bytes_name_the_item(platform: LocalPlatform, dataset: Dataset) -> None:
    item = platform.datasets.add(dataset.id, "a.txt", io.BytesIO(b"123"))
    for path in files(platform):
        path.unlink()
    with pytest.raises(ItemUnreadable, match=rf"a\.txt.*{item.id}"):
        platform.datasets.item(item.id).open()


def test_what_another_process_writes_is_counted(platform: LocalPlatform, dataset: Dataset) -> None:
    for count in range(3):
        assert platform.datasets.count_items(dataset.id) == count
        assert platform.datasets.count_items(dataset.id) == count
        with LocalPlatform(platform.data_dir) as other:
            other.datasets.add(dataset.id, "a.png", png())
    platform.datasets.delete_items(platform.datasets.item_ids(dataset.id)[:1])
    assert platform.datasets.count_items(dataset.id) == 2


def test_two_platforms_on_one_directory_write_at_the_same_time(
    platform: LocalPlatform, dataset: Dataset
) -> None:
    """As the server and its worker do."""
    item = platform.datasets.add(dataset.id, "a.txt", io.BytesIO(b""))
    failures: list[Exception] = []

    def write(own: LocalPlatform, name: str) -> None:
        try:
            for number in range(40):
                own.datasets.add(dataset.id, f"{name}{number}.txt", io.BytesIO(b"x"))
                own.datasets.update_metadata([item.id], {f"{name}{number}": number})
        except Exception as error:  # noqa: BLE001 - handed to the assertion below
            failures.append(error)

    with LocalPlatform(platform.data_dir) as second:
        threads = [
            threading.Thread(target=write, args=(own, f"{name}{number}-"))
            for number in range(2)
            for name, own in (("a", platform), ("b", second))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []
    assert platform.datasets.count_items(dataset.id) == 161
    assert len(platform.datasets.item(item.id).user_metadata) == 160, "no change may be lost"
    folder = platform.data_dir / "files"
    assert not [p for p in folder.iterdir() if p.is_file()], "no temporary file stays"


def test_a_place_is_found_without_a_look_at_every_item(
    platform: LocalPlatform, dataset: Dataset
) -> None:
    """In a dataset of 100,000 items that took 26 ms, and takes 0.1: what its steps say."""
    named = str(AT_PLACE.compile(dialect=platform.database.engine.dialect))
    for statement in (named, ID_AT):
        with platform.database.engine.connect() as connection:
            values = ("x",) * (statement.count("?") + statement.count(":"))
            steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
        assert all("items_by_folder" in step[-1] and "<expr>=?" in step[-1] for step in steps)
    item = platform.datasets.add(dataset.id, "É.png", png(), folder="/a/")
    found = platform.datasets.at(dataset.id, "/a/", "É.png")
    assert found is not None and found.id == item.id
    for folder, name in (("/a/", "é.png"), ("/", "É.png"), ("/a/", "É.PNG")):
        assert platform.datasets.at(dataset.id, folder, name) is None
