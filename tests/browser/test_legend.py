"""What the colours stand for, and what is written beside points, in Chromium."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.map_page import (
    POINTS,
    counts,
    open_map,
    open_tab,
    picture,
    selected_rows,
    wait_for_points,
    wait_until,
)


def test_the_legend_selects_hides_and_isolates(page: Page, mapped: Server) -> None:
    open_tab(page, mapped)
    wait_for_points(page, POINTS)
    legend = page.get_by_role("list", name="Legend")
    expect(legend.get_by_role("listitem")).to_have_count(3)
    food = legend.get_by_role("listitem").filter(has_text="food and drink")
    food.get_by_text("food and drink").click()
    counts(page, f"{POINTS} points · 80 selected")
    food.hover()
    food.get_by_role("button", name="Hide food and drink").click()
    wait_for_points(page, POINTS - 80)
    counts(page, f"{POINTS - 80} of {POINTS} points · 0 selected")
    expect(food).to_contain_text("hidden")
    picture(page, "legend")
    food.get_by_role("button", name="Show only food and drink").click()
    wait_for_points(page, 80)
    expect(food.get_by_role("button", name="Hide food and drink")).to_have_count(0)
    page.keyboard.press("Control+z")
    wait_for_points(page, POINTS - 80)
    food.get_by_text("food and drink").click()
    wait_for_points(page, POINTS)


def test_a_long_legend_is_searched(page: Page, mapped: Server) -> None:
    open_tab(page, mapped)
    wait_for_points(page, POINTS)
    page.get_by_role("combobox", name="Color by").click()
    page.get_by_text("name", exact=True).filter(visible=True).last.click()
    legend = page.get_by_role("list", name="Legend")
    expect(legend.get_by_role("listitem")).to_have_count(51)
    expect(legend.get_by_text("other")).to_be_visible()
    page.get_by_role("searchbox", name="Find in the legend").fill("OTH")
    expect(legend.get_by_role("listitem")).to_have_count(1)
    page.get_by_role("searchbox", name="Find in the legend").fill("<b>")
    expect(legend.get_by_text("No such line")).to_be_visible()


def test_a_range_of_a_number_is_brushed(page: Page, mapped: Server) -> None:
    open_tab(page, mapped)
    wait_for_points(page, POINTS)
    page.get_by_role("combobox", name="Color by").click()
    page.get_by_text("outlier score", exact=True).filter(visible=True).last.click()
    bar = page.get_by_role("group", name="Select a range of values")
    expect(page.get_by_role("list", name="Legend").get_by_role("listitem")).to_have_count(0)
    over = bar.locator(".over")
    frame = over.bounding_box()
    assert frame is not None
    over.drag_to(
        over,
        source_position={"x": frame["width"] / 2, "y": frame["height"] / 2},
        target_position={"x": frame["width"] - 1, "y": frame["height"] / 2},
    )
    expect(bar.get_by_label("From")).not_to_have_value("0")
    wait_until(lambda: 0 < len(selected_rows(page)) < POINTS)
    brushed = len(selected_rows(page))
    picture(page, "range")
    bar.get_by_label("From").fill("-1")
    bar.get_by_label("From").press("Enter")
    wait_until(lambda: len(selected_rows(page)) > brushed)


def test_a_colour_of_ones_own_is_kept(page: Page, mapped: Server) -> None:
    open_tab(page, mapped)
    wait_for_points(page, POINTS)
    swatch = page.get_by_label("Colour of food and drink")
    expect(swatch).to_have_value("#e69f00")
    swatch.fill("#123456")
    reset = page.get_by_role("button", name="Give food and drink its first colour")
    expect(reset).to_have_count(1)
    wait_until(lambda: "#123456" in palette(page))
    open_tab(page, mapped)
    wait_for_points(page, POINTS)
    expect(swatch).to_have_value("#123456")
    reset.focus()
    page.keyboard.press("Enter")
    expect(swatch).to_have_value("#e69f00")
    wait_until(lambda: "#123456" not in palette(page))


def palette(page: Page) -> list[str]:
    found: list[str] = page.evaluate(
        """() => {
          const points = Bokeh.documents[0].get_model_by_name('points')
          const dots = Bokeh.documents[0].get_model_by_name('plane').renderers
            .find((one) => one.data_source === points)
          return dots.glyph.fill_color.transform.palette
        }"""
    )
    return found


def test_points_tell_how_far_their_place_can_be_trusted(page: Page, mapped: Server) -> None:
    open_tab(page, mapped)
    wait_for_points(page, POINTS)
    expect(page.get_by_text("of true neighbours kept, trustworthiness")).to_be_visible()
    page.get_by_role("combobox", name="Color by").click()
    page.get_by_text("trust", exact=True).filter(visible=True).last.click()
    page.wait_for_function(
        """() => {
          const {colour} = Bokeh.documents[0].get_model_by_name('points').data
          return colour.every((value) => value >= 0 && value <= 1) && new Set(colour).size > 9
        }"""
    )
    picture(page, "trust")


@pytest.mark.parametrize("name", ["UMAP 2D", "t-SNE 3D"])
def test_texts_stand_beside_points_and_go_again(page: Page, mapped: Server, name: str) -> None:
    open_tab(page, mapped)
    wait_for_points(page, POINTS)
    if name != "UMAP 2D":
        open_map(page, name)
        counts(page, f"0 selected · {POINTS} in view · 256 dimensions to 3")
    for field, written in (("label", True), ("nothing", False)):
        page.get_by_role("combobox", name="Label by").click()
        page.get_by_role("menuitem", name=field, exact=True).click()
        wait_until(lambda written=written: bool(texts(page, name)) is written)
        if written:
            assert set(texts(page, name)) == {
                "animals and nature", "food and drink", "smileys and emotion",
            }  # fmt: skip


def texts(page: Page, name: str) -> list[str]:
    """What the browser has been told to write beside points."""
    where = "labels').data.text" if name == "UMAP 2D" else "map').label_texts"
    found: list[str] = page.evaluate(f"() => Bokeh.documents[0].get_model_by_name('{where}")
    return found
