"""Folders to datasets: labels, metadata, what is passed over, and importing again."""

import io
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Barrier

import pytest

from host_contract.entities import Dataset, Item
from host_contract.errors import InvalidInput
from host_stub import importing
from host_stub.platform import LocalPlatform
from host_stub.sources.source import Report, SourceItem
from tests.host_stub.conftest import png


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def by_place(platform: LocalPlatform, dataset_id: str) -> dict[str, Item]:
    return {item.folder + item.name: item for item in platform.datasets.items(dataset_id).items}


@pytest.fixture
def signs(tmp_path: Path) -> Path:
    return write(
        tmp_path / "signs",
        {
            "stop/a.png": png().getvalue(),
            "stop/old/b.png": png("blue").getvalue(),
            "yield/c.png": png("green").getvalue(),
            "notes.txt": b"hello",
            ".hidden": b"x",
            "stop/.DS_Store": b"x",
            ".git/config": b"x",
        },
    )


def test_folders_become_labels_and_other_files_are_kept(
    platform: LocalPlatform, signs: Path
) -> None:
    told: list[tuple[float, str]] = []
    dataset = platform.import_source(signs, progress=lambda f, m: told.append((f, m)))
    assert dataset.name == "signs"
    found = by_place(platform, dataset.id)
    assert {place: item.labels for place, item in found.items()} == {
        "/notes.txt": (),
        "/stop/a.png": ("stop",),
        "/stop/old/b.png": ("stop",),
        "/yield/c.png": ("yield",),
    }
    assert found["/notes.txt"].mimetype == "text/plain"
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_metadata_from_csv_has_types(platform: LocalPlatform, signs: Path) -> None:
    table = "\ufefffile_name,year,score,code,note\nstop/a.png,2020,0.5,007,\nnotes.txt,,1e3,x,nan\n"
    (signs / "metadata.csv").write_text(table, encoding="utf-8")
    found = by_place(platform, platform.import_source(signs).id)
    assert found["/stop/a.png"].user_metadata == {"year": 2020, "score": 0.5, "code": "007"}
    assert found["/notes.txt"].user_metadata == {"score": 1000.0, "code": "x", "note": "nan"}
    assert found["/yield/c.png"].user_metadata == {}
    assert "/metadata.csv" not in found


NUMBERS = {"0": 0, "-7": -7, "2020": 2020, "0.50": 0.5, "-1.5e-3": -0.0015, "2E2": 200.0}
NUMBERS |= {str(edge): edge for edge in ((1 << 63) - 1, -(1 << 63))}
TEXTS = [
    "1_000",
    "20_21",
    "-007",
    "+7",
    "٣",
    "1٣",
    " 7",
    "7 ",
    "00",
    "1.",
    ".5",
    "0x1F",
    "inf",
    "1e999",
]
TEXTS += [str(1 << 63), "-" + "9" * 30, "9" * 5000, "1.5_0", "1e1_0", "-", "nan", "7\n"]


@pytest.mark.parametrize(("cell", "expected"), [*NUMBERS.items(), *zip(TEXTS, TEXTS, strict=True)])
def test_cells_are_numbers_only_where_nothing_is_lost(
    platform: LocalPlatform, signs: Path, cell: str, expected: str | float
) -> None:
    (signs / "metadata.csv").write_text(f'file_name,cell\nnotes.txt,"{cell}"\n', encoding="utf-8")
    found = by_place(platform, platform.import_source(signs).id)["/notes.txt"].user_metadata["cell"]
    assert (found, type(found)) == (expected, type(expected))


def test_metadata_from_json_lines(platform: LocalPlatform, signs: Path) -> None:
    rows = [{"file_name": "stop/a.png", "tags": ["x", 1], "none": None, "ok": True}]
    (signs / "metadata.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n\n")
    found = by_place(platform, platform.import_source(signs).id)
    assert found["/stop/a.png"].user_metadata == {"tags": ["x", 1], "ok": True}


@pytest.mark.parametrize(
    ("name", "content", "where"),
    [
        ("metadata.csv", b"name,year\na.png,1\n", "row 1"),
        ("metadata.csv", b"file_name,year\na.png,1,2,3\n", "row 2"),
        ("metadata.csv", b"file_name\n\xff\xfe\n", "UTF-8"),
        ("metadata.csv", b"", "row 1"),
        ("metadata.jsonl", b'{"file_name": "a"}\n{"file_name": \n', "row 2"),
        ("metadata.jsonl", b'["a"]\n', "row 1"),
        ("metadata.jsonl", b'{"year": 1}\n', "row 1"),
        ("metadata.jsonl", b'{"file_name": "a", "x": NaN}\n', "row 1"),
        ("metadata.jsonl", b"[" * 100_000, "row 1"),
    ],
)
def test_wrong_metadata_is_named_by_file_and_row(
    platform: LocalPlatform, signs: Path, name: str, content: bytes, where: str
) -> None:
    (signs / name).write_bytes(content)
    with pytest.raises(InvalidInput) as error:
        platform.import_source(signs)
    assert name in str(error.value)
    assert where in str(error.value)
    assert "\n" not in str(error.value)
    assert platform.datasets.list() == [], "nothing is made of a folder that cannot be read"


