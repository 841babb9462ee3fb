"""What the tab does, driven without a browser."""

import asyncio
import gc
import os
import weakref
from dataclasses import replace

import numpy as np
import pytest

from clustering_app.extraction.ending import MISMATCH
from clustering_app.projector.map_state import SIMILARITY
from clustering_app.projector.search_panel import BY_TEXT, PATTERN
from clustering_app.projector.tab import ClusteringTab
from host_contract.entities import ActionResult
from host_contract.errors import InvalidInput
from tests.projector.conftest import FINGERPRINT, Place, picture
from tests.projector.drawn import drawn


def told(tab: ClusteringTab) -> str:
    """Every text that stands over or in place of the map, with its buttons."""
    tab._show_places()
    parts = (
        [*tab.notices.page.parts, *tab.notices.strip.parts]
        if tab.notices.page.visible
        else tab.notices.strip.parts
    )
    return str([(part["title"], part["text"], part["buttons"]) for part in parts])


def find(tab: ClusteringTab, text: str, mode: str | None = None) -> str:
    tab.finder.search_panel.text = text
    if mode:
        tab.finder.search_panel.mode.value = mode
    asyncio.run(tab.finder.search())
    return str(tab.finder.search_panel.answer.parts[0]["title"])


def test_without_vectors_it_offers_to_add_them(place: Place) -> None:
    tab = place.tab()
    assert "Add CLIP Embeddings" in told(tab)
    assert not tab._left.visible and not tab._middle.visible
    assert not place.store.exists()


def test_a_dataset_without_items_says_where_to_upload_some(place: Place) -> None:
    empty = place.platform.datasets.create("empty")
    tab = replace(place, dataset=empty).tab()
    assert "No items yet" in told(tab)
    assert "Upload pictures in the Data tab" in told(tab)
    assert "Add CLIP Embeddings" not in told(tab)
    place.platform.datasets.add(empty.id, "first.png", picture())
    tab._tell_items_changed()
    asyncio.run(tab.tick())
    assert "Add CLIP Embeddings" in told(tab)
    assert "No items yet" not in told(tab)


def test_with_vectors_but_no_run_it_says_press_run(place: Place) -> None:
    place.write_vectors()
    tab = place.tab()
    assert "press Run" in told(tab)
    assert tab._left.visible and tab.controls.run.enabled


def test_the_map_that_was_asked_for_last_is_shown(mapped: Place) -> None:
    mapped.write_run(8, run_id="run-0")
    tab = mapped.tab()

    async def open_several() -> None:
        await asyncio.gather(*map(tab.open_map, ("run-0", "run-1") * 3 + ("run-0",)))

    for _ in range(5):
        asyncio.run(open_several())
        assert tab.state.points is not None
        assert tab.state.points.run.id == "run-0"


def test_a_map_shows_every_point_with_its_colours(mapped: Place) -> None:
    tab = mapped.tab()
    assert drawn(tab)["x"].tolist() == list(range(12))
    sent = drawn(tab)
    assert sent["x"].dtype == sent["colour"].dtype == np.float32
    legend = {line["label"]: line["count"] for line in tab.controls.legend.lines}
    assert legend == {"stop": 4, "yield": 4, "<b>turn</b>": 4}


def test_the_warning_names_the_counts_and_offers_the_cure(mapped: Place) -> None:
    said = told(mapped.tab())
    assert MISMATCH in said
    assert "13 items, 12 vectors" in said
    assert "Rerun extraction" in said


def test_one_item_and_one_point_are_not_several(place: Place) -> None:
    place.store.create("mini-clip", FINGERPRINT)
    place.store.append("mini-clip", place.item_ids[:1], ["v"], np.ones((1, 4)))
    place.write_run(count=1)
    place.host.delete_items(place.item_ids[2:])
    tab = place.tab()
    assert list(tab.controls.tensor.options) == ["mini-clip · 4 · 1 item"]
    assert "· 1 point'" in str(tab.controls.last_run.parts)
    assert "1 point · 0 selected" in str(tab.map_panel.counts.parts)
    assert tab.map_panel.described().endswith("1 of 1 point")
    assert "3 items, 1 vector." in told(tab)


