"""The functions of the tab, in Chromium, on maps that the console made."""

import csv
import math
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from clustering_app.projector.address import read_fragment
from clustering_app.projector.picture import SIZE
from tests.browser.conftest import PROGRAM, Server, serving
from tests.browser.map_page import (
    LONG,
    box_select,
    choose_from,
    map_box,
    open_tab,
    picture,
    search_how,
    selected_rows,
    wait_for_points,
    wait_until,
)

POINTS = 240
pytestmark = pytest.mark.timeout(900)  # the first test waits for an extraction and two runs


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, few_emoji_folder: Path) -> Iterator[Server]:
    data_dir = tmp_path_factory.mktemp("data")
    for command in (
        ["import", str(few_emoji_folder)],
        ["extract", "few emoji"],
        ["run", "few emoji", "--method", "tsne", "--dimensions", "3"],
        ["run", "few emoji"],
    ):
        subprocess.run([PROGRAM, *command, "--data-dir", str(data_dir)], check=True)
    with serving(data_dir) as started:
        yield started


def counts(page: Page, text: str) -> None:
    expect(page.get_by_text(text).first).to_be_visible()


def open_map(page: Page, name: str) -> None:
    page.get_by_role("combobox", name="Map").click()
    page.get_by_text(name).filter(visible=True).last.click()


def test_undo_and_redo_by_keys_and_menu(page: Page, server: Server) -> None:
    open_tab(page, server)
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
    wait_until(lambda: selected_rows(page) == boxed)
    page.keyboard.press("Control+Shift+z")
    counts(page, f"{POINTS} points · {POINTS - boxed} selected")
    page.get_by_role("button", name="Undo").click()
    counts(page, f"{POINTS} points · {boxed} selected")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    counts(page, f"{POINTS} points · 0 selected")


def test_what_is_typed_is_no_command(page: Page, server: Server) -> None:
    open_tab(page, server)
    wait_for_points(page, POINTS)
    page.get_by_role("searchbox", name="Search").fill("food")
    page.keyboard.press("Enter")
    counts(page, f"{POINTS} points · 80 selected")
    page.get_by_role("searchbox", name="Search").press_sequentially("hiv")
    page.keyboard.press("Enter")
    expect(page.get_by_text("0 found.")).to_be_visible()
    counts(page, f"{POINTS} points · 0 selected")


def test_a_mode_adds_to_the_selection(page: Page, server: Server) -> None:
    open_tab(page, server)
    wait_for_points(page, POINTS)
    boxed = box_select(page)
    page.keyboard.press("v")
    counts(page, f"{POINTS} points · {POINTS - boxed} selected")
    page.get_by_role("combobox", name="A selection").click()
    page.get_by_text("Add", exact=True).filter(visible=True).last.click()
    everything = page.get_by_text(f"{POINTS} points · {POINTS} selected")
    for _ in range(10):  # until the choice of the mode has come through
        box_select(page)
        if everything.is_visible():
            break
    expect(everything).to_be_visible()


def test_the_legend_selects_hides_and_isolates(page: Page, server: Server) -> None:
    open_tab(page, server)
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


def test_a_view_is_shared_by_its_address(page: Page, server: Server) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_tab(page, server)
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
    assert address.startswith(f"{server.origin}/datasets/")
    zoomed = pytest.approx(read_fragment(urlsplit(address).fragment).seen, abs=1e-4)

    page.goto("about:blank")
    page.goto(address)
    wait_for_points(page, POINTS)
    counts(page, f"{POINTS} points · 80 selected")
    wait_until(lambda: selected_rows(page) == 80)
    wait_until(lambda: ranges(page) == zoomed)
    page.wait_for_function("address => location.href === address", arg=address)
    page.get_by_role("button", name="Fit").click()
    counts(page, f"80 selected · {POINTS} in view")

    page.evaluate("() => { location.hash = 'map=<b>gone</b>' }")
    expect(page.get_by_text("There is no map '<b>gone</b>' any more.")).to_be_visible()
    counts(page, f"{POINTS} points · 80 selected")


def ranges(page: Page) -> list[float]:
    """What part of the plane the browser shows."""
    found: list[float] = page.evaluate(
        """() => {
          const {x_range, y_range} = Bokeh.documents[0].get_model_by_name('plane')
          return [x_range.start, x_range.end, y_range.start, y_range.end]
        }"""
    )
    return found


def test_the_map_fills_the_screen(page: Page, server: Server) -> None:
    open_tab(page, server)
    wait_for_points(page, POINTS)
    before = map_box(page)[2]
    page.get_by_role("button", name="Full screen").click()
    wait_until(lambda: map_box(page)[2] > before + 300)
    page.get_by_role("combobox", name="A selection").click()
    page.get_by_text("Subtract", exact=True).filter(visible=True).last.click()
    page.get_by_role("button", name="Leave full screen").click()
    wait_until(lambda: map_box(page)[2] == before)


def test_the_table_of_the_map_is_taken_away(page: Page, server: Server) -> None:
    open_tab(page, server)
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
def test_the_picture_of_the_map_is_taken_away(page: Page, server: Server, name: str) -> None:
    open_tab(page, server)
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


