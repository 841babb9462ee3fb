"""The small pure pieces of the map."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustering_app.projector.colours import MISSING, MOST_NAMED, OTHER, colouring
from clustering_app.projector.labels import COLUMNS, ROWS, spread
from clustering_app.projector.parts import own_address
from clustering_app.projector.selection import packed, unpacked


@given(st.integers(0, 300).flatmap(lambda n: st.tuples(st.just(n), st.sets(st.integers(0, n)))))
def test_bits_hold_exactly_the_rows(case: tuple[int, set[int]]) -> None:
    count, rows = case
    kept = sorted(row for row in rows if row < count)
    bits = packed(kept, count)
    assert len(bits) == (count + 7) // 8
    assert unpacked(bits, count).tolist() == kept


@given(st.binary(max_size=40), st.integers(0, 200))
def test_any_bits_from_a_browser_give_rows_of_the_map(bits: bytes, count: int) -> None:
    rows = unpacked(np.frombuffer(bits, np.uint8), count)
    assert all(0 <= row < count for row in rows)


def test_numbers_get_a_scale_and_a_missing_one_no_number() -> None:
    colours = colouring([1, None, 5.0])
    assert (colours.low, colours.high, colours.categories) == (1.0, 5.0, ())
    assert np.isnan(colours.codes[1])


def test_the_rarest_categories_share_one_colour() -> None:
    values = [f"c{i}" for i in range(60) for _ in range(70 - i)] + [None]
    legend = {one.label: len(one.rows) for one in colouring(values).categories}
    assert len(legend) == MOST_NAMED + 2
    assert legend[OTHER] == sum(70 - i for i in range(MOST_NAMED, 60))
    assert legend[MISSING] == 1
    assert sum(legend.values()) == len(values)


def test_a_part_of_the_points_keeps_its_colours() -> None:
    whole = colouring(["b", "a", "b", "c", "b"])
    part = whole.of(np.array([1, 4]))
    assert part.codes.tolist() == [whole.codes[1], whole.codes[4]]
    rows = {one.label: one.rows.tolist() for one in part.categories}
    assert rows == {"a": [0], "b": [1], "c": []}


def test_labels_are_few_and_spread() -> None:
    points = np.random.default_rng(0).random((10_000, 2)).astype(np.float32)
    rows = spread(points)
    assert 0.9 * COLUMNS * ROWS < len(rows) <= COLUMNS * ROWS
    assert spread(points[:0]).tolist() == []


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "//evil.example/x", "/\\evil.example", "https://x", ""]
)
def test_only_addresses_of_this_origin_become_links(address: str) -> None:
    assert own_address(address) is None
    assert own_address("/items/1") == "/items/1"
