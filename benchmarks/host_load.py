"""The host with 100,000 items and 50 people, for `python -m benchmarks.host import load hour`."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from benchmarks import lines
from benchmarks.host_imports import copy_files, imported
from benchmarks.host_server import Watched, watching
from benchmarks.lines import tell, timed
from benchmarks.source_formats import folder

USERS = 50
ARRIVAL_SECONDS = 60.0
"""Within which the users come: 50 who open a page at once are another case."""
PAUSE_SECONDS, PAGES = 10.0, 12
"""Of a user under load: two minutes."""
HOUR_PAUSE_SECONDS, HOUR_VISITS, HOUR_PAGES = 30.0, 6, 20
"""Of a user in the hour that is replayed: visits, and pages of the grid in each."""
FASTER = 6
MOST_PAGE_MILLISECONDS = 150.0
MOST_LATE_MILLISECONDS = 100.0
MOST_GROWTH = 0.05
"""Of the memory, from a third of the replay to its end: by then everything was used once."""
EXTRACTING_SECONDS = 30.0
"""A worker starts and loads the model; the people come when it encodes."""


@dataclass(frozen=True)
class Size:
    """How large it all is."""

    items: int
    users: int
    arrival: float
    """Seconds."""
    pages: int
    hour_pages: int

    @classmethod
    def of(cls) -> Size:
        """As the bars ask, or a hundredth."""
        if lines.quick:
            return cls(1_000, 5, 2.0, 2, 2)
        return cls(100_000, USERS, ARRIVAL_SECONDS, PAGES, HOUR_PAGES)


def importing(data_dir: Path) -> Iterator[bool]:
    """Items from a folder, beside the copies of its files."""
    size = Size.of()
    with tempfile.TemporaryDirectory() as place:
        pictures = folder(Path(place), size.items)
        _, copying = timed(lambda: copy_files(pictures, pictures / "copied"))
    with tempfile.TemporaryDirectory() as place:
        found = imported(folder(Path(place), size.items), data_dir)
    assert found["items"] == size.items
    work = f"{size.items:,} PNGs of 64 x 48 pixels, with thumbnails, all on the disk"
    yield tell("import", size.items / found["seconds"], "items/s", {
               "files copied": size.items / copying}, "none", True, work)  # fmt: skip
    yield tell("import, again", size.items / found["again"], "items/s", {
               "the first time": size.items / found["seconds"]}, "faster than the first time",
               found["again"] < found["seconds"], f"{work}; nothing has changed")  # fmt: skip
    yield tell("import, peak memory", found["peak"] / 2**20, "MiB", {}, "none", True, work)


def load(data_dir: Path) -> Iterator[bool]:
    """The grid while an extraction runs, and how late the event loop is."""
    size = Size.of()
    with watching(str(data_dir)) as server, watching("--idle") as idle:
        dataset = largest(server.address)
        alone = users(server.address, dataset, 1, 0.0, 1, size.pages, 1.0)
        with extracting(server.address, dataset) as encoded:
            before = encoded()
            server.take()
            idle.take()
            seen = users(
                server.address, dataset, size.users, size.arrival, 1, size.pages, PAUSE_SECONDS
            )
            late, idle_late = server.take(), idle.take()
            after = encoded()
    work = (
        f"{size.items:,} items, {size.users} users who come within "
        f"{size.arrival:g} s and turn a page every {PAUSE_SECONDS:g} s, {size.pages} times with "
        "48 thumbnails, over websockets; extractions encode all the time "
        f"({(after - before) * size.items:,.0f} items)"
    )
    p95 = float(np.percentile(seen["turned"], 95))
    yield tell("grid page, 95th percentile", p95, "ms", {
               "median": float(np.median(seen["turned"])),
               "one page open, nothing else, 95th": float(np.percentile(alone["turned"], 95)),
               }, f"at most {MOST_PAGE_MILLISECONDS:g} ms and no failure",
               p95 <= MOST_PAGE_MILLISECONDS and not seen["failed"] and after > before,
               work)  # fmt: skip
    yield tell("thumbnail, 95th percentile", float(np.percentile(seen["thumbnails"], 95)), "ms", {
               "median": float(np.median(seen["thumbnails"])),
               "one page open": float(np.percentile(alone["thumbnails"], 95)),
               }, "none", True, f"{work}; {len(seen['thumbnails']):,} of them")  # fmt: skip
    yield tell("page opened, 95th percentile", float(np.percentile(seen["opened"], 95)), "ms", {
               "one page": alone["opened"][0]}, "none", True, work)  # fmt: skip
    yield tell("event loop late, the most", late["latest"], "ms", {
               "times over 100 ms": late["over 100 ms"], "of looks": late["looks"],
               "an idle process beside it": idle_late["latest"],
               }, f"at most {MOST_LATE_MILLISECONDS:g} ms",
               late["latest"] <= MOST_LATE_MILLISECONDS, work)  # fmt: skip


def hour(data_dir: Path) -> Iterator[bool]:
    """Memory over an hour of requests, six times as fast."""
    size = Size.of()
    looks: list[dict[str, float]] = []
    done = threading.Event()

    def watch(server: Watched) -> None:
        while not done.wait(0.2 if lines.quick else 5):
            looks.append(server.take())

    with watching(str(data_dir)) as server:
        dataset = largest(server.address)
        watcher = threading.Thread(target=watch, args=(server,))
        watcher.start()
        seen = users(
            server.address, dataset, size.users, size.arrival / FASTER, HOUR_VISITS,
            size.hour_pages, HOUR_PAUSE_SECONDS / FASTER,
        )  # fmt: skip
        done.set()
        watcher.join()
    third, last = looks[len(looks) // 3]["MiB"], looks[-1]["MiB"]
    work = (
        f"{size.items:,} items, {size.users} users who open a page {HOUR_VISITS} times, "
        f"{len(seen['turned']):,} pages of the grid, {len(seen['thumbnails']):,} thumbnails, "
        f"{FASTER} times as fast as a page every {HOUR_PAUSE_SECONDS:g} s: in "
        f"{seen['seconds'] / 60:.1f} minutes"
    )
    growth = last / third - 1
    yield tell("memory, growth from a third on", growth, "share", {
               "MiB then": third, "MiB at the end": last,
               "MiB at most": max(look["MiB"] for look in looks)}, f"at most {MOST_GROWTH}",
               growth <= MOST_GROWTH and not seen["failed"], work)  # fmt: skip
    late = max(look["latest"] for look in looks)
    yield tell("event loop late in the hour, the most", late, "ms", {
               "times over 100 ms": sum(look["over 100 ms"] for look in looks),
               "grid page, 95th percentile": float(np.percentile(seen["turned"], 95)),
               }, f"at most {MOST_LATE_MILLISECONDS:g} ms", late <= MOST_LATE_MILLISECONDS,
               work)  # fmt: skip


def users(address: str, dataset: str, *what: float) -> dict[str, Any]:
    """What people saw; see `host_users`."""
    command = [sys.executable, "-m", "benchmarks.host_users", address, dataset]
    answer = subprocess.run(
        [*command, *map(str, what)], check=True, stdout=subprocess.PIPE, text=True
    )
    return dict(json.loads(answer.stdout))


def largest(address: str) -> str:
    """The dataset with the most items."""
    asked = httpx.get(f"{address}/api/v1/datasets", timeout=60).json()
    return str(max((count(address, one["id"]), one["id"]) for one in asked)[1])


def count(address: str, dataset: str) -> int:
    """Items of a dataset."""
    found = httpx.post(f"{address}/api/v1/datasets/{dataset}/query?limit=1", json={}, timeout=60)
    return int(found.json()["total"])


@contextmanager
def extracting(address: str, dataset: str) -> Iterator[Callable[[], float]]:
    """An extraction of all, and the next one when it has ended; gives how often all was encoded."""
    executions, over = [extract(address, dataset)], threading.Event()

    def go_on() -> None:
        while not over.wait(0.5):
            if progress(address, executions[-1]) == 1.0:
                executions.append(extract(address, dataset))

    further = threading.Thread(target=go_on)
    further.start()
    try:
        yield lambda: len(executions) - 1 + progress(address, executions[-1])
    finally:
        over.set()
        further.join()
        end(address, executions[-1])


def extract(address: str, dataset: str) -> str:
    """Start an extraction of all, whatever has vectors, and wait until it encodes; its id."""
    inputs = {"dataset": dataset, "which": "all"}
    wanted = {"app": "clustering", "function": "extract_dataset", "inputs": inputs}
    execution = httpx.post(f"{address}/api/v1/executions", json=wanted, timeout=60).json()["id"]
    until = time.monotonic() + EXTRACTING_SECONDS
    while progress(address, execution) == 0.0 and time.monotonic() < until:
        time.sleep(0.5)
    return str(execution)


def progress(address: str, execution: str) -> float:
    """The share that is done."""
    found = httpx.get(f"{address}/api/v1/executions/{execution}", timeout=60).json()
    assert found["status"] in ("created", "running", "success"), found["error"]
    return float(found["progress"])


def end(address: str, execution: str) -> None:
    """Cancel it, and wait."""
    at = f"{address}/api/v1/executions/{execution}"
    httpx.post(f"{at}/terminate", timeout=60)
    while httpx.get(at, timeout=60).json()["status"] in ("created", "running"):
        time.sleep(0.5)