@pytest.mark.parametrize("name", ["UMAP 2D", "t-SNE 3D"])
def test_a_narrow_window_has_room_for_every_tool(page: Page, server: Server, name: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    open_tab(page, server)
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


def test_a_long_legend_is_searched(page: Page, server: Server) -> None:
    open_tab(page, server)
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


def test_a_range_of_a_number_is_brushed(page: Page, server: Server) -> None:
    open_tab(page, server)
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
    wait_until(lambda: 0 < selected_rows(page) < POINTS)
    brushed = selected_rows(page)
    picture(page, "range")
    bar.get_by_label("From").fill("-1")
    bar.get_by_label("From").press("Enter")
    wait_until(lambda: selected_rows(page) > brushed)


def test_a_colour_of_ones_own_is_kept(page: Page, server: Server) -> None:
    open_tab(page, server)
    wait_for_points(page, POINTS)
    swatch = page.get_by_label("Colour of food and drink")
    expect(swatch).to_have_value("#e69f00")
    swatch.fill("#123456")
    reset = page.get_by_role("button", name="Give food and drink its first colour")
    expect(reset).to_have_count(1)
    wait_until(lambda: "#123456" in palette(page))
    open_tab(page, server)
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


def test_points_are_drawn_as_pictures(page: Page, server: Server) -> None:
    open_tab(page, server)
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


def test_near_duplicates_are_found(page: Page, server: Server) -> None:
    open_tab(page, server)
    wait_for_points(page, POINTS)
    page.get_by_role("button", name="Near-duplicates", exact=True).click()
    slider = page.get_by_role("slider", name="Similar from")
    slider.press("Home")
    page.wait_for_timeout(500)  # Panel tells a slider's value late
    page.get_by_role("button", name="Find near-duplicates").click()
    expect(page.get_by_text("are selected, group by group")).to_be_visible()
    expect(page.get_by_text("items selected")).to_be_visible()
    picture(page, "near-duplicates")


def test_a_selection_is_saved_and_selected_again(page: Page, server: Server) -> None:
    open_tab(page, server)
    wait_for_points(page, POINTS)
    page.get_by_role("list", name="Legend").get_by_text("food and drink").click()
    counts(page, f"{POINTS} points · 80 selected")
    page.get_by_role("button", name="Saved selections").click()
    page.get_by_role("searchbox", name="Name of the selection").fill("<b>food</b>")
    page.keyboard.press("Enter")
    expect(page.get_by_text("80 items saved.")).to_be_visible()
    open_tab(page, server)
    wait_for_points(page, POINTS)
    page.get_by_role("button", name="Saved selections").click()
    page.get_by_role("button", name="<b>food</b> 80 items").click()
    counts(page, f"{POINTS} points · 80 selected")
    page.get_by_role("button", name="Delete <b>food</b>").click()
    expect(page.get_by_text("None yet")).to_be_visible()
    page.get_by_text("Undo", exact=True).click()
    expect(page.get_by_text("None yet")).to_have_count(0)


def test_a_map_in_space_is_turned_boxed_and_isolated(page: Page, server: Server) -> None:
    open_tab(page, server)
    wait_for_points(page, POINTS)
    open_map(page, "t-SNE 3D")
    expect(page.get_by_role("button", name="Turn")).to_be_visible()
    cloud = page.locator(".cloud")
    expect(cloud).to_be_visible()
    frame = cloud.bounding_box()
    assert frame is not None
    middle = (frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2)
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] + 80, middle[1] + 30)
    page.mouse.up()
    counts(page, f"{POINTS} points · 0 selected")  # turning selects nothing
    page.get_by_role("button", name="Box", exact=True).click()
    selected = page.get_by_text("items selected")
    for _ in range(10):  # until the choice of the tool has come through
        page.mouse.move(frame["x"] + 20, frame["y"] + 20)
        page.mouse.down()
        page.mouse.move(*middle)
        page.mouse.move(frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] - 20)
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


def test_a_search_by_text_lists_the_most_similar_first(page: Page, server: Server) -> None:
    open_tab(page, server)
    wait_for_points(page, POINTS)
    search_how(page, "By text")
    page.get_by_role("textbox", name="How many").fill("5")
    page.get_by_role("textbox", name="How many").press("Enter")
    page.wait_for_timeout(500)
    page.get_by_role("searchbox", name="Search").fill("a red apple")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The 5 nearest to the text are selected")).to_be_visible()
    expect(page.get_by_text("5 items selected")).to_be_visible()
    expect(page.get_by_text("· food and drink").first).to_be_visible()
    lines = page.get_by_text("· food and drink").all_inner_texts()
    scores = [float(line.split(" · ")[0]) for line in lines]
    assert scores
    assert scores == sorted(scores, reverse=True)


