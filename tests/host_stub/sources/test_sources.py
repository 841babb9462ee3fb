"""Every kind of source: what arrives, what importing again does, and what its address may be."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host_contract.entities import Item
from host_contract.errors import InvalidInput
from host_stub.platform import LocalPlatform
from tests.host_stub.sources import examples
from tests.host_stub.sources.examples import COUNT, EXAMPLES, LABELS, NAMES, picture

DATA = Path(__file__).parents[2] / "data" / "sources"


def items_of(platform: LocalPlatform, dataset_id: str) -> list[Item]:
    return list(platform.datasets.items(dataset_id).items)


def known(items: list[Item]) -> list[dict[str, Any]]:
    """All that is kept of items."""
    return [item.model_dump() for item in items]


def number_of(item: Item) -> int:
    """Which of the example pictures an item is, by its bytes."""
    with item.open() as content:
        found = content.read()
    return next(number for number in range(1000) if picture(number) == found)


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def told(platform: LocalPlatform) -> list[str]:
    return [one.text for one in platform.notifications.list(1000) if one.title.startswith("Import")]


def aged(folder: Path) -> None:
    """Make files old enough for their times to be believed."""
    for path in folder.rglob("*"):
        if path.is_file():
            os.utime(path, (1_700_000_000, 1_700_000_000))


@pytest.mark.parametrize("kind", EXAMPLES)
def test_source_arrives_whole_and_again_changes_nothing(
    platform: LocalPlatform, tmp_path: Path, kind: str
) -> None:
    source = EXAMPLES[kind](made(tmp_path / "in"))
    aged(tmp_path / "in")
    fractions: list[float] = []
    dataset = platform.import_source(source, progress=lambda f, m: fractions.append(f))
    items = items_of(platform, dataset.id)
    assert sorted(number_of(item) for item in items) == list(range(COUNT))
    for item in items:
        number = number_of(item)
        assert item.labels == (LABELS[number],)
        assert item.mimetype == "image/png"
        assert item.system_metadata["width"] == 12
        assert item.user_metadata.get("number", number) == number
    assert (fractions[-1], fractions) == (1.0, sorted(fractions))
    assert told(platform) == []
    assert platform.import_source(source).id == dataset.id
    assert known(items_of(platform, dataset.id)) == known(items)
    assert told(platform) == []


def test_shards_say_their_split_and_names_are_those_of_the_pictures(
    platform: LocalPlatform, tmp_path: Path
) -> None:
    items = items_of(platform, platform.import_source(examples.shards(tmp_path)).id)
    places = {f"{item.folder}{item.name}": item.user_metadata["split"] for item in items}
    assert places["/data/train-00000-of-00002/00000.png"] == "train"
    assert places["/data/test/00011.png"] == "test"


def test_what_datasets_and_webdataset_wrote_is_read(platform: LocalPlatform) -> None:
    """Six of the pictures, by `datasets` 5.2.0 and `webdataset` 1.0.2: tests/data/sources."""
    sources = ("written-by-datasets.parquet", "saved-by-datasets", "written-by-webdataset.tar.gz")
    found = {}
    for source in sources:
        items = items_of(platform, platform.import_source(DATA / source).id)
        assert sorted(map(number_of, items)) == list(range(6))
        found[source] = next(item for item in items if number_of(item) == 1)
    table, saved, tar = found.values()
    row = {"caption": "number 1", "label": "dog", "number": 1, "tags": ["dog", "bird"]}
    assert (table.name, table.labels, table.user_metadata) == ("00001.png", ("dog", "bird"), row)
    assert (saved.folder, saved.labels) == ("/train/data-00000-of-00001/", table.labels)
    assert saved.user_metadata == {**row, "split": "train"}
    assert (tar.name, tar.labels) == ("00001.png", ("1",))
    assert tar.user_metadata == {"text": "number 1", "number": 1}
    assert told(platform) == []


def test_rows_with_paths_alone_are_told_what_is_missing(
    platform: LocalPlatform, tmp_path: Path
) -> None:
    rows = [{"bytes": None, "path": str(tmp_path / "a.png")}]
    whole = examples.table(1)
    image = pa.array(rows, type=whole.schema.field("image").type)
    field = whole.schema.field("image")
    pq.write_table(whole.set_column(0, field, image), tmp_path / "in.parquet")
    examples.picture_file(tmp_path, "a.png", 1)
    dataset = platform.import_source(tmp_path / "in.parquet")
    assert items_of(platform, dataset.id) == []
    assert "a path without bytes" in told(platform)[0]


def test_coco_gives_what_a_curator_asks_for(platform: LocalPlatform, tmp_path: Path) -> None:
    (item, *_) = items_of(platform, platform.import_source(examples.coco(tmp_path)).id)
    assert item.user_metadata == {
        "coco_id": 0,
        "license": "CC0",
        "supercategories": ["animal"],
        "objects": 1,
        "crowds": 0,
        "largest_box": 0.25,
        "smallest_box": 0.25,
    }


@pytest.mark.parametrize("floats", [("id", "image_id", "category_id", "license"), ("image_id",)])
def test_coco_s_ids_may_be_floats(
    platform: LocalPlatform, tmp_path: Path, floats: tuple[str, ...]
) -> None:
    """As pandas writes a column that had a gap."""
    source = examples.coco(tmp_path)

    def as_pandas(row: dict[str, Any]) -> dict[str, Any]:
        return {key: float(value) if key in floats else value for key, value in row.items()}

    source.write_text(json.dumps(json.loads(source.read_text(), object_hook=as_pandas)))
    items = items_of(platform, platform.import_source(source).id)
    assert [item.labels for item in items] == [(label,) for label in LABELS]
    assert {item.user_metadata["license"] for item in items} == {"CC0"}


def test_coco_s_rows_without_ids_belong_to_nothing(platform: LocalPlatform, tmp_path: Path) -> None:
    source = examples.coco(tmp_path)
    found = json.loads(source.read_text())
    for row in [found["images"][0], found["annotations"][1], found["categories"][2]]:
        row |= dict.fromkeys(row.keys() & {"id", "image_id"})
    found["annotations"][3]["category_id"] = 1.5
    source.write_text(json.dumps(found))
    items = items_of(platform, platform.import_source(source).id)
    expected: list[tuple[str, ...]] = [(label,) if label != "bird" else () for label in LABELS]
    expected[0] = expected[1] = expected[3] = ()
    assert [item.labels for item in items] == expected


def test_label_studio_gives_choices_regions_and_times(
    platform: LocalPlatform, tmp_path: Path
) -> None:
    (item, *_) = items_of(platform, platform.import_source(examples.label_studio(tmp_path)).id)
    expected = {"number": 0, "task_id": 0, "regions": 1, "annotations": 1}
    assert item.user_metadata == {**expected, "annotated": "2026-01-02T03:04:05Z"}


def test_a_folder_with_splits_has_them_as_metadata(platform: LocalPlatform, tmp_path: Path) -> None:
    """As Hugging Face's image folders: a table in each split, named from there."""
    for split in ("train", "test"):
        examples.class_folders(tmp_path / "in" / split, 3)
    (tmp_path / "in" / "README.md").write_text("about")
    items = items_of(platform, platform.import_source(tmp_path / "in").id)
    found = {item.folder + item.name: item for item in items}
    item = found["/test/dog/00001.png"]
    assert (item.labels, item.user_metadata) == (("dog",), {"number": 1, "split": "test"})
    assert (len(found), found["/README.md"].labels) == (7, ())
    assert told(platform) == []


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("make", [examples.coco, examples.label_studio])
def test_an_export_is_recognised_in_its_folder_or_zip(
    platform: LocalPlatform, tmp_path: Path, make: Callable[[Path], Path], packed: bool
) -> None:
    make(folder := made(tmp_path / "export"))
    source = Path(shutil.make_archive(str(folder), "zip", folder)) if packed else folder
    items = items_of(platform, platform.import_source(source).id)
    assert sorted(map(number_of, items)) == list(range(COUNT))
    assert all(item.labels == (LABELS[number_of(item)],) for item in items)


