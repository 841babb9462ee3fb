"""What a person does in the pages, in Chromium, on a real platform."""

import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from host_contract.entities import Level
from host_stub.pages.bell import Bell
from host_stub.users import LOCAL_USER
from tests.host_stub.pages.served_pages import picture, wait_for


@pytest.fixture
def data_tab(kept_page):
    """A page of a dataset that must not be changed, as if just opened."""
    for label in ("Name contains", "Label contains", "Query"):
        kept_page.get_by_label(label).fill("")
    kept_page.get_by_label("Query").press("Enter")
    expect(tiles(kept_page)).to_have_count(61)
    if (clear := kept_page.get_by_role("button", name="Clear selection")).is_visible():
        clear.click()
    expect(kept_page.get_by_text("0 of 61 selected")).to_be_visible()
    expect(kept_page.locator("[role=option][aria-selected=true]")).to_have_count(0)
    yield kept_page
    kept_page.keyboard.press("Escape")
    expect(kept_page.get_by_role("dialog")).to_have_count(0)
    kept_page.get_by_role("tab", name="Data").click()


@pytest.fixture
def own_tab(page, served, dataset):
    """A page of a dataset of the test's own."""
    page.goto(f"{served.origin}/datasets/{dataset.id}")
    expect(tiles(page)).to_have_count(61)
    return page


FOCUSED = """() => {
  let focused = document.activeElement
  while (focused.shadowRoot?.activeElement) { focused = focused.shadowRoot.activeElement }
  return focused.className
}"""
"""The class of what has the focus, through all shadow roots."""


def tiles(page: Page):
    return page.get_by_role("option")


def menu(page: Page, entry: str) -> None:
    page.get_by_role("button", name="Dataset Actions").click()
    page.get_by_role("menuitem", name=entry).click()


def press(page: Page, button: str) -> None:
    page.get_by_role("button", name=button, exact=True).click()


def test_an_empty_platform_says_what_to_do_and_a_new_dataset_takes_files(page, served, tmp_path):
    page.goto(served.origin)
    expect(page.get_by_text("No datasets yet")).to_be_visible()
    expect(page.get_by_text("import SOURCE")).to_be_visible()
    press(page, "New dataset")
    press(page, "Create")
    expect(page.get_by_text("Give the dataset a name.")).to_be_visible()
    page.get_by_label("Name").fill("fresh")
    press(page, "Create")
    expect(page.get_by_text("No items yet")).to_be_visible()
    (tmp_path / "one.png").write_bytes(picture("green").read())
    with zipfile.ZipFile(tmp_path / "more.zip", "w") as packed:
        packed.writestr("stop/three.png", picture("red").read())
        packed.writestr("yield/four.png", picture("white").read())
    (tmp_path / "two.txt").write_text("two")
    page.get_by_label("Files to upload").set_input_files(
        [tmp_path / "one.png", tmp_path / "two.txt", tmp_path / "more.zip"]
    )
    expect(tiles(page)).to_have_count(4)
    expect(page.get_by_text("4 files uploaded.")).to_be_visible()
    expect(page.get_by_text("0 of 4 selected")).to_be_visible()
    expect(tiles(page).nth(1).get_by_text("TXT", exact=True)).to_be_visible()
    (made,) = served.platform.datasets.list()
    (stop,) = served.platform.datasets.items(made.id, {"label": "stop"}).items
    assert (stop.name, stop.folder) == ("three.png", "/stop/")
    served.platform.datasets.delete(made.id)


def test_a_dataset_is_deleted_only_after_its_features_were_spoken_of(page, served, dataset):
    page.goto(served.origin)
    expect(page.get_by_text("61 items ·")).to_be_visible()
    page.get_by_role("button", name="Delete dataset").click()
    expect(page.get_by_text("all features that apps keep")).to_be_visible()
    press(page, "Cancel")
    expect(page.get_by_text("61 items ·")).to_be_visible()
    page.get_by_role("button", name="Delete dataset").click()
    press(page, "Confirm")
    expect(page.get_by_text("No datasets yet")).to_be_visible()
    assert served.platform.datasets.list() == []