def test_items_that_are_not_on_the_map_are_counted(place: Place) -> None:
    place.write_vectors()
    place.write_run(count=9)
    tab = place.tab()
    assert "3 items have vectors but are not on this map: place them" in told(tab)
    assert tab.controls.place.visible
    assert tab.controls.place.label == "Place 3 new items"


def test_selection_is_by_item_and_survives_isolating(mapped: Place) -> None:
    tab = mapped.tab()
    tab.map_panel.rows_selected(np.array([2, 5]))
    assert tab.state.selected_ids() == [mapped.item_ids[2], mapped.item_ids[5]]
    tab.selection_bar.act("isolate")
    assert drawn(tab)["x"].tolist() == [2, 5]
    assert tab.state.selected_rows().tolist() == [0, 1]
    tab.map_panel.rows_selected(np.array([1]))
    assert tab.state.selected_ids() == [mapped.item_ids[5]]
    tab.selection_bar.act("show all")
    assert tab.state.selected_rows().tolist() == [5]
    tab.selection_bar.act("clear")
    assert tab.state.selection == frozenset()


def test_a_selection_of_a_map_that_was_replaced_is_ignored(mapped: Place) -> None:
    tab = mapped.tab()
    tab.map_panel.rows_selected(np.array([99]))
    assert tab.state.selection == frozenset()


def test_an_earlier_map_can_be_opened_again(mapped: Place) -> None:
    mapped.write_run(count=5, run_id="run-2")
    tab = mapped.tab()
    assert len(drawn(tab)["x"]) == 5
    assert [*tab.controls.history.options.values()] == ["run-2", "run-1"]
    asyncio.run(tab.open_map("run-1"))
    assert len(drawn(tab)["x"]) == 12
    assert tab.controls.history.value == "run-1"
    asyncio.run(tab.open_map("gone"))
    assert len(drawn(tab)["x"]) == 5


def test_a_map_in_space_is_drawn_in_space(mapped: Place) -> None:
    mapped.write_run(dimensions=3, run_id="run-2")
    tab = mapped.tab()
    assert tab.map_panel.canvas.drawn is tab.map_panel.canvas.space
    assert tab.map_panel.canvas.in_space.visible
    assert not tab.map_panel.canvas.in_plane.visible
    assert tab.controls.inputs()["dimensions"] == 3
    tab.map_panel.rows_selected(np.array([4]))
    tab.selection_bar.act("invert")
    assert tab.map_panel.canvas.space.selected().tolist() == [0, 1, 2, 3, *range(5, 12)]
    asyncio.run(tab.open_map("run-1"))
    assert tab.map_panel.canvas.in_plane.visible
    assert not tab.map_panel.canvas.in_space.visible


@pytest.mark.parametrize("dimensions", [2, 3])
def test_points_are_drawn_as_pictures(mapped: Place, dimensions: int) -> None:
    mapped.write_run(dimensions=dimensions, run_id="run-2")
    tab = mapped.tab()
    tab.state.select(mapped.item_ids[5:])
    tab.selection_bar.act("isolate")
    tab.map_panel.canvas.thumbnails = True
    assert tab.map_panel.canvas.drawn is tab.map_panel.canvas.space
    assert tab.map_panel.canvas.space.pane().thumbnails
    assert tab.map_panel.canvas.space.selected().tolist() == list(range(7))
    address = tab.map_panel._thumbnail(0)
    assert address is not None
    assert mapped.item_ids[5] in address
    tab.map_panel.canvas.thumbnails = False
    assert (tab.map_panel.canvas.drawn is tab.map_panel.canvas.plane) == (dimensions == 2)
    assert not tab.map_panel.canvas.space.pane().thumbnails


