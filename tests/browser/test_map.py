"""The map itself in Chromium: selected, hidden, in space, as pictures, on the whole screen."""

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from clustering_app.projector.address import read_fragment
from tests.browser.conftest import Server
from tests.browser.map_page import (
    LONG,
    POINTS,
    box_select,
    counts,
    map_box,
    open_map,
    open_tab,
    picture,
    ranges,
    selected_rows,
    wait_for_points,
    wait_until,
)


def test_undo_and_redo_by_keys_and_menu(page: Page, mapped: Server) -> None:
    open_tab(page, mapped)
    wait_for_points(page, POINTS)
    boxed = box_select(page)
    counts(page, f"{POINTS} points · {boxed} selected")
    page.keyboard.press("v")
    counts(page, f"{POINTS} points · {POINTS - boxed} selected")
    page.keyboard.press("h")
    counts(page, f"{boxed} of {POINTS} points · 0 selected")
    wait_for_points(page, boxed)
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    counts(page, f"{POINTS} points · {boxed} selected")
    wait_for_points(page, POINTS)
    wait_until(lambda: len(selected_rows(page)) == boxed)
    page.keyboard.press("Control+Shift+z")
    counts(page, f"{POINTS} points · {POINTS - boxed} selected")
    page.get_by_role("button", name="Undo").click()
    counts(page, f"{POINTS} points · {boxed} selected")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    counts(page, f"{POINTS} points · 0 selected")


def test_hiding_and_isolating_keep_the_view(page: Page, mapped: Server) -> None:
    open_tab(page, mapped)
    wait_for_points(page, POINTS)
    counts(page, f"0 selected · {POINTS} in view")
    fitted = ranges(page)
    left, top, width, height = map_box(page)
    page.mouse.move(left + width / 3, top + height / 3)
    page.mouse.wheel(0, -300)
    page.wait_for_function("() => location.hash.includes('seen=')")
    moved = ranges(page)
    assert moved != fitted
    food = page.get_by_role("list", name="Legend").get_by_role("listitem").nth(1)
    food.hover()
    food.get_by_role("button", name="Hide").click()
    wait_for_points(page, POINTS - 80)
    assert ranges(page) == moved
    page.keyboard.press("Control+z")
    wait_for_points(page, POINTS)
    assert ranges(page) == moved
    page.get_by_role("button", name="Fit").click()
    wait_until(lambda: ranges(page) == fitted)
    food.hover()
    food.get_by_role("button", name="Show only").click()
    wait_for_points(page, 80)
    wait_until(lambda: ranges(page) != fitted)
    counts(page, f"80 of {POINTS} points · 0 selected · 80 in view")


def seen(page: Page) -> tuple[float, ...]:
    """From where the map is seen, as the address says; nothing when it is fitted."""
    return read_fragment(str(page.evaluate("() => location.hash")).removeprefix("#")).seen


def turn(page: Page) -> None:
    """Turn the map in space, as a hand does: in many small moves."""
    cloud = page.get_by_label(f"Map of {POINTS} points")
    expect(cloud).to_be_visible()  # it is named when it is drawn for the first time
    frame = cloud.bounding_box()
    assert frame is not None
    left, top = frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2
    page.mouse.move(left, top)
    page.mouse.down()
    page.mouse.move(left + 60, top + 20, steps=20)
    page.mouse.up()


def told_camera(page: Page) -> list[float]:
    """Where the browser has told that it looks from once it rests, by now; as `seen` gives it."""
    page.evaluate("() => new Promise((done) => setTimeout(done, 150))")
    found: list[float] = page.evaluate(
        """() => {
          const {target, yaw, pitch, span} = Bokeh.documents[0].get_model_by_name('map').camera
          return [...target, yaw, pitch, span]
        }"""
    )
    return found


def test_hiding_and_isolating_keep_the_view_in_space(page: Page, mapped: Server) -> None:
    open_tab(page, mapped)
    wait_for_points(page, POINTS)
    open_map(page, "t-SNE 3D")
    counts(page, f"0 selected · {POINTS} in view · 256 dimensions to 3")
    assert seen(page) == ()
    turn(page)
    turned = pytest.approx(told_camera(page), rel=1e-4)
    wait_until(lambda: seen(page) == turned)  # where moves are slow, it says some before the last
    food = page.get_by_role("list", name="Legend").get_by_role("listitem").nth(1)
    food.hover()
    food.get_by_role("button", name="Show only").click()
    counts(page, f"80 of {POINTS} points · 0 selected · ")
    page.wait_for_function("() => location.hash.includes('isolated=')")
    assert seen(page) == turned
    page.get_by_role("button", name="Fit").click()
    counts(page, f"80 of {POINTS} points · 0 selected · 80 in view")
    wait_until(lambda: seen(page) == ())


