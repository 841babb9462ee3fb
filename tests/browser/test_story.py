"""The whole story in a real browser: from no embeddings to actions, warnings and deletion.

The tests run in order on one server; the pictures of the README are taken on the way.
"""

import re
import urllib.request
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.map_page import (
    LONG,
    box_select,
    choose_action,
    choose_from,
    dataset_id,
    ended,
    hover_first_point,
    matching,
    open_tab,
    picture,
    places,
    rest,
    search_how,
    selected_rows,
    storage,
    wait_for_points,
    wait_until,
)

WARNING = (
    "For some feature sets, the number of items is different from the number of feature vectors, "
    "please rerun the extraction on the whole dataset."
)


def test_no_embeddings_yet(page: Page, server: Any) -> None:
    open_tab(page, server)
    button = page.get_by_role("button", name="Add CLIP Embeddings")
    expect(button).to_be_visible()
    assert not storage(server).exists()
    picture(page, "empty")


def test_adding_embeddings_shows_progress_and_leads_to_run(page: Page, server: Any) -> None:
    open_tab(page, server)
    page.get_by_role("button", name="Add CLIP Embeddings").click()
    expect(page.get_by_role("button", name="Cancel").first).to_be_visible(timeout=LONG)
    picture(page, "progress")
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_visible(timeout=LONG)
    assert storage(server).exists()
    feature_sets = rest(server, f"/feature-sets?dataset_id={dataset_id(server)}")
    assert [(f["name"], f["count"]) for f in feature_sets] == [("mini-clip", 240)]


def test_run_makes_a_map_of_every_item(page: Page, server: Any) -> None:
    open_tab(page, server)
    page.get_by_role("button", name="Run", exact=True).click()
    wait_for_points(page, 240)
    expect(page.get_by_text("Last run")).to_be_visible()
    page.wait_for_timeout(1500)
    picture(page, "map")


def test_the_map_is_there_at_once_next_time(page: Page, server: Any) -> None:
    open_tab(page, server)
    wait_for_points(page, 240)
    runs = [e for e in rest(server, "/executions") if e["function"] == "run_projection"]
    assert len(runs) == 1


def test_hover_shows_what_a_point_is(page: Page, server: Any) -> None:
    open_tab(page, server)
    wait_for_points(page, 240)
    hover_first_point(page)
    expect(page.get_by_text(".png").first).to_be_visible()


def test_box_search_isolate_and_act(page: Page, server: Any) -> None:
    open_tab(page, server)
    wait_for_points(page, 240)
    isolate = page.get_by_role("button", name="Isolate")
    boxed = box_select(page)
    assert boxed < 240
    expect(isolate).to_be_enabled()
    picture(page, "selection")
    isolate.click()
    wait_for_points(page, boxed)
    page.get_by_role("button", name="Show all").click()
    wait_for_points(page, 240)

    page.get_by_role("searchbox", name="Search").fill("food and drink")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "() => Bokeh.documents[0].get_model_by_name('points').selected.indices.length === 80"
    )

    choose_action(page, "Set metadata field")
    page.get_by_role("textbox", name="Field").fill("reviewed")
    page.get_by_role("textbox", name="Value").fill("true")
    picture(page, "action")
    page.get_by_role("button", name="Confirm").click()
    wait_until(lambda: matching(server, {"metadata.reviewed": True}) == 80)


def test_search_by_what_pictures_show(page: Page, server: Any) -> None:
    open_tab(page, server)
    wait_for_points(page, 240)
    search_how(page, "By text")
    page.get_by_role("searchbox", name="Search").fill("cat")
    page.keyboard.press("Enter")
    expect(page.get_by_text("nearest to the text are selected")).to_be_visible(timeout=LONG)
    wait_until(lambda: len(selected_rows(page)) == 50)
    picture(page, "text")


def test_deleted_items_leave_the_map_and_the_store(page: Page, server: Any) -> None:
    open_tab(page, server)
    wait_for_points(page, 240)
    page.get_by_role("searchbox", name="Search").fill("smileys")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "() => Bokeh.documents[0].get_model_by_name('points').selected.indices.length === 80"
    )
    choose_action(page, "Delete items")
    page.get_by_role("button", name="Confirm").click()
    wait_for_points(page, 160)
    wait_until(lambda: _vectors(server) == 160)


def _vectors(server: Any) -> int:
    from clustering_app.vectors.store import FeatureStore

    return FeatureStore(str(storage(server))).count("mini-clip")