def test_near_duplicates_are_selected_group_by_group_but_one_of_each(mapped: Place) -> None:
    """All of one label point nearly the same way."""
    tab = mapped.tab()
    panel = tab.finder.duplicates_panel
    panel.threshold.value = 0.98
    asyncio.run(tab.finder.find_duplicates())
    assert "9 near-duplicates in 3 groups" in str(panel.answer.parts)
    rows = [mapped.item_ids.index(item_id) for item_id, _ in tab.state.listed()]
    assert [row % 3 for row in rows] == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    size = {item.id: item.size for item in tab.state.points.table.items}
    for group in range(3):
        [kept] = set(range(group, 12, 3)) - set(rows)
        assert size[mapped.item_ids[kept]] == max(
            size[mapped.item_ids[row]] for row in range(group, 12, 3)
        )
    panel.leave_one.value = False
    asyncio.run(tab.finder.find_duplicates())
    assert len(tab.state.selection) == 12
    panel.threshold.value = 1.0
    asyncio.run(tab.finder.find_duplicates())
    assert "No two items have a similarity of 1 or more." in str(panel.answer.parts)
    assert not tab.state.selection


def test_near_duplicates_are_group_by_group_after_a_search_by_similarity_too(
    mapped: Place,
) -> None:
    tab = mapped.tab()
    tab.state.select(mapped.item_ids[:1])
    asyncio.run(tab.finder.find_similar())
    assert tab.state.color_by == SIMILARITY
    tab.finder.duplicates_panel.threshold.value = 0.98
    asyncio.run(tab.finder.find_duplicates())
    listed = tab.state.listed()
    groups = [mapped.item_ids.index(item_id) % 3 for item_id, _ in listed]
    assert groups == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert find(tab, "sign") == "12 found."
    scores = [score for _, score in tab.state.listed()]
    assert scores == sorted(scores, reverse=True), "what has no order is still the nearest first"


@pytest.mark.parametrize(("what", "kept"), [("run", False), ("place", False), ("extract", True)])
def test_only_a_cancelled_extraction_says_that_what_was_finished_is_kept(
    mapped: Place, what: str, kept: bool
) -> None:
    tab = mapped.tab()

    async def cancel_it() -> None:
        await getattr(tab, what)()
        await tab.executions.cancel()
        while tab.executions.failed is None:
            await tab.tick()

    asyncio.run(asyncio.wait_for(cancel_it(), 60))
    assert ": cancelled" in told(tab)
    assert "Try again" in told(tab)
    assert ("What was finished is kept" in told(tab)) is kept


@pytest.mark.usefixtures("no_loop_left")
def test_a_closed_tab_keeps_no_points_even_when_a_read_ends_later(mapped: Place) -> None:
    mapped.write_run(count=9, run_id="run-2")
    tab = mapped.tab()
    asyncio.run(tab.comparison.compare("run-1"))
    tab.map_panel.rows_selected(np.array([2, 5]))
    tab.state.colours()
    assert tab.state.points is not None
    assert tab.comparison.beside.points is not None
    kept = [weakref.ref(tab.state.points), weakref.ref(tab.comparison.beside.points)]
    tab.close()
    asyncio.run(tab.reload())
    gc.collect()
    assert [points() for points in kept] == [None, None]
    assert tab.state.points is None


def test_search_selects(mapped: Place) -> None:
    tab = mapped.tab()
    assert find(tab, "YIELD") == "4 found."
    assert tab.state.selected_rows().tolist() == [1, 4, 7, 10]
    assert find(tab, "notes") == "1 found, 0 on the map."
    assert find(tab, r"sign-0[12]", PATTERN) == "2 found."
    assert "no regular expression" in find(tab, "(", PATTERN)
    assert tab.state.selected_rows().tolist() == [1, 2]


