"""What there is to know and to do of a selection, in Chromium."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.map_page import (
    POINTS,
    choose_action,
    counts,
    matching,
    open_tab,
    picture,
    search_how,
    wait_for_points,
    wait_until,
)


def test_a_selection_is_saved_and_selected_again(page: Page, mapped: Server) -> None:
    open_tab(page, mapped)
    wait_for_points(page, POINTS)
    page.get_by_role("list", name="Legend").get_by_text("food and drink").click()
    counts(page, f"{POINTS} points · 80 selected")
    page.get_by_role("button", name="Saved selections").click()
    page.get_by_role("searchbox", name="Name of the selection").fill("<b>food</b>")
    page.keyboard.press("Enter")
    expect(page.get_by_text("80 items saved.")).to_be_visible()
    open_tab(page, mapped)
    wait_for_points(page, POINTS)
    page.get_by_role("button", name="Saved selections").click()
    page.get_by_role("button", name="<b>food</b> 80 items").click()
    counts(page, f"{POINTS} points · 80 selected")
    page.get_by_role("button", name="Delete <b>food</b>").click()
    expect(page.get_by_text("None yet")).to_be_visible()
    page.get_by_text("Undo", exact=True).click()
    expect(page.get_by_text("None yet")).to_have_count(0)


def test_one_item_is_inspected_with_its_neighbours(page: Page, mapped: Server) -> None:
    open_tab(page, mapped)
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


def test_only_the_lines_that_are_seen_are_in_the_page(page: Page, mapped: Server) -> None:
    open_tab(page, mapped)
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


def test_an_action_is_undone_from_its_notice_and_from_the_bell(page: Page, mapped: Server) -> None:
    open_tab(page, mapped)
    wait_for_points(page, POINTS)
    choose_action(page, "Add label")
    nothing = page.get_by_text("Nothing is selected. Select points, then choose Add label.")
    expect(nothing).to_be_visible()
    page.get_by_role("button", name="Dismiss").click()
    expect(nothing).to_have_count(0)
    page.get_by_role("list", name="Legend").get_by_text("food and drink").click()
    counts(page, f"{POINTS} points · 80 selected")

    def add_label(label: str) -> None:
        choose_action(page, "Add label")
        page.get_by_role("textbox", name="Label", exact=True).fill(label)
        page.get_by_role("button", name="Confirm").click()
        expect(page.get_by_text(f"80 items labelled {label}.").first).to_be_visible()
        assert matching(mapped, {"label": label}) == 80

    add_label("<b>seen</b>")
    picture(page, "undo")
    strip = page.locator(".notice.strip").filter(has_text="80 items labelled")
    strip.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone on 80 items.")).to_be_visible()
    assert matching(mapped, {"label": "<b>seen</b>"}) == 0
    counts(page, f"{POINTS} points · 80 selected")
    add_label("again")
    page.get_by_role("button", name="Notifications").click()
    card = page.locator(".inbox-card").filter(has_text="80 items labelled again.")
    picture(page, "undo-bell")
    card.get_by_role("button", name="Undo").click()
    wait_until(lambda: matching(mapped, {"label": "again"}) == 0)
    expect(card.get_by_role("button", name="Undo")).to_have_count(0)
