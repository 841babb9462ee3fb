"""What is deleted leaves disk or bucket, to the last byte, while others read and write."""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import numpy as np
import pytest
from numcodecs.zstd import Zstd

from clustering_app.errors import NoFeatures
from clustering_app.vectors.store import FeatureStore

Kept = Callable[[], dict[str, bytes]]

FRAME = b"\x28\xb5\x2f\xfd"
"""How each frame of Zstandard begins."""


def unpacked(content: bytes) -> Iterator[bytes]:
    """The bytes as they are, and what each frame of Zstandard in them holds, and so on within."""
    yield content
    start = content.find(FRAME)
    while start >= 0:
        end = len(content)
        while end > start:  # the frame ends somewhere: the decoder takes no byte more or less
            with suppress(RuntimeError):
                yield from unpacked(bytes(Zstd().decode(content[start:end])))
                break
            end -= 1
        start = content.find(FRAME, start + 4)


def holding(kept: dict[str, bytes], wanted: bytes) -> list[str]:
    """Names of what holds the bytes, packed or as they are."""
    return [
        name for name, content in kept.items() if any(wanted in one for one in unpacked(content))
    ]


def test_a_deleted_vector_is_in_no_byte_that_is_kept(store: FeatureStore, kept: Kept) -> None:
    chance = np.random.default_rng(0)
    vectors = chance.standard_normal((30, 4)).astype(np.float16)
    ids = [f"item-{row}-{chance.integers(1 << 60)}" for row in range(30)]
    for row in range(0, 30, 3):
        some = slice(row, row + 3)
        store.append("tiny", ids[some], ["1"] * 3, vectors[some])
    secret, others = 7, [row for row in range(30) if row != 7]
    assert holding(kept(), vectors[secret].tobytes())
    assert holding(kept(), ids[secret].encode())

    assert store.delete_items([ids[secret]]) == 1
    assert holding(kept(), vectors[secret].tobytes()), "history still has it"
    assert store.compact() > 0

    assert holding(kept(), vectors[secret].tobytes()) == []
    assert holding(kept(), ids[secret].encode()) == []
    assert holding(kept(), vectors[8].tobytes())
    assert holding(kept(), ids[8].encode())
    found = store.read("tiny")
    rows = dict(zip(found.item_ids, found.vectors.tolist(), strict=True))
    assert rows == {ids[row]: vectors[row].tolist() for row in others}


def test_forgetting_is_deleting_and_compacting(store: FeatureStore, location: str) -> None:
    early = store.append("tiny", ["a", "b"], ["1", "1"], np.eye(2, 4, dtype=np.float32))
    assert store.forget_items(["a"]) == 1
    assert store.read("tiny").item_ids == ("b",)
    with pytest.raises(NoFeatures):
        store.read("tiny", snapshot=early)
    store.append("tiny", ["c"], ["1"], np.ones((1, 4), np.float32))
    assert store.read("tiny").item_ids == ("b", "c")
    assert FeatureStore(f"{location}/elsewhere").compact() == 0


def test_readers_see_whole_rows_while_others_delete_and_compact(
    store: FeatureStore, location: str
) -> None:
    count = 3000
    vectors = np.repeat(np.arange(count, dtype=np.float32)[:, None] % 2000, 4, axis=1)
    store.append("tiny", [f"{row:04}" for row in range(count)], ["1"] * count, vectors)
    stop, errors, reads = threading.Event(), list[BaseException](), []

    def read() -> None:
        mine = FeatureStore(location)
        try:
            while not stop.is_set():
                found = mine.read("tiny")
                assert len(set(found.item_ids)) == len(found.item_ids)
                expected = np.array([int(item_id) % 2000 for item_id in found.item_ids])
                assert (found.vectors == expected[:, None]).all()
                reads.append(len(found.item_ids))
        except BaseException as error:  # noqa: BLE001 - a thread would lose it
            errors.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    step = 200 if store.many_writers else 10  # there each compaction takes two seconds
    for row in range(0, 400, step):
        store.forget_items([f"{number:04}" for number in range(row, row + step)])
    stop.set()
    reader.join(30)
    assert errors == []
    assert reads
    assert store.count("tiny") == count - 400
