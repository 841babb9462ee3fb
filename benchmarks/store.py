"""What steps of an extraction cost as a dataset grows: `python -m benchmarks.store [--quick]`.

One JSON object a line, as all benchmarks. The figures are those of docs/scaling.md: appending in a
process that knows the set, compaction, bytes on disk and in memory. `--location s3://bucket/prefix`
measures a store there, which is deleted afterwards.
"""

from __future__ import annotations

import argparse
import gc
import io
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
import psutil

from benchmarks import lines
from benchmarks.lines import tell
from clustering_app.extraction.batches import plan
from clustering_app.vectors.feature_set import ModelFingerprint
from clustering_app.vectors.store import FeatureStore
from host_contract.entities import Item

SIZES = (10_000, 100_000, 1_000_000)
ITEMS = 200_000
BATCH, DIMENSION, APPENDS = 256, 512, 8
AT_ONCE = 50_000
GROWTH = 3.0
"""An append to the largest set may cost so many times what one to the smallest does."""


def main() -> int:
    """Print the cases; 1 when one is not ok."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smoke test at a hundredth")
    parser.add_argument("--location", help="where the store lies; a temporary folder without it")
    options = parser.parse_args()
    lines.quick = options.quick
    shrink = 100 if lines.quick else 1
    smallest = 0.0
    ok = []
    with tempfile.TemporaryDirectory() as folder:
        location = options.location or folder
        store, there = FeatureStore(location), 0
        store.create("one", fingerprint())
        for size in SIZES:
            while there < size // shrink:
                count = min(AT_ONCE, size // shrink - there)
                append(store, there, count)
                there += count
            first = used(partial(append, FeatureStore(location), there, BATCH))
            append(store, there + BATCH, BATCH)  # another process has written: it looks anew
            there += 2 * BATCH
            costs, waits = [], []
            for _ in range(APPENDS):
                begun = time.monotonic()
                costs.append(used(partial(append, store, there, BATCH)))
                waits.append(time.monotonic() - begun)
                there += BATCH
            cost = float(np.median(costs))
            smallest = smallest or cost
            on = f"{there:,} vectors of {DIMENSION} dimensions"
            tell(
                "first append of a process", first, "processor s", {}, "", True, f"{BATCH} to {on}"
            )
            ok.append(
                tell("append", cost, "processor s", {"to the smallest set": smallest},
                     f"at most {GROWTH} times", cost <= GROWTH * smallest, f"{BATCH} to {on}")
            )  # fmt: skip
            tell("append, waited", float(np.median(waits)), "s", {}, "", True, f"{BATCH} to {on}")
            tell("compaction", used(store.compact), "processor s", {}, "", True, on)
            if location == folder:
                each = disk_bytes(Path(folder)) / there
                tell("on disk", each, "bytes a vector", {}, "", True, on)
        versions = in_memory(lambda: store.content_versions("one")) / there
        tell("content versions in memory", versions, "bytes a vector", {}, "", True, on)
        store.delete()
    count = ITEMS // shrink
    tell("a plan in memory", in_memory(lambda: plan(items(count), {})) / count, "bytes an item",
         {}, "", True, f"{count:,} items without metadata")  # fmt: skip
    return 0 if all(ok) else 1


def append(store: FeatureStore, start: int, count: int) -> None:
    """Rows of new items; ids of 24 and content versions of 64 characters, as the host's are."""
    ids = [f"{number:024}" for number in range(start, start + count)]
    chance = np.random.default_rng(start)
    vectors = chance.standard_normal((count, DIMENSION), np.float32)
    store.append("one", ids, [f"{one:064}" for one in range(start, start + count)], vectors)


def items(count: int) -> Iterator[Item]:
    """Items of a dataset as a host hands them out, one after another."""
    for number in range(count):
        yield Item(
            id=f"{number:024}", dataset_id="d" * 24, name=f"{number}.jpg", mimetype="image/jpeg",
            size=number, created=datetime.now(UTC), content_version=f"{number:064}",
        ).opened_by(partial(io.BytesIO, b""))  # fmt: skip


def fingerprint() -> ModelFingerprint:
    """Of no model."""
    return ModelFingerprint(
        model="one", weights_source=None, architecture="{}", weights="0",
        preprocessing="{}", dimension=DIMENSION,
    )  # fmt: skip


def used(work: Callable[[], object]) -> float:
    """Processor seconds, in all threads."""
    started = time.process_time()
    work()
    return time.process_time() - started


def in_memory(make: Callable[[], object]) -> float:
    """Bytes by which the process grows while it holds something."""
    gc.collect()
    before = psutil.Process().memory_info().rss
    made = make()
    grown = psutil.Process().memory_info().rss - before
    del made
    return float(grown)


def disk_bytes(folder: Path) -> int:
    """Of all files below."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    sys.exit(main())
