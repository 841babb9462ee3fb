"""A list too long for the browser, of which the grid holds what is near the view."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.host_stub.pages.served_pages import picture, wait_for

ITEMS = 600
GRID = ".tile-scroll"
SAY_INSTEAD = """(message) => {
  const written = (value) => Array.isArray(value) ? value.map(written)
    : value === null || typeof value !== "object" ? value
    : {type: "map", entries: Object.entries(value).map(([name, part]) => [name, written(part)])}
  const send = WebSocket.prototype.unchanged = WebSocket.prototype.send
  WebSocket.prototype.send = function (part) {
    if (typeof part === "string" && part.includes("data_event")) {
      const content = JSON.parse(part)
      const entries = content.events[0].msg_data.values.entries
      entries.find(([name]) => name === "data")[1] = written(message)
      part = JSON.stringify(content)
    }
    return send.call(this, part)
  }
}"""
"""Whatever the grid has to say to the server, this is said."""


@pytest.fixture
def long(served):
    """A dataset of 600 pictures, named by their numbers from 1 on."""
    datasets = served.platform.datasets
    made = datasets.create("long")
    shapes = ("red", "green", "blue")
    datasets.add_many(
        made.id,
        [(f"{n}.png", "/", picture(shapes[n % 3]), (), {}) for n in range(1, ITEMS + 1)],
    )
    yield made
    datasets.delete(made.id)


@pytest.fixture
def grid(served, long, page: Page):  # the page goes first: it misses pictures that are gone
    page.goto(f"{served.origin}/datasets/{long.id}")
    expect(tile(page, 1)).to_be_in_viewport()
    return page


def tile(page: Page, number: int):
    return page.get_by_role("option", name=f"{number}.png", exact=True)


def scroll(page: Page, share: float) -> None:
    """To a share of the whole list's height."""
    page.locator(GRID).evaluate(
        "(node, share) => { node.scrollTop = share * (node.scrollHeight - node.clientHeight) }",
        share,
    )


def in_view(page: Page) -> list[int]:
    """Numbers of the tiles that can be seen, even in part, in the order in which they lie."""
    names = page.locator(GRID).evaluate(
        """(node) => {
          const view = node.getBoundingClientRect()
          const tiles = [...node.querySelectorAll("[role=option]")].map(
            (tile) => [tile.getBoundingClientRect(), tile.getAttribute("aria-label")])
          return tiles
            .filter(([at]) => at.bottom > view.top + 1 && at.top < view.bottom - 1)
            .sort(([a], [b]) => a.top - b.top || a.left - b.left)
            .map(([, name]) => name)
        }"""
    )
    return [int(name.removesuffix(".png")) for name in names]


def test_all_items_are_reached_by_scrolling_and_few_are_in_the_browser(grid):
    whole = grid.locator(GRID).evaluate("(node) => node.scrollHeight / node.clientHeight")
    assert whole > 10
    for share, number in ((0.5, 300), (1.0, 600), (0.0, 1)):
        scroll(grid, share)
        expect(tile(grid, number)).to_be_in_viewport()
        seen = in_view(grid)
        assert seen == [*range(seen[0], seen[-1] + 1)]
        assert grid.get_by_role("option").count() < 200
        place = tile(grid, number)
        expect(place).to_have_attribute("aria-posinset", str(number))
        expect(place).to_have_attribute("aria-setsize", str(ITEMS))


def test_a_range_reaches_over_what_the_browser_has(grid):
    tile(grid, 3).click()
    scroll(grid, 1.0)
    tile(grid, 590).click(modifiers=["Shift"])
    expect(grid.get_by_text("588 of 600 selected")).to_be_visible()
    expect(tile(grid, 590)).to_have_attribute("aria-selected", "true")
    expect(tile(grid, 591)).to_have_attribute("aria-selected", "false")
    scroll(grid, 0.0)
    expect(tile(grid, 2)).to_have_attribute("aria-selected", "false")
    expect(tile(grid, 3)).to_have_attribute("aria-selected", "true")
    tile(grid, 3).click()
    expect(grid.get_by_text("587 of 600 selected")).to_be_visible()
    grid.get_by_role("button", name="Select All").click()
    expect(grid.get_by_text("600 of 600 selected")).to_be_visible()


