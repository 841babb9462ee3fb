"""The tab without a host's page around it: in a notebook, and in a bare page that many open."""

import asyncio
import gc
import logging
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakSet

import panel as pn
import pytest
import uvicorn
from fastapi import FastAPI
from panel.io.callbacks import PeriodicCallback
from panel.io.fastapi import add_applications
from playwright.sync_api import Page

from clustering_app.projector.tab import ClusteringTab
from host_stub.pages import websockets
from tests.chromium import PATIENCE_MS
from tests.projector.conftest import Place
from tests.projector.open_map import browser_page

NOTEBOOK = Path(__file__).parents[2] / "docs" / "notebook.md"
TABS = 20
LIFETIME_MILLISECONDS = 10_000


async def cells(text: str, known: dict[str, Any]) -> None:
    """Run the Python of a page cell by cell, in a running loop, as a notebook does."""
    for cell in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        body = "".join(f"    {line}\n" for line in cell.splitlines() if line)
        source = f"async def cell():\n{body}    globals().update(locals())\n"
        exec(compile(source, str(NOTEBOOK), "exec"), known)
        await known["cell"]()


def test_the_notebook_of_the_docs_runs(mapped: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pn, "extension", lambda: None)  # it sets up this process for good
    data_dir = Path(mapped.host.storage(mapped.dataset.id)).parents[2]
    known: dict[str, Any] = {"data_dir": data_dir}
    asyncio.run(cells(NOTEBOOK.read_text(encoding="utf-8"), known))
    assert known["chosen"] == sorted(mapped.item_ids[1::2])  # those of cluster 0
    assert known["picture"].startswith(b"<svg")
    assert known["table"][:4] == b"PAR1"
    assert not known["tab"]._ticks.running


@dataclass
class Served:
    """A bare page with a tab for each session."""

    address: str
    sessions: dict[str, Any]
    tabs: WeakSet[ClusteringTab]


@pytest.fixture
def served(mapped: Place, no_loop_left: None) -> Iterator[Served]:
    tabs: WeakSet[ClusteringTab] = WeakSet()

    def page() -> object:
        tab = ClusteringTab(mapped.host, mapped.dataset)
        tabs.add(tab)
        return pn.Column(tab.view(), width=1200, height=700)

    websockets.close_the_gaps()
    app = FastAPI()
    app.get("/favicon.ico")(lambda: "")
    pages = add_applications(
        {"/": page}, app=app, unused_session_lifetime_milliseconds=LIFETIME_MILLISECONDS,
        check_unused_sessions_milliseconds=LIFETIME_MILLISECONDS,
    )  # fmt: skip
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Served(f"http://127.0.0.1:{port}/", pages._applications["/"]._sessions, tabs)
    server.should_exit = True
    thread.join(timeout=PATIENCE_MS / 1000)


def drawn(page: Page) -> None:
    page.wait_for_function(
        """() => {
          const page = window.Bokeh?.documents[0]
          const map = page?.get_model_by_name('plane')
          return map && Bokeh.index.find_one_by_id(map.id)?.canvas_view
            && page.get_model_by_name('points').get_length() === 12
        }""",
        timeout=PATIENCE_MS,
    )


def shown_part(page: Page) -> list[float]:
    """Left, right, bottom and top of what the browser shows of the plane."""
    found: list[float] = page.evaluate(
        """() => {
          const {x_range, y_range} = Bokeh.documents[0].get_model_by_name('plane')
          return [x_range.start, x_range.end, y_range.start, y_range.end]
        }"""
    )
    return found


def mount_again(served: Served) -> str:
    """Take the only tab out of its page and put it back; gives what its address should be."""
    [tab], [session] = served.tabs, served.sessions.values()

    def mount() -> None:
        place = tab._opening.place
        shown = list(place)
        place[:] = []
        place[:] = shown

    session.document.add_next_tick_callback(mount)
    return f"#{tab.sharing.button.fragment}"


def test_an_address_is_followed_once_however_often_its_button_is_mounted(served: Served) -> None:
    """The address in the browser may be behind when that happens, as on a slow network."""
    part = [2.0, 6.5, -0.5, 0.25]
    with browser_page() as page:
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"{served.address}#map=run-1&seen={','.join(map(str, part))}")
        drawn(page)
        page.wait_for_function("() => location.hash.includes('color=label')")
        assert shown_part(page) == part
        page.evaluate("() => history.replaceState(null, '', '#map=run-1&color=label')")
        said = mount_again(served)
        assert "seen=" in said
        page.wait_for_function("said => location.hash === said", arg=said)
        drawn(page)
        assert shown_part(page) == part
        page.goto("about:blank")
        nothing_is_left(served, page)


def ticking() -> int:
    """Number of the tabs' periodic callbacks that run."""
    return sum(
        one.running
        for one in gc.get_objects()
        if type(one) is PeriodicCallback
        # One of a page of the host that was closed is empty.
        and isinstance(getattr(one.callback, "__self__", None), ClusteringTab)
    )


def nothing_is_left(served: Served, page: Page) -> None:
    """Wait until no session and nothing that looks is left, and tabs do not add up."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    # A tab left while it opens may be held by the machinery of the last few, but no more grow.
    while served.sessions or len(served.tabs) > TABS // 4 or ticking():
        assert time.monotonic() < deadline, (served.sessions, len(served.tabs), ticking())
        page.wait_for_timeout(200)
        gc.collect()


@pytest.fixture
def unlogged() -> Iterator[None]:
    """Nothing is logged: pytest keeps what is, and with it the parts that it is about."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.usefixtures("unlogged")
def test_twenty_tabs_opened_and_closed_leave_nothing_behind(served: Served) -> None:
    with browser_page() as page:
        page.set_default_timeout(PATIENCE_MS)
        for number in range(TABS):
            page.goto(served.address)
            if number % 5 == 0:  # the others are left while they are being opened
                drawn(page)
        assert served.sessions
        page.goto("about:blank")
        nothing_is_left(served, page)
