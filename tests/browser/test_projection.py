"""How vectors are projected, chosen in the tab in Chromium and run by the worker."""

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.map_page import (
    LONG,
    POINTS,
    counts,
    ended,
    open_tab,
    picture,
    places,
    rest,
    selected_rows,
    wait_for_points,
    wait_until,
)


def run(page: Page, server: Server) -> dict[str, Any]:
    """Press Run and wait until its map is there; gives the inputs of the run."""
    before, fragment = ended(server, "run_projection"), page.evaluate("() => location.hash")
    page.get_by_role("button", name="Run", exact=True).click()
    wait_until(lambda: ended(server, "run_projection") > before)
    page.wait_for_function(  # the address follows what is drawn
        "before => location.hash.slice(0, 60) !== before.slice(0, 60)", arg=fragment, timeout=LONG
    )
    runs = [one for one in rest(server, "/executions") if one["function"] == "run_projection"]
    inputs: dict[str, Any] = max(runs, key=lambda one: str(one["created"]))["inputs"]
    return inputs


def choose(page: Page, label: str, text: str) -> None:
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("menuitem", name=text).click()


def select_line(page: Page, label: str) -> list[int]:
    """Select the points of a line of the legend, others than before; gives their rows."""
    before = selected_rows(page)
    page.get_by_role("list", name="Legend").get_by_text(label).click()
    expect(page.get_by_text(f"label: {label}", exact=True)).to_be_visible()
    counts(page, f"{POINTS} points · 80 selected")
    rows: list[int] = []

    def of_the_line() -> bool:
        rows[:] = selected_rows(page)
        return len(rows) == 80 and rows != before

    wait_until(of_the_line)
    return rows


def test_axes_go_from_selections_and_texts_to_others(page: Page, mapped: Server) -> None:
    open_tab(page, mapped)
    wait_for_points(page, POINTS)
    page.get_by_role("button", name="Custom axes").click()
    expect(page.get_by_text("Changed since: method")).to_be_visible()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_text("Choose both ends of each of the axes x, y.")).to_be_visible()
    assert ended(mapped, "run_projection") == 2
    for end, label in (("x from", "food and drink"), ("x to", "smileys and emotion")):
        select_line(page, label)
        selection = page.get_by_label(end, exact=True)
        expect(selection.locator("option", has_text="The selection (80)")).to_have_count(1)
        selection.select_option("selection")
        expect(selection.locator("option").first).to_have_text("80 items selected")
    for end, text in (("y from", "a red apple"), ("y to", "a <b>green</b> frog")):
        page.get_by_label(end, exact=True).select_option("text")
        page.get_by_label(f"Text of {end}").fill(text)
        page.keyboard.press("Enter")
        expect(page.get_by_label(end, exact=True).locator("option").first).to_have_text(f"“{text}”")
    picture(page, "custom-axes-form")
    inputs = run(page, mapped)
    assert inputs["method"] == "axes"
    assert [len(inputs["axes"]["x"][side]["items"]) for side in ("start", "end")] == [80, 80]
    assert inputs["axes"]["y"]["end"]["text"] == "a <b>green</b> frog"
    expect(page.get_by_text("y: “a red apple” to “a <b>green</b> frog”")).to_be_visible()
    across: dict[str, float] = {}
    for label in ("food and drink", "smileys and emotion"):
        rows = select_line(page, label)
        found = places(page)
        assert len(found) == POINTS
        across[label] = sum(found[row][0] for row in rows) / len(rows)
    assert across["food and drink"] < 0 < across["smileys and emotion"]
    picture(page, "custom-axes")
    page.get_by_role("button", name="Toggle theme").click()
    page.wait_for_timeout(700)
    picture(page, "custom-axes-dark")


def test_components_are_chosen_by_what_they_explain(page: Page, mapped: Server) -> None:
    open_tab(page, mapped)
    wait_for_points(page, POINTS)
    page.get_by_role("button", name="PCA").click()
    across = page.get_by_role("combobox", name="Component of x")
    expect(across).to_be_visible()
    run(page, mapped)
    expect(page.get_by_text("Variance explained: ")).to_be_visible()
    expect(across).to_contain_text("1 · ")
    choose(page, "Component of x", "3 · ")
    expect(page.get_by_text("Changed since: component of x. Press Run.")).to_be_visible()
    picture(page, "components")
    expect(page.get_by_role("combobox", name="Component of z")).to_have_count(0)
    page.get_by_role("button", name="3D").click()
    choose(page, "Component of z", "1 · ")
    inputs = run(page, mapped)
    assert (inputs["component_x"], inputs["component_y"], inputs["component_z"]) == (3, 2, 1)
    expect(across).to_contain_text("3 · ")
    expect(page.get_by_role("button", name="Turn")).to_be_visible()
    picture(page, "components-space")
