"""What is taken away: the map as a picture in vectors, and its table."""

import asyncio
import io
from xml.etree import ElementTree

import numpy as np
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustering_app.projector.camera import Camera, projected
from clustering_app.projector.colours import colouring
from clustering_app.projector.picture import FADED, HEIGHT, WIDTH, Scene, svg
from host_contract.errors import InvalidInput
from tests.projector.conftest import Place
from tests.projector.seen_map import seen

SVG = "{http://www.w3.org/2000/svg}"


def scene(places: object, values: list[object], **other: object) -> Scene:
    where = np.array(places, float)
    known = {"selected": np.empty(0, int), "labels": [], "title": "t", "subtitle": "s"}
    return Scene(
        places=where, distances=np.ones(len(where)), radii=np.full(len(where), 3.0),
        colours=colouring(values), **{**known, **other},
    )  # fmt: skip


def drawn(made: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(made)


def dots(made: bytes) -> list[ElementTree.Element]:
    """The points; the circles of the key are in the second group."""
    return drawn(made).findall(f"{SVG}g")[0].findall(f"{SVG}circle")


numbers = st.floats(-3, 3, width=32)
cameras = st.builds(
    Camera, target=st.tuples(numbers, numbers, numbers), yaw=numbers,
    pitch=st.floats(-1.5, 1.5), span=st.floats(0.1, 9),
)  # fmt: skip


@given(cameras, st.sampled_from([2, 3]), st.integers(0, 2**32 - 1))
def test_points_lie_where_the_map_shows_them(camera: Camera, dimensions: int, seed: int) -> None:
    if dimensions == 2:
        camera = Camera(target=(*camera.target[:2], 0.0), yaw=0, pitch=0, span=camera.span)
    cloud = np.random.default_rng(seed).uniform(-3, 3, (40, dimensions)).astype(np.float32)
    pixels, _ = projected(cloud, camera, (WIDTH, HEIGHT))
    expected, _ = seen(cloud, camera, (WIDTH, HEIGHT))
    np.testing.assert_allclose(pixels, expected, rtol=1e-6, atol=1e-6)


def test_only_what_is_in_view_is_drawn_the_farthest_first() -> None:
    made = scene([(5, 5), (-1, 5), (7, HEIGHT + 1), (9, 9), (np.nan, 1)], ["a"] * 5)
    made = Scene(**{**vars(made), "distances": np.array([1.0, 1, 1, 2, 1])})
    circles = dots(svg(made))
    assert [circle.get("cx") for circle in circles] == ["9.0", "5.0"]


def test_colours_and_selection_are_those_of_the_map() -> None:
    values = [1.0, 3.0, None]
    made = scene([(1, 1), (2, 2), (3, 3)], values, selected=np.array([1]))
    first, second, missing = dots(svg(made))
    palette = colouring(values).palette
    assert (first.get("fill"), second.get("fill")) == (palette[0], palette[-1])
    assert missing.get("fill") not in palette
    assert first.get("fill-opacity") == missing.get("fill-opacity") == str(FADED)
    assert second.get("stroke") and second.get("fill-opacity") is None


@given(st.text(max_size=30))
def test_no_text_becomes_markup(text: str) -> None:
    made = svg(scene([(1, 1)], [text], labels=[(0, text)], title=text, subtitle=text))
    tags = {element.tag.split("}")[1] for element in drawn(made).iter()}
    assert tags == {"svg", "rect", "g", "circle", "text"}


def test_too_many_points_are_refused_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clustering_app.projector.picture.MOST_POINTS", 2)
    with pytest.raises(InvalidInput, match="isolate or zoom to fewer"):
        svg(scene([(1, 1)] * 3, ["a"] * 3))


@pytest.mark.parametrize("dimensions", [2, 3])
def test_the_tab_makes_a_picture_of_what_it_shows(mapped: Place, dimensions: int) -> None:
    mapped.write_run(dimensions=dimensions, run_id="run-2")
    tab = mapped.tab()
    tab.state.label_by = "name"
    tab.state.select(mapped.item_ids[:2])
    made = tab.download_menu.content("Picture (SVG)")
    assert len(dots(made)) == 12
    texts = [element.text for element in drawn(made).iter(f"{SVG}text")]
    assert texts[0] == "signs"
    assert f"UMAP {dimensions}D" in str(texts[1]) and "12 of 12 points" in str(texts[1])
    assert {"stop · 4", "yield · 4", "<b>turn</b> · 4"} <= set(texts)
    assert any(str(text).startswith("sign-") for text in texts)


def test_the_table_is_taken_away_as_parquet(mapped: Place) -> None:
    mapped.host.update_metadata(mapped.item_ids[:1], {"score": "none", "tags": ["a", "b"]})
    mapped.host.update_metadata(mapped.item_ids[:1], {"empty": {}, "box": {"a": 1}})
    mapped.host.update_metadata(mapped.item_ids[1:2], {"box": [{"b": 2}]})
    tab = mapped.tab()
    asyncio.run(tab.reload())
    whole = pyarrow.parquet.read_table(
        io.BytesIO(tab.download_menu.content("Shown points (Parquet)"))
    )
    assert whole.num_rows == 12
    assert whole.column("x").to_pylist() == list(range(12))
    assert str(whole.schema.field("size").type) == "int64"
    assert whole.column("labels")[0].as_py() == ["stop"]
    assert whole.column("metadata.score").to_pylist()[:2] == ['"none"', "1"]  # of several types
    assert whole.column("metadata.box").to_pylist()[:3] == ['{"a": 1}', '[{"b": 2}]', None]
    assert whole.column("metadata.empty").to_pylist()[:2] == ["{}", None]
    tab.state.select(mapped.item_ids[3:5])
    part = tab.download_menu.content("Selected points (Parquet)")
    assert (
        pyarrow.parquet.read_table(io.BytesIO(part)).column("id").to_pylist()
        == (mapped.item_ids[3:5])
    )
