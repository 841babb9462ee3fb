"""The pages of a served platform as the tests use them: its REST API, the tab, the map."""

import json
import os
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
LONG = 180_000
POINTS = 240
"""Of the maps of the drawings."""


def rest(server: Any, path: str, method: str = "GET", body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        f"{server.origin}/api/v1{path}", data, {"content-type": "application/json"}, method=method
    )
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read() or b"null")


def dataset_id(server: Any) -> str:
    found = rest(server, "/datasets")
    return str(next(dataset["id"] for dataset in found if dataset["name"] == "few emoji"))


def matching(server: Any, query: Any) -> int:
    """Number of items that match a query."""
    found = rest(server, f"/datasets/{dataset_id(server)}/query?limit=1", "POST", query)
    return int(found["total"])


def ended(server: Any, function: str) -> int:
    """Number of executions of a function that succeeded."""
    found = [e["status"] for e in rest(server, "/executions") if e["function"] == function]
    return found.count("success")


def wait_until(true: Callable[[], bool], seconds: float = LONG / 1000) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.2)


def storage(server: Any) -> Path:
    return Path(server.data_dir, "apps", "clustering", dataset_id(server))


def open_tab(page: Page, server: Any, tab: str = "Clustering") -> None:
    page.goto(f"{server.origin}/datasets/{dataset_id(server)}")
    page.get_by_role("tab", name=tab).click()


def counts(page: Page, text: str) -> None:
    """Wait until the line above the map says so."""
    expect(page.get_by_text(text).first).to_be_visible()


def open_map(page: Page, name: str) -> None:
    """Open an earlier map, named by its method and dimensions."""
    page.get_by_role("combobox", name="Map").click()
    page.get_by_text(name).filter(visible=True).last.click()


def search_how(page: Page, mode: str) -> None:
    page.get_by_role("combobox", name="Search how").click()
    page.get_by_text(mode, exact=True).filter(visible=True).last.click()


def choose_action(page: Page, label: str) -> None:
    """Choose from the menu beside the map; the title bar has one of the same name."""
    beside = page.locator(".selection-actions")
    choose_from(page, beside.get_by_role("button", name="Dataset Actions"), label)


def choose_from(page: Page, menu: Locator, label: str) -> None:
    """Open a menu and choose; React may mount the button anew just then: a person tries again."""
    entry = page.get_by_role("menuitem", name=label)
    for _ in range(6):
        menu.click()
        try:
            entry.wait_for(timeout=LONG / 6)
        except PlaywrightTimeout:
            continue
        entry.click()
        return
    raise AssertionError(f"the menu did not show {label!r}")


def picture(page: Page, name: str) -> None:
    """Keep a picture of the page, for the README when asked."""
    page.wait_for_timeout(700)
    target = PICTURES if os.environ.get("CLUSTERING_PICTURES") else None
    if target is not None:
        target.mkdir(exist_ok=True)
        page.screenshot(path=target / f"{name}.png")


def points(page: Page) -> int:
    """Number of points that the browser has on the map."""
    return int(
        page.evaluate(
            """() => {
              const points = Bokeh.documents[0].get_model_by_name('points')
              return points ? points.get_length() : 0
            }"""
        )
    )


def places(page: Page) -> list[list[float]]:
    """Where each point is on the map, in the order of its rows."""
    found: list[list[float]] = page.evaluate(
        """() => {
          const {x, y} = Bokeh.documents[0].get_model_by_name('points').data
          return Array.from(x, (value, row) => [value, y[row]])
        }"""
    )
    return found


def wait_for_points(page: Page, count: int) -> None:
    """Wait until the map is drawn with so many points."""
    page.wait_for_function(
        """count => {
          const page = window.Bokeh?.documents[0]
          const points = page?.get_model_by_name('points')
          const map = page?.get_model_by_name('plane')
          const view = map && Bokeh.index.find_one_by_id(map.id)
          return view && view.canvas_view && points.get_length() === count
        }""",
        arg=count,
        timeout=LONG,
    )


def map_box(page: Page) -> tuple[float, float, float, float]:
    """Left, top, width and height of the map's frame on the page, in pixels."""
    left, top, width, height = page.evaluate(
        """() => {
          const map = Bokeh.documents[0].get_model_by_name('plane')
          const view = Bokeh.index.find_one_by_id(map.id)
          const canvas = view.canvas_view.el.getBoundingClientRect()
          const frame = view.frame.bbox
          return [canvas.left + frame.left, canvas.top + frame.top, frame.width, frame.height]
        }"""
    )
    return left, top, width, height


def ranges(page: Page) -> list[float]:
    """What part of the plane the browser shows: left, right, bottom, top."""
    found: list[float] = page.evaluate(
        """() => {
          const {x_range, y_range} = Bokeh.documents[0].get_model_by_name('plane')
          return [x_range.start, x_range.end, y_range.start, y_range.end]
        }"""
    )
    return found


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag within the map, from and to shares of its width and height; Bokeh wants no pause."""
    left, top, width, height = map_box(page)

    def place(share: tuple[float, float]) -> tuple[float, float]:
        return left + share[0] * width, top + share[1] * height

    page.mouse.move(*place(start))
    page.mouse.down()
    page.mouse.move(*place(((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)))
    page.mouse.move(*place(end))
    page.mouse.up()


def box_select(page: Page) -> int:
    """Box the left part of the map; a busy page takes a drag for a press, so try again."""
    for _ in range(10):
        drag(page, (0.02, 0.02), (0.55, 0.98))
        page.wait_for_timeout(1500)
        if selected := len(selected_rows(page)):
            return selected
    raise AssertionError("the box selected nothing in ten tries")


def selected_rows(page: Page) -> list[int]:
    """Of the points that the browser shows as selected."""
    found: list[int] = page.evaluate(
        "() => Array.from(Bokeh.documents[0].get_model_by_name('points').selected.indices)"
    )
    return found


def place_of_first_point(page: Page) -> tuple[float, float]:
    x, y = page.evaluate(
        """() => {
          const map = Bokeh.documents[0].get_model_by_name('plane')
          const points = Bokeh.documents[0].get_model_by_name('points')
          const view = Bokeh.index.find_one_by_id(map.id)
          const box = view.canvas_view.el.getBoundingClientRect()
          const [sx] = view.frame.x_scale.v_compute([points.data.x[0]])
          const [sy] = view.frame.y_scale.v_compute([points.data.y[0]])
          return [box.left + sx, box.top + sy]
        }"""
    )
    return x, y


def hover_first_point(page: Page) -> None:
    """Rest on the first point until its card is shown; a busy page misses a move, so try again."""
    card = page.locator("img[src*='/thumbnail']").first
    for _ in range(30):
        x, y = place_of_first_point(page)
        page.mouse.move(x - 60, y - 60)
        page.mouse.move(x, y)
        page.wait_for_timeout(1000)
        if card.is_visible():
            break
    expect(card).to_be_visible()
