"""What is told of the selection: the item, its neighbours, what it has more often, the list."""

import asyncio
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clustering_app.projector.item_list import MOST_LINES, ItemList
from clustering_app.projector.tab import ClusteringTab
from tests.projector.conftest import Held, Place


def selecting(place: Place, rows: list[int]) -> ClusteringTab:
    tab = place.tab()
    tab.state.select_rows(rows)
    tab._show_selection()
    return tab


def neighbours(tab: ClusteringTab) -> list[tuple[str, float]]:
    asyncio.run(tab.selected_panel.neighbours.find())
    lines = tab.selected_panel.neighbours.listed.parts[1:]
    return [(line["message"][1], float(line["detail"].split()[1])) for line in lines]


@pytest.mark.parametrize("rows", [[0], [1, 4, 6]])
@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_neighbours_are_those_of_brute_force(mapped: Place, metric: str, rows: list[int]) -> None:
    tab = selecting(mapped, rows)
    panel = tab.selected_panel.neighbours
    panel.metric.value, panel.count.value = metric, 5
    features = mapped.store.read("mini-clip")
    vectors = features.vectors.astype(float)
    order = [features.item_ids.index(item_id) for item_id in mapped.item_ids]
    vectors = vectors[order]
    if metric == "cosine":
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        mean = vectors[rows].mean(0)
        distances = 1 - vectors @ mean / np.linalg.norm(mean)
    else:
        distances = np.linalg.norm(vectors - vectors[rows].mean(0), axis=1)
    expected = sorted((distances[row], row) for row in range(12) if row not in rows)[:5]
    found = neighbours(tab)
    assert [distance for _, distance in found] == pytest.approx(
        [distance for distance, _ in expected], abs=2e-3
    )
    assert not {item_id for item_id, _ in found} & tab.state.selection
    assert len(found) == 5


@pytest.mark.parametrize(("typed", "used", "listed"), [(None, 12, 11), (-3, 1, 1), (999, 200, 11)])
def test_a_number_of_neighbours_out_of_bounds_is_put_right(
    mapped: Place, typed: int | None, used: int, listed: int
) -> None:
    tab = selecting(mapped, [0])
    tab.selected_panel.neighbours.count.value = typed
    assert len(neighbours(tab)) == listed
    assert tab.selected_panel.neighbours.count.value == used


def test_neighbours_are_those_by_the_distance_chosen_last(mapped: Place) -> None:
    host: Any = Held(mapped.host)
    tab = selecting(replace(mapped, host=host), [0])
    panel = tab.selected_panel.neighbours

    async def choose_meanwhile() -> None:
        panel.listed.put()
        host.hold = True
        finding = asyncio.create_task(panel.find())
        await host.held()
        panel.metric.value = "euclidean"
        while not panel.listed.parts:
            await asyncio.sleep(0.01)
        host.go_on.set()
        await finding

    asyncio.run(asyncio.wait_for(choose_meanwhile(), 30))
    shown = panel.listed.parts
    neighbours(tab)
    assert shown == panel.listed.parts


def test_neighbours_are_selected_one_or_all(mapped: Place) -> None:
    tab = selecting(mapped, [0])
    found = neighbours(tab)
    panel = tab.selected_panel.neighbours
    panel.listed._handle_msg("Select these")
    assert tab.state.selection == {item_id for item_id, _ in found}
    panel.listed._handle_msg(["select", mapped.item_ids[2]])
    assert tab.state.selection == {mapped.item_ids[2]}


def test_a_vector_that_is_gone_is_told(mapped: Place) -> None:
    tab = selecting(mapped, [0])
    mapped.store.delete_items(mapped.item_ids[:1])
    asyncio.run(tab.selected_panel.neighbours.find())
    assert "has a vector any more" in str(tab.selected_panel.neighbours.listed.parts)


def test_one_item_is_shown_with_every_value(mapped: Place) -> None:
    mapped.host.update_metadata(mapped.item_ids[3:4], {"seen": False, "tags": ["<b>", "ü"]})
    tab = selecting(mapped, [3])
    _, item, table = tab.selected_panel.inspector.parts
    assert item["href"] == mapped.host.item_url(mapped.item_ids[3])
    rows = dict(table["rows"])
    assert rows["id"] == mapped.item_ids[3]
    assert rows["label"] == "stop"
    assert (rows["metadata.score"], rows["metadata.seen"]) == ("3", "false")
    assert rows["metadata.tags"] == '["<b>", "ü"]'
    tab.state.select_rows([2])
    tab._show_selection()
    assert "metadata.score" not in dict(tab.selected_panel.inspector.parts[2]["rows"])
    tab.state.select_rows([2, 3])
    tab._show_selection()
    assert tab.selected_panel.inspector.parts == []


def test_what_a_selection_has_more_often_is_listed(mapped: Place) -> None:
    tab = selecting(mapped, [*range(1, 12, 2)])  # those with an even cluster number
    asyncio.run(tab.selected_panel.show_statistics())
    shown = tab.selected_panel.statistics.parts
    assert [(part["title"], part.get("detail")) for part in shown[1:]] == [
        ("cluster: cluster 0", "100% here, 0% elsewhere")
    ]
    tab.state.select([])
    tab._show_selection()
    assert tab.selected_panel.statistics.parts == []


def test_every_selected_item_is_listed_in_its_order(mapped: Place) -> None:
    tab = mapped.tab()
    wanted = [mapped.item_ids[row] for row in (5, 2, 9)]
    tab._ids_chosen(tuple(wanted))
    lines = tab.selected_panel.list.lines(0, 99)
    assert [line["href"] for line in lines] == [mapped.host.item_url(one) for one in wanted]
    assert tab.selected_panel.list.items.count == 3
    assert tab.selected_panel.list.lines(1, 2) == lines[1:2]
    assert "3 items selected" in str(tab.selected_panel.list.heading.parts)


@settings(max_examples=50)
@given(st.integers(-5, 2000), st.integers(-5, 2000), st.integers(0, 3))
def test_a_list_gives_what_it_has_and_no_more(start: int, end: int, serial: int) -> None:
    asked: list[tuple[int, int]] = []
    answered: list[dict[str, Any]] = []

    class Told(ItemList):
        def _send_msg(self, message: dict[str, Any]) -> None:
            answered.append(message)

    shown = Told(lambda low, high: asked.append((low, high)) or [])  # type: ignore[func-returns-value]
    shown.show(1000)
    shown._handle_msg({"serial": serial, "from": start, "to": end})
    assert len(answered) == (serial == 1)
    assert all(0 <= low < high <= 1000 and high - low <= MOST_LINES for low, high in asked)
