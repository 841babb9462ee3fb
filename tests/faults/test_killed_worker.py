"""A killed worker costs seconds: afterwards every item has one vector, none encoded twice."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from clustering_app.vectors.store import FeatureStore
from host_contract.entities import ExecutionStatus
from host_stub.platform import LocalPlatform

COUNT = 3000


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[LocalPlatform]:
    folder = tmp_path / "many"
    folder.mkdir()
    chance = np.random.default_rng(0)
    for index in range(COUNT):
        pixels = chance.integers(0, 255, (64, 64, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{index:04}.bmp")
    with LocalPlatform(tmp_path / "data") as opened:
        opened.import_source(folder)
        yield opened


def worker_processes() -> list[psutil.Process]:
    """Processes below this one that hold a loaded torch: the worker, not its nanny's helpers."""
    found = psutil.Process().children(recursive=True)
    return [process for process in found if process.memory_info().rss > 150e6]


def test_killed_half_way_nothing_is_lost_and_nothing_done_twice(platform: LocalPlatform) -> None:
    dataset = platform.datasets.list()[0]
    started = platform.executions.start("clustering", "extract_dataset", {"dataset": dataset.id})
    store = FeatureStore(platform.host("clustering").storage(dataset.id))
    while store.count("mini-clip") < COUNT // 10:
        assert not platform.executions.get(started.id).status.final
    before = store.read("mini-clip")
    for process in worker_processes():
        os.kill(process.pid, signal.SIGKILL)

    ended = platform.executions.wait(started.id)
    assert ended.status is ExecutionStatus.SUCCESS, ended.error
    assert ended.attempts == 2
    found = store.read("mini-clip")
    assert sorted(found.item_ids) == platform.datasets.item_ids(dataset.id)
    report = ended.output
    assert isinstance(report, dict)
    assert report["encoded"] + report["unchanged"] == COUNT
    assert report["unchanged"] >= len(before.item_ids)
    kept = dict(zip(found.item_ids, found.vectors.tolist(), strict=True))
    for item_id, vector in zip(before.item_ids, before.vectors.tolist(), strict=True):
        assert kept[item_id] == vector

    again = platform.run("clustering", "extract_dataset", {"dataset": dataset.id})
    assert isinstance(again.output, dict)
    assert (again.output["encoded"], again.output["unchanged"]) == (0, COUNT)
