"""Vectors come in from each format, to the items that they are of; what is wrong is one line."""

import io
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from clustering_app.vector_files.importing import import_vectors
from clustering_app.vector_files.matching import NONE, SEVERAL, SEVERAL_AT_PATH
from host_contract.errors import InvalidInput
from host_stub.platform import LocalPlatform
from tests.vector_files.conftest import PATHS, Place

VECTORS = np.linspace(-2.0, 2.0, 18, dtype=np.float32).reshape(6, 3)


def as_kept(rows: list[int]) -> dict[int, list[float]]:
    return {row: VECTORS[row].astype(np.float16).tolist() for row in rows}


def write_parquet(path: Path, /, **columns: object) -> Path:
    pyarrow.parquet.write_table(pyarrow.table(columns), path)
    return path


def write_npy(path: Path, array: np.ndarray) -> Path:
    np.save(path, array)
    return path


@pytest.mark.parametrize("dtype", ["<f2", "<f4", ">f4", "<f8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_an_array_alone_is_all_items_in_order(
    place: Place, tmp_path: Path, dtype: str, order: str
) -> None:
    path = write_npy(tmp_path / "my vectors.npy", VECTORS.astype(dtype, order))
    report = import_vectors(place.host, place.dataset, path)
    assert (report.feature_set, report.dimension, report.imported) == ("my-vectors", 3, 6)
    assert (report.without, report.unmatched) == (0, ())
    kept = VECTORS.astype(dtype).astype(np.float16)
    assert place.imported("my-vectors") == dict(enumerate(kept.tolist()))
    record = place.host.feature_sets(place.dataset)[0]
    assert (record.name, record.size, record.count) == ("my-vectors", 3, 6)


def keys_file(folder: Path, kind: str, keys: list[str]) -> Path:
    path = folder / f"keys{kind}"
    if kind == ".npy":
        return write_npy(path, np.array(keys))
    if kind == ".txt":
        path.write_text("".join(f"{key}\n" for key in keys), encoding="utf-8")
    else:
        rows = [f"{number}\t{key}" for number, key in enumerate(keys)]
        path.write_text("\n".join(["number\tpath", *rows]), encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", [".txt", ".npy", ".tsv"])
def test_rows_are_matched_by_id_path_or_name(place: Place, tmp_path: Path, kind: str) -> None:
    keys = [place.item_ids[5], "/dogs/a.png", "./cats/a.png", "c.png", "a.png", "elsewhere/c.png"]
    report = import_vectors(
        place.host, place.dataset, write_npy(tmp_path / "v.npy", VECTORS),
        ids=keys_file(tmp_path, kind, keys), name="mine",
    )  # fmt: skip
    assert report.imported == 4
    assert report.without == 2
    assert report.unmatched == ((5, "a.png", SEVERAL), (6, "elsewhere/c.png", NONE))
    owners = {5: 0, 2: 1, 0: 2, 3: 3}
    assert place.imported("mine") == {item: as_kept([row])[row] for item, row in owners.items()}
    assert report.to_json()["unmatched"][0] == {"row": 5, "key": "a.png", "reason": SEVERAL}  # type: ignore[index,call-overload]


def test_a_path_of_several_items_is_of_none_of_them(
    platform: LocalPlatform, place: Place, tmp_path: Path
) -> None:
    twins = [
        platform.datasets.add(place.dataset, "c.png", io.BytesIO(b"x"), folder=folder).id
        for folder in ("/", "/cats", "/cats")
    ]
    path = write_npy(tmp_path / "v.npy", VECTORS[:4])
    keys = ["/c.png", "cats/c.png", twins[2], "cats/b.png"]
    report = import_vectors(place.host, place.dataset, path, ids=keys_file(tmp_path, ".txt", keys))
    assert report.imported == 2
    assert report.unmatched == ((1, "/c.png", SEVERAL_AT_PATH), (2, "cats/c.png", SEVERAL_AT_PATH))
    found = place.store.read("v")
    assert set(found.item_ids) == {twins[2], place.item_ids[1]}
    only = keys_file(tmp_path, ".txt", ["cats/c.png"])
    with pytest.raises(InvalidInput, match=f"the first is 'cats/c.png': {SEVERAL_AT_PATH}"):
        one = write_npy(tmp_path / "one.npy", VECTORS[:1])
        import_vectors(place.host, place.dataset, one, ids=only)


@pytest.mark.parametrize("kind", ["float", "double", "halffloat", "fixed"])
@pytest.mark.parametrize("column", ["id", "file_name"])
def test_parquet_comes_in_by_its_columns(
    place: Place, tmp_path: Path, kind: str, column: str
) -> None:
    types = {
        "float": pyarrow.list_(pyarrow.float32()),
        "double": pyarrow.large_list(pyarrow.float64()),
        "halffloat": pyarrow.list_(pyarrow.float16()),
        "fixed": pyarrow.list_(pyarrow.float32(), 3),
    }
    rows = [np.float16(row) if kind == "halffloat" else row for row in VECTORS]
    keys = place.item_ids if column == "id" else list(PATHS)
    path = write_parquet(
        tmp_path / "v.parquet",
        **{column: keys, "size": list(range(6)), "v": pyarrow.array(rows, types[kind])},
    )
    assert import_vectors(place.host, place.dataset, path).imported == 6
    assert place.imported("v") == as_kept(list(range(6)))


def backwards(kind: pyarrow.DataType) -> dict[str, object]:
    """A table whose order is not that of the items: by creation order all would be wrong."""
    return {
        "path": pyarrow.array(PATHS[::-1], kind),
        "v": pyarrow.array(list(VECTORS), pyarrow.list_(pyarrow.float32())),
    }


@pytest.mark.parametrize("key", [None, "path"])
@pytest.mark.parametrize(
    "kind",
    [
        pyarrow.dictionary(pyarrow.int8(), pyarrow.string()),
        pyarrow.dictionary(pyarrow.int32(), pyarrow.large_string()),
        pyarrow.string_view(),
    ],
    ids=str,
)
def test_ids_may_be_texts_of_any_kind(
    place: Place, tmp_path: Path, kind: pyarrow.DataType, key: str | None
) -> None:
    path = write_parquet(tmp_path / "v.parquet", **backwards(kind))
    assert import_vectors(place.host, place.dataset, path, key=key).imported == 6
    assert place.imported("v") == {5 - row: kept for row, kept in as_kept([*range(6)]).items()}


def test_a_table_whose_ids_have_an_unknown_name_is_never_taken_in_its_order(
    place: Place, tmp_path: Path
) -> None:
    columns = backwards(pyarrow.string())
    table = {"file": columns["path"], "size": [1] * 6, "v": columns["v"]}
    path = write_parquet(tmp_path / "v.parquet", **table)
    with pytest.raises(InvalidInput, match=r"which of the columns 'file', 'size', 'v' .* --key"):
        import_vectors(place.host, place.dataset, path)
    with pytest.raises(InvalidInput, match="no column 'path'; there are 'file', 'size', 'v'"):
        import_vectors(place.host, place.dataset, path, key="path")
    with pytest.raises(InvalidInput, match="'size' holds no texts"):
        import_vectors(place.host, place.dataset, path, key="size")
    assert not place.store.exists()
    assert import_vectors(place.host, place.dataset, path, key="file").imported == 6
    assert place.imported("v") == {5 - row: kept for row, kept in as_kept([*range(6)]).items()}


def test_tensorboards_files_are_found_beside_each_other(place: Place, tmp_path: Path) -> None:
    lines = ["\t".join(str(value) for value in row) for row in VECTORS[:2]]
    (tmp_path / "vectors.tsv").write_text("\n".join(lines) + "\n")
    (tmp_path / "metadata.tsv").write_text("label\tfile_name\nx\tc.png\ny\tcats/b.png\n")
    report = import_vectors(place.host, place.dataset, tmp_path)
    assert (report.feature_set, report.imported) == ("vectors", 2)
    assert place.imported("vectors") == {3: as_kept([0])[0], 1: as_kept([1])[1]}


def test_the_same_file_may_come_again_and_another_needs_another_name(
    place: Place, tmp_path: Path
) -> None:
    path = write_npy(tmp_path / "v.npy", VECTORS)
    import_vectors(place.host, place.dataset, path)
    assert import_vectors(place.host, place.dataset, path).imported == 6
    write_npy(path, VECTORS + 1)
    with pytest.raises(InvalidInput, match="choose another name"):
        import_vectors(place.host, place.dataset, path)
    import_vectors(place.host, place.dataset, path, name="other")
    assert [info.name for info in place.store.feature_sets()] == ["v", "other"]
    assert place.imported("v") == as_kept(list(range(6)))


def test_the_same_file_with_corrected_ids_leaves_no_vector_of_the_wrong_ones(
    place: Place, tmp_path: Path
) -> None:
    path = write_npy(tmp_path / "v.npy", VECTORS[:2])
    place.write_vectors(VECTORS)
    for numbers in ([0, 1], [3, 1], [2, 3]):
        ids = keys_file(tmp_path, ".txt", [place.item_ids[number] for number in numbers])
        report = import_vectors(place.host, place.dataset, path, ids=ids)
        assert (report.imported, report.without) == (2, 4)
        expected = {number: as_kept([row])[row] for row, number in enumerate(numbers)}
        assert place.imported("v") == expected
        assert place.host.feature_sets(place.dataset)[0].count == 2
    assert place.imported("made") == as_kept(list(range(6)))


def header(dtype: str, shape: str) -> bytes:
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}}}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def pickled() -> bytes:
    content = io.BytesIO()
    np.save(content, np.array([[{}, 1]], object), allow_pickle=True)
    return content.getvalue()


