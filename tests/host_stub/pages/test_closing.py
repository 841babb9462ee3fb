"""A page that was closed goes at once: nobody waits for a collection of what it left."""

import gc
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from param.parameterized import Watcher

from host_contract.entities import Dataset
from host_stub import api
from host_stub.pages import closing, mount
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


def test_little_is_left_of_a_page_without_a_collection(leaving, signs, chromium, collections):
    first = data_tab_opened(leaving, signs, chromium)  # with what Panel makes once for all pages
    wait_for(lambda: watchers() < first / 2)
    before = watchers()
    while_open = data_tab_opened(leaving, signs, chromium)
    assert while_open - before > 100
    wait_for(lambda: watchers() < before + (while_open - before) / 5)
    assert 2 not in collections


def test_a_collection_follows_a_page_with_the_tab_of_an_app(leaving, signs, chromium, collections):
    with opened(chromium) as page:
        page.goto(f"{leaving.origin}/datasets/{signs.id}?panel=counter")
        page.get_by_text("counter of signs, 1 items").wait_for()
    wait_for(lambda: 2 in collections)


def data_tab_opened(leaving: Served, signs: Dataset, chromium: Any) -> int:
    """Open the page of a dataset and close it again; gives the watchers while it was open."""
    with opened(chromium) as page:
        page.goto(f"{leaving.origin}/datasets/{signs.id}")
        page.get_by_text("red.png").wait_for()
        page.get_by_role("button", name="Dataset Actions").wait_for()
        return watchers()


def watchers() -> int:
    """What listens to parts of pages, a few for each part."""
    return sum(type(one) is Watcher for one in gc.get_objects())
