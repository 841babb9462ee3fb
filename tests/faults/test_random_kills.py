"""Killed at any moments, read all the while, on a full disk: nothing committed is ever lost."""

import io
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from PIL import Image

from clustering_app.errors import NoFeatures
from clustering_app.vectors.feature_set import FeatureSet
from clustering_app.vectors.store import FeatureStore
from host_stub.platform import LocalPlatform

KILLS = int(os.environ.get("CLUSTERING_KILLS", "4"))
"""How often the extraction is killed; 100 take five to twenty minutes."""
COUNT = 100 * KILLS + 300
NAME = "numbered"


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[LocalPlatform]:
    with LocalPlatform(tmp_path / "data") as opened:
        yield opened


def numbered_dataset(platform: LocalPlatform, count: int) -> dict[str, int]:
    """Items whose colour is their number; numbers by id."""
    dataset = platform.datasets.create("numbered").id
    made = {}
    for number in range(count):
        content = io.BytesIO()
        Image.new("RGB", (4, 4), (number % 256, number // 256, 0)).save(content, "BMP")
        content.seek(0)
        made[platform.datasets.add(dataset, f"{number}.bmp", content).id] = number
    return made


def started(platform: LocalPlatform, log: Path, *limit: str) -> subprocess.Popen[str]:
    """An extraction of the only dataset, in a process of its own."""
    script = Path(__file__).parent / "extract_slowly.py"
    dataset = platform.datasets.list()[0].id
    arguments = [str(script), str(platform.data_dir), dataset, str(log), *limit]
    return subprocess.Popen([sys.executable, *arguments], stderr=subprocess.PIPE, text=True)


def check_rows(found: FeatureSet, numbers: dict[str, int]) -> None:
    """Every row is whole, there once, and what an undisturbed run makes of its item."""
    assert len(set(found.item_ids)) == len(found.item_ids)
    for item_id, vector in zip(found.item_ids, found.vectors, strict=True):
        chance = np.random.default_rng(numbers[item_id])
        expected = chance.standard_normal(found.vectors.shape[1]).astype(np.float32)
        assert (vector == expected.astype(np.float16)).all()


class Reader(threading.Thread):
    """Opens the store every 50 ms and checks what it sees."""

    def __init__(self, location: str, numbers: dict[str, int]) -> None:
        super().__init__()
        self.location, self.numbers = location, numbers
        self.counts: list[int] = []
        self.error: BaseException | None = None
        self.done = threading.Event()

    def run(self) -> None:
        while not self.done.wait(0.05):
            try:
                with suppress(NoFeatures):
                    found = FeatureStore(self.location).read(NAME)
                    check_rows(found, self.numbers)
                    self.counts.append(len(found.item_ids))
            except BaseException as error:  # noqa: BLE001 - a thread would lose it
                self.error = error
                return


def lines(log: Path) -> list[int]:
    return [int(line) for line in log.read_text().splitlines()] if log.exists() else []


@pytest.mark.timeout(1800)
def test_killed_at_any_moments_every_item_gets_its_one_vector(
    platform: LocalPlatform, tmp_path: Path
) -> None:
    numbers = numbered_dataset(platform, COUNT)
    location = platform.host("clustering").storage(platform.datasets.list()[0].id)
    store, log = FeatureStore(location), tmp_path / "log"

    @settings(
        max_examples=KILLS, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(moment=st.floats(0.0, 1.0))
    def kill(moment: float) -> None:
        """Kill a worker so many seconds after it begins to encode."""
        committed = {numbers[item_id] for item_id in store.content_versions(NAME)}
        before = len(lines(log))
        worker = started(platform, log)
        until = time.monotonic() + 120
        while len(lines(log)) == before and worker.poll() is None:
            assert time.monotonic() < until, "the worker does not begin"
            time.sleep(0.01)
        with suppress(subprocess.TimeoutExpired):
            worker.wait(moment)
        worker.kill()
        worker.communicate()
        assert committed.isdisjoint(lines(log)[before:])

    reader = Reader(location, numbers)
    reader.start()
    try:
        kill()
        # By chance none of them may have come to its first commit.
        behind = started(platform, log)
        while store.count(NAME) == 0:
            assert behind.poll() is None, "the worker commits nothing"
            time.sleep(0.01)
        behind.kill()
        behind.communicate()
        last = started(platform, log)
        _, errors = last.communicate(timeout=300)
        assert last.returncode == 0, errors[-2000:]
    finally:
        reader.done.set()
        reader.join(60)
    assert reader.error is None, reader.error
    assert reader.counts == sorted(reader.counts)
    found = store.read(NAME)
    assert sorted(found.item_ids) == sorted(numbers)
    check_rows(found, numbers)


def test_a_full_disk_is_one_clear_line_and_costs_nothing_committed(
    platform: LocalPlatform, tmp_path: Path
) -> None:
    numbers = numbered_dataset(platform, 700)
    folder = Path(platform.host("clustering").storage(platform.datasets.list()[0].id))
    store, log = FeatureStore(str(folder)), tmp_path / "log"
    folder.mkdir(parents=True, exist_ok=True)
    mounted = mount_tmpfs(folder, "1m")
    try:
        worker = started(platform, log, *([] if mounted else ["1000000"]))
        _, errors = worker.communicate(timeout=200)
        assert worker.returncode != 0
        line = errors.strip().splitlines()[-1]
        assert "StoreError: The feature store cannot be" in line
        assert "the disk is full" in line

        before = store.read(NAME)
        assert 0 < len(before.item_ids) < 700
        check_rows(before, numbers)
        if mounted:
            subprocess.run(["mount", "-o", "remount,size=640m", folder], check=True)
        done = len(lines(log))
        worker = started(platform, log)
        _, errors = worker.communicate(timeout=200)
        assert worker.returncode == 0, errors[-2000:]
        again = lines(log)[done:]
        assert len(again) == 700 - len(before.item_ids)
        found = store.read(NAME)
        assert sorted(found.item_ids) == sorted(numbers)
        check_rows(found, numbers)
    finally:
        if mounted:
            subprocess.run(["umount", folder], check=True)


def mount_tmpfs(folder: Path, size: str) -> bool:
    """Put a small file system at the folder; False where that is not allowed."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False
