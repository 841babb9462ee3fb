"""The plugin in the real App: its server, and Chromium. The tests run in order on one dataset."""

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import FrameLocator, Page, Route, expect, sync_playwright

from clustering_app.vectors.store import FeatureStore
from fiftyone_host.ids import id_of, item_id
from tests.chromium import has_failed, launch, tell
from tests.host_stub.pages.served_pages import wait_for

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"


@pytest.fixture(scope="module")
def emoji(fo: ModuleType, few_emoji_folder: Path) -> Iterator[Any]:
    """240 drawings of three kinds as a dataset."""
    dataset = fo.Dataset("emoji", persistent=True)
    files = sorted(few_emoji_folder.rglob("*.png"), key=lambda path: path.name)
    dataset.add_samples(
        [fo.Sample(path, kind=fo.Classification(label=path.parent.name)) for path in files]
    )
    yield dataset
    dataset.delete()


@pytest.fixture(scope="module")
def app(fo: ModuleType, emoji: Any) -> Iterator[Any]:
    """FiftyOne's App, in a server of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    opened = fo.launch_app(emoji, port=port, address="127.0.0.1", remote=True)
    yield opened
    opened.close()


def execute(app: Any, dataset: Any, operator: str, **params: Any) -> list[Any]:
    """Run an operator in the App's server, as the App does; gives what its answer says."""
    body = {
        "operator_uri": f"@clustering/clustering/{operator}",
        "dataset_name": dataset.name,
        "dataset_id": id_of(dataset),
        "params": params,
    }
    address = f"http://127.0.0.1:{app.server_port}/operators/execute/generator"
    answer = httpx.post(address, json=body, timeout=300)
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines() if line]


def test_operators_extract_and_make_a_map(app: Any, emoji: Any) -> None:
    said = execute(app, emoji, "extract")
    assert any("reload_dataset" in json.dumps(one) for one in said), said
    execute(app, emoji, "run_projection", method="tsne", dimensions=2)
    emoji.reload()
    assert emoji.exists("clustering_mini_clip").count() == 240
    assert emoji.list_brain_runs() == ["clustering_tsne_2d"]
    assert emoji.load_brain_results("clustering_tsne_2d").points.shape == (240, 2)


@pytest.fixture(scope="module")
def page(app: Any, emoji: Any) -> Iterator[Page]:
    """The App; what it wants from elsewhere is not fetched."""

    def stay(route: Route) -> None:
        here = urlsplit(route.request.url).hostname in ("127.0.0.1", "localhost")
        route.fallback() if here else route.abort()

    with sync_playwright() as playwright:
        browser = launch(playwright)
        opened = browser.new_page(viewport={"width": 1800, "height": 900})
        opened.route("http*://**", stay)
        opened.goto(f"http://127.0.0.1:{app.server_port}/datasets/{emoji.slug}")
        opened.get_by_role("button", name="Dismiss").click()
        yield opened
        browser.close()


@pytest.fixture(autouse=True)
def _told(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if has_failed(request) and "page" in request.fixturenames:
        tell(request.getfixturevalue("page"))


@pytest.fixture(scope="module")
def tab(page: Page) -> FrameLocator:
    """Our page in its panel."""
    return page.frame_locator("iframe[title=Clustering]")


def select(page: Page, number: int) -> None:
    """Check a sample in the App's grid."""
    sample = page.locator("[data-cy=looker]").nth(number)
    sample.hover()
    sample.locator("label").click()


def test_map_is_in_a_panel_of_the_app(page: Page, tab: FrameLocator) -> None:
    select(page, 0)
    page.locator("[data-item-id='@clustering/clustering/open_map']").click()
    expect(tab.get_by_text("240 points · 1 selected").first).to_be_visible()


def test_what_is_selected_in_the_app_is_selected_on_the_map(page: Page, tab: FrameLocator) -> None:
    select(page, 1)
    select(page, 2)
    expect(tab.get_by_text("3 selected").first).to_be_visible()


def test_what_is_selected_on_the_map_is_selected_in_the_app(
    page: Page, app: Any, tab: FrameLocator
) -> None:
    box = tab.locator("canvas").first.bounding_box()
    assert box is not None
    left, top, width, height = box["x"], box["y"], box["width"], box["height"]
    page.mouse.move(left + 0.1 * width, top + 0.1 * height)
    page.mouse.down()
    page.mouse.move(left + 0.3 * width, top + 0.3 * height)
    page.mouse.move(left + 0.5 * width, top + 0.9 * height)
    page.mouse.up()
    wait_for(lambda: len(app.selected) > 3)
    expect(tab.get_by_text(f"{len(app.selected)} selected").first).to_be_visible()
    if os.environ.get("CLUSTERING_PICTURES"):
        page.wait_for_timeout(3000)
        page.screenshot(path=PICTURES / "fiftyone.png")


def test_pictures_are_shown_and_for_this_name_alone(tab: FrameLocator) -> None:
    picture = tab.locator("img[src*='/thumbnails/']").first
    picture.scroll_into_view_if_needed()  # it is fetched when it is seen
    wait_for(lambda: picture.evaluate("picture => picture.naturalWidth") > 0)
    address = picture.evaluate("picture => picture.src")
    assert httpx.get(address).headers["content-type"] == "image/webp"
    assert httpx.get(address, headers={"host": "elsewhere.example"}).status_code == 403
    assert httpx.get(f"{address}0").status_code == 404


def choose_action(tab: FrameLocator, label: str) -> None:
    tab.get_by_role("button", name="Dataset Actions").click()
    tab.get_by_role("menuitem", name=label).click()


def test_selection_of_the_map_is_shown_in_the_app(app: Any, tab: FrameLocator) -> None:
    chosen = sorted(app.selected)
    choose_action(tab, "Open in Data tab")
    wait_for(lambda: app.view is not None and sorted(app.view.values("id")) == chosen)
    wait_for(lambda: sorted(app.selected) == chosen)
    expect(tab.get_by_text(f"{len(chosen)} selected").first).to_be_visible()


def test_selection_of_the_map_is_tagged(app: Any, emoji: Any, tab: FrameLocator) -> None:
    chosen = sorted(app.selected)
    choose_action(tab, "Tag samples")
    tab.get_by_label("Tag", exact=True).fill("picked")
    tab.get_by_role("button", name="Confirm").click()
    wait_for(lambda: sorted(emoji.match_tags("picked").values("id")) == chosen)


def test_deletions_in_fiftyone_reach_the_map(emoji: Any, tab: FrameLocator, state: Path) -> None:
    gone = emoji.first().id
    store = FeatureStore(str(state / "storage" / id_of(emoji)))
    assert item_id(id_of(emoji), gone) in store.read("mini-clip").item_ids
    emoji.delete_samples([gone])
    wait_for(lambda: item_id(id_of(emoji), gone) not in store.read("mini-clip").item_ids)
