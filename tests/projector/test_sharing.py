"""A view is shared by its address: what the one tab says, another follows."""

import asyncio

import pytest

from clustering_app.projector.map_state import SIMILARITY
from clustering_app.projector.search_panel import PATTERN
from clustering_app.projector.tab import ClusteringTab
from tests.projector.conftest import Place
from tests.projector.drawn import drawn


def shared(tab: ClusteringTab) -> str:
    tab.sharing.update()
    return str(tab.sharing.button.fragment)


def follow(place: Place, address: str) -> ClusteringTab:
    """A new tab that was opened with this address."""
    tab = place.tab()
    asyncio.run(tab.sharing.button._handle_msg(address))
    return tab


def test_map_fields_selection_isolation_and_zoom_are_shared(mapped: Place) -> None:
    mapped.write_run(count=5, run_id="run-2")
    tab = mapped.tab()
    asyncio.run(tab.open_map("run-1"))
    tab.state.color_by, tab.state.label_by = "metadata.score", "name"
    tab.state.select(mapped.item_ids[2:9])
    tab.selection_bar.act("isolate")
    tab.state.select(mapped.item_ids[3:5])
    tab.map_panel.canvas.look((1.0, 5.5, -0.5, 0.5))
    other = follow(mapped, shared(tab))
    assert other.state.points and other.state.points.run.id == "run-1"
    assert (other.state.color_by, other.state.label_by) == ("metadata.score", "name")
    assert other.controls.color_by.value == "metadata.score"
    assert other.state.isolated == frozenset(mapped.item_ids[2:9])
    assert other.state.selection == frozenset(mapped.item_ids[3:5])
    assert other.map_panel.canvas.seen == (1.0, 5.5, -0.5, 0.5)
    assert shared(other) == shared(tab)
    assert not other.notices.said


def test_a_camera_in_space_is_shared(mapped: Place) -> None:
    mapped.write_run(dimensions=3, run_id="run-2")
    tab = mapped.tab()
    tab.map_panel.canvas.look((1.0, 2.0, 3.0, 0.25, -0.5, 7.0))
    other = follow(mapped, shared(tab))
    assert other.map_panel.canvas.seen == (1.0, 2.0, 3.0, 0.25, -0.5, 7.0)


def test_a_plane_of_pictures_is_shared(mapped: Place) -> None:
    tab = mapped.tab()
    tab.map_panel.canvas.thumbnails = True
    tab.map_panel.canvas.look((1.0, 2.0, 0.0, 0.0, 0.0, 7.0))
    other = follow(mapped, shared(tab))
    assert other.map_panel.canvas.thumbnails
    assert other.map_panel.canvas.seen == (1.0, 2.0, 0.0, 0.0, 0.0, 7.0)
    assert not other.notices.said


def test_a_search_is_shared_as_a_search(mapped: Place) -> None:
    tab = mapped.tab()
    panel = tab.finder.search_panel
    panel.text, panel.mode.value, panel.field.value = "sign-0[0-6]", PATTERN, "name"
    asyncio.run(tab.finder.search())
    address = shared(tab)
    assert "selected" not in address
    other = follow(mapped, address)
    assert other.state.selection == frozenset(mapped.item_ids[:7])
    assert other.finder.search_panel.asked() == panel.asked()
    tab.selection_bar.act("clear")
    assert "search" not in shared(tab)


def test_an_isolated_result_of_a_search_is_shared_selected(mapped: Place) -> None:
    tab = mapped.tab()
    panel = tab.finder.search_panel
    panel.text, panel.mode.value, panel.field.value = "sign-0[0-3]", PATTERN, "name"
    asyncio.run(tab.finder.search())
    tab.selection_bar.act("isolate")
    other = follow(mapped, shared(tab))
    assert other.state.selection == other.state.isolated == frozenset(mapped.item_ids[:4])
    assert shared(other) == shared(tab)


def test_names_of_clusters_are_shared(mapped: Place) -> None:
    tab = mapped.tab()
    asyncio.run(tab.clusters_panel.describe("fine cluster"))
    tab.state.color_by = "cluster name"
    tab.state.select(mapped.item_ids[:2])
    other = follow(mapped, shared(tab))
    assert other.state.color_by == other.controls.color_by.value == "cluster name"
    assert other.state.legend() == tab.state.legend()
    assert other.state.selection == frozenset(mapped.item_ids[:2])
    assert shared(other) == shared(tab)
    wrong = shared(tab).replace("fine%20cluster", "no%20such")
    other = follow(mapped, wrong)
    assert "the field 'cluster name' any more" in other.notices.said
    assert other.state.selection == frozenset(mapped.item_ids[:2])


