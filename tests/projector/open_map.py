"""One map in a page of a real server, driven from Python and by the mouse of a real Chromium."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import panel as pn
import uvicorn
from fastapi import FastAPI
from numpy.typing import NDArray
from panel.io.fastapi import add_applications
from panel.io.state import set_curdoc
from playwright.sync_api import Page, sync_playwright

from clustering_app.projector.camera import Camera
from clustering_app.projector.colours import Colouring, colouring
from clustering_app.projector.view_3d import MapView3D, Tool
from host_stub.pages import websockets
from tests.chromium import PATIENCE_MS, launch

WIDTH, HEIGHT = 800, 600
TWO_FRAMES = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
RESTED = "new Promise((done) => setTimeout(done, 150))"


@dataclass
class OpenMap:
    """A map that is open in a browser."""

    view: Any
    document: Any
    loop: asyncio.AbstractEventLoop
    page: Page
    selections: list[NDArray[np.intp]] = field(default_factory=list)
    hovers: list[tuple[int | None, float, float]] = field(default_factory=list)
    in_view: list[int] = field(default_factory=list)
    marks: int = 0

    def do(self, change: Callable[[], Any]) -> None:
        """Change the map from the server's side."""

        async def run() -> None:
            with set_curdoc(self.document):
                change()

        asyncio.run_coroutine_threadsafe(run(), self.loop).result(timeout=PATIENCE_MS / 1000)

    def show(self, coordinates: NDArray[Any], colours: Colouring | None = None) -> None:
        """Draw points, and wait until they are drawn."""
        shown = colours or colouring(["all"] * len(coordinates))
        self.do(lambda: (self.in_view.clear(), self.view.show(np.float32(coordinates), shown)))
        self.wait(lambda: self.view.camera and self.in_view)

    def take(self, tool: Tool) -> None:
        """Give the user this tool, and wait until the browser has it."""
        self.do(lambda: self.view.set_tool(tool))
        self.settled()

    def look(self, camera: Camera) -> None:
        """Look from there, and wait until the browser does."""
        self.do(lambda: setattr(self.view, "camera", camera))
        self.settled()

    def settled(self) -> None:
        """Wait until the browser has drawn all it was sent: a mark sent last has come through."""
        self.marks += 1
        mark = f"mark-{self.marks}"
        self.do(lambda: setattr(self.view.pane(), "css_classes", [mark]))
        self.page.wait_for_selector(f".{mark}", state="attached")
        self.page.evaluate(TWO_FRAMES)

    def acted(self, act: Callable[[], None]) -> Camera:
        """The camera that the browser tells after an act of the user."""
        before = self.view.camera
        act()
        self.page.evaluate(RESTED)
        self.wait(lambda: self.view.camera not in (None, before))
        told = -1
        while told != len(self.in_view):
            told = len(self.in_view)
            self.page.wait_for_timeout(200)
        assert self.view.camera is not None
        return self.view.camera

    def wait(self, condition: Callable[[], Any], seconds: float = PATIENCE_MS / 1000) -> Any:
        """Poll until the condition holds, and give what it gave; the page lives meanwhile."""
        deadline = time.monotonic() + seconds
        while not (found := condition()):
            assert time.monotonic() < deadline, "it did not happen in time"
            self.page.wait_for_timeout(20)
        return found

    def selection(self, act: Callable[[], None]) -> NDArray[np.intp]:
        """What the browser selects because of an act."""
        told = len(self.selections)
        act()
        self.wait(lambda: len(self.selections) > told)
        return self.selections[-1]

    def corner(self) -> tuple[float, float]:
        """Where the map's top left corner is in the page."""
        box = self.page.locator(".cloud").bounding_box()
        assert box is not None
        return box["x"], box["y"]

    def drag(self, *path: tuple[float, float], keys: tuple[str, ...] = (), **how: Any) -> None:
        """Drag over these pixels of the map."""
        left, top = self.corner()
        mouse, keyboard = self.page.mouse, self.page.keyboard
        mouse.move(left + path[0][0], top + path[0][1])
        for key in keys:
            keyboard.down(key)
        mouse.down(**how)
        for x, y in path[1:]:
            mouse.move(left + x, top + y)
        mouse.up(**how)
        for key in keys:
            keyboard.up(key)

    def tap(self, x: float, y: float, keys: tuple[str, ...] = ()) -> None:
        """Press and release without moving."""
        self.drag((x, y), keys=keys)


@contextlib.contextmanager
def browser_page() -> Iterator[Page]:
    """A page of a Chromium that must stay on this machine and log no error."""
    faults: list[str] = []

    def asked(url: str) -> None:
        if urlsplit(url).hostname not in ("127.0.0.1", None):
            faults.append(url)

    with sync_playwright() as started:
        browser = launch(started)
        page = browser.new_page(viewport={"width": WIDTH + 60, "height": HEIGHT + 60})
        page.on("console", lambda said: said.type == "error" and faults.append(said.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda request: asked(request.url))
        yield page
        browser.close()
    assert not faults, faults


@contextlib.contextmanager
def open_map(
    page: Page,
    build: Callable[[MapView3D], Any] | None = None,
    app: FastAPI | None = None,
    *,
    shown: bool = True,
    make: Callable[[], Any] = MapView3D,
) -> Iterator[OpenMap]:
    """A server with a page that holds one map, and that page opened.

    Panel sends no change before the page says that it is ready, and none of these ever after.
    """
    opened: list[OpenMap] = []
    ready = threading.Event()

    def application() -> Any:
        view = make()
        document = pn.state.curdoc
        now = OpenMap(view, document, asyncio.get_running_loop(), page)
        view.on_select(now.selections.append)
        view.on_hover(lambda row, x, y: now.hovers.append((row, x, y)))
        view.on_view(now.in_view.append)
        opened.append(now)
        pn.state.onload(ready.set)
        if build is not None:
            return build(view)
        return pn.Column(view.pane(), width=WIDTH, height=HEIGHT, margin=0)

    websockets.close_the_gaps()
    served = app or FastAPI()
    served.get("/favicon.ico")(lambda: "")
    add_applications({"/": application}, app=served)
    server = uvicorn.Server(
        uvicorn.Config(served, port=0, log_level="warning", ws_per_message_deflate=False)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"http://127.0.0.1:{port}/")
        page.wait_for_selector(".cloud, .bk-Figure", state="visible" if shown else "attached")
        assert ready.wait(PATIENCE_MS / 1000), "the page was never ready"
        yield opened[-1]
    finally:
        page.goto("about:blank")
        server.should_exit = True
        thread.join(timeout=PATIENCE_MS / 1000)
