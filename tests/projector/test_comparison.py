"""Two maps side by side: the same items, selection and colours."""

import asyncio

import numpy as np
import pytest

from clustering_app.projector.tab import ClusteringTab
from tests.projector.conftest import Place


@pytest.fixture
def tab(mapped: Place) -> ClusteringTab:
    """A tab on the newest of two maps, the older of which has 8 of its 12 items."""
    mapped.write_run(8, run_id="run-0", dimensions=3)
    opened = mapped.tab()
    asyncio.run(opened.comparison.compare("run-0"))
    return opened


def test_a_map_beside_shows_the_items_that_both_have(mapped: Place, tab: ClusteringTab) -> None:
    beside = tab.comparison.beside.points
    assert beside is not None
    assert tab.state.points is not None
    assert tab.state.points.run.id == "run-1"
    assert beside.run.id == "run-0"
    assert beside.item_ids == tuple(mapped.item_ids[:8])
    np.testing.assert_array_equal(beside.coordinates[:, 0], np.arange(8))
    np.testing.assert_array_equal(beside.clusters, tab.state.points.clusters[:8])


def test_a_selection_on_either_is_one_on_both(mapped: Place, tab: ClusteringTab) -> None:
    tab._ids_chosen(tuple(mapped.item_ids[6:10]))
    assert tab.comparison.beside.selection == set(mapped.item_ids[6:8])
    panel = tab.comparison.map_panel
    assert panel is not None
    panel.rows_selected(np.array([1, 2]))
    assert tab.state.selection == set(mapped.item_ids[1:3])
    tab.state.isolate()
    tab._commanded("isolate")
    assert tab.comparison.beside.shown().tolist() == [1, 2]


def test_colours_are_the_same(tab: ClusteringTab) -> None:
    asyncio.run(tab._field_chosen("color_by", "cluster"))
    colours = tab.comparison.beside.colours()
    assert tab.comparison.beside.color_by == "cluster"
    np.testing.assert_array_equal(colours.codes, tab.state.colours().codes[:8])


def test_only_other_maps_are_offered(mapped: Place, tab: ClusteringTab) -> None:
    choice = tab.comparison.choice
    assert list(choice.options.values()) == ["", "run-0"]
    choice.value = "run-0"
    asyncio.run(tab.open_map("run-0"))
    assert list(choice.options.values()) == ["", "run-1"]
    assert choice.value == ""
    assert not tab.comparison.view().visible


def test_maps_of_one_second_can_each_be_chosen(mapped: Place) -> None:
    """Those whose ids end alike were made at the same time."""
    for number in (1, 2, 3):
        mapped.write_run(number + 3, run_id=f"run-{number}5")
    tab = mapped.tab()
    runs = ["run-35", "run-25", "run-15", "run-1"]
    assert list(tab.controls.history.options.values()) == runs
    assert list(tab.comparison.choice.options.values()) == ["", *runs[1:]]
    names = {run_id: name for name, run_id in tab.controls.history.options.items()}
    assert names["run-35"] == f"{names['run-15']} · 3"
    mapped.write_run(8, run_id="run-45")
    asyncio.run(tab.reload())
    later = {run_id: name for name, run_id in tab.controls.history.options.items()}
    assert names.items() <= later.items(), "a map keeps its name"


def test_the_map_that_was_chosen_last_is_shown(mapped: Place, tab: ClusteringTab) -> None:
    mapped.write_run(5, run_id="run-2")

    async def both() -> None:
        await asyncio.gather(*map(tab.comparison.compare, ("run-0", "run-2", "run-0", "run-2")))

    for _ in range(5):
        asyncio.run(both())
        assert tab.comparison.beside.points is not None
        assert tab.comparison.beside.points.run.id == "run-2"


def test_a_map_that_was_being_read_is_not_kept_by_a_closed_tab(tab: ClusteringTab) -> None:
    async def closed_meanwhile() -> None:
        reading = asyncio.create_task(tab.comparison.compare("run-0"))
        await asyncio.sleep(0)
        tab.close()
        await reading

    asyncio.run(closed_meanwhile())
    assert tab.comparison.beside.points is None
