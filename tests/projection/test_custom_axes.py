"""Maps whose axes go from one end to another."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from clustering_app.errors import InvalidParameters
from clustering_app.projection.custom_axes import MOST_ITEMS, CustomAxis, End, custom_axes
from clustering_app.projection.pipeline import make_run
from clustering_app.projection.placing import place_new
from clustering_app.projection.run import RunParameters
from tests.projection.mixtures import feature_set, quietly

IDS = [f"item-{row:02}" for row in range(30)]


def axis(start: End, end: End) -> CustomAxis:
    return CustomAxis(start=start, end=end)


def items(*rows: int) -> End:
    return End(items=tuple(IDS[row] for row in rows))


@given(
    st.integers(0, 2**32 - 1),
    st.sets(st.integers(0, 29), min_size=1),
    st.sets(st.integers(0, 29), min_size=1),
)
def test_agrees_with_the_difference_of_the_means(seed: int, start: set[int], end: set[int]) -> None:
    vectors = np.random.default_rng(seed).standard_normal((30, 7)).astype(np.float32)

    def mean(rows: set[int]) -> NDArray[np.float64]:
        chosen = vectors[sorted(rows)].astype(np.float64)
        found = (chosen / np.linalg.norm(chosen, axis=1, keepdims=True)).mean(axis=0)
        return np.asarray(found / np.linalg.norm(found))

    way = mean(end) - mean(start)
    if start == end:
        with pytest.raises(InvalidParameters, match="axis x"):
            custom_axes(vectors, IDS, {"x": axis(items(*start), items(*end))}, {})
        return
    found = custom_axes(vectors, IDS, {"x": axis(items(*start), items(*end))}, {})
    expected = vectors @ way / np.linalg.norm(way)
    np.testing.assert_allclose(found.scores(vectors)[:, 0], expected, atol=1e-4)
    middle = (mean(start) + mean(end))[None]
    np.testing.assert_allclose(found.scores(middle), 0.0, atol=1e-5)


def test_a_run_goes_from_items_to_a_text_and_places_new_items_on_its_axes() -> None:
    vectors = np.random.default_rng(5).standard_normal((40, 8)).astype(np.float32)
    text = np.eye(8, dtype=np.float32)[2]
    whole = feature_set(vectors)
    ids = whole.item_ids
    parameters = RunParameters(
        method="axes", spherize="off",
        axes={
            "y": axis(End(items=ids[4:6]), End(items=ids[6:7])),
            "x": axis(End(items=ids[:3], name="first"), End(text="a bird")),
        },
    )  # fmt: skip
    run = make_run(whole, parameters, quietly, {"a bird": text})
    assert run.coordinates.shape == (40, 2)
    unit = vectors[:3] / np.linalg.norm(vectors[:3], axis=1, keepdims=True)
    start = unit.mean(axis=0) / np.linalg.norm(unit.mean(axis=0))
    way = (text - start) / np.linalg.norm(text - start)
    np.testing.assert_allclose(run.coordinates[:, 0], vectors @ way, atol=1e-5)
    assert str((run.info.parameters.axes or {})["x"]) == "first to “a bird”"

    before = make_run(feature_set(vectors[:30]), parameters, quietly, {"a bird": text})
    after = place_new(before, whole, quietly)
    np.testing.assert_allclose(after.coordinates, run.coordinates, atol=1e-5)


def test_a_text_is_spherized_as_items_are() -> None:
    vectors = np.random.default_rng(6).standard_normal((40, 8)).astype(np.float32) + 3
    whole = feature_set(vectors)
    ends = axis(End(items=whole.item_ids[:1]), End(text="like the last"))
    like = axis(End(items=whole.item_ids[:1]), End(items=whole.item_ids[-1:]))
    for spherize in ("off", "centre", "standardize", "whiten"):
        by_text, by_item = (
            make_run(
                whole,
                RunParameters(method="axes", spherize=spherize, axes={"x": one, "y": like}),
                quietly,
                {"like the last": vectors[-1]},
            ).coordinates
            for one in (ends, like)
        )
        np.testing.assert_allclose(by_text, by_item, atol=1e-4)


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        (axis(items(1), items(1)), "show no direction"),
        (axis(End(items=("gone",), name="food"), items(1)), "No item of food has a vector"),
        (axis(items(0), items(1)), "show no direction"),  # the first vector is zero
    ],
)
def test_ends_that_make_no_axis_are_named(ends: CustomAxis, said: str) -> None:
    vectors = np.eye(30, 9, k=-1, dtype=np.float32)
    with pytest.raises(InvalidParameters, match=said):
        custom_axes(vectors, IDS, {"x": ends}, {})


@pytest.mark.parametrize(
    "end",
    [{}, {"items": ("a",), "text": "b"}, {"items": ("a",) * (MOST_ITEMS + 1)}, {"text": "x" * 501}],
)
def test_an_end_is_items_or_a_text(end: dict[str, object]) -> None:
    with pytest.raises(InvalidParameters):
        End(**end)  # type: ignore[arg-type]


def test_each_dimension_needs_its_axis() -> None:
    only_x = {"x": axis(items(0), items(1))}
    with pytest.raises(InvalidParameters, match="each of the axes x, y"):
        RunParameters(method="axes")
    with pytest.raises(InvalidParameters, match="x, y, z"):
        RunParameters(method="axes", dimensions=3, axes=only_x)
    assert RunParameters(axes=only_x).method == "umap"