@pytest.mark.parametrize("field", ["label", "cluster", "outlier score", "metadata.score", "size"])
def test_every_field_colours_and_labels(mapped: Place, field: str) -> None:
    tab = mapped.tab()
    tab.controls.color_by.value = tab.controls.label_by.value = field
    asyncio.run(tab._field_chosen("color_by", field))
    asyncio.run(tab._field_chosen("label_by", field))
    assert len(drawn(tab)["colour"]) == 12
    assert tab.controls.legend.lines or tab.controls.colour_bar.counts
    assert len(drawn(tab, "labels")["text"]) > 0


def test_find_similar_selects_the_nearest_others_and_undo_goes_back(mapped: Place) -> None:
    tab = mapped.tab()
    examples = [mapped.item_ids[0], mapped.item_ids[3]]
    tab.state.select(examples)
    tab.finder.search_panel.count.value = 2
    asyncio.run(tab.finder.find_similar())
    assert tab.state.selection == {mapped.item_ids[6], mapped.item_ids[9]}
    assert "The 2 most similar to the 2 examples" in str(tab.finder.search_panel.answer.parts)
    scores = [score for _, score in tab.state.listed()]
    assert scores == sorted(scores, reverse=True)
    assert tab.controls.color_by.value == SIMILARITY
    tab.selection_bar.act("undo")
    assert tab.state.selection == set(examples)


def test_find_similar_keeps_a_selection_of_everything(mapped: Place) -> None:
    tab = mapped.tab()
    tab.state.select(mapped.item_ids)
    asyncio.run(tab.finder.find_similar())
    assert "Every item of the map is selected already." in str(tab.finder.search_panel.answer.parts)
    assert tab.state.selection == set(mapped.item_ids)


def test_find_similar_says_when_the_vectors_are_gone(mapped: Place) -> None:
    tab = mapped.tab()
    tab.state.select([mapped.item_ids[0]])
    mapped.store.delete_items(mapped.item_ids[:1])
    asyncio.run(tab.finder.find_similar())
    assert "None of the selected items has a vector" in str(tab.finder.search_panel.answer.parts)
    assert tab.state.selection == {mapped.item_ids[0]}


def test_the_encoder_of_a_text_is_that_of_the_vectors(mapped: Place) -> None:
    """These vectors have 4 dimensions, as no model that can be loaded has."""
    said = find(mapped.tab(), "a stop sign", BY_TEXT)
    assert "another version of the model mini-clip" in said


def test_actions_run_on_the_selection_and_the_map_follows(mapped: Place) -> None:
    tab = mapped.tab()
    asyncio.run(tab.actions.load())
    by_name = {action.name: action for action in tab.actions._actions.values()}
    tab.map_panel.rows_selected(np.array([0, 1, 2]))
    inputs = {"field": "reviewed", "value": True}
    asyncio.run(tab.actions.run(by_name["set_metadata"], tab.state.selected_ids(), inputs))
    assert mapped.host.item(mapped.item_ids[2]).user_metadata["reviewed"] is True
    assert "metadata.reviewed" in tab.controls.color_by.options
    with pytest.raises(InvalidInput):
        asyncio.run(tab.actions.run(by_name["set_metadata"], tab.state.selected_ids(), {}))
    asyncio.run(tab.actions.run(by_name["delete"], tab.state.selected_ids(), {}))
    assert tab.state.selection == frozenset()
    assert drawn(tab)["x"].tolist() == list(range(3, 12))
    assert mapped.store.count("mini-clip") == 9


