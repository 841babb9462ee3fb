"""What the controls choose for the next run, driven without a browser."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from clustering_app.errors import InvalidParameters
from clustering_app.functions import _parameters
from clustering_app.projection.custom_axes import MOST_ITEMS, CustomAxis, End
from clustering_app.projection.run import RunParameters
from clustering_app.projection.runs import read_run, write_run
from clustering_app.projector.axes_form import items_end
from clustering_app.projector.saved_selections import list_selections
from clustering_app.projector.tab import ClusteringTab
from tests.projector.conftest import Place


def choose(tab: ClusteringTab, *message: Any) -> None:
    """An end of a custom axis, as the browser tells it."""
    asyncio.run(tab.axes_form._handle_msg(list(message)))


def test_controls_start_as_the_last_run_and_mark_what_changed(mapped: Place) -> None:
    tab = mapped.tab()
    assert tab.controls.changed() == []
    tab.controls.parameters.neighbours.value = 30
    tab.controls.parameters.seed.value = 7
    assert tab.controls.changed() == ["neighbours", "seed"]
    tab.controls.parameters.perplexity.value = 40
    assert not tab.controls.parameters.perplexity.visible
    assert tab.controls.changed() == ["neighbours", "seed"]
    tab.controls.parameters.method.value = "tsne"
    assert tab.controls.parameters.perplexity.visible
    assert not tab.controls.parameters.neighbours.visible
    assert tab.controls.changed() == ["method", "perplexity", "seed"]
    tab.controls.parameters.method.value = "pca"
    assert tab.controls.changed() == ["method", "seed"]
    assert "Changed since: method, seed" in str(tab.controls.last_run.parts)


def test_custom_axes_keep_the_ends_that_were_chosen(mapped: Place) -> None:
    tab = mapped.tab()
    tab.state.select(mapped.item_ids[:3])
    asyncio.run(tab.selections_panel.save("three"))
    parameters = tab.controls.parameters
    parameters.method.value = "axes"
    assert parameters.axes.visible and not parameters.neighbours.visible
    tab._show_selection()
    choose(tab, "x", "start", "selection")
    tab.state.select(mapped.item_ids[5:6])
    choose(tab, "x", "end", "selection")
    choose(tab, "y", "start", "saved", list_selections(mapped.store)[0].id)
    asyncio.run(tab.run())
    assert "Choose both ends of each of the axes x, y." in tab.notices.said
    choose(tab, "y", "end", "text", "  a   stop sign ")
    tab.state.select([])
    assert tab.axes_form.described == {
        "x start": "3 items selected", "x end": "1 item selected",
        "y start": "three, 3 items", "y end": "“a stop sign”",
    }  # fmt: skip
    assert tab.controls.changed() == ["method", "axes"]
    sent = tab.controls.inputs()
    assert sent["axes"]["x"]["start"]["items"] == mapped.item_ids[:3]
    assert _parameters(without(sent)).axes == {
        "x": CustomAxis(
            start=End(items=tuple(mapped.item_ids[:3]), name="3 items selected"),
            end=End(items=tuple(mapped.item_ids[5:6]), name="1 item selected"),
        ),
        "y": CustomAxis(
            start=End(items=tuple(mapped.item_ids[:3]), name="three, 3 items"),
            end=End(text="a stop sign"),
        ),
    }
    parameters.dimensions.value = 3
    assert tab.axes_form.names == ["x", "y", "z"]
    parameters.method.value = "umap"
    assert tab.controls.inputs()["axes"] is None


@pytest.mark.parametrize(
    ("typed", "used"),
    [
        ({"seed": None, "fit_on": None, "learning_rate": None}, {"seed": 0, "fit_on": 0}),
        ({"seed": -1, "fit_on": -100, "learning_rate": -1.0}, {"seed": 0, "fit_on": 0}),
        ({"seed": 2**40, "fit_on": 150, "learning_rate": 0.0}, {"seed": 2**32 - 1, "fit_on": 150}),
    ],
)
def test_a_run_starts_with_empty_fields_and_shows_what_it_used(
    mapped: Place, typed: dict[str, Any], used: dict[str, Any]
) -> None:
    tab = mapped.tab()
    used = used | {"learning_rate": 0.0}
    for name, value in typed.items():
        getattr(tab.controls.parameters, name).value = value
    asyncio.run(tab.run())
    (started,) = mapped.host.executions(mapped.dataset.id)
    mapped.host.cancel_execution(started.id)
    assert {name: started.inputs[name] for name in used} == used
    assert {name: getattr(tab.controls.parameters, name).value for name in used} == used


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("seed", None, "a whole number"), ("fit_on", 100.5, "a whole number"),
        ("neighbours", "15", "a whole number"), ("learning_rate", None, "a number"),
        ("min_dist", "0.1", "a number"),
    ],
)  # fmt: skip
def test_what_is_no_number_is_refused_by_name(name: str, value: Any, said: str) -> None:
    with pytest.raises(InvalidParameters, match=f"{name} is {value!r}; it must be {said}"):
        RunParameters(**{name: value})


def without(sent: dict[str, Any]) -> dict[str, Any]:
    """The parameters among the inputs of a run."""
    return {name: value for name, value in sent.items() if name != "feature_set"}


@pytest.mark.parametrize(
    "message",
    [
        ["w", "start", "selection"], ["x", "middle", "selection"], ["x", "start"],
        ["x", "start", "selection"], ["x", "start", "saved", "../runs"],
        ["x", "start", "text", "   "], ["x", "start", "text", 3], "x", None, {"x": 1},
    ],
)  # fmt: skip
def test_a_message_that_chooses_nothing_changes_nothing(mapped: Place, message: Any) -> None:
    tab = mapped.tab()
    asyncio.run(tab.axes_form._handle_msg(message))
    assert tab.axes_form.described == {}


def test_of_very_many_items_some_stand_for_all() -> None:
    ids = [f"item-{row:05}" for row in range(5230)]
    end = items_end(ids, "selected")
    assert end is not None
    assert str(end) == "1,000 of 5,230 items selected"
    assert len(set(end.items)) == MOST_ITEMS
    assert (end.items[0], end.items[-1]) == (ids[0], ids[-1])
    assert items_end([], "selected") is None


def test_a_map_by_custom_axes_says_where_they_go_and_fills_the_controls(mapped: Place) -> None:
    ends = {
        "x": CustomAxis(start=End(items=tuple(mapped.item_ids[:3]), name="food"),
                        end=End(text="a <b>bird</b>")),
        "y": CustomAxis(start=End(text="night"), end=End(text="day")),
    }  # fmt: skip
    run = read_run(mapped.store, "run-1")
    chosen = RunParameters(method="axes", axes=ends)
    write_run(mapped.store, replace(run, info=replace(run.info, id="run-2", parameters=chosen)))
    tab = mapped.tab()
    said = str(tab.controls.last_run.parts)
    assert "Custom axes" in said
    assert "x: food to “a <b>bird</b>”. y: “night” to “day”" in said
    assert tab.controls.changed() == []
    assert tab.axes_form.described["y end"] == "“day”"
    choose(tab, "y", "end", "text", "dusk")
    assert tab.controls.changed() == ["axes"]
    assert "Changed since: axes. Press Run." in str(tab.controls.last_run.parts)


def test_components_are_offered_with_the_variance_of_each(mapped: Place) -> None:
    run = read_run(mapped.store, "run-1")
    chosen = RunParameters(method="pca", component_x=2, component_y=1)
    shares = (0.5, 0.25, 0.125, 0.0625)
    info = replace(run.info, id="run-2", parameters=chosen, explained_variance=shares)
    write_run(mapped.store, replace(run, info=info))
    tab = mapped.tab()
    parameters = tab.controls.parameters
    assert list(parameters.component_x.options)[:5] == [
        "1 · 50.0%", "2 · 25.0%", "3 · 12.5%", "4 · 6.2%", "5",
    ]  # fmt: skip
    assert "Variance explained: 25% + 50%" in str(tab.controls.last_run.parts)
    assert parameters.component_x.visible and not parameters.component_z.visible
    parameters.component_y.value = 4
    assert tab.controls.changed() == ["component of y"]
    assert tab.controls.inputs()["component_y"] == 4
    parameters.dimensions.value = 3
    assert parameters.component_z.visible
