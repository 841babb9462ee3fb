"""The Chromium that all browser tests use."""

import shutil
import sys

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

PATIENCE_MS = 180_000
"""A busy machine may draw its next frame only after a minute; nothing is waited for in vain."""

FLAGS = [
    "--no-sandbox",
    "--no-first-run",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu-compositing",
    "--disable-gpu-watchdog",
    "--enable-unsafe-swiftshader",
]
"""Only WebGL is drawn by the software GPU, not the page around it: that costs more frames."""


def launch(playwright: Playwright) -> Browser:
    """Chromium without a window, and with patience in all that is expected of its pages."""
    expect.set_options(timeout=PATIENCE_MS)
    system = shutil.which("chromium") or shutil.which("google-chrome")
    return playwright.chromium.launch(executable_path=system, args=FLAGS, timeout=PATIENCE_MS)


def has_failed(request: pytest.FixtureRequest) -> bool:
    """Whether the test that a fixture was made for has failed."""
    return ("failed", True) in request.node.user_properties


def tell(page: Page) -> None:
    """Print what the page held when its test failed."""
    seen = page.locator("body").aria_snapshot()
    sys.stdout.write(f"The page when the test failed:\n{seen}\n")