def test_what_an_action_did_is_undone_from_its_notice(mapped: Place) -> None:
    tab = mapped.tab()
    asyncio.run(tab.actions.load())
    by_name = {action.name: action for action in tab.actions._actions.values()}
    chosen = mapped.item_ids[:2]
    tab.state.select(chosen)
    asyncio.run(tab.actions.run(by_name["add_label"], chosen, {"label": "<i>seen</i>"}))
    assert "('2 items labelled <i>seen</i>.', '', ['Undo', 'Dismiss'])" in told(tab)
    asyncio.run(tab.undo_action())
    assert mapped.host.item(chosen[0]).labels == ("stop",)
    assert tab.state.selection == set(chosen)
    assert "('Undone on 2 items.', '', ['Dismiss'])" in told(tab)
    asyncio.run(tab.undo_action())
    assert "Undone on 2 items." in told(tab)
    asyncio.run(tab.actions.run(by_name["move"], chosen, {"folder": "/new/"}))
    undo = tab.notices.undo
    asyncio.run(tab.undo_action())
    tab.notices.undo = undo
    asyncio.run(tab.undo_action())
    assert "cannot be undone any more" in told(tab)


@pytest.mark.parametrize("told_while_it_is_read", [False, True])
def test_what_the_tab_deleted_itself_is_no_news(mapped: Place, told_while_it_is_read: bool) -> None:
    tab = mapped.tab()
    mapped.host.delete_items(mapped.item_ids[:1])

    async def delete() -> None:
        answered = asyncio.create_task(tab._action_done(ActionResult(message="1 is deleted.")))
        await asyncio.sleep(0)
        if told_while_it_is_read:
            tab._tell_items_changed()
        await answered

    asyncio.run(delete())
    if not told_while_it_is_read:
        tab._tell_items_changed()
    assert "Refresh" not in told(tab)
    mapped.host.delete_items(mapped.item_ids[1:2])
    tab._tell_items_changed()
    assert "Refresh" in told(tab)
    tab._tell_items_changed()
    assert "Refresh" in told(tab)


def test_a_change_of_others_after_the_own_one_is_told(mapped: Place) -> None:
    tab = mapped.tab()
    mapped.host.delete_items(mapped.item_ids[:1])
    asyncio.run(tab._action_done(ActionResult(message="1 is deleted.")))
    mapped.host.delete_items(mapped.item_ids[1:2])
    tab._tell_items_changed()
    assert "Refresh" in told(tab)


def test_a_reading_that_another_overtook_returns_with_that_one(mapped: Place) -> None:
    tab = ClusteringTab(mapped.host, mapped.dataset)

    async def read_often() -> None:
        at_once_and_one = (os.cpu_count() or 1) + 5  # more than asyncio has threads
        readings = [asyncio.create_task(tab.reload()) for _ in range(at_once_and_one)]
        await readings[0]
        assert tab.state.points is not None
        await asyncio.gather(*readings)

    asyncio.run(read_often())


def test_hover_shows_the_item_under_the_pointer(mapped: Place) -> None:
    tab = mapped.tab()
    tab.map_panel.hovered(2, 10.0, 20.0)
    shown = tab.map_panel.hover.parts[0]
    assert (shown["title"], shown["lines"]) == ("sign-02.png", ["<b>turn</b>"])
    assert shown["picture"].startswith("/api/")
    tab.controls.card_fields.value = ["metadata.score", "cluster", "trust", "label"]
    tab.map_panel.hovered(3, 10.0, 20.0)
    assert tab.map_panel.hover.parts[0]["lines"] == [
        "score: 3",
        "cluster: cluster 0",
        "trust: 1.0",
        "stop",
    ]
    tab.map_panel.hovered(2, 10.0, 20.0)  # which has neither a score nor a cluster
    assert tab.map_panel.hover.parts[0]["lines"] == ["trust: 1.0", "<b>turn</b>"]
    tab.map_panel.hovered(None, 0.0, 0.0)
    assert tab.map_panel.hover.parts == []


def test_the_first_map_comes_with_a_label_on_its_hover_card(place: Place) -> None:
    tab = place.tab()
    place.write_vectors()
    asyncio.run(tab.reload())
    place.write_run()
    asyncio.run(tab.reload())
    assert tab.controls.card_fields.value == ["label"]
    tab.map_panel.hovered(2, 10.0, 20.0)
    assert tab.map_panel.hover.parts[0]["lines"] == ["<b>turn</b>"]
