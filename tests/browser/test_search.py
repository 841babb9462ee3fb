"""What is searched for, in Chromium."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.map_page import (
    POINTS,
    counts,
    open_tab,
    picture,
    search_how,
    selected_rows,
    wait_for_points,
    wait_until,
)


def test_what_is_typed_is_no_command(page: Page, mapped: Server) -> None:
    open_tab(page, mapped)
    wait_for_points(page, POINTS)
    page.get_by_role("searchbox", name="Search").fill("food")
    page.keyboard.press("Enter")
    counts(page, f"{POINTS} points · 80 selected")
    page.get_by_role("searchbox", name="Search").press_sequentially("hiv")
    page.keyboard.press("Enter")
    expect(page.get_by_text("0 found.")).to_be_visible()
    counts(page, f"{POINTS} points · 0 selected")


def test_a_search_by_text_lists_the_most_similar_first(page: Page, mapped: Server) -> None:
    open_tab(page, mapped)
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


def test_conditions_are_joined_and_missing_values_meet_none(page: Page, mapped: Server) -> None:
    open_tab(page, mapped)
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
    page.get_by_label("Field").last.select_option("outlier score")
    page.get_by_role("textbox", name="Value").last.fill("0")
    page.get_by_role("textbox", name="To").last.fill("1")
    page.get_by_role("button", name="Add a condition").click()
    page.get_by_label("Field").last.select_option("cluster")
    page.get_by_role("textbox", name="Value").last.fill("0")
    page.keyboard.press("Enter")
    counts(page, f"{POINTS} points · ")
    wait_until(lambda: 0 < len(selected_rows(page)) < POINTS and len(selected_rows(page)) != 80)
    page.get_by_role("button", name="Remove this condition").first.click()
    page.get_by_label("Field").last.select_option("size")
    page.get_by_label("Operator").last.select_option("<")
    page.get_by_role("textbox", name="Value").last.fill("1")
    page.keyboard.press("Enter")
    expect(page.get_by_text("0 found.")).to_be_visible()


def test_a_picture_of_one_s_own_is_searched_by(
    page: Page, mapped: Server, few_emoji_folder: Path, tmp_path: Path
) -> None:
    open_tab(page, mapped)
    wait_for_points(page, POINTS)
    search_how(page, "By picture")
    apple = next((few_emoji_folder / "food and drink").glob("*apple.png"))
    page.get_by_label("Picture to search by").set_input_files(apple)
    expect(page.get_by_text(f"The 50 most similar to {apple.name}")).to_be_visible()
    expect(page.get_by_text("1.000 · food and drink").first).to_be_visible()
    wait_until(lambda: len(selected_rows(page)) == 50)
    broken = tmp_path / "broken.png"
    broken.write_bytes(apple.read_bytes()[:100])
    page.get_by_label("Picture to search by").set_input_files(broken)
    expect(page.get_by_text("broken picture")).to_be_visible()


def test_near_duplicates_are_found(page: Page, mapped: Server) -> None:
    open_tab(page, mapped)
    wait_for_points(page, POINTS)
    page.get_by_role("button", name="Near-duplicates", exact=True).click()
    slider = page.get_by_role("slider", name="Similar from")
    slider.press("Home")
    page.wait_for_timeout(500)  # Panel tells a slider's value late
    page.get_by_role("button", name="Find near-duplicates").click()
    expect(page.get_by_text("are selected, group by group")).to_be_visible()
    expect(page.get_by_text("items selected")).to_be_visible()
    picture(page, "near-duplicates")


def test_find_similar_goes_on_from_what_is_selected(page: Page, mapped: Server) -> None:
    open_tab(page, mapped)
    wait_for_points(page, POINTS)
    page.get_by_role("searchbox", name="Search").fill("smileys")
    page.keyboard.press("Enter")
    expect(page.get_by_text("100% here, 0% elsewhere").first).to_be_visible()
    expect(page.get_by_text("label: smileys and emotion")).to_be_visible()
    picture(page, "statistics")
    page.get_by_role("button", name="Find similar").click()
    expect(page.get_by_text("The 50 most similar to the 80 examples")).to_be_visible()
    counts(page, f"{POINTS} points · 50 selected")
    wait_until(lambda: len(selected_rows(page)) == 50)
    page.keyboard.press("Control+z")
    counts(page, f"{POINTS} points · 80 selected")
