"""A killed worker costs seconds: afterwards every item has one vector, none encoded twice."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from host_contract.entities import ExecutionStatus
from host_stub.platform import LocalPlatform
from tests.faults.extractions import begun, check_kept, encoding_processes, store_of

COUNT = 6000


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


def test_killed_half_way_nothing_is_lost_and_nothing_done_twice(platform: LocalPlatform) -> None:
    dataset = platform.datasets.list()[0]
    started = begun(platform, COUNT // 10)
    store = store_of(platform)
    before = store.read("mini-clip")
    for process in encoding_processes():
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
    check_kept(before, found)

    again = platform.run("clustering", "extract_dataset", {"dataset": dataset.id})
    assert isinstance(again.output, dict)
    assert (again.output["encoded"], again.output["unchanged"]) == (0, COUNT)
