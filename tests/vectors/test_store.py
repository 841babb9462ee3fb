"""The feature store keeps its promises: one row an item, snapshots, no mixing, nothing torn."""

import itertools
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from clustering_app.errors import ModelMismatch, NoFeatures, StoreError
from clustering_app.vectors import columns
from clustering_app.vectors.feature_set import ModelFingerprint
from clustering_app.vectors.store import FeatureStore

Fingerprint = Callable[..., ModelFingerprint]
Kept = Callable[[], dict[str, bytes]]


def rows(count: int, value: float = 1.0) -> np.ndarray:
    return np.full((count, 4), value, np.float32)


def test_nothing_is_kept_before_the_first_write(location: str, kept: Kept) -> None:
    store = FeatureStore(location)
    assert store.feature_sets() == []
    assert store.content_versions("tiny") == {}
    assert store.count("tiny") == 0
    assert store.delete_items(["a"]) == 0
    store.delete()
    assert not store.exists()
    assert kept() == {}
    with pytest.raises(NoFeatures):
        store.snapshot()


@pytest.mark.parametrize("location", ["gs://bucket/prefix", "file:///tmp/x", "s3://", "s3:///x"])
def test_a_location_is_a_folder_or_a_bucket(location: str) -> None:
    with pytest.raises(StoreError, match=r"local folder or under s3://bucket/prefix"):
        FeatureStore(location)


def test_what_is_appended_is_read(store: FeatureStore) -> None:
    vectors = np.arange(12, dtype=np.float32).reshape(3, 4)
    snapshot = store.append("tiny", ["a", "b", "ç"], ["1", "2", "3"], vectors)
    found = store.read("tiny")
    assert found.item_ids == ("a", "b", "ç")
    assert found.snapshot == snapshot == store.snapshot()
    assert found.vectors.dtype == np.float16
    np.testing.assert_array_equal(found.vectors, vectors.astype(np.float16))
    assert store.content_versions("tiny") == {"a": "1", "b": "2", "ç": "3"}
    assert [(info.name, info.count) for info in store.feature_sets()] == [("tiny", 3)]


def test_an_item_has_one_row_however_often_it_is_written(store: FeatureStore) -> None:
    store.append("tiny", ["a", "b"], ["1", "1"], rows(2))
    store.append("tiny", ["c", "a"], ["1", "2"], rows(2, 5.0))
    found = store.read("tiny")
    assert found.item_ids == ("a", "b", "c")
    np.testing.assert_array_equal(found.vectors[:, 0], [5.0, 1.0, 5.0])
    assert store.content_versions("tiny")["a"] == "2"


def test_a_snapshot_stays_as_it_was(store: FeatureStore) -> None:
    early = store.append("tiny", ["a"], ["1"], rows(1))
    store.append("tiny", ["b"], ["1"], rows(1))
    store.delete_items(["a"])
    assert store.read("tiny", snapshot=early).item_ids == ("a",)
    assert store.read("tiny").item_ids == ("b",)
    with pytest.raises(NoFeatures, match="snapshot"):
        store.read("tiny", snapshot="0" * 20)


def test_vectors_of_two_models_never_mix(
    store: FeatureStore, make_fingerprint: Fingerprint
) -> None:
    store.create("tiny", make_fingerprint())
    with pytest.raises(ModelMismatch, match="tiny"):
        store.create("tiny", make_fingerprint(weights="bb"))
    with pytest.raises(StoreError, match="dimension 3"):
        store.append("tiny", ["a"], ["1"], np.ones((1, 3), np.float32))


@pytest.mark.parametrize(
    "name", ["", "../up", "a/b", ".hidden", "x" * 101, "new\nline", "zarr.json"]
)
def test_names_that_are_no_group_are_refused(
    store: FeatureStore, make_fingerprint: Fingerprint, name: str
) -> None:
    with pytest.raises(StoreError, match="cannot name"):
        store.create(name, make_fingerprint())


@pytest.mark.parametrize("name", ["", "..", "../tiny", "/tiny", "tiny/vectors", "zarr.json"])
def test_what_is_no_name_is_no_feature_set(store: FeatureStore, name: str) -> None:
    store.append("tiny", ["a"], ["1"], rows(1))
    for use in (store.read, lambda name: store.append(name, ["a"], ["1"], rows(1))):
        with pytest.raises(NoFeatures, match="There is no feature set"):
            use(name)
    assert store.content_versions(name) == {}
    assert store.content_versions("tiny") == {"a": "1"}


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e6])
def test_a_vector_that_is_not_finite_is_refused_by_item(store: FeatureStore, bad: float) -> None:
    vectors = rows(3)
    vectors[1, 2] = bad
    with np.errstate(over="ignore"), pytest.raises(StoreError, match="item b"):
        store.append("tiny", ["a", "b", "c"], ["1"] * 3, vectors)
    assert store.count("tiny") == 0


