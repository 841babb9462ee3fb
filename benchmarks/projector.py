"""The maps in a real Chromium with software drawing: `python -m benchmarks.projector [--quick]`.

One JSON object a line, as all benchmarks; exit code 1 when a case misses its bar. Time until drawn
is the processor's here, which a graphics card does not need; scripts and bytes are the same there.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import panel as pn
import uvicorn
from bokeh.models import BoxSelectTool, PanTool
from fastapi import FastAPI
from numpy.typing import NDArray
from panel.io.fastapi import add_applications
from panel.io.state import set_curdoc
from playwright.sync_api import Page

from benchmarks import lines
from benchmarks.lines import tell
from benchmarks.projector_peers import PEERS, measure_peer
from benchmarks.watched import HEIGHT, WIDTH, drag, open_page, watched_chromium
from clustering_app.projector.colours import CATEGORIES, Colouring
from clustering_app.projector.view_2d import MapView2D
from clustering_app.projector.view_3d import MapView3D
from host_stub.pages import websockets

COUNTS, QUICK_COUNTS = (10_000, 100_000, 1_000_000), (10_000,)
MOST_BOKEH = 100_000
"""Points in the plane that the Bokeh figure is given."""
LONGEST_SECONDS = 120.0
DOWN, UP = "bytes a point, down", "bits a point, up"
PICTURE = "data to first picture"
FRAME = "scripts a frame while dragging, 95th percentile"
BOX = "box released to Python knowing the set"
ORDERED, DRAWN = "recolour to drawing ordered", "recolour to drawn by the processor"
BARS = {
    DOWN: ("B", 20.0), PICTURE: ("s", 3.0), FRAME: ("ms", 8.0), BOX: ("ms", 200.0),
    UP: ("bit", 1.0), ORDERED: ("ms", 300.0), DRAWN: ("ms", math.inf),
}  # fmt: skip
"""Unit and most of each case, at a million points as below."""
MESSAGE_BITS = 16_000
"""What a message needs beside the bits of the points."""
Values = Mapping[str, float | None]
"""The value of each case; None where it could not be had."""


def main() -> int:
    """Print the cases; 1 when one is not ok."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="10,000 points, for a smoke test")
    parser.add_argument(
        "--peers", type=Path, default=Path.home() / ".cache" / "clustering" / "peers",
        help="where TensorBoard and Embedding Atlas are installed, and will be at first",
    )  # fmt: skip
    given = parser.parse_args()
    lines.quick = given.quick
    ok = []
    with watched_chromium() as browser:

        def measured(make: Callable[[], Any], count: int, dimensions: int) -> dict[str, float]:
            page = open_page(browser)
            with opened(page, make) as shown:
                found = measure(shown, count, dimensions)
            page.close()
            return found

        for count in QUICK_COUNTS if given.quick else COUNTS:
            bokeh = measured(MapView2D, count, 2) if count <= MOST_BOKEH else {}
            for name, dimensions in (("in space", 3), ("in the plane", 2)):
                workload = f"{count:,} points {name}, 20 categories"
                found = measured(MapView3D, count, dimensions)
                peers: dict[str, Values] = (
                    {"Bokeh figure": bokeh} if dimensions == 2 and bokeh else {}
                )
                cloud, colours = points(count, dimensions)
                for peer in (peer for peer in PEERS if peer.dimensions == dimensions):
                    theirs = measure_peer(browser, peer, given.peers, cloud, colours.codes)
                    peers[theirs.name] = {
                        DOWN: theirs.down, PICTURE: theirs.picture, FRAME: theirs.frame,
                    }  # fmt: skip
                ok += [compared(case, count, found, peers, workload) for case in BARS]
    return 0 if all(ok) else 1


def compared(
    case: str, count: int, found: Mapping[str, float], peers: Mapping[str, Values], workload: str
) -> bool:
    """Print a case beside the peers that have it."""
    unit, most = BARS[case]
    if case == UP:
        most += MESSAGE_BITS / count
    bar = f"at most {most:g}" if most < math.inf else "none: a graphics card draws elsewhere"
    against = {name: values[case] for name, values in peers.items() if case in values}
    return tell(case, found[case], unit, against, bar, found[case] <= most, workload)