def test_names_are_shown_as_they_are_and_never_run(data_tab, kept_dataset):
    expect(data_tab.get_by_text(kept_dataset.name)).to_be_visible()
    data_tab.get_by_label("Name contains").fill("notes")
    expect(tiles(data_tab)).to_have_count(1)
    expect(data_tab.get_by_text("<b>notes.txt", exact=True)).to_be_visible()
    tiles(data_tab).first.dblclick()
    expect(data_tab.get_by_role("dialog").get_by_text("<b>notes.txt")).to_be_visible()


def test_select_all_means_all_that_match(data_tab):
    press(data_tab, "Select All")
    expect(data_tab.get_by_text("61 of 61 selected")).to_be_visible()
    press(data_tab, "Clear selection")
    data_tab.get_by_label("Label contains").fill("STOP")
    expect(data_tab.get_by_text("30 items that match")).to_be_visible()
    press(data_tab, "Select All")
    expect(data_tab.get_by_text("30 of 61 selected")).to_be_visible()


def test_items_are_sorted_labelled_and_moved(own_tab, served, dataset):
    own_tab.get_by_label("Sort").click()
    own_tab.get_by_text("Newest first", exact=True).click()
    expect(tiles(own_tab).first).to_have_attribute("aria-label", "<b>notes.txt")
    tiles(own_tab).first.click()
    menu(own_tab, "Add label")
    own_tab.get_by_label("Label", exact=True).fill("note")
    press(own_tab, "Confirm")
    expect(tiles(own_tab).first.get_by_text("note", exact=True)).to_be_visible()
    menu(own_tab, "Move to folder")
    own_tab.get_by_label("Folder", exact=True).fill("/texts")
    press(own_tab, "Confirm")
    expect(own_tab.get_by_text("1 item moved to /")).to_be_visible()
    (item,) = served.platform.datasets.items(dataset.id, {"folder": "/texts/"}).items
    assert item.labels == ("note",)
    press(own_tab, "Notifications")
    card = own_tab.locator(".inbox-card").filter(has_text="1 item labelled note.")
    card.get_by_role("button", name="Undo").click()
    expect(own_tab.get_by_text("Undone on 1 item.")).to_be_visible()
    expect(card.get_by_role("button", name="Undo")).to_have_count(0)
    expect(tiles(own_tab).first.get_by_text("note", exact=True)).to_have_count(0)
    item = served.platform.datasets.item(item.id)
    assert (item.labels, item.folder) == ((), "/texts/")


def test_a_card_stays_the_same_node_when_others_come_before_it(own_tab, served):
    served.platform.notifications.add("The one that was there")
    press(own_tab, "Notifications")
    card = own_tab.locator(".inbox-card").filter(has_text="The one that was there")
    card.evaluate("(node) => { node.marked = true }")
    served.platform.notifications.add("One that came later")
    expect(own_tab.locator(".inbox-card").first).to_contain_text("One that came later")
    assert card.evaluate("(node) => node.marked === true")
    assert not own_tab.locator(".inbox-card").first.evaluate("(node) => node.marked === true")


def test_a_selection_is_what_an_action_is_applied_to(own_tab, served, dataset):
    tiles(own_tab).nth(0).click()
    tiles(own_tab).nth(48).click()
    tiles(own_tab).nth(50).click(modifiers=["Shift"])
    expect(own_tab.get_by_text("4 of 61 selected")).to_be_visible()
    own_tab.get_by_text("Selected only").click()
    expect(tiles(own_tab)).to_have_count(4)
    menu(own_tab, "Set metadata field")
    own_tab.get_by_label("Field", exact=True).fill("checked")
    own_tab.get_by_label("Value", exact=True).fill("true")
    press(own_tab, "Confirm")
    expect(own_tab.get_by_text("4 items: checked is set. The bell can undo it.")).to_be_visible()
    assert served.platform.datasets.count_items(dataset.id, {"metadata.checked": True}) == 4
    menu(own_tab, "Delete items")
    expect(own_tab.get_by_text("the selection, 4 items")).to_be_visible()
    press(own_tab, "Confirm")
    expect(own_tab.get_by_text("0 of 57 selected")).to_be_visible()
    expect(tiles(own_tab)).to_have_count(57)
    assert served.platform.datasets.count_items(dataset.id) == 57


