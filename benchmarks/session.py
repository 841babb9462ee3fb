"""A tab that is used for minutes: `python -m benchmarks.session [--minutes 10] [--quick]`.

A real Chromium searches, boxes, hides, colours, turns and opens maps again and again, and is then
closed. Nothing may be left of it on the server, and its memory may not have grown.
"""

from __future__ import annotations

import argparse
import gc
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakSet

import panel as pn
import uvicorn
from fastapi import FastAPI
from panel.io.fastapi import add_applications
from playwright.sync_api import Page, expect

from benchmarks import lines
from benchmarks.lines import tell
from benchmarks.watched import watched_chromium
from clustering_app.demo import write_demo_folder
from clustering_app.projector.tab import ClusteringTab
from host_contract.entities import Metadata
from host_stub.pages import websockets
from host_stub.platform import LocalPlatform

LIFETIME_MILLISECONDS = 2_000
PATIENCE_SECONDS = 60.0
MOST_GROWTH = 0.05
"""Of the memory, from a third of the time to its end: by then everything has been used once."""
ROUNDS_BETWEEN_LOOKS = 3
LEFT, TOP, WIDTH, HEIGHT = 300, 300, 700, 500
"""Of the map in the page, in pixels, or somewhat less."""


@dataclass
class Served:
    """The tab in a page of its own, in this process."""

    platform: LocalPlatform
    dataset_id: str
    address: str
    sessions: dict[str, Any]
    tabs: WeakSet[ClusteringTab]


def main() -> int:
    """Print the cases; 1 when one is not ok."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="of use")
    parser.add_argument("--quick", action="store_true", help="half a minute, for a smoke test")
    given = parser.parse_args()
    lines.quick = given.quick
    minutes = 0.5 if given.quick else given.minutes
    with served() as shown, watched_chromium() as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(PATIENCE_SECONDS * 1000)
        expect.set_options(timeout=PATIENCE_SECONDS * 1000)
        rounds, looks = use(page, shown.address, minutes)
        page.close()
        left = what_is_left(shown)
    workload = f"{minutes:g} minutes, {rounds} rounds of use"
    after_a_third = looks[len(looks) // 3]
    growth = looks[-1] / after_a_third - 1
    cases = [
        *((f"{what} left", count, "", "0", count == 0) for what, count in left.items()),
        ("memory of the server, growth from a third of the time on", round(growth, 4), "share",
         f"at most {MOST_GROWTH}", growth <= MOST_GROWTH),
    ]  # fmt: skip
    then = {"MB then": after_a_third, "MB at the end": looks[-1]}
    ok = [
        tell(case, value, unit, then if unit else {}, bar, good, workload)
        for case, value, unit, bar, good in cases
    ]
    return 0 if all(ok) else 1


def use(page: Page, address: str, minutes: float) -> tuple[int, list[float]]:
    """Use the tab for so long; gives the rounds, and megabytes of memory again and again."""
    page.goto(address)
    expect(page.get_by_text("points · 0 selected")).to_be_visible()
    end = time.monotonic() + 60 * minutes
    looks, rounds = [memory()], 0
    while time.monotonic() < end:
        one_round(page)
        rounds += 1
        if rounds % ROUNDS_BETWEEN_LOOKS == 0:
            looks.append(memory())
    return rounds, [*looks, memory()]


def one_round(page: Page) -> None:
    """What a person does in a minute, in seconds."""
    search = page.get_by_role("searchbox", name="Search")
    for text in ("food", "face", "no such thing"):
        search.fill(text)
        search.press("Enter")
        expect(page.get_by_text("found.")).to_be_visible()
    search.fill("cat")
    search.press("Enter")
    search.blur()
    for key in ("i", "a", "v", "h", "Control+z", "Control+z", "Control+Shift+z", "a", "Escape"):
        page.keyboard.press(key)
        page.wait_for_timeout(150)
    for field in ("cluster", "outlier score", "label"):
        page.get_by_role("combobox", name="Color by").click()
        page.get_by_role("menuitem", name=field, exact=True).click()
        page.wait_for_timeout(200)
    for name in ("PCA 3D", "PCA 2D"):
        page.get_by_role("combobox", name="Map").click()
        page.get_by_role("menuitem", name=name).click()
        page.wait_for_timeout(800)
        drag(page)
    page.get_by_role("button", name="Fit").click()
    page.keyboard.press("Escape")


def drag(page: Page) -> None:
    """Box in the plane, turn in space, and look at points on the way."""
    places = [(LEFT + WIDTH * at, TOP + HEIGHT * at) for at in (0.2, 0.4, 0.7)]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place)
    page.mouse.up()
    for place in places:
        page.mouse.move(*place)
        page.wait_for_timeout(100)


def what_is_left(shown: Served) -> dict[str, int]:
    """Of the page, once the server had time to see that it is closed."""

    def left() -> dict[str, int]:
        gc.collect()
        return {
            "sessions": len(shown.sessions),
            "tabs": len(shown.tabs),
            "executions": len(shown.platform.executions.list(shown.dataset_id, active=True)),
        }

    end = time.monotonic() + PATIENCE_SECONDS
    while any(left().values()) and time.monotonic() < end:
        time.sleep(0.5)
    return left()


@contextmanager
def served() -> Iterator[Served]:
    """The demo's drawings on two maps, in this process; the worker is one of its own."""
    with tempfile.TemporaryDirectory() as folder, LocalPlatform(Path(folder, "data")) as platform:
        write_demo_folder(Path(folder, "emoji"))
        dataset = platform.import_source(Path(folder, "emoji"))
        platform.run("clustering", "extract_dataset", {"dataset": dataset.id})
        for dimensions in (3, 2):
            wanted: Metadata = {"dataset": dataset.id, "method": "pca", "dimensions": dimensions}
            platform.run("clustering", "run_projection", wanted)
        host = platform.host("clustering")
        tabs: WeakSet[ClusteringTab] = WeakSet()

        def page() -> object:
            tab = ClusteringTab(host, dataset)
            tabs.add(tab)
            return pn.Column(tab.view(), width=1400, height=880)

        websockets.close_the_gaps()
        with serving(page) as (address, sessions):
            yield Served(platform, dataset.id, address, sessions, tabs)


@contextmanager
def serving(page: Callable[[], object]) -> Iterator[tuple[str, dict[str, Any]]]:
    """A server of one page; gives its address and its sessions."""
    app = FastAPI()
    app.get("/favicon.ico")(lambda: "")
    pages = add_applications(
        {"/": page}, app=app, unused_session_lifetime_milliseconds=LIFETIME_MILLISECONDS,
        check_unused_sessions_milliseconds=LIFETIME_MILLISECONDS,
    )  # fmt: skip
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/", pages._applications["/"]._sessions
    finally:
        server.should_exit = True
        thread.join(timeout=30)


def memory() -> float:
    """Megabytes that this process holds."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6


if __name__ == "__main__":
    sys.exit(main())
