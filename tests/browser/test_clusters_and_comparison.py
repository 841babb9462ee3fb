"""Clusters as things to look at, and two maps side by side, in Chromium."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.map_page import (
    LONG,
    POINTS,
    matching,
    open_tab,
    picture,
    selected_rows,
    wait_for_points,
    wait_until,
)


def test_clusters_are_named_selected_and_written(page: Page, mapped: Server) -> None:
    open_tab(page, mapped)
    wait_for_points(page, POINTS)
    page.get_by_role("button", name="Clusters", exact=True).click()
    page.get_by_role("button", name="Describe", exact=True).click()
    lines = page.get_by_role("button").filter(has_text="times as dense as usual")
    expect(lines.first).to_be_visible(timeout=LONG)  # the encoder reads the vocabulary first
    expect(lines.filter(has_text="food and drink").first).to_be_visible()
    picture(page, "clusters")
    size = int(lines.first.inner_text().split("\n")[1].split(" item")[0])
    lines.first.click()
    wait_until(lambda: len(selected_rows(page)) == size)
    page.get_by_role("combobox", name="Color by").click()
    page.get_by_text("cluster name", exact=True).filter(visible=True).last.click()
    legend = page.get_by_role("list", name="Legend")
    expect(legend).to_contain_text("food and drink")
    field = page.get_by_role("searchbox", name="Write clusters as")
    field.fill("group")
    field.press("Enter")
    expect(page.get_by_text("group is written to the metadata of")).to_be_visible(timeout=LONG)
    named = matching(mapped, {"metadata.group": {"$exists": True}})
    assert named > POINTS / 2
    name = lines.first.inner_text().split("\n")[0]
    assert matching(mapped, {"metadata.group": name}) == size


def test_two_maps_have_one_selection(page: Page, mapped: Server) -> None:
    open_tab(page, mapped)
    wait_for_points(page, POINTS)
    page.get_by_role("combobox", name="Compare with").click()
    page.get_by_text("t-SNE 3D").filter(visible=True).last.click()
    beside = page.get_by_text(re.compile("^t-SNE 3D of .* 240 of 240 points")).first
    expect(beside).to_be_visible(timeout=LONG)
    counted = page.get_by_text(re.compile(f"^{POINTS} points · .*"))
    expect(counted).to_have_count(2)
    legend = page.get_by_role("list", name="Legend")
    legend.get_by_role("listitem").filter(has_text="food and drink").get_by_text(
        "food and drink"
    ).click()
    expect(page.get_by_text(re.compile(f"^{POINTS} points · 80 selected"))).to_have_count(2)
    picture(page, "comparison")
    page.get_by_role("combobox", name="Compare with").click()
    page.get_by_text("nothing", exact=True).filter(visible=True).last.click()
    expect(beside).to_be_hidden()
