"""What leaves the tab in Chromium: its address, a picture, a table."""

import csv
import math
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from clustering_app.projector.address import read_fragment
from clustering_app.projector.picture import SIZE
from tests.browser.conftest import Server
from tests.browser.map_page import (
    POINTS,
    choose_from,
    counts,
    map_box,
    open_map,
    open_tab,
    ranges,
    search_how,
    selected_rows,
    wait_for_points,
    wait_until,
)


def test_a_view_is_shared_by_its_address(page: Page, mapped: Server) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_tab(page, mapped)
    wait_for_points(page, POINTS)
    counts(page, f"0 selected · {POINTS} in view")
    page.get_by_role("searchbox", name="Search").fill("food and drink")
    page.keyboard.press("Enter")
    counts(page, f"{POINTS} points · 80 selected")
    left, top, width, height = map_box(page)
    page.mouse.move(left + width / 2, top + height / 2)
    page.mouse.wheel(0, -400)
    page.wait_for_function("() => location.hash.includes('seen=')")
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    address = str(page.evaluate("() => navigator.clipboard.readText()"))
    assert address.startswith(f"{mapped.origin}/datasets/")
    zoomed = pytest.approx(read_fragment(urlsplit(address).fragment).seen, abs=1e-4)

    page.goto("about:blank")
    page.goto(address)
    wait_for_points(page, POINTS)
    counts(page, f"{POINTS} points · 80 selected")
    wait_until(lambda: len(selected_rows(page)) == 80)
    wait_until(lambda: ranges(page) == zoomed)
    page.wait_for_function("address => location.href === address", arg=address)
    page.get_by_role("button", name="Fit").click()
    counts(page, f"80 selected · {POINTS} in view")

    page.evaluate("() => { location.hash = 'map=<b>gone</b>' }")
    expect(page.get_by_text("There is no map '<b>gone</b>' any more.")).to_be_visible()
    counts(page, f"{POINTS} points · 80 selected")


def test_the_colours_of_a_search_by_example_are_shared(page: Page, mapped: Server) -> None:
    open_tab(page, mapped)
    wait_for_points(page, POINTS)
    search_how(page, "Regex")
    page.get_by_role("searchbox", name="Search").fill("^(red-)?apple.png$")
    page.keyboard.press("Enter")
    counts(page, f"{POINTS} points · 1 selected")
    page.get_by_role("button", name="Find similar").click()
    counts(page, f"{POINTS} points · 50 selected")
    page.wait_for_function("() => location.hash.includes('like=')")
    colours = colour_column(page)
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    wait_for_points(page, POINTS)
    wait_until(lambda: colour_column(page) == colours)
    wait_until(lambda: len(selected_rows(page)) == 50)


def colour_column(page: Page) -> list[float]:
    """The number that each point is coloured by."""
    found: list[float] = page.evaluate(
        "() => Array.from(Bokeh.documents[0].get_model_by_name('points').data.colour)"
    )
    return found


def test_the_table_of_the_map_is_taken_away(page: Page, mapped: Server) -> None:
    open_tab(page, mapped)
    wait_for_points(page, POINTS)
    whole = table(page, "Shown points (CSV)")
    assert len(whole) == POINTS
    assert {row["labels"] for row in whole} == {
        "animals and nature", "food and drink", "smileys and emotion",
    }  # fmt: skip
    assert all(math.isfinite(float(row[axis])) for row in whole for axis in "xy")
    legend = page.get_by_role("list", name="Legend")
    legend.get_by_text("food and drink").click()
    counts(page, f"{POINTS} points · 80 selected")
    part = table(page, "Selected points (CSV)")
    assert part == [row for row in whole if row["labels"] == "food and drink"]


@pytest.mark.parametrize("name", ["UMAP 2D", "t-SNE 3D"])
def test_the_picture_of_the_map_is_taken_away(page: Page, mapped: Server, name: str) -> None:
    open_tab(page, mapped)
    wait_for_points(page, POINTS)
    if name != "UMAP 2D":
        open_map(page, name)
        expect(page.get_by_role("button", name="Turn")).to_be_visible()
        counts(page, f"0 selected · {POINTS} in view")
    made = ElementTree.fromstring(downloaded(page, "Picture (SVG)").read_bytes())
    assert len(made.findall("{*}g")[0].findall("{*}circle")) == POINTS
    with Image.open(downloaded(page, "Picture (PNG)")) as image:
        assert image.format == "PNG"
        assert image.size == (2 * SIZE[0], 2 * SIZE[1])
        colours = {colour[:3] for _, colour in image.getcolors(image.width * image.height)}
    assert {(0, 0x72, 0xB2), (0xE6, 0x9F, 0), (0, 0x9E, 0x73)} <= colours


def downloaded(page: Page, entry: str) -> Path:
    with page.expect_download() as saved:
        choose_from(page, page.get_by_role("button", name="Download", exact=True), entry)
    return saved.value.path()


def table(page: Page, entry: str) -> list[dict[str, str]]:
    with page.expect_download() as saved:
        choose_from(page, page.get_by_role("button", name="Download", exact=True), entry)
    assert saved.value.suggested_filename.endswith(".csv")
    with saved.value.path().open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