def test_tiles_are_used_from_the_keyboard(data_tab):
    tiles(data_tab).nth(0).focus()
    data_tab.keyboard.press("Space")
    expect(data_tab.get_by_text("1 of 61 selected")).to_be_visible()
    data_tab.keyboard.press("ArrowRight")
    data_tab.keyboard.press("Space")
    expect(data_tab.get_by_text("2 of 61 selected")).to_be_visible()
    expect(tiles(data_tab).nth(1)).to_have_attribute("aria-selected", "true")
    data_tab.keyboard.press("Enter")
    expect(data_tab.get_by_role("dialog").get_by_role("img", name="sign-01.png")).to_be_visible()
    press(data_tab, "Next")
    expect(data_tab.get_by_role("dialog").get_by_role("img", name="sign-02.png")).to_be_visible()


def test_metadata_is_edited_in_the_viewer(own_tab, served, dataset):
    tiles(own_tab).first.focus()
    own_tab.keyboard.press("Enter")
    dialog = own_tab.get_by_role("dialog")
    expect(dialog.get_by_text("None yet")).to_be_visible()

    def save(field: str, value: str) -> None:
        dialog.get_by_label("Field").fill(field)
        dialog.get_by_label("Value").fill(value)
        dialog.get_by_role("button", name="Save").click()

    save("checked by", "12")
    expect(dialog.get_by_role("row", name="checked by 12")).to_be_visible()
    assert served.platform.datasets.count_items(dataset.id, {"metadata.checked by": 12}) == 1
    save("a.b", "1")
    expect(dialog.get_by_text("Give the field a name, without dots")).to_be_visible()
    dialog.get_by_role("button", name="Edit checked by").click()
    expect(dialog.get_by_label("Value")).to_have_value("12")
    expect(dialog.get_by_text("Give the field a name, without dots")).to_have_count(0)
    save("checked by", '"12"')
    expect(dialog.get_by_label("Value")).to_have_value("")
    dialog.get_by_role("button", name="Edit checked by").click()
    expect(dialog.get_by_label("Value")).to_have_value('"12"')
    press(own_tab, "Next")
    expect(dialog.get_by_role("img", name="sign-01.png")).to_be_visible()
    expect(dialog.get_by_label("Value")).to_have_value("")
    press(own_tab, "Previous")
    expect(dialog.get_by_role("img", name="sign-00.png")).to_be_visible()  # whose form is emptied
    save("checked by", "null")
    expect(dialog.get_by_text("None yet")).to_be_visible()
    assert served.platform.datasets.count_items(dataset.id, {"metadata.checked by": "12"}) == 0


def test_a_wrong_query_is_explained_under_it(data_tab):
    query = data_tab.get_by_label("Query")
    query.fill('{"colour": "red"}')
    query.press("Enter")
    expect(data_tab.get_by_text("There is no field 'colour'")).to_be_visible()
    query.fill('{"name": "sign-07.png"}')
    query.press("Enter")
    expect(tiles(data_tab)).to_have_count(1)
    expect(data_tab.get_by_text("There is no field")).to_have_count(0)
    query.fill('{"name": "nothing"}')
    query.press("Enter")
    press(data_tab, "Show all items")
    expect(tiles(data_tab)).to_have_count(61)


def test_an_action_without_a_selection_says_where_to_select(data_tab):
    menu(data_tab, "Delete items")
    expect(data_tab.get_by_text("Nothing is selected.")).to_be_visible()