def test_a_mode_adds_to_the_selection(page: Page, mapped: Server) -> None:
    open_tab(page, mapped)
    wait_for_points(page, POINTS)
    boxed = box_select(page)
    page.keyboard.press("v")
    counts(page, f"{POINTS} points · {POINTS - boxed} selected")
    page.get_by_role("combobox", name="A selection").click()
    page.get_by_text("Add", exact=True).filter(visible=True).last.click()
    page.wait_for_function(  # a box in the mode before would leave only what it holds
        """() => Bokeh.documents[0].get_model_by_name('plane').toolbar.active_drag.mode
          === 'append'"""
    )
    everything = page.get_by_text(f"{POINTS} points · {POINTS} selected")
    for _ in range(10):  # a busy page takes a drag for a press
        box_select(page)
        if everything.is_visible():
            break
    expect(everything).to_be_visible()


def test_the_map_fills_the_screen(page: Page, mapped: Server) -> None:
    open_tab(page, mapped)
    wait_for_points(page, POINTS)
    before = map_box(page)[2]
    page.get_by_role("button", name="Full screen").click()
    wait_until(lambda: map_box(page)[2] > before + 300)
    page.get_by_role("combobox", name="A selection").click()
    page.get_by_text("Subtract", exact=True).filter(visible=True).last.click()
    page.get_by_role("button", name="Leave full screen").click()
    wait_until(lambda: map_box(page)[2] == before)


@pytest.mark.parametrize("name", ["UMAP 2D", "t-SNE 3D"])
def test_a_narrow_window_has_room_for_every_tool(page: Page, mapped: Server, name: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    open_tab(page, mapped)
    wait_for_points(page, POINTS)
    if name != "UMAP 2D":
        open_map(page, name)
        expect(page.get_by_role("button", name="Turn")).to_be_visible()
    search = page.get_by_role("searchbox", name="Search").bounding_box()
    assert search is not None
    for tool in ("Isolate", "Show all", "Clear", "Redo", "Download"):
        button = page.get_by_role("button", name=tool, exact=True).bounding_box()
        assert button is not None
        assert 250 < button["x"] < button["x"] + button["width"] < search["x"]
        assert button["y"] < 300


def test_in_a_page_for_one_column_the_map_is_above_the_others(page: Page, mapped: Server) -> None:
    page.set_viewport_size({"width": 700, "height": 860})
    open_tab(page, mapped)
    wait_for_points(page, POINTS)
    _left, top, width, height = map_box(page)
    assert width > 600
    for name in ("Run", "Find"):
        below = page.get_by_role("button", name=name, exact=True).bounding_box()
        assert below is not None and below["y"] > top + height
    page.get_by_role("button", name="Find", exact=True).scroll_into_view_if_needed()
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_in_viewport()


def test_points_are_drawn_as_pictures(page: Page, mapped: Server) -> None:
    open_tab(page, mapped)
    wait_for_points(page, POINTS)
    asked: set[str] = set()
    page.on("request", lambda one: "/thumbnail" in one.url and asked.add(one.url))
    page.get_by_role("checkbox", name="Pictures").check()
    expect(page.locator(".cloud")).to_be_visible()
    wait_until_page(page, lambda: len(asked) > POINTS / 2)  # the Data tab has some already
    picture(page, "pictures")
    page.wait_for_function("() => location.hash.includes('pictures=yes')")
    page.get_by_role("checkbox", name="Pictures").uncheck()
    expect(page.locator(".cloud")).not_to_be_visible()
    wait_for_points(page, POINTS)


def wait_until_page(page: Page, true: Callable[[], bool]) -> None:
    """Poll while the page lives, so that its requests are heard."""
    end = time.monotonic() + LONG / 1000
    while not true():
        assert time.monotonic() < end, "it did not come true"
        page.wait_for_timeout(200)


def test_a_map_in_space_is_turned_boxed_and_isolated(page: Page, mapped: Server) -> None:
    open_tab(page, mapped)
    wait_for_points(page, POINTS)
    open_map(page, "t-SNE 3D")
    expect(page.get_by_role("button", name="Turn")).to_be_visible()
    cloud = page.get_by_label(f"Map of {POINTS} points")
    expect(cloud).to_be_visible()
    frame = cloud.bounding_box()
    assert frame is not None
    turn(page)
    counts(page, f"{POINTS} points · 0 selected")  # turning selects nothing
    page.get_by_role("button", name="Box", exact=True).click()
    selected = page.get_by_text("items selected")
    for _ in range(10):  # until the choice of the tool has come through
        page.mouse.move(frame["x"] + 20, frame["y"] + 20)
        page.mouse.down()
        page.mouse.move(frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] - 20, steps=9)
        page.mouse.up()
        page.wait_for_timeout(1500)
        if selected.is_visible():
            break
    expect(selected).to_be_visible()
    picture(page, "space")
    page.get_by_role("button", name="Isolate").click()
    expect(page.get_by_text(f" of {POINTS} points · ")).to_be_visible()
    page.keyboard.press("a")
    counts(page, f"{POINTS} points · ")
    page.get_by_role("button", name="Toggle theme").click()
    page.wait_for_timeout(1000)
    picture(page, "space-dark")