def test_warning_and_its_cure_through_the_deployment_slot(
    page: Page, server: Any, few_emoji_folder: Path
) -> None:
    identity = dataset_id(server)
    _upload(server, identity, few_emoji_folder / "smileys and emotion", 10)
    _upload_text(server, identity, "notes.json", b'{"about": "the drawings"}')
    open_tab(page, server)
    wait_for_points(page, 160)
    expect(page.get_by_text(WARNING).first).to_be_visible()
    picture(page, "warning")
    expect(page.get_by_text("171 items, 160 vectors. 10 can be encoded by a rerun")).to_be_visible()
    page.get_by_role("button", name="Details").click()
    expect(page.get_by_role("button", name="10 missing")).to_be_visible()

    page.get_by_role("tab", name="Data").click()
    page.get_by_text("Select All").first.click()
    expect(page.get_by_text("171 of 171 selected")).to_be_visible()
    title_bar = page.locator("header")
    menu = title_bar.get_by_role("button", name="Dataset Actions")
    choose_from(page, menu, "Clip Extract Features")
    page.get_by_role("button", name="Confirm").click()
    wait_until(lambda: ended(server, "extract_dataset") == 2)
    assert _vectors(server) == 170
    page.get_by_role("button", name="Notifications").click()
    expect(page.get_by_text("For some feature sets").first).to_be_visible()
    page.keyboard.press("Escape")

    page.get_by_role("tab", name="Clustering").click()
    before = places(page)
    expect(page.get_by_text("10 items have vectors but are not on this map").first).to_be_visible()
    picture(page, "placing")
    page.get_by_role("button", name="Place 10 new items").click()
    wait_for_points(page, 170)
    assert places(page)[: len(before)] == before
    expect(page.get_by_text("10 of them placed later")).to_be_visible()
    page.get_by_role("button", name="Run", exact=True).click()
    wait_until(lambda: ended(server, "run_projection") == 2)
    expect(page.get_by_text("placed later")).to_have_count(0)
    wait_for_points(page, 170)
    expect(page.get_by_role("combobox", name="Tensor")).to_have_text("mini-clip · 256 · 170 items")

    expect(page.get_by_text(WARNING).first).to_be_visible()
    page.get_by_role("button", name="Details").click()
    expect(page.get_by_text("neither image, text nor video but application/json")).to_be_visible()
    picture(page, "coverage")
    page.get_by_role("button", name="Stop counting these").click()
    expect(page.get_by_role("button", name="Count these again")).to_be_visible()
    expect(page.get_by_text(WARNING)).to_have_count(0)
    page.get_by_role("button", name="Count these again").click()
    expect(page.get_by_text(WARNING).first).to_be_visible()
    note = rest(server, f"/datasets/{identity}/query", "POST", {"name": "notes.json"})["items"][0]
    rest(server, f"/items/{note['id']}", "DELETE")
    open_tab(page, server)
    wait_for_points(page, 170)
    expect(page.get_by_text(WARNING)).to_have_count(0)


def paper(page: Page) -> float:
    """How light the page's ground is, from 0 to 255."""
    colour = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    return sum(map(float, re.findall(r"[\d.]+", colour)[:3])) / 3


def test_dark(page: Page, server: Any) -> None:
    open_tab(page, server)
    wait_for_points(page, 170)
    light = paper(page)
    page.get_by_role("button", name="Toggle theme").click()
    wait_until(lambda: paper(page) < 60 < 200 < light)
    picture(page, "dark")


def test_deleting_the_dataset_deletes_its_features(page: Page, server: Any) -> None:
    kept = storage(server)
    assert kept.exists()
    page.goto(server.origin)
    expect(page.get_by_text("few emoji").first).to_be_visible()
    page.get_by_role("button", name="Delete dataset").first.click()
    expect(page.get_by_text("features").last).to_be_visible()
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("few emoji")).to_have_count(0)
    wait_until(lambda: not kept.exists())
    wait_until(lambda: not any(Path(server.data_dir, "files").glob("??/*")))


def _upload(server: Any, identity: str, folder: Path, count: int) -> None:
    for path in sorted(folder.glob("*.png"))[:count]:
        _upload_text(server, identity, path.name, path.read_bytes())


def _upload_text(server: Any, identity: str, name: str, content: bytes) -> None:
    edge = "0123456789abcdef"
    disposition = f'Content-Disposition: form-data; name="file"; filename="{name}"'
    kind = "Content-Type: application/octet-stream"
    body = f"--{edge}\r\n{disposition}\r\n{kind}\r\n\r\n".encode() + content
    body += f"\r\n--{edge}--\r\n".encode()
    request = urllib.request.Request(
        f"{server.origin}/api/v1/datasets/{identity}/items",
        body,
        {"content-type": f"multipart/form-data; boundary={edge}"},
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 201