def parquet(**columns: object) -> bytes:
    content = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), content)
    return content.getvalue()


def whole(**changed: float) -> bytes:
    vectors = VECTORS.copy()
    vectors[2, 1] = changed["at_2_1"]
    content = io.BytesIO()
    np.save(content, vectors)
    return content.getvalue()


LISTS = pyarrow.list_(pyarrow.float32())
GOOD = whole(at_2_1=0.0)
UNFOLDS = pyarrow.array([np.zeros(3_000_000, np.float32)], LISTS)
BAD: dict[str, tuple[str, bytes, str]] = {
    "empty": ("v.npy", b"", "not in NumPy's"),
    "pickled": ("v.npy", pickled(), "unpickling them can run code"),
    "a pickle": ("v.npy", b"\x80\x04\x95\x0f\x00\x00\x00", "not in NumPy's"),
    "zip": ("v.npy", b"PK\x03\x04" + bytes(100), "not in NumPy's"),
    "head alone": ("v.npy", GOOD[:40], "not in NumPy's"),
    "cut off": ("v.npy", GOOD[:-1], "cut off"),
    "huge": ("v.npy", header("<f4", f"({10**15}, 512)"), "cut off"),
    "negative": ("v.npy", header("<f4", "(-1, 512)"), "nothing in it"),
    "flat": ("v.npy", header("<f4", "(6,)") + bytes(24), "two dimensions"),
    "integers": ("v.npy", header("<i8", "(6, 3)") + bytes(144), "float16, float32 or float64"),
    "no rows": ("v.npy", header("<f4", "(0, 3)"), "nothing in it"),
    "no numbers": ("v.npy", header("<f4", "(6, 0)"), "nothing in it"),
    "deep": ("v.npy", header("<f4", "(" * 4000 + ")" * 4000), "not in NumPy's"),
    "long": ("v.npy", header("<f4", "(6, 70000)") + bytes(6 * 280_000), "longer than"),
    "not a number": ("v.npy", whole(at_2_1=np.nan), "row 3: the vector is not finite"),
    "infinite": ("v.npy", whole(at_2_1=-np.inf), "row 3: the vector is not finite"),
    "large": ("v.npy", whole(at_2_1=1e6), "row 3: the vector has a number beyond"),
    "too few": ("v.npy", header("<f4", "(5, 3)") + bytes(60), "5 vectors, and the dataset has 6"),
    "small": ("v.tsv", b"1e-9\t2e-9\n" * 6, "row 1: the vector has numbers too small"),
    "text": ("v.tsv", b"a\tb\n", "row 1: has what is no number"),
    "uneven": ("v.tsv", b"1\t2\n1\n" + b"1\t2\n" * 4, "row 2: 1 numbers, where the first row"),
    "blank": ("v.tsv", b"1\t2\n\n" + b"1\t2\n" * 4, "row 2: is empty"),
    "binary": ("v.tsv", b"1\t2\n\xff\xfe\n", "not UTF-8"),
    "one line": ("v.tsv", b"1" * 3_000_000, "more than 2,097,152 characters"),
    "overflow": ("v.tsv", b"1e400\t1\n" * 6, "row 1: the vector is not finite"),
    "nothing": ("v.tsv", b"", "is empty"),
    "no parquet": ("v.parquet", b"PAR1" + bytes(50) + b"PAR1", "no Parquet"),
    "short": ("v.parquet", b"PAR1", "no Parquet"),
    "cut parquet": ("v.parquet", parquet(v=pyarrow.array(list(VECTORS), LISTS))[:-9], "no Parquet"),
    "no lists": ("v.parquet", parquet(v=[1.0]), "and there is none"),
    "whole numbers": ("v.parquet", parquet(v=[[1, 2]]), "and there is none"),
    "two lists": ("v.parquet", parquet(v=[[1.0]], w=[[1.0]]), "2 of them: 'v', 'w'"),
    "a null": ("v.parquet", parquet(v=pyarrow.array([[1.0, None]] * 6)), "is null"),
    "null vector": ("v.parquet", parquet(v=pyarrow.array([[1.0], None] * 3)), "is null"),
    "uneven lists": ("v.parquet", parquet(v=[[1.0, 2.0]] + [[1.0]] * 5), "row 2: 1 numbers"),
    "empty lists": ("v.parquet", parquet(v=pyarrow.array([[], []], LISTS)), "no vectors in it"),
    "no rows in it": ("v.parquet", parquet(v=pyarrow.array([], LISTS)), "no vectors in it"),
    "unfolds": ("v.parquet", parquet(v=UNFOLDS), "3,000,000 numbers in 1 rows"),
    "null id": ("v.parquet", parquet(id=["x", None], v=[[1.0], [1.0]]), "row 2: there is no 'id'"),
    "strangers": ("v.parquet", parquet(id=["x\n"], v=[[1.0]]), r"the first is 'x\\n'"),
    "ending": ("v.csv", b"1,2\n", ".npy, .parquet, .tsv"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_taken_is_one_line_and_writes_nothing(
    untouched: Place, tmp_path: Path, case: str
) -> None:
    name, content, says = BAD[case]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidInput, match=says) as caught:
        import_vectors(untouched.host, untouched.dataset, tmp_path / name)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400
    assert not untouched.store.exists()


KEYS: dict[str, tuple[Callable[[Place], str], str]] = {
    "too few": (lambda place: "c.png\n", "6 vectors and 1 ids do not belong together"),
    "twice": (lambda place: "c.png\n" * 6, "rows 1 and 2 are both of item 'c.png'"),
    "two names": (lambda place: f"c.png\n{place.item_ids[3]}\n1\n2\n3\n4\n", "rows 1 and 2"),
    "no column": (lambda place: "x\ty\n" + "1\t2\n" * 6, "which of the columns 'x', 'y'"),
    "uneven": (lambda place: "id\ty\n" + "1\n" * 6, "row 2: 1 cells"),
}


@pytest.mark.parametrize("case", KEYS)
def test_ids_that_do_not_fit_are_refused(place: Place, tmp_path: Path, case: str) -> None:
    write, says = KEYS[case]
    (tmp_path / "v.ids.txt").write_text(write(place))
    with pytest.raises(InvalidInput, match=says):
        import_vectors(place.host, place.dataset, write_npy(tmp_path / "v.npy", VECTORS))
    assert not place.store.exists()


def test_what_is_not_there_and_what_cannot_be_a_name_is_said(place: Place, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"gone\.npy' cannot be read: No such file"):
        import_vectors(place.host, place.dataset, tmp_path / "gone.npy")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidInput, match=r"without tensors\.tsv or vectors\.tsv"):
        import_vectors(place.host, place.dataset, tmp_path / "empty")
    path = write_npy(tmp_path / "v.npy", VECTORS)
    for name in ("../v", "zarr.json"):
        with pytest.raises(InvalidInput, match="cannot name a feature set"):
            import_vectors(place.host, place.dataset, path, name=name)
    assert not place.store.exists()
    with pytest.raises(InvalidInput, match=r"no column 'y'; there are 'id'"):
        table = write_parquet(tmp_path / "v.parquet", id=["c.png"], v=[[1.0]])
        import_vectors(place.host, place.dataset, table, key="y")