@pytest.mark.parametrize("text", ['{"a": 1}', '{"images": ["no"]}', '[{"data": {}}]', "{"])
def test_another_json_is_a_file_among_the_pictures(
    platform: LocalPlatform, tmp_path: Path, text: str
) -> None:
    for number in range(3):
        examples.picture_file(tmp_path / "in", f"cat/{number}.png", number)
    (tmp_path / "in" / "some.json").write_text(text)
    items = items_of(platform, platform.import_source(tmp_path / "in").id)
    assert {item.name for item in items} == {"0.png", "1.png", "2.png", "some.json"}


@pytest.mark.parametrize("place", ["..\\files\\", "../files/", "/srv/files/", "./"])
def test_coco_s_paths_from_another_machine_are_found_by_their_ends(
    platform: LocalPlatform, tmp_path: Path, place: str
) -> None:
    """As Label Studio writes them when it exports COCO without the pictures."""
    found = json.loads(examples.coco(made(tmp_path / "in")).read_text())
    for image in found["images"]:
        image["file_name"] = f"{place}val2017/{image['file_name']}"
    (source := tmp_path / "in" / "result.json").write_text(json.dumps(found))
    items = items_of(platform, platform.import_source(source).id)
    assert sorted(map(number_of, items)) == list(range(COUNT))
    assert {item.folder for item in items} == {"/val2017/"}


