"""Extractions that are disturbed, and what their vectors must be afterwards."""

import time
from pathlib import Path

import numpy as np
import psutil

from clustering_app.vectors.feature_set import FeatureSet
from clustering_app.vectors.store import FeatureStore
from host_contract.entities import Dataset, Execution
from host_stub.platform import LocalPlatform

STEP = 2.0**-11
"""Batches are others, so that sums are rounded in another order: a float16's last bit may differ.
That of the largest numbers of a vector of unit length, from 0.5 to 1.0, is worth so much."""
TORCH_BYTES = 150e6
"""A process that holds more has loaded the model."""


def extracted(platform: LocalPlatform) -> Execution:
    """The extraction of the only dataset, when it has ended."""
    dataset = platform.datasets.list()[0].id
    return platform.run("clustering", "extract_dataset", {"dataset": dataset})


def imported_often(platform: LocalPlatform, folder: Path) -> Dataset:
    """A dataset of the folder, each file four times: to encode it takes seconds anywhere."""
    dataset = platform.import_source(folder)
    for _ in range(2):
        item_ids = platform.datasets.item_ids(dataset.id)
        platform.datasets.clone_items(item_ids, dataset.id)
    return dataset


def begun(platform: LocalPlatform, least: int = 1) -> Execution:
    """The extraction of the only dataset, as soon as so many vectors are committed."""
    dataset = platform.datasets.list()[0].id
    started = platform.executions.start("clustering", "extract_dataset", {"dataset": dataset})
    store = store_of(platform)
    while store.count("mini-clip") < least:
        assert not platform.executions.get(started.id).status.final
        time.sleep(0.05)
    return started


def store_of(platform: LocalPlatform) -> FeatureStore:
    """Of the only dataset."""
    return FeatureStore(platform.host("clustering").storage(platform.datasets.list()[0].id))


def by_place(platform: LocalPlatform) -> dict[str, np.ndarray]:
    """Each item's one vector, by folder and name."""
    found = store_of(platform).read("mini-clip")
    items = platform.datasets.items(platform.datasets.list()[0].id, limit=100_000).items
    assert sorted(found.item_ids) == [item.id for item in items]
    vectors = dict(zip(found.item_ids, found.vectors, strict=True))
    return {item.folder + item.name: vectors[item.id] for item in items}


def check_same(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    """The vectors of two extractions are the same but for their last bit."""
    assert found.keys() == expected.keys()
    for place, vector in expected.items():
        np.testing.assert_allclose(
            found[place].astype(np.float32), vector.astype(np.float32), rtol=0, atol=STEP
        )


def check_kept(before: FeatureSet, after: FeatureSet) -> None:
    """What was committed before stands as it was, bit for bit."""
    kept = dict(zip(after.item_ids, after.vectors.tolist(), strict=True))
    for item_id, vector in zip(before.item_ids, before.vectors.tolist(), strict=True):
        assert kept[item_id] == vector


def encoding_processes() -> list[psutil.Process]:
    """Processes below this one that have encoded something: workers, not their nannies' helpers."""
    return [
        process
        for process in psutil.Process().children(recursive=True)
        if resident_bytes(process) > TORCH_BYTES
    ]


def resident_bytes(process: psutil.Process) -> int:
    """What a process holds in memory; nothing when it has ended."""
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
