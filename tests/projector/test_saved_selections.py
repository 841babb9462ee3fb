"""Selections kept under a name, through the tab that keeps them."""

import asyncio

import pytest

from clustering_app.errors import NoFeatures
from clustering_app.projector.saved_selections import list_selections, read_selection
from clustering_app.projector.selections_panel import NONE_YET
from clustering_app.projector.tab import ClusteringTab
from tests.projector.conftest import Place


def saved(tab: ClusteringTab) -> list[tuple[str, str]]:
    lines = tab.selections_panel.saved.parts
    return [(line["title"], line["detail"]) for line in lines if line["part"] == "entry"]


def save(tab: ClusteringTab, rows: list[int], name: str) -> None:
    tab.state.select_rows(rows)
    asyncio.run(tab.selections_panel.save(name))


def test_a_saved_selection_is_there_in_another_tab_and_selects_the_same(mapped: Place) -> None:
    tab = mapped.tab()
    assert NONE_YET in str(tab.selections_panel.saved.parts)
    save(tab, [1, 5, 7], "  to   check ")
    save(tab, [2], "one")
    other = mapped.tab()
    assert saved(other) == [("one", "1 item"), ("to check", "3 items")]
    asyncio.run(other.selections_panel.select(list_selections(mapped.store)[1].id))
    assert other.state.selected_rows().tolist() == [1, 5, 7]
    other.selection_bar.act("undo")
    assert not other.state.selection


def test_the_same_name_is_saved_over(mapped: Place) -> None:
    tab = mapped.tab()
    save(tab, [1, 2], "check")
    save(tab, [3], "check")
    assert saved(tab) == [("check", "1 item")]
    assert read_selection(mapped.store, list_selections(mapped.store)[0].id) == (
        mapped.item_ids[3],
    )


def test_nothing_is_saved_without_a_selection_or_a_name(mapped: Place) -> None:
    tab = mapped.tab()
    asyncio.run(tab.selections_panel.save("empty"))
    assert "Nothing is selected." in str(tab.selections_panel.answer.parts)
    save(tab, [1], "  ")
    assert "Give it a name." in str(tab.selections_panel.answer.parts)
    assert saved(tab) == []


def test_nothing_is_said_to_be_saved_when_it_could_not_be(mapped: Place) -> None:
    tab = mapped.tab()
    mapped.store.delete()
    save(tab, [1], "check")
    assert "There are no vectors yet" in str(tab.selections_panel.answer.parts)
    assert "saved" not in str(tab.selections_panel.answer.parts)


def test_what_is_deleted_comes_back_by_undo(mapped: Place) -> None:
    tab = mapped.tab()
    save(tab, [1, 2], "check")
    selection_id = list_selections(mapped.store)[0].id
    asyncio.run(tab.selections_panel.delete(selection_id))
    assert saved(tab) == []
    with pytest.raises(NoFeatures, match="deleted meanwhile"):
        read_selection(mapped.store, selection_id)
    asyncio.run(tab.selections_panel.select(selection_id))
    assert "deleted meanwhile" in str(tab.selections_panel.answer.parts)
    asyncio.run(tab.selections_panel._undo())
    assert saved(tab) == [("check", "2 items")]


def test_items_that_are_gone_are_passed_over_and_counted(mapped: Place) -> None:
    tab = mapped.tab()
    save(tab, [0, 1, 2], "check")
    mapped.host.delete_items([mapped.item_ids[1]])
    later = mapped.tab()
    asyncio.run(later.selections_panel.select(list_selections(mapped.store)[0].id))
    assert later.state.selected_ids() == sorted([mapped.item_ids[0], mapped.item_ids[2]])
    assert "2 of 3 items are on the map." in str(later.selections_panel.answer.parts)


@pytest.mark.parametrize("message", ["select", ["select"], ["select", 3], {"delete": 1}, None])
def test_messages_that_mean_nothing_are_passed_over(mapped: Place, message: object) -> None:
    tab = mapped.tab()
    save(tab, [1], "check")
    tab.selections_panel.saved._handle_msg(message)
    assert saved(tab) == [("check", "1 item")]