def test_a_field_that_is_gone_costs_nothing_else(mapped: Place) -> None:
    tab = mapped.tab()
    tab.state.select(mapped.item_ids[:2])
    other = follow(mapped, shared(tab).replace("color=label", "color=metadata.gone"))
    assert "the field 'metadata.gone' any more" in other.notices.said
    assert other.state.color_by == "label"
    assert other.state.selection == frozenset(mapped.item_ids[:2])


def test_many_items_are_shared_by_a_saved_selection(
    mapped: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clustering_app.projector.sharing.MOST_ITEMS", 3)
    tab = mapped.tab()
    tab.state.select(mapped.item_ids[:5])
    assert "selected" not in shared(tab)
    assert "without the selection of 5 items" in tab.sharing.button.copied
    asyncio.run(tab.selections_panel.save("five"))
    assert "selected-saved=" in shared(tab)
    assert tab.sharing.button.copied == "Copied."
    other = follow(mapped, shared(tab))
    assert other.state.selection == frozenset(mapped.item_ids[:5])
    tab.state.select(mapped.item_ids[4:9])
    asyncio.run(tab.selections_panel.save("five"))
    tab.state.select(mapped.item_ids[:5])
    assert "selected" not in shared(tab), "others are saved under that name now"
    asyncio.run(tab.selections_panel.save("five"))
    asyncio.run(tab.selections_panel.delete(next(iter(tab.selections_panel.ids.values()))))
    assert "was deleted meanwhile" in follow(mapped, shared(other)).notices.said


def test_the_colours_of_a_search_by_example_are_shared(mapped: Place) -> None:
    tab = mapped.tab()
    tab.state.select(mapped.item_ids[:2])
    tab.finder.search_panel.count.value = 4
    asyncio.run(tab.finder.find_similar())
    tab.state.select(mapped.item_ids[7:8])
    other = follow(mapped, shared(tab))
    assert other.state.color_by == SIMILARITY
    assert other.state.colours().codes.tolist() == tab.state.colours().codes.tolist()
    assert other.state.selection == frozenset(mapped.item_ids[7:8])
    assert shared(other) == shared(tab)
    tab.state.select(tab.finder.found)
    assert "selected" not in shared(tab)
    assert follow(mapped, shared(tab)).state.selection == tab.finder.found


def test_examples_that_an_address_cannot_name_are_left_out(
    mapped: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clustering_app.projector.sharing.MOST_ITEMS", 1)
    tab = mapped.tab()
    tab.state.select(mapped.item_ids[:2])
    asyncio.run(tab.selections_panel.save("examples"))
    saved = tab.selections_panel.ids
    tab.selections_panel.ids = {}
    asyncio.run(tab.finder.find_similar())
    assert tab.state.color_by == SIMILARITY
    assert SIMILARITY not in shared(tab) and "like" not in shared(tab)
    tab.selections_panel.ids = saved
    assert "like-saved=" in shared(tab)
    assert follow(mapped, shared(tab)).state.selection == tab.finder.found


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("map=run-9", "There is no map 'run-9' any more."),
        ("what=else", "which is not known"),
        ("seen=1,2,3", "from nowhere that a map is seen"),
        ("seen=2,1,0,1", "from nowhere that a map is seen"),
        ("selected-saved=../runs", "was deleted meanwhile"),
        ("color=cluster&search=x&how=magic", "There is no search 'magic'"),
        ("like=a&how=magic", "There is no search 'magic'"),
        ("like-saved=gone&how=By example", "was deleted meanwhile"),
    ],
)
def test_a_wrong_address_is_told_and_the_map_is_there(
    mapped: Place, address: str, said: str
) -> None:
    tab = follow(mapped, address)
    assert said in tab.notices.said
    assert tab.notices.said.startswith("The address was not followed.")
    assert tab.state.color_by == "label"
    assert tab.state.selection == frozenset()
    assert len(drawn(tab)["x"]) == 12


def test_an_address_without_a_map_says_so(place: Place) -> None:
    assert "There is no map yet." in follow(place, "map=run-1").notices.said


def test_items_that_are_gone_are_passed_over(mapped: Place) -> None:
    tab = mapped.tab()
    tab.state.select(mapped.item_ids[:2])
    address = shared(tab)
    mapped.host.delete_items(mapped.item_ids[:1])
    assert follow(mapped, address).state.selection == frozenset(mapped.item_ids[1:2])
