"""TensorBoard's projector and Embedding Atlas, given the points of our maps and watched alike.

Each is installed from PyPI into an environment of its own, and served by its own server.
"""

from __future__ import annotations

import math
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from socket import socket
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page, Request
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from benchmarks.watched import drag, open_page

LONGEST_SECONDS = 120.0
CONSTRAINTS = Path(__file__).parents[1] / "constraints.txt"
TENSORBOARD_MOST = 100_000
"""Rows that TensorBoard's page asks for; it never sees the others."""
Write = Callable[[Path, NDArray[np.float32], NDArray[np.float32]], list[str]]
"""Writes (N, dimensions) points and their (N,) clusters into a folder; gives the arguments."""


@dataclass(frozen=True)
class Peer:
    """A projector of somebody else's."""

    name: str
    command: str
    """What serves it, and its package on PyPI."""
    version: str
    dimensions: int
    write: Write
    page: str
    """Path of the page with the map."""
    data: str
    """Pattern of the address of each request for the points."""
    most: int
    """Points that it draws."""


def _tensorboard(
    folder: Path, points: NDArray[np.float32], clusters: NDArray[np.float32]
) -> list[str]:
    points.astype("<f4").tofile(folder / "vectors.bytes")
    metadata = "\n".join(f"{cluster:.0f}" for cluster in clusters) + "\n"
    (folder / "metadata.tsv").write_text(metadata, encoding="ascii")
    count, dimensions = points.shape
    (folder / "projector_config.pbtxt").write_text(
        'embeddings { tensor_name: "points" tensor_path: "vectors.bytes" '
        f'tensor_shape: {count} tensor_shape: {dimensions} metadata_path: "metadata.tsv" }}',
        encoding="ascii",
    )
    return ["--logdir", str(folder), "--load_fast=false"]


def _atlas(folder: Path, points: NDArray[np.float32], clusters: NDArray[np.float32]) -> list[str]:
    x, y = points.T
    table = pa.table({"x": x, "y": y, "cluster": clusters.astype(int).astype(str)})
    pq.write_table(table, folder / "points.parquet")
    return [
        str(folder / "points.parquet"), "--x", "x", "--y", "y", "--disable-projection",
        "--no-auto-port",
    ]  # fmt: skip


PEERS = (
    Peer("TensorBoard's projector", "tensorboard", "2.21.0", 3, _tensorboard,
         "data/plugin/projector/projector_binary.html", r"/projector/(tensor|metadata)\?",
         TENSORBOARD_MOST),
    # The last that draws without WebGPU, which no browser has in software with all that it asks.
    Peer("Embedding Atlas", "embedding-atlas", "0.22.0", 2, _atlas, "", "/data/", sys.maxsize),
)  # fmt: skip


@dataclass
class Measured:
    """What can be measured of a peer as of our maps; None when its page did not answer in time."""

    name: str
    """The peer's, its version's, and how many points it drew where those are not all."""
    down: float | None = None
    """Bytes a drawn point that the page was sent for the points."""
    picture: float | None = None
    """Seconds from the page's first request for the points to their picture."""
    frame: float | None = None
    """Milliseconds of scripts a frame while dragging."""


def measure_peer(
    browser: Browser,
    peer: Peer,
    environments: Path,
    points: NDArray[np.float32],
    clusters: NDArray[np.float32],
) -> Measured:
    """Serve the points, open the page, and drag on the map."""
    drawn = min(len(points), peer.most)
    part = "" if drawn == len(points) else f" (the first {drawn:,})"
    name = f"{peer.name} {peer.version}{part}"
    measured = Measured(name)
    page = open_page(browser)
    page.set_default_timeout(1000 * LONGEST_SECONDS)
    page.add_init_script(f"window.watched.least = {drawn}")
    asked = Asked(page, peer)
    with served(peer, environments, points, clusters) as address, suppress(PlaywrightTimeout):
        page.goto(address)
        page.wait_for_function("() => window.watched.drawn.length")
        measured.picture = page.evaluate("window.watched.drawn[0]") / 1000 - asked.began
        page.wait_for_timeout(3000)
        measured.down = asked.received() / drawn
        measured.frame = drag(page, *middle_of_map(page))
    page.close()
    return measured


def middle_of_map(page: Page) -> tuple[float, float]:
    """Of the largest canvas on the page."""
    boxes = [box for one in page.locator("canvas").all() if (box := one.bounding_box())]
    box = max(boxes, key=lambda one: one["width"] * one["height"])
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@contextmanager
def served(
    peer: Peer, environments: Path, points: NDArray[np.float32], clusters: NDArray[np.float32]
) -> Iterator[str]:
    """Serve the points by the peer's own command; gives the address of its page."""
    command = installed(peer, environments)
    with tempfile.TemporaryDirectory() as place:
        port = _free_port()
        arguments = peer.write(Path(place), points, clusters)
        with Path(place, "log").open("w") as log:
            server = subprocess.Popen(
                [command, *arguments, "--port", str(port)], stdout=log, stderr=log, cwd=place
            )
        try:
            _wait_for(f"http://127.0.0.1:{port}/", server, Path(place, "log"))
            yield f"http://127.0.0.1:{port}/{peer.page}"
        finally:
            server.terminate()
            server.wait(timeout=30)


def installed(peer: Peer, environments: Path) -> Path:
    """The peer's command, in an environment that is made where there is none."""
    place = environments / f"{peer.command}-{peer.version}"
    command = place / "bin" / peer.command
    if not command.exists():
        print(f"Installing {peer.command} into {place} …", file=sys.stderr)
        venv.create(place, with_pip=True, clear=True)
        subprocess.run(
            [place / "bin" / "pip", "install", "--quiet", "--constraint", CONSTRAINTS,
             f"{peer.command}=={peer.version}", "setuptools<81"],
            check=True,
        )  # fmt: skip
    return command


class Asked:
    """What a page asked its server for the points."""

    def __init__(self, page: Page, peer: Peer) -> None:
        """Listen to a page that is still empty."""
        self._pattern = re.compile(peer.data)
        self._requests: list[Request] = []
        self.began = math.inf
        """When it asked first, as `time.time` says."""
        page.on("request", self._note)

    def _note(self, request: Request) -> None:
        if self._pattern.search(request.url):
            self.began = min(self.began, time.time())
            self._requests.append(request)

    def received(self) -> int:
        """Bytes of all answers."""
        return sum(request.sizes()["responseBodySize"] for request in self._requests)


def _free_port() -> int:
    with socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


def _wait_for(address: str, server: subprocess.Popen[Any], log: Path) -> None:
    end = time.monotonic() + LONGEST_SECONDS
    while True:
        try:
            with urllib.request.urlopen(address):
                return
        except OSError:
            if server.poll() is not None or time.monotonic() > end:
                said = log.read_text(encoding="utf-8", errors="replace")[-2_000:]
                raise RuntimeError(f"{server.args!r} does not serve:\n{said}") from None
            time.sleep(0.2)