def test_a_file_that_an_action_makes_is_saved(data_tab):
    tiles(data_tab).nth(3).click()
    expect(data_tab.get_by_text("1 of 61 selected")).to_be_visible()
    with data_tab.expect_download() as download:
        menu(data_tab, "Export as CSV")
    assert download.value.suggested_filename == "items.csv"
    assert "sign-03.png" in Path(download.value.path()).read_text()


async def nothing() -> None:
    """What the bell calls when something was undone."""


def test_a_function_of_an_app_runs_on_the_whole_dataset_and_the_bell_tells(
    data_tab, served, kept_dataset
):
    menu(data_tab, "Deployment slot: Count dataset")
    expect(data_tab.get_by_text("the whole dataset, 61 items")).to_be_visible()
    press(data_tab, "Confirm")
    expect(data_tab.get_by_text("Count dataset has finished.")).to_be_visible()
    (execution,) = served.platform.executions.list(kept_dataset.id)
    assert execution.output == 61
    press(data_tab, "Notifications")
    expect(data_tab.get_by_text("success · just now")).to_be_visible()


def test_an_execution_too_short_to_be_seen_running_is_told_once(served, dataset):
    """As a page with its ticks far apart has it."""
    executions, inputs = served.platform.executions, {"dataset": dataset.id}
    executions.wait(executions.start("counting", "count_dataset", inputs).id)
    bell = Bell(served.platform, LOCAL_USER, nothing)
    bell.show(bell.read())
    assert bell.ended() == []
    execution = executions.start("counting", "count_dataset", inputs)
    executions.wait(execution.id)
    bell.show(bell.read())
    assert [one.id for one in bell.ended()] == [execution.id]
    assert bell.ended() == []


def test_a_running_execution_shows_its_progress_in_the_bell_and_can_be_cancelled(
    data_tab, served, tmp_path
):
    never = str(tmp_path / "never")
    execution = served.platform.executions.start("counting", "count_until", {"file": never})
    press(data_tab, "Notifications")
    expect(data_tab.get_by_role("progressbar", name="Count")).to_be_visible()
    expect(data_tab.get_by_text(re.compile(r"at \d+, process"))).to_be_visible()
    press(data_tab, "Cancel")
    wait_for(lambda: served.platform.executions.get(execution.id).status == "cancelled")
    expect(data_tab.get_by_text("cancelled · just now")).to_be_visible()
    assert data_tab.evaluate(FOCUSED) == "elements"  # the pressed button is gone, its place is not
    data_tab.keyboard.press("Escape")
    expect(data_tab.get_by_role("dialog")).to_have_count(0)


def test_executions_are_listed_with_their_logs_cancelled_and_retried(page, served, tmp_path):
    inputs = {"file": str(tmp_path / "never")}
    started = served.platform.executions.start("counting", "count_until", inputs)
    page.goto(f"{served.origin}/executions")
    expect(page.get_by_role("progressbar", name="Count")).to_be_visible()
    page.get_by_role("button", name="Details").first.click()
    expect(page.get_by_text(re.compile("counting in process"))).to_be_visible()
    card = page.locator(".inbox-card").filter(has_text=started.id)
    card.get_by_role("button", name="Cancel").click()
    expect(card.get_by_text("cancelled · 1 attempt")).to_be_visible()
    card.get_by_role("button", name="Retry").click()
    expect(page.get_by_role("progressbar", name="Count")).to_be_visible()
    again = served.platform.executions.list(active=True)
    assert [one.inputs for one in again] == [inputs]
    served.platform.executions.cancel(again[0].id)
    served.platform.executions.wait(again[0].id)