def test_classes_inside_of_columns_are_named(platform: LocalPlatform, tmp_path: Path) -> None:
    """As in tables of boxes: a struct of lists, or a list of structs."""
    whole = examples.table(2)
    boxes = pa.array([{"box": [1], "kind": [0, 2]}, {"box": [], "kind": [7]}])
    parts = pa.array([[{"kind": 1}], []])
    about = json.loads(whole.schema.metadata[b"huggingface"])
    kind = about["info"]["features"]["label"]
    about["info"]["features"] |= {
        "boxes": {"box": {"_type": "List"}, "kind": {"feature": kind, "_type": "List"}},
        "parts": [{"kind": kind}],
    }
    whole = whole.append_column("boxes", boxes).append_column("parts", parts)
    whole = whole.replace_schema_metadata({b"huggingface": json.dumps(about).encode()})
    pq.write_table(whole, tmp_path / "in.parquet")
    first, second = items_of(platform, platform.import_source(tmp_path / "in.parquet").id)
    assert first.labels == ("cat", "bird", "dog")
    assert first.user_metadata["boxes"] == {"box": [1], "kind": ["cat", "bird"]}
    assert first.user_metadata["parts"] == [{"kind": "dog"}]
    assert (second.labels, second.user_metadata["boxes"]["kind"]) == (("dog",), [7])


