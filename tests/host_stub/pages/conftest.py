"""The real pages of a real platform, served on a free port of this process."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, sync_playwright

from host_contract.entities import Dataset
from host_stub.app import create_app
from host_stub.platform import LocalPlatform
from tests.chromium import PATIENCE_MS, has_failed, launch, tell
from tests.host_stub.pages.served_pages import picture, running


@dataclass
class Served:
    """A running server."""

    origin: str
    platform: LocalPlatform


@pytest.fixture(scope="package")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The installed app, one that works, one whose every hook raises, and one that is broken."""
    data_dir = tmp_path_factory.mktemp("data")
    with (
        LocalPlatform(data_dir, modules=["counting", "raising", "bad_manifest"]) as platform,
        running(create_app(platform)) as origin,
    ):
        yield Served(origin, platform)


@contextmanager
def made_dataset(served: Served) -> Iterator[Dataset]:
    """60 pictures of two labels and a text file, under a name that looks like HTML."""
    datasets = served.platform.datasets
    made = datasets.create("signs <img src=x onerror=alert(1)>")
    kinds = [("red", "stop"), ("yellow", "yield")]
    new = [
        (f"sign-{index:02}.png", "/", picture(kinds[index % 2][0]), (kinds[index % 2][1],), {})
        for index in range(60)
    ]
    datasets.add_many(made.id, [*new, ("<b>notes.txt", "/", io.BytesIO(b"hello"), (), {})])
    yield made
    if any(one.id == made.id for one in datasets.list()):
        datasets.delete(made.id)


@pytest.fixture
def dataset(served: Served) -> Iterator[Dataset]:
    """A dataset that a test may change."""
    with made_dataset(served) as made:
        yield made


@pytest.fixture(scope="module")
def kept_dataset(served: Served) -> Iterator[Dataset]:
    """A dataset that no test changes."""
    with made_dataset(served) as made:
        yield made


def outside(url: str) -> bool:
    """Whether a request leaves this machine."""
    return urlsplit(url).hostname not in ("127.0.0.1", None)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with sync_playwright() as started:
        browser = launch(started)
        context = browser.new_context(viewport={"width": 1280, "height": 800})  # one cache for all
        context.set_default_timeout(PATIENCE_MS)
        yield context
        browser.close()


@contextmanager
def opened(chromium: Any) -> Iterator[Page]:
    """A page that may neither ask another machine, nor get an error, nor log one."""
    page = chromium.new_page()
    faults: list[str] = []
    page.on("console", lambda said: said.type == "error" and faults.append(said.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("dialog", lambda _: faults.append("a script from a name ran"))
    page.on("request", lambda request: outside(request.url) and faults.append(request.url))
    try:
        yield page
    except Exception:
        tell(page)
        raise
    page.close()
    assert faults == []


@pytest.fixture
def page(chromium: Any, request: pytest.FixtureRequest) -> Iterator[Page]:
    with opened(chromium) as page:
        yield page
        if has_failed(request):
            tell(page)


@pytest.fixture(scope="module")
def kept_page(chromium: Any, served: Served, kept_dataset: Dataset) -> Iterator[Page]:
    """The page of the dataset that no test changes; to open it takes seconds."""
    with opened(chromium) as page:
        page.goto(f"{served.origin}/datasets/{kept_dataset.id}")
        yield page