def test_batches_that_make_no_sense_are_refused(store: FeatureStore) -> None:
    with pytest.raises(StoreError, match="twice"):
        store.append("tiny", ["a", "a"], ["1", "1"], rows(2))
    with pytest.raises(StoreError, match="belong together"):
        store.append("tiny", ["a"], ["1", "1"], rows(2))
    with pytest.raises(NoFeatures, match="'other'"):
        store.append("other", ["a"], ["1"], rows(1))
    assert store.count("tiny") == 0


def test_deletion_reaches_every_feature_set(
    store: FeatureStore, make_fingerprint: Fingerprint
) -> None:
    store.create("second", make_fingerprint(weights="bb"))
    for name in ("tiny", "second"):
        store.append(name, ["a", "b", "c"], ["1"] * 3, rows(3))
    assert store.delete_items(["b", "nowhere"]) == 2
    assert store.read("tiny").item_ids == store.read("second").item_ids == ("a", "c")
    snapshot = store.snapshot()
    assert store.delete_items(["b"]) == 0
    assert store.snapshot() == snapshot


def test_records_are_kept_beside(store: FeatureStore) -> None:
    store.append("tiny", ["a"], ["1"], rows(1))
    store.write_record("runs/one", {"x": np.arange(3), "ids": ["p", "q", "r"]}, {"seed": 1})
    store.write_record("runs/one", {"x": np.arange(2), "ids": ["p", "q"]}, {"seed": 2})
    arrays, attributes = store.read_record("runs/one")
    assert arrays["x"].tolist() == [0, 1]
    assert [str(i) for i in arrays["ids"]] == ["p", "q"]
    assert attributes == {"seed": 2}
    assert store.records("runs") == {"runs/one": {"seed": 2}}
    store.delete_record("runs/one")
    assert store.records("runs") == {}
    for gone in ("runs/one", "runs/../runs", "runs/.", "runs//x"):
        with pytest.raises(NoFeatures, match=gone):
            store.read_record(gone)
    assert store.count("tiny") == 1


def test_a_deleted_store_is_gone_and_not_made_again_by_a_late_writer(
    store: FeatureStore, kept: Kept
) -> None:
    store.append("tiny", ["a"], ["1"], rows(1))
    assert kept()
    store.delete()
    assert kept() == {}
    with pytest.raises(NoFeatures):
        store.append("tiny", ["b"], ["1"], rows(1))
    assert not store.exists()


KILLED = """
import os, shutil, sys
import icechunk
from clustering_app.vectors.feature_set import ModelFingerprint
from clustering_app.vectors.objects import Objects
from clustering_app.vectors.store import FeatureStore

def killed(*arguments, **options):
    os._exit(9)

store = FeatureStore(sys.argv[1])
if sys.argv[2] == "create":
    icechunk.Session.commit = killed
    store.create("tiny", ModelFingerprint(model="tiny", weights_source=None, architecture="{}",
                                          weights="aa", preprocessing="{}", dimension=4))
else:
    shutil.rmtree = lambda path, **options: options or killed()
    Objects.remove_all = killed
    store.delete()
"""


@pytest.mark.parametrize("moment", ["create", "delete"])
def test_killed_while_it_is_made_or_deleted_it_is_not_there(
    location: str, kept: Kept, make_fingerprint: Fingerprint, moment: str
) -> None:
    store = FeatureStore(location)
    if moment == "delete":
        store.create("tiny", make_fingerprint())
        store.append("tiny", ["old"], ["1"], rows(1))
    killed = subprocess.run([sys.executable, "-c", KILLED, location, moment], check=False)
    assert killed.returncode == 9
    assert not store.exists()
    assert store.feature_sets() == []
    store.create("tiny", make_fingerprint())
    store.append("tiny", ["a"], ["1"], rows(1))
    assert store.read("tiny").item_ids == ("a",)
    store.delete()
    assert kept() == {}