def test_apps_are_listed_with_their_health_and_switched_off_and_on(page, served):
    page.goto(f"{served.origin}/apps")
    card = page.locator(".inbox-card").filter(has_text="Counting 1.0.0")
    expect(card.get_by_text(re.compile("^works · "))).to_be_visible()
    failing = page.locator(".inbox-card").filter(has_text="Raising 1.0.0")
    expect(failing.get_by_text(re.compile("RuntimeError: .* of raising"))).to_be_visible()
    broken = page.locator(".inbox-card").filter(has_text="bad_manifest")
    expect(broken.get_by_text(re.compile("InvalidManifest.*version"))).to_be_visible()
    card.get_by_role("button", name="Manifest").click()
    expect(card.get_by_text('"contractVersion": 1')).to_be_visible()
    card.get_by_role("button", name="Switch off").click()
    expect(card.get_by_text(re.compile("^off · "))).to_be_visible()
    assert "counting" not in {app.name for app in served.platform.apps.working()}
    card.get_by_role("button", name="Switch on").click()
    expect(card.get_by_text(re.compile("^works · "))).to_be_visible()
    assert "counting" in {app.name for app in served.platform.apps.working()}


def test_the_bell_counts_what_is_unread_and_reads_it_when_opened(data_tab, served):
    served.platform.notifications.mark_read()
    served.platform.notifications.add(
        "<i>Hello</i>", "From the test.", level=Level.WARNING, execution_id="one"
    )
    badge = data_tab.locator(".bell-count")
    expect(badge).to_have_text("1")
    press(data_tab, "Notifications")
    expect(data_tab.get_by_text("<i>Hello</i>")).to_be_visible()
    subject = data_tab.get_by_role("link", name="Executions", exact=True)
    expect(subject).to_have_attribute("href", "/executions")
    wait_for(lambda: served.platform.notifications.unread_count() == 0)


def test_items_that_others_add_appear_by_themselves(own_tab, served, dataset):
    served.platform.datasets.add(dataset.id, "late.png", picture("blue"))
    expect(own_tab.get_by_text("0 of 62 selected")).to_be_visible()


def test_a_page_whose_dataset_is_deleted_elsewhere_says_so(own_tab, served, dataset):
    asked = set()
    own_tab.on("request", lambda request: asked.add(request))
    own_tab.on("requestfinished", lambda request: asked.discard(request))
    own_tab.on("requestfailed", lambda request: asked.discard(request))
    own_tab.reload()
    expect(tiles(own_tab)).to_have_count(61)
    own_tab.get_by_label("Name contains").fill("notes")  # has no thumbnail that could be missed
    expect(tiles(own_tab)).to_have_count(1)
    while asked:  # a thumbnail that is still under way would be missed too
        own_tab.wait_for_timeout(100)
    served.platform.datasets.delete(dataset.id)
    expect(own_tab.get_by_text("This dataset was deleted")).to_be_visible()
    expect(own_tab.get_by_role("link", name="Back to datasets")).to_be_visible()


def test_every_app_has_its_tab_and_one_that_fails_says_so(data_tab, kept_dataset):
    data_tab.get_by_role("tab", name="Counter").click()
    expect(data_tab.get_by_text(f"counter of {kept_dataset.name}, 61 items")).to_be_visible()
    data_tab.get_by_role("tab", name="Never").click()
    expect(data_tab.get_by_text("Never could not be shown")).to_be_visible()
    expect(data_tab.get_by_text("tab of raising")).to_be_visible()
    data_tab.get_by_role("tab", name="Data").click()
    expect(tiles(data_tab)).to_have_count(61)


def test_the_actions_on_the_data_tabs_selection_are_offered_there_alone(data_tab):
    actions = data_tab.get_by_role("button", name="Dataset Actions")
    expect(actions).to_be_visible()
    data_tab.get_by_role("tab", name="Counter").click()
    expect(actions).to_be_hidden()
    data_tab.get_by_role("tab", name="Data").click()
    expect(actions).to_be_visible()


def test_an_unknown_dataset_is_a_page_that_leads_back(page, served):
    page.goto(f"{served.origin}/datasets/nothing")
    expect(page.get_by_text("There is nothing here")).to_be_visible()
    page.get_by_role("link", name="Back to datasets").click()
    expect(page.get_by_role("heading", name="Datasets", exact=True)).to_be_visible()
