"""A page that was closed goes at once: nobody waits for a collection of what it left."""

import asyncio
import gc
import weakref
from collections.abc import Iterator
from contextlib import ExitStack

import panel as pn
import pytest
from bokeh.model import Model
from fastapi import FastAPI
from panel.viewable import Viewable

from host_contract.entities import Dataset
from host_stub import api
from host_stub.pages import closing, mount
from host_stub.pages.browser_page import BrowserPage
from host_stub.pages.data_tab import DataTab
from host_stub.platform import LocalPlatform
from tests.host_stub.pages.conftest import Served, opened
from tests.host_stub.pages.served_pages import picture, running, wait_for


@pytest.fixture(scope="module")
def leaving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Pages that the server forgets soon after the browser has left them."""
    app = FastAPI()
    data_dir = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(closing, "AFTER_SECONDS", 0.5)
        with LocalPlatform(data_dir, modules=["counting"]) as platform:
            api.mount(app, platform)
            mount(app, platform, session_lifetime_seconds=1.0)
            with running(app) as origin:
                yield Served(origin, platform)


@pytest.fixture(scope="module")
def signs(leaving: Served) -> Dataset:
    made = leaving.platform.datasets.create("signs")
    leaving.platform.datasets.add(made.id, "red.png", picture("red"))
    return made


@pytest.fixture
def collections() -> Iterator[list[int]]:
    """Generations that were collected, when somebody asked for it: Python itself does not."""
    asked: list[int] = []

    def note(phase: str, about: dict[str, int]) -> None:
        if phase == "start":
            asked.append(about["generation"])

    gc.collect()
    gc.disable()
    gc.callbacks.append(note)
    yield asked
    gc.callbacks.remove(note)
    gc.enable()


@pytest.fixture
def ended() -> Iterator[list[int]]:
    """For each page that ended, how many turns of the event loop had come after an end before."""
    turns: list[int] = []
    after: list[int] = []

    def note(_: object) -> None:
        after.append(len(turns))
        asyncio.get_running_loop().call_soon(turns.append, 1)

    pn.state.on_session_destroyed(note)
    yield after
    pn.state._on_session_destroyed.remove(note)


def test_little_is_left_of_a_page_without_a_collection(leaving, signs, chromium, collections):
    before = {id(part) for part in parts()}
    with opened(chromium) as page:
        page.goto(f"{leaving.origin}/datasets/{signs.id}")
        page.get_by_text("red.png").wait_for()
        made = [weakref.ref(part) for part in parts() if id(part) not in before]
        makers = [weakref.ref(o) for o in gc.get_objects() if isinstance(o, BrowserPage | DataTab)]
    assert len(made) > 50
    assert len(makers) >= 2
    wait_for(lambda: sum(whole(part()) for part in made) < len(made) / 5)
    wait_for(lambda: not any(whole(maker()) for maker in makers))
    assert 2 not in collections


@pytest.mark.parametrize(("most_left", "follows"), [(0, True), (1024**4, False)])
def test_a_collection_follows_a_page_with_an_apps_tab_where_memory_has_grown(
    most_left, follows, leaving, signs, chromium, collections, monkeypatch
):
    monkeypatch.setattr(closing, "MOST_LEFT", most_left)
    monkeypatch.setattr(closing, "_kept", 0)
    with opened(chromium) as page:
        page.goto(f"{leaving.origin}/datasets/{signs.id}?panel=counter")
        page.get_by_text("counter of signs, 1 items").wait_for()
        made = [weakref.ref(one) for one in gc.get_objects() if isinstance(one, BrowserPage)]
    wait_for(lambda: not any(whole(maker()) for maker in made))
    if follows:
        wait_for(lambda: 2 in collections)
    assert (2 in collections) == follows


def test_others_get_a_turn_between_pages_that_end_at_once(leaving, signs, chromium, ended):
    with ExitStack() as pages:
        for _ in range(5):
            page = pages.enter_context(opened(chromium))
            page.goto(f"{leaving.origin}/datasets/{signs.id}")
            page.get_by_text("red.png").wait_for()
    wait_for(lambda: len(ended) >= 5)
    assert len(set(ended)) == len(ended)


def parts() -> list[Viewable | Model]:
    """All parts of pages, and what the browser knows of them."""
    return [one for one in gc.get_objects() if isinstance(one, Viewable | Model)]


def whole(part: object | None) -> bool:
    """Whether it is there, and holds anything."""
    return part is not None and bool(part.__dict__)