def test_deleting_many_items_writes_each_chunk_once(
    store: FeatureStore, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "ROWS_PER_CHUNK", 64)
    ids = [f"item-{number}" for number in range(1000)]
    store.append("tiny", ids, ["1"] * 1000, np.random.default_rng(0).normal(size=(1000, 4)))
    before = sum("/chunks/" in name for name in kept())
    assert store.delete_items(ids[::5]) == 200
    written = sum("/chunks/" in name for name in kept()) - before
    assert written <= before
    found = store.read("tiny")
    assert set(found.item_ids) == set(ids) - set(ids[::5])


def test_readers_beside_a_deletion_get_all_or_hear_that_nothing_is_there(
    store: FeatureStore, make_fingerprint: Fingerprint, location: str
) -> None:
    for _ in range(5):
        store.create("tiny", make_fingerprint())
        store.append("tiny", [str(i) for i in range(5000)], ["1"] * 5000, rows(5000))
        begun = threading.Barrier(9)
        with ThreadPoolExecutor(8) as threads:
            readers = [threads.submit(read_on, location, begun) for _ in range(8)]
            begun.wait(60)
            store.delete()
            outcomes = [reader.exception(60) for reader in readers]
        assert {type(outcome) for outcome in outcomes} == {NoFeatures}
        assert not any("\n" in str(outcome) for outcome in outcomes)


def read_on(location: str, begun: threading.Barrier) -> None:
    """Read it again and again, until that raises something."""
    for reading in itertools.count():
        found = FeatureStore(location).read("tiny")
        assert len(found.item_ids) == 5000
        assert (found.vectors == 1.0).all()
        if reading == 0:
            begun.wait(60)


WRITER = """
import itertools, sys
import numpy as np
from clustering_app.vectors.store import FeatureStore

location, prefix, batches, rows = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
store = FeatureStore(location)
for batch in range(batches):
    ids = [f"{prefix}{batch}-{row}" for row in range(rows)]
    store.append("tiny", ids, ["1"] * rows, np.ones((rows, 4), np.float32))
"""


def writer(location: str, prefix: str, batches: int, rows: int) -> subprocess.Popen[bytes]:
    """Another process that appends to the same store."""
    arguments = [location, prefix, str(batches), str(rows)]
    return subprocess.Popen([sys.executable, "-c", WRITER, *arguments])


def test_writers_in_two_processes_lose_nothing(store: FeatureStore, location: str) -> None:
    both = [writer(location, prefix, 8, 1) for prefix in ("a", "b")]
    assert [one.wait(120) for one in both] == [0, 0]
    found = store.read("tiny").item_ids
    assert len(found) == 16
    assert set(found) == {f"{prefix}{batch}-0" for prefix in ("a", "b") for batch in range(8)}


def test_a_writer_and_a_deleter_in_two_processes_agree(store: FeatureStore, location: str) -> None:
    store.append("tiny", [f"old-{row}" for row in range(20)], ["1"] * 20, rows(20))
    other = writer(location, "new", 10, 2)
    for row in range(20):
        assert store.delete_items([f"old-{row}"]) == 1
    assert other.wait(120) == 0
    found = store.read("tiny").item_ids
    assert sorted(found) == sorted(f"new{batch}-{row}" for batch in range(10) for row in range(2))


def test_two_that_create_the_same_feature_set_make_one(
    location: str, make_fingerprint: Fingerprint
) -> None:
    errors = list[BaseException]()

    def create() -> None:
        try:
            FeatureStore(location).create("tiny", make_fingerprint())
        except BaseException as error:  # noqa: BLE001 - a thread would lose it
            errors.append(error)

    threads = [threading.Thread(target=create) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert [info.name for info in FeatureStore(location).feature_sets()] == ["tiny"]


def test_a_killed_writer_leaves_whole_batches(store: FeatureStore, location: str) -> None:
    killed = writer(location, "i", 10_000, 50)
    while store.count("tiny") < 200:
        assert killed.poll() is None
    killed.kill()
    killed.wait(30)
    found = store.read("tiny")
    assert len(found.item_ids) % 50 == 0
    assert len(set(found.item_ids)) == len(found.item_ids)
    assert (found.vectors == 1.0).all()
    store.append("tiny", ["after"], ["1"], rows(1))
    # A server may yet take the commit that the writer had asked for when it was killed.
    *before, last = store.read("tiny").item_ids
    assert last == "after"
    assert before[: len(found.item_ids)] == list(found.item_ids)
    assert len(before) in (len(found.item_ids), len(found.item_ids) + 50)
