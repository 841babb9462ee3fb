"""Names, labels and metadata that mean harm, on the map and all around it: shown, and never run."""

import io
import re
import subprocess
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from host_stub.platform import LocalPlatform
from tests.browser.conftest import PROGRAM, Server, serving
from tests.browser.map_page import hover_first_point, wait_for_points
from tests.browser.test_sharing import table

MARKUP = '<img src=x onerror="window.harmed=1">'
FORMULA = "=cmd()|'/C calc'!A0"
TURNED = "\u202e" * 1366
"""4 KB of marks that turn text around."""
TEXTS = (
    MARKUP,
    FORMULA,
    "../../../etc/passwd",
    "@SUM(1)",
    "<script>window.harmed=1</script>",
    "\u202e" * 60,
)
COUNT = 24


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose one dataset is on a map, and has such text wherever text can be."""
    data_dir = tmp_path_factory.mktemp("data")
    with LocalPlatform(data_dir) as platform:
        dataset = platform.datasets.create("hostile").id
        for number in range(COUNT):
            text = TEXTS[number % len(TEXTS)]
            content = io.BytesIO()
            colour = (number * 10, 255 - number * 10, number * 77 % 256)
            Image.new("RGB", (32, 32), colour).save(content, "PNG")
            content.seek(0)
            platform.datasets.add(
                dataset, text.replace("/", "_") + ".png", content, labels=[text],
                metadata={"note": text + TURNED, MARKUP: number},
            )  # fmt: skip
        platform.notifications.add(MARKUP, FORMULA + TURNED, dataset_id=dataset)
    for command in (["extract"], ["run"]):
        whole = [PROGRAM, *command, "hostile", "--data-dir", str(data_dir)]
        subprocess.run(whole, check=True)
    with serving(data_dir) as started:
        yield started


@pytest.fixture
def opened(page: Page, hostile: Server) -> Iterator[Page]:
    """The tab; at the end, nothing of what it showed was run or became a part of the page."""
    page.goto(hostile.origin)
    page.get_by_text("hostile", exact=True).first.click()
    page.get_by_role("tab", name="Clustering").click()
    wait_for_points(page, COUNT)
    yield page
    assert page.evaluate("window.harmed") is None
    assert page.locator("img[src=x]").count() == 0


def test_hover_card(opened: Page) -> None:
    hover_first_point(opened)
    expect(opened.get_by_text(MARKUP).filter(visible=True).first).to_be_visible()


def test_legend(opened: Page) -> None:
    legend = opened.get_by_role("list", name="Legend")
    expect(legend.get_by_role("listitem")).to_have_count(len(TEXTS))
    for text in TEXTS[:-1]:
        expect(legend.get_by_text(text, exact=True)).to_be_visible()
    box = legend.get_by_text(FORMULA).bounding_box()
    assert box is not None
    assert box["height"] < 100, "what is turned around stays in its own line"
    opened.get_by_role("combobox", name="Color by").click()
    opened.get_by_role("menuitem", name=MARKUP).click()
    expect(opened.get_by_role("group", name="Select a range of values")).to_be_visible()


def test_export(opened: Page) -> None:
    rows = table(opened, "Shown points (CSV)")
    assert len(rows) == COUNT
    texts = [value for row in rows for key, value in row.items() if not _is_number(value)]
    assert not [text for text in texts if text.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert not [key for key in rows[0] if key.startswith(("=", "+", "-", "@"))]
    assert {row["labels"].lstrip("'") for row in rows} == set(TEXTS)


def test_bell(opened: Page) -> None:
    opened.get_by_role("button", name="Notifications").click()
    inbox = opened.get_by_role("dialog")
    expect(inbox.get_by_text(MARKUP)).to_be_visible()
    expect(inbox.get_by_role("link", name="Open dataset")).to_be_visible()
    expect(inbox.get_by_text(re.compile(re.escape(FORMULA)))).to_be_visible()
    opened.wait_for_timeout(500)
    width = inbox.bounding_box()
    assert width is not None
    assert width["width"] <= 1500, "it does not grow past the page"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
