"""A Chromium whose pages are watched: what they draw, receive and spend in scripts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

WIDTH, HEIGHT = 1200, 800
MOVES = 24
WATCH = (Path(__file__).parent / "watched.js").read_text(encoding="utf-8")
FLAGS = [
    "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
]  # fmt: skip


@contextmanager
def watched_chromium() -> Iterator[Browser]:
    """The installed one, drawing in software."""
    with sync_playwright() as started:
        browser = started.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"), args=FLAGS
        )
        yield browser
        browser.close()


def open_page(browser: Browser) -> Page:
    """An empty page that is watched."""
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    page.add_init_script(WATCH)
    return page


def drag(page: Page, x: float, y: float) -> float:
    """Drag from a place; gives the milliseconds of scripts in a frame, 95th percentile."""
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 8, y + 4)
    page.evaluate("window.watched.frames = []")
    for step in range(2, MOVES + 2):
        page.mouse.move(x + 8 * step, y + 4 * step)
    frames = np.sort(page.evaluate("window.watched.frames"))
    page.mouse.up()
    return float(frames[int(len(frames) * 0.95)])
