"""Parts that a worker commits itself: each item once, and nothing twice."""

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from clustering_app.errors import ModelMismatch, NoFeatures
from clustering_app.extraction.parts import Part, Target, Task, encode_part, items_a_part, loaded
from clustering_app.extraction.prepared import Unencodable
from clustering_app.vectors.store import FeatureStore
from host_stub.platform import LocalPlatform


@pytest.fixture
def part(tmp_path: Path, few_emoji_folder: Path, bucket: str) -> Iterator[Part]:
    """Twenty drawings and what is none, for a store in a bucket."""
    with LocalPlatform(tmp_path) as platform:
        dataset = platform.datasets.create("signs")
        for picture in sorted(few_emoji_folder.rglob("*.png"))[:20]:
            platform.datasets.add(dataset.id, picture.name, BytesIO(picture.read_bytes()))
        platform.datasets.add(dataset.id, "bad.png", BytesIO(b"no picture"))
        fingerprint = loaded("mini-clip", None).fingerprint
        FeatureStore(bucket).create("set", fingerprint)
        yield Part(
            items=tuple(platform.datasets.items(dataset.id).items),
            task=Task(
                model="mini-clip",
                weights=None,
                fingerprint=fingerprint.id,
                target=Target(location=bucket, feature_set="set", again=False),
            ),
        )


def test_a_part_that_is_done_again_doubles_nothing(part: Part, bucket: str) -> None:
    store = FeatureStore(bucket)
    *reasons, why = encode_part(part)
    assert reasons == [None] * 20
    assert isinstance(why, Unencodable)
    first = store.read("set")
    assert first.item_ids == tuple(item.id for item in part.items[:20])
    assert encode_part(part) == [*reasons, why]
    assert store.snapshot() == first.snapshot, "what was committed is not encoded again"

    changed = replace(part, items=(part.items[0].model_copy(update={"content_version": "new"}),))
    assert encode_part(changed) == [None]
    assert store.content_versions("set")[part.items[0].id] == "new"

    assert part.task.target is not None
    again = replace(part.task, target=replace(part.task.target, again=True))
    encode_part(replace(part, task=again))
    found = store.read("set")
    assert found.snapshot != first.snapshot
    assert found.item_ids == first.item_ids
    np.testing.assert_array_equal(found.vectors, first.vectors)


def test_vectors_that_are_given_back_are_those_that_are_committed(part: Part, bucket: str) -> None:
    encode_part(part)
    given = encode_part(replace(part, task=replace(part.task, target=None)))[:20]
    np.testing.assert_array_equal(
        FeatureStore(bucket).read("set").vectors, np.array(given).astype(np.float16)
    )


def test_a_worker_that_may_not_commit_says_so(part: Part, bucket: str) -> None:
    with pytest.raises(ModelMismatch):
        encode_part(replace(part, task=replace(part.task, fingerprint="another")))
    FeatureStore(bucket).delete()
    with pytest.raises(NoFeatures):
        encode_part(part)
    assert not FeatureStore(bucket).exists()


@pytest.mark.parametrize(
    ("total", "workers", "size"),
    [(0, 2, 256), (10**6, 4, 256), (10**6, 8, 512), (10**4, 8, 256), (10**8, 500, 2048)],
)
def test_more_workers_commit_larger_parts_unless_there_are_too_few(
    total: int, workers: int, size: int
) -> None:
    assert items_a_part(total, workers) == size
