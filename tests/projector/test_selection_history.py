"""What is selected and shown, changed by any sequence of commands."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clustering_app.projector.map_state import SIMILARITY, MapState
from tests.projector.conftest import points_of

COUNT = 9
COMMANDS = st.one_of(
    st.sampled_from(["isolate", "hide", "show_all", "invert"]).map(lambda name: (name, ())),
    st.sets(st.integers(0, COUNT - 1)).map(lambda rows: ("select", tuple(sorted(rows)))),
    st.tuples(
        st.sampled_from(["select", "isolate", "hide", "show"]).map(lambda act: f"{act}_category"),
        st.sampled_from(["cluster 0", "cluster 1", "cluster 2", "no such line"]),
    ),
)


def a_state() -> MapState:
    """Nine points, coloured by their three clusters in turn."""
    state = MapState()
    state.contents = points_of(COUNT)
    state.color_by = "cluster"
    return state


def apply(state: MapState, command: tuple[str, tuple[int, ...] | str]) -> None:
    name, rows = command
    if isinstance(rows, str):
        getattr(state, name)(rows)
    elif name == "select":
        state.select(state.contents.points.item_ids[row] for row in rows)
    else:
        getattr(state, name)()


def seen(state: MapState) -> tuple[list[str], list[int], list[int]]:
    return state.selected_ids(), state.shown().tolist(), state.selected_rows().tolist()


@settings(max_examples=60)
@given(st.lists(COMMANDS, max_size=25))
def test_undo_goes_back_step_by_step_and_redo_forward_again(
    commands: list[tuple[str, tuple[int, ...] | str]],
) -> None:
    state = a_state()
    seen_before = [seen(state)]
    for command in commands:
        apply(state, command)
        assert len(state.shown()) > 0
        seen_before.append(seen(state))
    end = seen_before[-1]
    for _ in commands:
        state.undo()
        assert seen(state) in seen_before
    assert seen(state) == seen_before[0]
    for _ in commands:
        state.redo()
    assert seen(state) == end


@given(st.lists(COMMANDS, max_size=10))
def test_a_command_whose_button_is_grey_would_change_nothing(
    commands: list[tuple[str, tuple[int, ...] | str]],
) -> None:
    state = a_state()
    for command in commands:
        apply(state, command)
    calls = {
        "isolate": state.isolate,
        "hide": state.hide,
        "show all": state.show_all,
        "invert": state.invert,
        "clear": lambda: state.select([]),
        "undo": state.undo,
        "redo": state.redo,
    }
    assert set(state.possible()) <= set(calls)
    for name in set(calls) - set(state.possible()):
        before = seen(state)
        calls[name]()
        assert seen(state) == before


@given(st.sets(st.integers(0, COUNT - 1)))
def test_inverting_selects_the_rest_of_what_is_shown(rows: set[int]) -> None:
    state = a_state()
    apply(state, ("select", tuple(rows)))
    state.invert()
    assert state.selected_rows().tolist() == sorted(set(range(COUNT)) - rows)
    state.invert()
    assert state.selected_rows().tolist() == sorted(rows)


def test_hiding_leaves_the_rest_and_never_nothing() -> None:
    state = a_state()
    state.select_rows([0, 3])
    state.hide()
    assert state.shown().tolist() == [1, 2, 4, 5, 6, 7, 8]
    assert state.selection == frozenset()
    state.select_rows(np.arange(7))
    state.hide()
    assert len(state.shown()) == 7
    state.show_all()
    assert len(state.shown()) == COUNT


def test_the_legend_selects_hides_isolates_and_shows_again() -> None:
    state = a_state()
    first, second, third = (line.label for line in state.legend())
    state.select_category(second)
    assert state.selected_rows().tolist() == [1, 4, 7]
    state.hide_category(second)
    assert (state.shown() % 3 != 1).all() and not state.selection
    assert [(line.shown, line.count) for line in state.legend()] == [(3, 3), (0, 3), (3, 3)]
    state.isolate_category(third)
    assert state.shown().tolist() == [2, 5, 8]
    state.hide_category(third)
    assert state.shown().tolist() == [2, 5, 8], "something is always shown"
    state.show_category(second)
    state.show_category(first)
    assert state.isolated is None


def test_a_new_change_forgets_what_could_be_redone() -> None:
    state = a_state()
    state.select_rows([1])
    state.select_rows([2])
    state.undo()
    state.select_rows([3])
    state.redo()
    assert state.selected_rows().tolist() == [3]


def test_after_a_search_by_text_the_most_similar_come_first() -> None:
    state = a_state()
    ids = state.contents.points.item_ids
    state.compare({ids[0]: 0.1, ids[1]: 0.9, ids[2]: -0.2})
    state.select(set(ids[:4]))
    assert state.color_by == SIMILARITY
    assert state.listed() == [(ids[1], 0.9), (ids[0], 0.1), (ids[2], -0.2), (ids[3], None)]
    state.select((ids[2], ids[1], ids[3]))
    assert state.listed() == [(ids[2], -0.2), (ids[1], 0.9), (ids[3], None)]
    state.color_by = "label"
    assert state.listed() == [(ids[2], None), (ids[1], None), (ids[3], None)]
    state.select(set(ids[:4]))
    assert state.listed() == [(item_id, None) for item_id in sorted(ids[:4])]
