"""The real server as its own process, and real Chromium that must stay on this machine."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from tests.chromium import PATIENCE_MS, has_failed, launch, tell

PROGRAM = Path(sys.executable).parent / "clustering"


@dataclass
class Server:
    """A running `clustering serve`."""

    origin: str
    data_dir: Path
    process: subprocess.Popen[str]


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    started = launch(playwright)
    yield started
    started.close()


@contextmanager
def serving(data_dir: Path, *arguments: str) -> Iterator[Server]:
    """`clustering serve` on a free port, stopped at the end as Ctrl-C stops it."""
    with (data_dir / "server.log").open("w+") as log:
        process = subprocess.Popen(
            [PROGRAM, "serve", *arguments, "--data-dir", str(data_dir), "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        assert process.stdout is not None
        address = None
        for line in process.stdout:
            if address := re.search(r"http://[\d.]+:\d+", line):
                break
        if address is None:
            log.seek(0)
            pytest.fail(f"the server did not start:\n{log.read()}")
        yield Server(address.group(), data_dir, process)
        process.send_signal(signal.SIGINT)
        process.wait(timeout=180)
        process.stdout.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, few_emoji_folder: Path) -> Iterator[Server]:
    """A server whose first dataset is the 240 drawings, with no vectors yet."""
    with serving(tmp_path_factory.mktemp("data"), str(few_emoji_folder)) as started:
        yield started


@pytest.fixture(scope="session")
def mapped_data(tmp_path_factory: pytest.TempPathFactory, few_emoji_folder: Path) -> Path:
    """A data directory with the drawings on two maps: t-SNE in space, then UMAP in the plane."""
    data_dir = tmp_path_factory.mktemp("mapped")
    for command in (
        ["import", str(few_emoji_folder)],
        ["extract", "few emoji"],
        ["run", "few emoji", "--method", "tsne", "--dimensions", "3"],
        ["run", "few emoji"],
    ):
        subprocess.run([PROGRAM, *command, "--data-dir", str(data_dir)], check=True)
    return data_dir


@pytest.fixture(scope="module")
def mapped(tmp_path_factory: pytest.TempPathFactory, mapped_data: Path) -> Iterator[Server]:
    """A server of its own copy of these maps."""
    data_dir = tmp_path_factory.mktemp("data") / "data"
    shutil.copytree(mapped_data, data_dir)
    with serving(data_dir) as started:
        yield started


@dataclass
class Watch:
    """What a page must never do: ask another machine, or log an error."""

    outside: list[str] = field(default_factory=list)
    console_errors: list[str] = field(default_factory=list)

    def on(self, page: Page) -> None:
        page.on("request", lambda request: self._request(request.url))
        page.on("console", lambda message: self._console(message.type, message.text))
        page.on("pageerror", lambda error: self.console_errors.append(str(error)))

    def _request(self, url: str) -> None:
        if urlsplit(url).hostname not in ("127.0.0.1", "localhost", None):
            self.outside.append(url)

    def _console(self, level: str, text: str) -> None:
        if level == "error":
            self.console_errors.append(text)


@pytest.fixture
def watch() -> Iterator[Watch]:
    found = Watch()
    yield found
    assert found.outside == []
    assert found.console_errors == []


@pytest.fixture
def page(browser: Browser, watch: Watch, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1500, "height": 860})
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE_MS)
    watch.on(opened)
    yield opened
    if has_failed(request):
        tell(opened)
        for name in {"server", "mapped"} & set(request.fixturenames):
            log = request.getfixturevalue(name).data_dir / "server.log"
            sys.stdout.write(f"The log of the server:\n{log.read_text()[-20_000:]}\n")
    context.close()
