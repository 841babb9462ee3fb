"""A handler of an app's tab that never returns, or exits, ends alone; host and apps go on."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from host_stub.platform import LocalPlatform
from tests.chromium import PATIENCE_MS
from tests.host_stub.conftest import APPS
from tests.host_stub.pages.served_pages import wait_for

SERVER = """
import sys
from pathlib import Path
from host_stub import stuck
from host_stub.platform import LocalPlatform

if __name__ == "__main__":
    stuck.LOOKS = 6  # 6 s in all are enough to tell
    with LocalPlatform(Path(sys.argv[1]), modules=["hanging", "counting"]) as platform:
        platform.serve(address="127.0.0.1", port=0, ready=lambda origin: print(origin, flush=True))
    print("closed", flush=True)
"""


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[str]:
    """Address of a server in a process of its own, since handlers are stopped by signals."""
    script = tmp_path / "server.py"
    script.write_text(SERVER)
    with LocalPlatform(tmp_path / "data") as platform:
        platform.datasets.create("signs")
    path = os.pathsep.join(filter(None, (str(APPS), os.environ.get("PYTHONPATH"))))
    environment = os.environ | {"PYTHONPATH": path}
    command = [sys.executable, script, tmp_path / "data"]
    with (
        (tmp_path / "log").open("w") as log,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment
        ) as server,
    ):
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.send_signal(signal.SIGTERM)
        rest, _ = server.communicate(timeout=60)
        assert (rest, server.returncode) == ("closed\n", 0)


def test_a_handler_that_never_returns_is_stopped_and_told(chromium: Any, origin: str) -> None:
    [dataset] = httpx.get(f"{origin}/api/v1/datasets", timeout=60).json()
    page = chromium.new_page()
    page.goto(f"{origin}/datasets/{dataset['id']}")
    page.get_by_role("tab", name="Never").click()
    for stopped, way in enumerate(("sleep", "wait", "go on"), 1):
        page.get_by_role("button", name=way).click()
        time.sleep(1.0)
        wait_for(lambda: answers(origin))
        told = wait_for(lambda number=stopped: stopped_handlers(origin, number))
        assert told[0]["level"] == "error" and "held up all pages for 6 s" in told[0]["text"]
        if way != "go on":  # the page of one that goes on ends with it
            page.get_by_role("button", name="answer").click()
            expect(page.get_by_text(f"{stopped} answered")).to_be_visible(timeout=PATIENCE_MS)
    apps = {app["name"]: app for app in httpx.get(f"{origin}/api/v1/apps", timeout=60).json()}
    assert "held up all pages" in apps["hanging"]["last_failure"]
    assert apps["counting"]["last_failure"] is None
    page.close()


@pytest.mark.parametrize("way", ["leave", "leave later"])
def test_a_handler_that_calls_exit_ends_its_page_at_most(
    chromium: Any, origin: str, tmp_path: Path, way: str
) -> None:
    [dataset] = httpx.get(f"{origin}/api/v1/datasets", timeout=60).json()
    leaving, other = chromium.new_page(), chromium.new_page()
    for page in (leaving, other):
        page.goto(f"{origin}/datasets/{dataset['id']}")
        page.get_by_role("tab", name="Never").click()
        page.get_by_role("button", name="answer").click()
        expect(page.get_by_text("1 answered")).to_be_visible(timeout=PATIENCE_MS)
    leaving.get_by_role("button", name=way, exact=True).click()
    wait_for(lambda: f"SystemExit: {way}" in (tmp_path / "log").read_text())
    leaving.reload()
    leaving.get_by_role("tab", name="Never").click()
    for page, answered in ((leaving, 1), (other, 2)):
        page.get_by_role("button", name="answer").click()
        expect(page.get_by_text(f"{answered} answered")).to_be_visible(timeout=PATIENCE_MS)
        page.close()


def answers(origin: str) -> bool:
    try:
        return httpx.get(f"{origin}/api/v1/projects", timeout=5).status_code == 200
    except httpx.TimeoutException:
        return False


def stopped_handlers(origin: str, count: int) -> list[dict[str, Any]]:
    """The messages of them, the newest first, once there are so many."""
    told = httpx.get(f"{origin}/api/v1/notifications", timeout=60).json()
    found = [one for one in told if one["title"] == "hanging was stopped"]
    return found if len(found) == count else []