@pytest.mark.parametrize("make", [examples.coco, examples.label_studio])
def test_pictures_of_a_json_may_lie_elsewhere(
    platform: LocalPlatform, tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    source = make(made(tmp_path / "in"))
    (alone := tmp_path / "alone.json").write_bytes(source.read_bytes())
    with pytest.raises(InvalidInput, match="--pictures"):
        platform.import_source(alone)
    pictures = next((tmp_path / "in").rglob("*.png")).parent
    dataset = platform.import_source(alone, pictures=pictures)
    assert len(items_of(platform, dataset.id)) == COUNT


@pytest.mark.parametrize("kind", ["folder", "webdataset", "coco"])
def test_bytes_are_not_read_again_when_size_and_time_are_the_same(
    platform: LocalPlatform, tmp_path: Path, kind: str
) -> None:
    source = EXAMPLES[kind](tmp_path)
    aged(tmp_path)
    before = items_of(platform, platform.import_source(source).id)
    for path in tmp_path.rglob("*"):
        if path.suffix in (".png", ".tar") and platform.data_dir not in path.parents:
            content = path.read_bytes()
            path.write_bytes(content.replace(picture(3), bytes(len(picture(3)))))
    aged(tmp_path)
    assert known(items_of(platform, platform.import_source(source).id)) == known(before)


@pytest.mark.parametrize("make", [examples.parquet, examples.saved, examples.webdataset])
def test_changed_and_new_rows_are_brought_up_to_date(
    platform: LocalPlatform, tmp_path: Path, make: Callable[[Path, int], Path]
) -> None:
    dataset = platform.import_source(make(made(tmp_path / "a"), 4), name="one")
    before = items_of(platform, dataset.id)
    platform.datasets.update_metadata([before[0].id], {"mine": 1})

    platform.import_source(make(made(tmp_path / "b"), COUNT), name="one")
    after = items_of(platform, dataset.id)
    assert [item.id for item in after[:4]] == [item.id for item in before]
    assert sorted(map(number_of, after)) == list(range(COUNT))
    assert after[0].user_metadata["mine"] == 1


@given(
    first=st.dictionaries(st.integers(0, 5), st.integers(0, 4), min_size=1),
    second=st.dictionaries(st.integers(0, 5), st.integers(0, 4), min_size=1),
    same_times=st.booleans(),
)
@settings(max_examples=8)
def test_importing_again_ends_where_importing_once_would(
    first: dict[int, int], second: dict[int, int], same_times: bool
) -> None:
    """Files are written anew with other bytes of the same length, left alone, added or removed."""
    with (
        tempfile.TemporaryDirectory() as place,
        LocalPlatform(Path(place) / "data") as platform,
    ):
        folder = Path(place) / "in"
        folder.mkdir()
        for state in (first, second):
            for path in folder.iterdir():
                path.unlink()
            for name, content in state.items():
                (folder / f"{name}.bin").write_bytes(bytes([content]) * 8)
            if same_times and state is first:
                aged(folder)
            dataset = platform.import_source(folder, name="one")
        found = {item.name: item.content_version for item in items_of(platform, dataset.id)}
        expected = {**first, **second}
        assert found == {
            f"{name}.bin": hashlib.sha256(bytes([content]) * 8).hexdigest()
            for name, content in expected.items()
        }


def test_each_kind_is_read_from_s3(
    platform: LocalPlatform, tmp_path: Path, s3: Callable[[Path], str]
) -> None:
    """Against a server that speaks S3 on loopback; unchanged files are not fetched again."""
    for kind, make in EXAMPLES.items():
        folder = tmp_path / kind
        folder.mkdir()
        source = make(folder)
        url = f"{s3(folder)}/{source.relative_to(folder)}"
        dataset = platform.import_source(url, name=kind)
        items = items_of(platform, dataset.id)
        assert sorted(map(number_of, items)) == list(range(COUNT)), kind
        assert {item.labels[0] for item in items} == set(NAMES)
        platform.import_source(url, name=kind)
        assert known(items_of(platform, dataset.id)) == known(items), kind


def test_a_file_is_read_from_a_web_server(
    platform: LocalPlatform, tmp_path: Path, s3: Callable[[Path], str], s3_server: str
) -> None:
    """No list of files is asked for, which web servers do not have."""
    url = s3(examples.parquet(tmp_path).parent).replace("s3:/", s3_server)
    dataset = platform.import_source(f"{url}/data.parquet")
    assert dataset.name == "data"
    assert sorted(map(number_of, items_of(platform, dataset.id))) == list(range(COUNT))


def test_a_table_beside_pictures_is_no_source_of_its_own(
    platform: LocalPlatform, tmp_path: Path
) -> None:
    folder = examples.class_folders(tmp_path / "animals")
    pq.write_table(pa.table({"x": [1]}), folder / "map.v1.parquet")
    dataset = platform.import_source(folder)
    assert len(items_of(platform, dataset.id)) == COUNT + 1
    assert {"cat", "dog"} < {
        item.labels[0] for item in items_of(platform, dataset.id) if item.labels
    }


def test_s3_bucket_that_is_not_there_is_one_line(
    platform: LocalPlatform, s3: Callable[[Path], str]
) -> None:
    with pytest.raises(InvalidInput, match=r"s3://no-such-bucket/x is not there|cannot be opened"):
        platform.import_source("s3://no-such-bucket/x")


def test_unknown_kinds_are_told_what_was_looked_for(
    platform: LocalPlatform, tmp_path: Path
) -> None:
    (tmp_path / "a.docx").write_bytes(b"x")
    (tmp_path / "a.json").write_text('{"rows": []}')
    for name, expected in (("a.docx", r"\.parquet, \.tar"), ("a.json", "'images'")):
        with pytest.raises(InvalidInput, match=expected):
            platform.import_source(tmp_path / name)
    for url in ("nosuch://place/x", "memory://nothing/here"):
        with pytest.raises(InvalidInput, match=url) as error:
            platform.import_source(url)
        assert "\n" not in str(error.value)
    assert platform.datasets.list() == []