def test_conditions_are_joined_and_missing_values_meet_none(page: Page, server: Server) -> None:
    open_tab(page, server)
    wait_for_points(page, POINTS)
    search_how(page, "Conditions")
    page.get_by_label("Field").select_option("label")
    page.get_by_role("textbox", name="Value").fill("food and drink")
    page.get_by_role("button", name="Add a condition").click()
    page.get_by_label("Field").last.select_option("size")
    page.get_by_label("Operator").last.select_option("in range")
    page.get_by_role("textbox", name="Value").last.fill("1")
    page.get_by_role("textbox", name="To").last.fill("99999999")
    page.get_by_role("button", name="Find items").click()
    expect(page.get_by_text("80 found.")).to_be_visible()
    counts(page, f"{POINTS} points · 80 selected")
    picture(page, "conditions")
    page.get_by_role("button", name="Remove this condition").first.click()
    page.get_by_label("Operator").last.select_option("<")
    page.get_by_role("textbox", name="Value").last.fill("1")
    page.keyboard.press("Enter")
    expect(page.get_by_text("0 found.")).to_be_visible()


def test_a_picture_of_one_s_own_is_searched_by(
    page: Page, server: Server, few_emoji_folder: Path, tmp_path: Path
) -> None:
    open_tab(page, server)
    wait_for_points(page, POINTS)
    search_how(page, "By picture")
    apple = next((few_emoji_folder / "food and drink").glob("*apple.png"))
    page.get_by_label("Picture to search by").set_input_files(apple)
    expect(page.get_by_text(f"The 50 most similar to {apple.name}")).to_be_visible()
    expect(page.get_by_text("1.000 · food and drink").first).to_be_visible()
    wait_until(lambda: selected_rows(page) == 50)
    broken = tmp_path / "broken.png"
    broken.write_bytes(apple.read_bytes()[:100])
    page.get_by_label("Picture to search by").set_input_files(broken)
    expect(page.get_by_text("broken picture")).to_be_visible()


def test_one_item_is_inspected_with_its_neighbours(page: Page, server: Server) -> None:
    open_tab(page, server)
    wait_for_points(page, POINTS)
    search_how(page, "Regex")
    page.get_by_role("searchbox", name="Search").fill("^(red-)?apple.png$")
    page.keyboard.press("Enter")
    counts(page, f"{POINTS} points · 1 selected")
    expect(page.get_by_role("definition").filter(has_text="food and drink").first).to_be_visible()
    link = page.get_by_role("link", name="apple.png").first
    expect(link).to_have_attribute("href", re.compile(r"^/datasets/.+item="))
    near = page.get_by_text("distance 0.")
    expect(near).to_have_count(12)
    picture(page, "item")
    cosine = near.all_inner_texts()
    page.get_by_role("combobox", name="Distance").click()
    page.get_by_text("Euclidean", exact=True).filter(visible=True).last.click()
    expect(near.first).not_to_have_text(cosine[0])
    page.get_by_role("button", name="Select these").click()
    counts(page, f"{POINTS} points · 12 selected")
    page.get_by_role("button", name="Nearest to the selection").click()
    expect(page.get_by_text("Nearest neighbours to the mean of 12 items")).to_be_visible()


def test_only_the_lines_that_are_seen_are_in_the_page(page: Page, server: Server) -> None:
    open_tab(page, server)
    wait_for_points(page, POINTS)
    page.keyboard.press("v")
    counts(page, f"{POINTS} points · {POINTS} selected")
    lines = page.get_by_role("list", name="Selected items")
    expect(lines.get_by_role("listitem").first).to_be_visible()
    assert lines.get_by_role("listitem").count() < 30
    last = lines.locator(f"[aria-posinset='{POINTS}']")
    expect(last).to_have_count(0)
    lines.evaluate("(list) => { list.scrollTop = list.scrollHeight }")
    expect(last).to_be_visible()
    assert lines.get_by_role("listitem").count() < 30


def test_find_similar_goes_on_from_what_is_selected(page: Page, server: Server) -> None:
    open_tab(page, server)
    wait_for_points(page, POINTS)
    page.get_by_role("searchbox", name="Search").fill("smileys")
    page.keyboard.press("Enter")
    expect(page.get_by_text("100% here, 0% elsewhere").first).to_be_visible()
    expect(page.get_by_text("label: smileys and emotion")).to_be_visible()
    picture(page, "statistics")
    page.get_by_role("button", name="Find similar").click()
    expect(page.get_by_text("The 50 most similar to the 80 examples")).to_be_visible()
    counts(page, f"{POINTS} points · 50 selected")
    wait_until(lambda: selected_rows(page) == 50)
    page.keyboard.press("Control+z")
    counts(page, f"{POINTS} points · 80 selected")


def test_points_tell_how_far_their_place_can_be_trusted(page: Page, server: Server) -> None:
    open_tab(page, server)
    wait_for_points(page, POINTS)
    expect(page.get_by_text("of true neighbours kept, trustworthiness")).to_be_visible()
    page.get_by_role("combobox", name="Color by").click()
    page.get_by_text("trust", exact=True).last.click()
    page.wait_for_function(
        """() => {
          const {colour} = Bokeh.documents[0].get_model_by_name('points').data
          return colour.every((value) => value > 0 && value <= 1) && Math.min(...colour) < 1
        }"""
    )
    picture(page, "trust")
