"""What the colours stand for: a range of numbers that is selected, and colours of one's own."""

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest
from bokeh.models import LinearColorMapper

from clustering_app.projector.own_colours import read_own_colours
from clustering_app.projector.tab import ClusteringTab
from tests.projector.conftest import Place


def coloured_by(place: Place, field: str) -> ClusteringTab:
    tab = place.tab()
    asyncio.run(tab._field_chosen("color_by", field))
    return tab


def coloured_by_values(place: Place, values: Sequence[float]) -> ClusteringTab:
    """A tab that is coloured by a field with these values for the first items."""
    for item_id, value in zip(place.item_ids, values, strict=False):
        place.host.update_metadata([item_id], {"value": value})
    return coloured_by(place, "metadata.value")


def colours(tab: ClusteringTab) -> dict[str, str]:
    return {line["label"]: line["colour"] for line in tab.controls.legend.lines}


@pytest.mark.parametrize(("low", "high"), [(3, 7), (3.5, 3.5), (5, 5), (-1e300, 1e300)])
def test_a_range_selects_what_numpy_finds(mapped: Place, low: float, high: float) -> None:
    tab = coloured_by(mapped, "metadata.score")
    tab.controls.colour_bar._handle_msg([low, high])
    expected = [row for row in range(1, 12, 2) if low <= row <= high]  # the others have no score
    assert tab.state.selected_rows().tolist() == expected


@pytest.mark.parametrize(
    "values",
    [
        [1_700_000_000 + row for row in range(12)],  # seconds: a float32 has one number for all
        [2**60 + 512 * row for row in range(12)],
        [1.7976931348623157e308 * (row / 6 - 1) for row in range(12)],
        [1e-320 * row for row in range(12)],
    ],
)
def test_numbers_that_differ_late_or_widely_are_told_apart(
    mapped: Place, values: list[float]
) -> None:
    tab = coloured_by_values(mapped, values)
    bar = tab.controls.colour_bar
    assert (bar.low, bar.high, sum(bar.counts)) == (values[0], values[-1], 12)
    bar._handle_msg([values[3], values[5]])
    assert tab.state.selected_rows().tolist() == [3, 4, 5]
    codes = tab.state.colours().codes
    assert len(set(codes.tolist())) == 12
    assert codes[0] == 0.0 and codes[-1] == 1.0
    assert tab.download_menu.content("Picture (SVG)").startswith(b"<svg")


@pytest.mark.parametrize("values", [[2**64 + 1] * 2, [10**400, 1], [2**60, 2**60 + 1], [0.1, 0.1]])
def test_numbers_that_no_float_tells_apart_break_nothing(
    mapped: Place, values: list[float]
) -> None:
    tab = coloured_by_values(mapped, values)
    assert tab.download_menu.content("Picture (SVG)").startswith(b"<svg")
    assert sum(tab.controls.colour_bar.counts) in (0, 2)


def test_the_histogram_counts_the_shown_points(mapped: Place) -> None:
    tab = coloured_by(mapped, "metadata.score")
    bar = tab.controls.colour_bar
    assert (bar.low, bar.high, sum(bar.counts)) == (1.0, 11.0, 6)
    tab.state.select(mapped.item_ids[:4])
    tab.selection_bar.act("isolate")
    assert (bar.low, bar.high, sum(bar.counts)) == (1.0, 11.0, 2)
    bar._handle_msg([0, 99])
    assert tab.state.selected_ids() == sorted(mapped.item_ids[1:4:2])
    asyncio.run(tab._field_chosen("color_by", "label"))
    assert bar.counts == []


@pytest.mark.parametrize("said", [[2, 1], [float("nan"), 1], ["1", "2"], [1], None, [0, np.inf]])
def test_a_range_that_is_none_changes_nothing(mapped: Place, said: object) -> None:
    tab = coloured_by(mapped, "metadata.score")
    tab.controls.colour_bar._handle_msg(said)
    assert tab.state.selection == frozenset()


def test_a_colour_of_ones_own_is_kept_with_the_dataset(mapped: Place) -> None:
    tab = mapped.tab()
    first = colours(tab)
    tab.controls.legend._handle_msg(["colour", "<b>turn</b>", "#123456"])
    assert colours(tab) == {**first, "<b>turn</b>": "#123456"}
    assert (
        "#123456" in tab.map_panel.canvas.plane.pane().object.select_one(LinearColorMapper).palette
    )
    asyncio.run(tab._keep_colour("label", "<b>turn</b>", "#123456"))
    mapped.write_run(run_id="run-2")
    other = mapped.tab()
    assert colours(other) == colours(tab)
    assert [line["own"] for line in other.controls.legend.lines if line["own"]] == [True]
    other.controls.legend._handle_msg(["own colour", "<b>turn</b>"])
    assert colours(other) == first
    asyncio.run(other._keep_colour("label", "<b>turn</b>", None))
    assert colours(mapped.tab()) == first


def test_each_field_has_colours_of_its_own(mapped: Place) -> None:
    tab = mapped.tab()
    asyncio.run(tab._keep_colour("label", "stop", "#000001"))
    asyncio.run(tab._keep_colour("cluster", "cluster 0", "#000002"))
    assert read_own_colours(mapped.store) == {
        "label": {"stop": "#000001"},
        "cluster": {"cluster 0": "#000002"},
    }


@pytest.mark.parametrize(
    "said",
    [["colour", "stop", "red"], ["colour", "stop", "#12345g"], ["colour", "stop"], ["own colour"]],
)
def test_what_is_no_colour_changes_nothing(mapped: Place, said: object) -> None:
    tab = mapped.tab()
    before = colours(tab)
    tab.controls.legend._handle_msg(said)
    assert colours(tab) == before
