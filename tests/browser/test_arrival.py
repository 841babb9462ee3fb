"""When and in which order messages reach a page must not change what it shows."""

from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Watch
from tests.browser.map_page import dataset_id, open_tab

ADD = "Add CLIP Embeddings"


SLOW = """
let load
Object.defineProperty(window, "importShim", {
  set(given) { load = given },
  get: () => load && Object.assign(async (...asked) => {
    await new Promise((go) => setTimeout(go, 2500))
    return load(...asked)
  }, load),
})
"""
"""A browser that takes its time to load the script of a part."""


def test_pages_opened_before_an_app_came_can_show_its_tab(
    browser: Browser, server: Any, watch: Watch
) -> None:
    """The app is imported by the first tab: the other page was served without it."""
    pages = [browser.new_context().new_page() for _ in range(2)]
    for page in pages:
        watch.on(page)
        page.goto(f"{server.origin}/datasets/{dataset_id(server)}")
        expect(page.get_by_text("240 items")).to_be_visible()
    for page in pages:
        page.get_by_role("tab", name="Clustering").click()
        expect(page.get_by_role("button", name=ADD)).to_be_visible()
        page.context.close()


def test_tab_opens_in_a_slow_browser(page: Page, server: Any) -> None:
    """What replaces the line that stands for the tab must not come before the line is drawn."""
    page.add_init_script(SLOW)
    open_tab(page, server)
    expect(page.get_by_role("button", name=ADD)).to_be_visible()


def test_items_are_shown_in_a_slow_browser(page: Page, server: Any) -> None:
    page.add_init_script(SLOW)
    page.goto(f"{server.origin}/datasets/{dataset_id(server)}")
    expect(page.get_by_text("240 items")).to_be_visible()
    expect(page.get_by_role("option").first).to_be_visible()


def test_tab_is_left_before_it_is_there(page: Page, server: Any) -> None:
    open_tab(page, server)
    page.get_by_role("tab", name="Data").click()
    expect(page.get_by_text("240 items")).to_be_visible()
    page.get_by_role("tab", name="Clustering").click()
    expect(page.get_by_role("button", name=ADD)).to_be_visible()