def test_keys_lead_through_the_whole_list(grid):
    tile(grid, 2).focus()
    grid.keyboard.press("End")
    expect(tile(grid, 600)).to_be_focused()
    expect(tile(grid, 600)).to_be_in_viewport()
    grid.keyboard.press("ArrowLeft")
    expect(tile(grid, 599)).to_be_focused()
    grid.keyboard.press("PageUp")
    expect(tile(grid, 599)).not_to_be_focused()
    grid.keyboard.press("Home")
    expect(tile(grid, 1)).to_be_focused()


def test_another_list_is_shown_from_its_beginning_and_a_shorter_one_from_its_end(
    grid, served, long
):
    scroll(grid, 1.0)
    expect(tile(grid, 600)).to_be_in_viewport()
    loaded = "(node) => [...node.querySelectorAll('img')].every((picture) => picture.complete)"
    wait_for(lambda: grid.locator(GRID).evaluate(loaded))  # else it misses those that are gone
    last = served.platform.datasets.page(long.id, offset=300, limit=300).items
    served.platform.datasets.delete_items([item.id for item in last])
    expect(grid.get_by_text("300 items")).to_be_visible()
    expect(tile(grid, 300)).to_be_in_viewport()
    grid.get_by_label("Sort").click()
    grid.get_by_text("Newest first", exact=True).click()
    expect(tile(grid, 300)).to_be_in_viewport()
    expect(tile(grid, 300)).to_have_attribute("aria-posinset", "1")


def test_what_is_in_view_stays_there_when_the_window_becomes_wider(grid):
    scroll(grid, 0.5)
    expect(tile(grid, 300)).to_be_in_viewport()
    first = in_view(grid)[0]
    grid.set_viewport_size({"width": 1900, "height": 1000})
    expect(tile(grid, first)).to_be_in_viewport()
    expect(tile(grid, first + 30)).to_be_in_viewport()
    seen = in_view(grid)
    assert seen == [*range(seen[0], seen[-1] + 1)]
    assert seen[0] <= first < seen[0] + 12


def test_the_viewer_goes_on_behind_what_the_browser_has(grid):
    there = grid.get_by_role("option").count()
    tile(grid, there).dblclick()
    dialog = grid.get_by_role("dialog")
    expect(dialog.get_by_role("img", name=f"{there}.png", exact=True)).to_be_visible()
    for number in (there + 1, there + 2):
        grid.get_by_role("button", name="Next", exact=True).click()
        expect(dialog.get_by_role("img", name=f"{number}.png", exact=True)).to_be_visible()


@pytest.mark.parametrize(
    "message",
    [
        {"show": -1, "count": 10},
        {"show": 2**70, "count": 10},
        {"show": 0, "count": 0},
        {"show": "0", "count": None},
        {"show": 0, "count": 2**31 - 1},
        {"range": [0]},
        {"range": [700, 2**31 - 1]},
        {"range": [5, 2**70]},
        {"selected": ["not there"], "part": "x", "at": 1},
        {"selected": [{}], "part": 1, "at": 1},
        {"open": ["x"]},
        ["show", 1],
        None,
    ],
)
def test_what_no_grid_would_say_does_no_harm(grid, message):
    grid.evaluate(SAY_INSTEAD, message)
    tile(grid, 5).click()
    grid.evaluate("() => { WebSocket.prototype.send = WebSocket.prototype.unchanged }")
    tile(grid, 6).click()
    expect(grid.get_by_text(re.compile("[12] of 600 selected"))).to_be_visible()
    expect(tile(grid, 6)).to_have_attribute("aria-selected", "true")
    assert grid.get_by_role("option").count() <= 1000
