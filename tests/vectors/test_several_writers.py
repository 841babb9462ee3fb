"""Commits, deletions and compactions of several processes at once, in a folder and in a bucket."""

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import icechunk
import numpy as np
import pytest

from clustering_app.errors import NoFeatures, StoreError
from clustering_app.vectors import bucket as buckets
from clustering_app.vectors import columns
from clustering_app.vectors.objects import Objects
from clustering_app.vectors.store import FeatureStore
from tests.vectors.test_compaction import holding
from tests.vectors.test_store import KILLED, rows

Kept = Callable[[], dict[str, bytes]]

in_a_bucket = pytest.mark.parametrize("location", ["bucket"], indirect=True)


@pytest.fixture(autouse=True)
def _one_server_has_one_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buckets, "SKEW_SECONDS", 0.0)  # compactions in little time


FOLLOWER = """
import json, sys
import numpy as np
from clustering_app.vectors import bucket, columns
from clustering_app.vectors.store import FeatureStore

columns.ROWS_PER_CHUNK = 8
bucket.SKEW_SECONDS = 0.0
store = FeatureStore(sys.argv[1])
for verb, ids, value in json.loads(sys.argv[2]):
    if verb == "append":
        store.append("tiny", ids, [str(value)] * len(ids), np.full((len(ids), 4), value))
    elif verb == "delete":
        print(store.delete_items(ids))
    else:
        store.compact()
"""


def steps(writer: int, chance: random.Random) -> tuple[list[Any], dict[str, int], list[int]]:
    """What a process does to items of its own, which of them are there then, and what it says."""
    mine = [f"{writer}-{number}" for number in range(30)]
    todo: list[Any] = []
    there: dict[str, int] = {}
    said = []
    for step in range(12):
        some = chance.sample(mine, chance.randint(1, 10))
        if chance.random() < 0.6:
            todo.append(("append", some, step))
            there |= dict.fromkeys(some, step)
        else:
            todo.append(("delete", some, 0))
            said.append(sum(there.pop(one, None) is not None for one in some))
        if step == 2 + 3 * writer:
            todo.append(("compact", [], 0))
    return todo, there, said