def test_importing_again_takes_only_what_is_new(platform: LocalPlatform, signs: Path) -> None:
    dataset = platform.import_source(signs)
    before = by_place(platform, dataset.id)
    write(signs, {"stop/new.png": png("white").getvalue(), "yield/c.png": png("black").getvalue()})
    platform.datasets.update_metadata([before["/stop/a.png"].id], {"mine": 1})
    assert platform.import_source(signs).id == dataset.id
    after = by_place(platform, dataset.id)
    assert after.keys() == before.keys() | {"/stop/new.png"}
    for place, item in before.items():
        changed = after[place].content_version != item.content_version
        assert after[place].id == item.id
        assert changed == (place == "/yield/c.png")
    assert after["/stop/a.png"].user_metadata == {"mine": 1}
    with after["/yield/c.png"].open() as opened:
        assert opened.read() == png("black").getvalue()


def test_links_out_of_the_folder_are_passed_over_and_reported(
    platform: LocalPlatform, signs: Path, tmp_path: Path
) -> None:
    secret = write(tmp_path / "private", {"secret.txt": b"x"})
    (signs / "link.txt").symlink_to(secret / "secret.txt")
    (signs / "folder").symlink_to(secret)
    (signs / "inside.png").symlink_to(signs / "stop" / "a.png")
    (signs / "broken.png").symlink_to(signs / "nothing.png")
    found = by_place(platform, platform.import_source(signs).id)
    assert "/inside.png" in found
    assert not {"/link.txt", "/folder/secret.txt", "/broken.png"} & found.keys()
    told = [n.title + n.text for n in platform.notifications.list(1000)]
    assert any("'broken.png' and 2 more" in text for text in told)


def test_metadata_without_a_file_is_reported(platform: LocalPlatform, signs: Path) -> None:
    (signs / "metadata.csv").write_text("file_name,year\nmissing.png,1\nstop/a.png,2\n")
    dataset = platform.import_source(signs)
    assert by_place(platform, dataset.id)["/stop/a.png"].user_metadata == {"year": 2}
    assert any("'missing.png'" in told.text for told in platform.notifications.list(1000))


@pytest.mark.parametrize("made", [False, True])
def test_folder_that_is_missing_or_empty_is_named(
    platform: LocalPlatform, tmp_path: Path, made: bool
) -> None:
    folder = tmp_path / "wanted"
    if made:
        folder.mkdir()
    with pytest.raises(InvalidInput, match="wanted"):
        platform.import_source(folder)
    assert platform.datasets.list() == []


def test_strange_names_are_only_names(platform: LocalPlatform, tmp_path: Path) -> None:
    names = ["a b'\"<i>.png", "日本.png", "-rf.txt", "=1+1.csv", "new\nline.txt", "%2e%2e.txt"]
    write(tmp_path / "odd", {f"lab el/{name}": b"x" for name in names})
    dataset = platform.import_source(tmp_path / "odd", name="any name")
    assert dataset.name == "any name"
    assert {item.name for item in by_place(platform, dataset.id).values()} == set(names)


@dataclass(frozen=True)
class Together:
    """A source that ends when another one does, so that each is looked up before any is kept."""

    contents: list[bytes]
    ended: Barrier
    url: str = "together"
    name: str = "together"
    total: int | None = None

    def items(self, report: Report) -> Iterator[SourceItem]:
        """One item of each content."""
        for number, content in enumerate(self.contents):
            yield SourceItem(f"cat/{number}.bin", partial(io.BytesIO, content))
        self.ended.wait(60)


def test_what_two_imports_bring_at_once_is_there_once(
    platform: LocalPlatform, dataset: Dataset
) -> None:
    ended, reports = Barrier(2), [Report(), Report()]
    sources = [Together([b"same", b"one"], ended), Together([b"same", b"other"], ended)]
    import_into = partial(importing.import_into, platform.datasets, dataset.id)
    with ThreadPoolExecutor() as pool:
        taken = list(pool.map(import_into, sources, reports))
    assert sorted(taken) == [0, 2]
    assert sorted(by_place(platform, dataset.id)) == ["/cat/0.bin", "/cat/1.bin"]
    assert platform.datasets.count_items(dataset.id) == 2
    (line,) = [line for report in reports for line in report.lines()]
    assert line.startswith("'cat/1.bin': came with other bytes in another import")
    assert not list((platform.data_dir / "files" / "parts").iterdir())
