"""The maps and their tools in the windows of small screens, in Chromium."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.map_page import LONG, POINTS, open_map, open_tab, wait_for_points

SMALL = pytest.mark.parametrize("size", [(1024, 768), (1280, 720)])
LAID_OUT = """() => {
  const maps = [], tools = [];
  const look = (root, within) => root.querySelectorAll("*").forEach((element) => {
    const map = element.classList.contains("map-panel") ? element : within;
    const {left, top, right, bottom} = element.getBoundingClientRect();
    const box = {left, top, right, bottom, text: element.textContent};
    if (map && element.matches(".cloud, .bk-Figure") && bottom > top) {
      maps.push({...box, end: map.getBoundingClientRect().bottom});
    }
    const tool = element.matches("button, .MuiFormControl-root, .MuiFormControlLabel-root, .line");
    const part = element.parentElement?.closest("button, .MuiFormControl-root");
    if (map && tool && !part && bottom > top) {
      tools.push({...box, limits: map.getBoundingClientRect().toJSON()});
    }
    if (element.shadowRoot) look(element.shadowRoot, map);
  });
  look(document, null);
  return {maps, tools};
}"""
"""Where the drawn maps and the visible tools of each are on the page, in pixels."""


def meet(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two boxes have more in common than a pixel of their borders."""
    across = min(one["right"], other["right"]) - max(one["left"], other["left"])
    down = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])
    return bool(across > 1 and down > 1)


def in_the_way(page: Page) -> list[tuple[str, ...]]:
    """Tools that lie over others, and tools that leave their map."""
    tools = page.evaluate(LAID_OUT)["tools"]
    assert len(tools) > 12, "the tools are found"
    over = [
        (one["text"], other["text"])
        for row, one in enumerate(tools)
        for other in tools[:row]
        if meet(one, other)
    ]
    out = [
        (one["text"],)
        for one in tools
        if one["left"] < one["limits"]["left"] - 1 or one["right"] > one["limits"]["right"] + 1
    ]
    return over + out


def open_in_space(page: Page, server: Server, size: tuple[int, int]) -> None:
    """The map in space, with a third of its points selected."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    open_tab(page, server)
    wait_for_points(page, POINTS)
    open_map(page, "t-SNE 3D")
    expect(page.get_by_role("button", name="Turn")).to_be_visible()
    page.get_by_role("list", name="Legend").get_by_text("food and drink").click()
    expect(page.get_by_text(re.compile(f"^{POINTS} points · 80 selected")).first).to_be_visible()


@SMALL
def test_no_tool_lies_over_another(page: Page, mapped: Server, size: tuple[int, int]) -> None:
    open_in_space(page, mapped, size)
    assert in_the_way(page) == []
    page.get_by_role("combobox", name="Compare with").click()
    page.get_by_text("UMAP 2D").filter(visible=True).last.click()
    beside = page.get_by_text(re.compile("^UMAP 2D of .* 240 of 240 points")).first
    expect(beside).to_be_visible(timeout=LONG)
    assert in_the_way(page) == []
    page.get_by_role("checkbox", name="Pictures").last.check()
    expect(page.get_by_role("button", name="Turn")).to_have_count(2)
    assert in_the_way(page) == []


@SMALL
def test_a_map_ends_where_its_window_does(
    page: Page, mapped: Server, size: tuple[int, int]
) -> None:
    open_in_space(page, mapped, size)
    fits(page)
    open_map(page, "UMAP 2D")
    expect(page.get_by_role("button", name="Turn")).to_be_hidden()
    wait_for_points(page, POINTS)
    fits(page)


def fits(page: Page) -> None:
    """Require that the one drawn map is high enough, and that all of it is seen."""
    [drawn] = page.evaluate(LAID_OUT)["maps"]
    assert drawn["bottom"] <= drawn["end"] + 1
    assert drawn["bottom"] - drawn["top"] >= 300