@pytest.mark.parametrize(
    ("seed", "location"), [(1, "folder"), (2, "bucket")], indirect=["location"]
)
def test_several_processes_at_once_do_what_each_would_do_alone(
    store: FeatureStore, location: str, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(columns, "ROWS_PER_CHUNK", 8)
    chance = random.Random(seed)
    plans = [steps(writer, chance) for writer in range(3)]
    started = [
        subprocess.Popen(
            [sys.executable, "-c", FOLLOWER, location, json.dumps(todo)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for todo, _, _ in plans
    ]
    for process, (_, _, said) in zip(started, plans, strict=True):
        told, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        assert [int(line) for line in told.split()] == said
    truth = {item_id: value for _, there, _ in plans for item_id, value in there.items()}
    found = store.read("tiny")
    assert len(found.item_ids) == len(set(found.item_ids))
    assert dict(zip(found.item_ids, found.vectors[:, 0].tolist(), strict=True)) == truth
    assert store.content_versions("tiny") == {one: str(value) for one, value in truth.items()}


@contextmanager
def before_the_commit(disturb: Callable[[], object], times: int = 1) -> Iterator[None]:
    """Do something after the next commits have written and before they count."""
    commit, left = icechunk.Session.commit, [times]

    def disturbed(self: icechunk.Session, *arguments: Any, **named: Any) -> str:
        if left[0]:
            left[0] -= 1
            with pytest.MonkeyPatch.context() as undisturbed:
                undisturbed.setattr(icechunk.Session, "commit", commit)
                disturb()
        return commit(self, *arguments, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(icechunk.Session, "commit", disturbed)
        yield


@in_a_bucket
def test_a_commit_that_meets_others_is_done_again(store: FeatureStore, location: str) -> None:
    other = FeatureStore(location)
    store.append("tiny", ["a", "b"], ["1"] * 2, rows(2))
    with before_the_commit(lambda: other.append("tiny", ["c"], ["1"], rows(1, 2.0)), times=3):
        assert store.delete_items(["a", "b", "nowhere"]) == 2
    with before_the_commit(lambda: other.delete_items(["c"])):
        store.append("tiny", ["c", "d"], ["2"] * 2, rows(2, 3.0))
    assert store.content_versions("tiny") == other.content_versions("tiny") == {"c": "2", "d": "2"}
    np.testing.assert_array_equal(store.read("tiny").vectors[:, 0], [3.0, 3.0])


@in_a_bucket
def test_who_is_never_fast_enough_hears_so(
    store: FeatureStore, location: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buckets, "ATTEMPTS", 4)
    other = FeatureStore(location)
    numbers = iter(range(100))
    with (
        before_the_commit(
            lambda: other.append("tiny", [str(next(numbers))], ["1"], rows(1)), times=4
        ),
        pytest.raises(StoreError, match="4 times others were faster"),
    ):
        store.append("tiny", ["a"], ["1"], rows(1))
    assert store.read("tiny").item_ids == ("0", "1", "2", "3")
    store.append("tiny", ["a"], ["1"], rows(1))
    assert store.count("tiny") == 5


@in_a_bucket
def test_a_commit_whose_answer_is_lost_counts_once(store: FeatureStore) -> None:
    commit = icechunk.Session.commit

    def lost(self: icechunk.Session, *arguments: Any, **named: Any) -> str:
        monkeypatch.undo()
        commit(self, *arguments, **named)
        raise icechunk.ConflictError(None, None)

    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setattr(icechunk.Session, "commit", lost)
    store.append("tiny", ["a", "b"], ["1"] * 2, rows(2))
    store.append("tiny", ["b", "c"], ["1"] * 2, rows(2))
    assert store.read("tiny").item_ids == ("a", "b", "c")


@in_a_bucket
def test_compaction_keeps_what_others_are_about_to_commit(
    store: FeatureStore, location: str
) -> None:
    other = FeatureStore(location)
    store.append("tiny", ["a", "b"], ["1"] * 2, rows(2))
    # Large enough for objects of their own: smaller ones are written with the commit alone.
    many = [f"c{number}" for number in range(400)]
    vectors = np.random.default_rng(0).standard_normal((400, 4)).astype(np.float16)
    with before_the_commit(other.compact):
        store.append("tiny", many, ["1"] * 400, vectors)
    found = FeatureStore(location).read("tiny")
    assert found.item_ids == ("a", "b", *many)
    np.testing.assert_array_equal(found.vectors[2:], vectors)
    with before_the_commit(lambda: other.forget_items(["a"])):
        store.delete_items(["b"])
    assert set(FeatureStore(location).read("tiny").item_ids) == set(many)


@in_a_bucket
def test_what_is_written_into_a_store_that_is_deleted_goes_too(
    store: FeatureStore, location: str, kept: Kept
) -> None:
    store.append("tiny", ["a"], ["1"], rows(1))
    with before_the_commit(FeatureStore(location).delete), pytest.raises(NoFeatures):
        store.append("tiny", ["b"], ["1"], rows(1))
    assert not store.exists()
    assert kept() == {}


@in_a_bucket
def test_a_store_that_is_made_while_the_old_one_is_deleted_is_whole(
    store: FeatureStore, location: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.append("tiny", ["old"], ["1"], rows(1))
    fingerprint = store.feature_sets()[0].fingerprint
    remove_all = Objects.remove_all

    def made_meanwhile(self: Objects, folder: str) -> None:
        monkeypatch.setattr(Objects, "remove_all", remove_all)
        other = FeatureStore(location)
        other.create("tiny", fingerprint)
        other.append("tiny", ["new"], ["1"], rows(1))
        remove_all(self, folder)

    monkeypatch.setattr(Objects, "remove_all", made_meanwhile)
    store.delete()
    assert store.read("tiny").item_ids == ("new",)


@in_a_bucket
def test_what_a_killed_writer_left_goes_with_a_later_compaction(
    store: FeatureStore, location: str, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.append("tiny", ["old"], ["1"], np.array([[1.5, 2.5, 3.5, 4.5]]))
    secret = np.array([[1.5, 2.5, 3.5, 4.5]], np.float16).tobytes()
    time.sleep(1.1)
    # Large enough for an object of its own: smaller ones are written with the commit alone.
    record = (
        "store.write_record('x', {'y': ['left', *(os.urandom(20).hex() for _ in range(99))]}, {})"
    )
    script = KILLED.replace("store.create(", f"{record} or (")
    assert subprocess.run([sys.executable, "-c", script, location, "create"]).returncode == 9
    store.forget_items(["old"])
    assert holding(kept(), secret) == [], "older than the dead writer, so that it goes at once"
    assert [name for name in kept() if "/writers/" in name]
    monkeypatch.setattr(buckets, "LEASE_SECONDS", 1.0)
    time.sleep(1.0)
    assert holding(kept(), b"left")
    assert store.compact() > 0
    assert holding(kept(), b"left") == []
    assert not [name for name in kept() if "/writers/" in name]


@in_a_bucket
def test_a_commit_that_takes_longer_than_compaction_waits_is_given_up(
    store: FeatureStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buckets, "LEASE_SECONDS", 0.0)
    with pytest.raises(StoreError, match="took too long"):
        store.append("tiny", ["a"], ["1"], rows(1))
    assert store.count("tiny") == 0


@in_a_bucket
def test_writers_in_turn_read_only_the_new_ids(
    store: FeatureStore, location: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "ROWS_PER_CHUNK", 4)
    both = [store, FeatureStore(location)]
    both[1].create("other", store.feature_sets()[0].fingerprint)  # its chunks are small
    read = list[int]()
    strings = columns.strings

    def counted(values: Any) -> list[str]:
        read.append(len(values))
        return strings(values)

    monkeypatch.setattr("clustering_app.vectors.rows.strings", counted)
    for turn in range(8):
        ids = [f"{turn}-{number}" for number in range(6)]
        both[turn % 2].append("other", ids, ["1"] * 6, rows(6))
    assert read == [6] * 7, "each reads what the other wrote"
    both[0].delete_items(["0-0"])
    both[1].append("other", ["last"], ["1"], rows(1))
    assert read[7:] == [47], "after a deletion all are read"
    assert both[0].unchanged("other", {"last": "1", "0-0": "1", "1-0": "2", "2-0": "1"}) == {
        "last",
        "2-0",
    }
    found = both[0].read("other").item_ids
    assert len(found) == len(set(found)) == 48


def test_a_bucket_that_is_not_there_is_named(s3_server: str) -> None:
    store = FeatureStore("s3://nowhere-at-all/prefix")
    with pytest.raises(
        StoreError, match=r"s3://nowhere-at-all/prefix cannot be used.*NoSuchBucket"
    ):
        store.exists()
    with pytest.raises(StoreError, match=r"s3://nowhere-at-all/prefix cannot be used"):
        store.read("tiny")


def test_a_server_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    begun = time.monotonic()
    with pytest.raises(StoreError, match=r"s3://bucket/prefix cannot be used.*127\.0\.0\.1:9"):
        FeatureStore("s3://bucket/prefix").read("tiny")
    assert time.monotonic() - begun < 30