class Shown:
    """A map in an open page."""

    def __init__(self, view: Any, document: Any, page: Page) -> None:
        self.view, self.document, self.page = view, document, page
        self.loop = asyncio.get_running_loop()
        self.chosen: list[tuple[float, int]] = []
        """When Python knew of a selection, and its size."""
        view.on_select(lambda rows: self.chosen.append((time.time(), len(rows))))

    def do(self, change: Callable[[], None]) -> float:
        """Change the map on the server; gives when that began."""

        async def run() -> float:
            began = time.time()
            with set_curdoc(self.document):
                change()
            return began

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result()

    def watched(self, what: str) -> Any:
        """What benchmarks/watched.js has noted."""
        return self.page.evaluate(f"window.watched.{what}")

    def reset(self, count: int) -> None:
        """Note anew, once nothing is being drawn any more."""
        while self.watched("begun.length") != self.watched("drawn.length"):
            self.page.wait_for_timeout(50)
        self.page.evaluate(
            f"Object.assign(window.watched, {{least: {count}, received: 0, sent: 0, frames: [], "
            "begun: [], drawn: []})"
        )

    def wait(self, condition: Callable[[], Any]) -> None:
        """Poll until the condition holds."""
        end = time.monotonic() + LONGEST_SECONDS
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"nothing happened for {LONGEST_SECONDS} s")
            self.page.wait_for_timeout(20)

    def use(self, tool: str) -> None:
        """Make dragging 'move' (orbit or pan) or 'box'."""
        if isinstance(self.view, MapView3D):
            self.do(lambda: self.view.set_tool("orbit" if tool == "move" else "box"))
        else:
            kind = PanTool if tool == "move" else BoxSelectTool
            figure = self.view.pane().object
            wanted = next(one for one in figure.tools if isinstance(one, kind))
            self.document.add_next_tick_callback(lambda: figure.toolbar.update(active_drag=wanted))
        self.page.wait_for_timeout(300)


def measure(shown: Shown, count: int, dimensions: int) -> dict[str, float]:
    """The value of each case."""
    page = shown.page
    cloud, colours = points(count, dimensions)
    shown.reset(count)
    began = shown.do(lambda: shown.view.show(cloud, colours))
    shown.wait(lambda: shown.watched("drawn.length"))
    picture = shown.watched("drawn[0]") / 1000 - began
    page.wait_for_timeout(1000)
    down = shown.watched("received") / count

    shown.use("move")
    shown.reset(count)
    frame = drag(page, WIDTH / 2, HEIGHT / 2)
    page.wait_for_timeout(500)

    shown.use("box")
    shown.reset(count)
    page.mouse.move(WIDTH * 0.3, HEIGHT * 0.3)
    page.mouse.down()
    page.mouse.move(WIDTH * 0.5, HEIGHT * 0.5)
    page.mouse.move(WIDTH * 0.7, HEIGHT * 0.7)
    shown.wait(lambda: shown.watched("begun.length") == shown.watched("drawn.length"))
    page.wait_for_timeout(300)
    page.evaluate("window.watched.sent = 0")
    shown.chosen.clear()
    began = time.time()
    page.mouse.up()
    shown.wait(lambda: shown.chosen)
    known, size = shown.chosen[0]
    assert 0 < size < count, f"the box holds {size:,} of {count:,} points"
    page.wait_for_timeout(500)
    up = shown.watched("sent") * 8 / count

    shown.reset(count)
    other = Colouring(codes=colours.codes[::-1].copy(), palette=colours.palette, low=colours.low,
                      high=colours.high, categories=())  # fmt: skip
    recoloured = shown.do(lambda: shown.view.recolour(other))
    shown.wait(lambda: shown.watched("drawn.length"))
    ordered = shown.watched("begun[0]") / 1000 - recoloured
    drawn = shown.watched("drawn[0]") / 1000 - recoloured
    return {
        DOWN: down,
        PICTURE: picture,
        FRAME: frame,
        BOX: (known - began) * 1000,
        UP: up,
        ORDERED: ordered * 1000,
        DRAWN: drawn * 1000,
    }


def points(count: int, dimensions: int) -> tuple[NDArray[np.float32], Colouring]:
    """(count, dimensions) of 20 clusters, and their clusters as colours."""
    random = np.random.default_rng(0)
    clusters = random.integers(20, size=count)
    centres = 4 * random.standard_normal((20, dimensions))
    cloud = centres[clusters] + random.standard_normal((count, dimensions))
    colours = Colouring(codes=clusters.astype(np.float32), palette=CATEGORIES, low=-0.5, high=19.5,
                        categories=())  # fmt: skip
    return cloud.astype(np.float32), colours


@contextmanager
def opened(page: Page, make: Callable[[], Any]) -> Iterator[Shown]:
    """A server with one map on a page, and that page opened."""
    made: list[Shown] = []

    def application() -> pn.Column:
        view = make()
        made.append(Shown(view, pn.state.curdoc, page))
        return pn.Column(view.pane(), width=WIDTH, height=HEIGHT, margin=0)

    websockets.close_the_gaps()
    app = FastAPI()
    add_applications({"/": application}, app=app)
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, log_level="error", ws_per_message_deflate=False)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        page.goto(f"http://127.0.0.1:{port}/")
        page.wait_for_selector(".cloud, .bk-Figure")
        page.wait_for_timeout(1500)
        yield made[-1]
        page.goto("about:blank")
    finally:
        server.should_exit = True
        thread.join(timeout=30)


if __name__ == "__main__":
    sys.exit(main())
