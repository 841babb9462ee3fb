"""What a selection has more often than the rest."""

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency

from clustering_app.projector.statistics import (
    LEAST_SELECTED,
    LEAST_Z,
    MOST_LISTED,
    over_represented,
)


@given(st.tuples(*[st.integers(0, 400)] * 4))
def test_a_value_stands_out_as_far_as_the_chi_square_of_its_table(
    counts: tuple[int, int, int, int],
) -> None:
    with_here, without_here, with_rest, without_rest = counts
    assume(with_here + without_here and with_rest + without_rest)
    values = ["red"] * with_here + [None] * without_here + ["red"] * with_rest
    values += [None] * without_rest
    selected = np.arange(len(values)) < with_here + without_here
    found = over_represented([("colour", values)], selected)
    table = np.array([[with_here, without_here], [with_rest, without_rest]])
    more = with_here * (with_rest + without_rest) > with_rest * (with_here + without_here)
    z = chi2_contingency(table, correction=False).statistic ** 0.5 if table.sum(0).all() else 0.0
    assume(abs(z - LEAST_Z) > 1e-6)
    assert bool(found) == (more and z > LEAST_Z and with_here >= LEAST_SELECTED)
    if found:
        assert abs(found[0].z - z) < 1e-6
        assert found[0].share_selected == with_here / (with_here + without_here)
        assert found[0].share_rest == with_rest / (with_rest + without_rest)


def test_what_stands_out_most_comes_first_and_numbers_and_names_are_passed_over() -> None:
    count = 3_000
    selected = np.arange(count) < 300
    columns = [
        ("name", [f"{row}.png" for row in range(count)]),
        ("size", list(range(count))),
        ("label", ["cat" if row < 250 else "dog" for row in range(count)]),
        ("metadata.reviewed", [row < 400 for row in range(count)]),
    ]
    found = over_represented(columns, selected)
    assert [(one.field, one.value) for one in found] == [
        ("label", "cat"),
        ("metadata.reviewed", "true"),
    ]
    assert found[0].share_rest == 0.0
    many = [(f"field {number}", columns[2][1]) for number in range(9)]
    assert len(over_represented(many, selected)) == MOST_LISTED


def test_a_small_selection_does_not_stand_out_by_the_names_of_its_items() -> None:
    names = [("name", [f"{row}.png" for row in range(240)])]
    assert over_represented(names, np.arange(240) < 2) == []


def test_nothing_stands_out_of_nothing_or_of_everything() -> None:
    column = [("label", ["cat"] * 5 + ["dog"] * 5)]
    assert over_represented(column, np.zeros(10, bool)) == []
    assert over_represented(column, np.ones(10, bool)) == []
