"""Search by conditions on fields, and by a picture of the user's."""

import asyncio
import dataclasses
import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from clustering_app.extraction.decode import decode_image
from clustering_app.extraction.loading import load_encoder
from clustering_app.projector.conditions import OPERATORS, query_of
from clustering_app.projector.map_state import SIMILARITY
from clustering_app.projector.notices import mismatch
from clustering_app.projector.search_panel import BY_PICTURE, BY_TEXT, CONDITIONS
from clustering_app.projector.tab import ClusteringTab
from clustering_app.vectors.feature_set import IMPORTED
from host_contract.context import Host
from host_contract.errors import InvalidInput
from host_contract.query import parse_query
from tests.projector.conftest import FINGERPRINT, Held, Place

SCORES = {row: row if row % 2 else None for row in range(12)}


def asked(tab: ClusteringTab, *conditions: list[str], join: str = "all") -> list[int]:
    """Rows that the form's conditions select; each with an end, empty but for ranges."""
    tab.finder.search_panel.mode.value = CONDITIONS
    sent = {"join": join, "conditions": [[*one, ""][:4] for one in conditions]}
    asyncio.run(tab.finder.search_panel.form._handle_msg(sent))
    return tab.state.selected_rows().tolist()


@pytest.mark.parametrize(
    ("condition", "meets"),
    [
        (["metadata.score", "=", "5"], lambda score: score == 5),
        (["metadata.score", "≠", "5"], lambda score: score != 5),
        (["metadata.score", "<", "5"], lambda score: score is not None and score < 5),
        (["metadata.score", "≤", "5"], lambda score: score is not None and score <= 5),
        (["metadata.score", ">", "5"], lambda score: score is not None and score > 5),
        (["metadata.score", "≥", "5"], lambda score: score is not None and score >= 5),
        (["metadata.score", "in range", "3", "7"], lambda score: score in (3, 5, 7)),
        (["metadata.score", "exists", ""], lambda score: score is not None),
    ],
)
def test_each_comparison_finds_what_python_finds(
    mapped: Place, condition: list[str], meets: object
) -> None:
    tab = mapped.tab()
    assert asked(tab, condition) == [row for row, score in SCORES.items() if meets(score)]  # type: ignore[operator]


def test_several_conditions_are_joined(mapped: Place) -> None:
    tab = mapped.tab()
    yields, high = ["label", "=", "yield"], ["metadata.score", "≥", "7"]
    assert asked(tab, yields, high) == [7]
    assert asked(tab, yields, high, join="any") == [1, 4, 7, 9, 10, 11]
    assert "found" in str(tab.finder.search_panel.answer.parts)


def test_what_the_map_says_of_an_item_is_a_field_too(mapped: Place) -> None:
    """Of the twelve points each other one is in cluster 0, and the scores go from 0 to 1."""
    tab = mapped.tab()
    assert {"cluster", "outlier score", "trust"} <= set(tab.finder.search_panel.form.fields)
    inside, high = list(range(1, 12, 2)), [9, 10, 11]
    assert asked(tab, ["cluster", "=", "0"]) == inside
    assert asked(tab, ["cluster", "=", "cluster 0"]) == inside
    assert asked(tab, ["cluster", "exists", ""]) == inside
    assert asked(tab, ["cluster", "≠", "0"]) == list(range(0, 12, 2))
    assert asked(tab, ["fine cluster", "=", "cluster 1"]) == [1, 4, 7, 10]
    assert asked(tab, ["broad cluster", "=", "0"]) == list(range(12))
    assert asked(tab, ["cluster name", "exists", ""]) == []
    asyncio.run(tab.clusters_panel.describe("fine cluster"))
    assert "cluster name" in tab.finder.search_panel.form.fields
    assert asked(tab, ["cluster name", "contains", "STOP"]) == [0, 3, 6, 9]
    assert asked(tab, ["outlier score", "≥", "0.8"]) == high
    assert asked(tab, ["outlier score", "≥", "0.8"], ["cluster", "contains", "CLUSTER"]) == [9, 11]
    assert asked(tab, ["trust", "in range", "0.5", "1"], ["label", "=", "stop"]) == [0, 3, 6, 9]
    other = mapped.tab()
    asyncio.run(other.sharing.follow(tab.sharing.button.fragment))
    assert other.state.selected_rows().tolist() == [0, 3, 6, 9]


def test_an_item_that_is_not_on_the_map_has_no_cluster(place: Place) -> None:
    place.write_vectors()
    place.write_run(count=6)
    tab = place.tab()
    assert asked(tab, ["outlier score", "≥", "0"]) == list(range(6))
    assert "6 found." in str(tab.finder.search_panel.answer.parts)
    asked(tab, ["cluster", "≠", "0"])
    assert "10 found, 3 on the map." in str(tab.finder.search_panel.answer.parts)


def test_a_number_of_many_digits_is_compared_in_all_of_them(mapped: Place) -> None:
    for row in range(3):
        mapped.host.update_metadata(mapped.item_ids[row : row + 1], {"id": 2**53 + row})
    assert asked(mapped.tab(), ["metadata.id", "=", str(2**53 + 1)]) == [1]


def test_a_figure_of_the_map_is_compared_as_it_is_shown(mapped: Place) -> None:
    tab = mapped.tab()
    points = tab.state.points
    assert points is not None
    shown = points.value(3, "outlier score")
    assert asked(tab, ["outlier score", "=", str(shown)]) == [3]
    assert asked(tab, ["outlier score", "≤", str(shown)]) == [0, 1, 2, 3]


def test_a_number_kept_as_a_text_is_found_too(mapped: Place) -> None:
    mapped.host.update_metadata(mapped.item_ids[:1], {"score": "5"})
    assert asked(mapped.tab(), ["metadata.score", "=", "5"]) == [0, 5]


@pytest.mark.parametrize(
    "sent",
    [
        None, [], {"join": "none", "conditions": [["label", "=", "a", ""]]},
        {"join": "all", "conditions": []}, {"join": "all", "conditions": [["label", "~", "a", ""]]},
        {"join": "all", "conditions": [["label", "=", "", ""]]},
        {"join": "all", "conditions": [["size", "in range", "1", ""]]},
        {"join": "all", "conditions": [["label", "=", "a", ""]] * 21},
    ],
)  # fmt: skip
def test_what_is_no_condition_is_said_in_a_line(mapped: Place, sent: object) -> None:
    tab = mapped.tab()
    asyncio.run(tab.finder.search_panel.form._handle_msg(sent))
    assert tab.finder.search_panel.answer.parts[0]["kind"] == "error"
    assert tab.state.selection == frozenset()


@given(
    st.lists(
        st.tuples(st.sampled_from(["label", "size", "metadata.a b"]), st.sampled_from([*OPERATORS]),
                  st.text(max_size=9), st.text(max_size=9)), min_size=1, max_size=4,
    )
)  # fmt: skip
def test_a_form_makes_a_query_or_is_refused(conditions: list[tuple[str, ...]]) -> None:
    try:
        query = query_of({"join": "all", "conditions": [list(one) for one in conditions]})
    except InvalidInput:
        return
    parse_query(query)


def test_conditions_are_shared_by_the_address(mapped: Place) -> None:
    tab = mapped.tab()
    found = asked(tab, ["metadata.score", "in range", "3", "9"])
    other = mapped.tab()
    asyncio.run(other.sharing.follow(tab.sharing.button.fragment))
    assert other.state.selected_rows().tolist() == found
    asyncio.run(other.sharing.follow("search=%7B%22a%22%3A1%7D&how=Conditions"))
    assert "There is no field 'a'" in other.notices.said


@pytest.fixture
def encoded(place: Place) -> Place:
    """The dataset with vectors by the model that comes with the app, of pictures that differ."""
    encoder = load_encoder("mini-clip")
    place.store.create("mini-clip", encoder.fingerprint)
    for index, item_id in enumerate(place.item_ids):
        picture = decode_image(io.BytesIO(drawn(index)), target_pixels=encoder.image_size)
        vectors = encoder.encode_images(encoder.prepare(picture)[None])
        place.store.append("mini-clip", [item_id], ["v"], vectors)
    place.write_run()
    return place


def drawn(index: int) -> bytes:
    content = io.BytesIO()
    pixels = np.random.default_rng(index).integers(0, 256, (4, 4, 3), np.uint8)
    Image.fromarray(pixels).resize((64, 64), Image.Resampling.NEAREST).save(content, "PNG")
    return content.getvalue()


def test_a_picture_finds_what_looks_like_it(encoded: Place) -> None:
    tab = encoded.tab()
    panel = tab.finder.search_panel
    panel.mode.value = BY_PICTURE
    panel.count.value = 3
    asyncio.run(panel.upload._handle_msg({"name": "mine.png", "content": drawn(7)}))
    assert "The 3 most similar to mine.png" in str(panel.answer.parts)
    (first, score), *rest = tab.state.listed()
    assert first == encoded.item_ids[7]
    assert score == pytest.approx(1, abs=1e-3)
    assert len(rest) == 2
    assert tab.state.color_by == SIMILARITY


@pytest.mark.parametrize(
    ("typed", "used", "selected"), [(-3, 1, 1), (0, 1, 1), (None, 50, 12), (20_000, 10_000, 12)]
)
def test_a_number_out_of_bounds_is_put_right_and_shown(
    encoded: Place, typed: int | None, used: int, selected: int
) -> None:
    tab = encoded.tab()
    panel = tab.finder.search_panel
    panel.mode.value, panel.text = BY_TEXT, "a red bird"
    panel.count.value = typed
    asyncio.run(tab.finder.search())
    assert f"The {selected} nearest to the text" in str(panel.answer.parts)
    assert len(tab.state.selection) == selected
    assert panel.count.value == used
    panel.count.value = typed
    asyncio.run(panel.upload._handle_msg({"name": "mine.png", "content": drawn(7)}))
    assert len(tab.state.selection) == selected
    tab.state.select(encoded.item_ids[:1])
    panel.count.value = typed
    asyncio.run(tab.finder.find_similar())
    assert len(tab.state.selection) == min(used, 11)
    assert panel.count.value == used


class Unplugged:
    """A host whose disk can be pulled out."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.gone = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._host, name)

    def storage(self, dataset_id: str) -> str:
        if self.gone:
            raise OSError("no such device")
        return self._host.storage(dataset_id)


def test_a_search_that_breaks_down_does_not_go_on_for_ever(encoded: Place) -> None:
    host: Any = Unplugged(encoded.host)
    tab = ClusteringTab(host, encoded.dataset)
    asyncio.run(tab.reload())
    host.gone = True
    panel = tab.finder.search_panel
    panel.mode.value, panel.text = BY_TEXT, "a red bird"
    with pytest.raises(OSError, match="no such device"):
        asyncio.run(tab.finder.search())
    [told] = panel.answer.parts
    assert (told["kind"], told["title"]) == (
        "error", "The search failed. Try again; the host's log says more.",
    )  # fmt: skip


@pytest.mark.parametrize("earlier", ["find_similar", "find_duplicates"])
def test_what_was_searched_for_last_is_selected(mapped: Place, earlier: str) -> None:
    host: Any = Held(mapped.host)
    tab = ClusteringTab(host, mapped.dataset)
    asyncio.run(tab.reload())
    tab.state.select(mapped.item_ids[:1])
    panel = tab.finder.search_panel

    async def search_meanwhile() -> None:
        host.hold = True
        finding = asyncio.create_task(getattr(tab.finder, earlier)())
        await host.held()
        panel.text = "yield"
        await tab.finder.search()
        host.go_on.set()
        await finding

    asyncio.run(asyncio.wait_for(search_meanwhile(), 60))
    assert tab.state.selected_rows().tolist() == [1, 4, 7, 10]
    assert panel.answer.parts[0]["title"] == "4 found."
    assert tab.finder.duplicates_panel.answer.parts == []


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "empty"), (b"<svg/>", "picture"), (drawn(1)[:60], ""), (None, "more than 12 MiB")],
)
def test_what_is_no_picture_is_told(encoded: Place, content: bytes | None, said: str) -> None:
    tab = encoded.tab()
    asyncio.run(tab.finder.search_panel.upload._handle_msg({"name": "<b>", "content": content}))
    [told] = tab.finder.search_panel.answer.parts
    assert told["kind"] == "error"
    assert said in told["title"]
    assert tab.state.selection == frozenset()


def test_imported_vectors_say_that_no_text_can_be_compared_with_them(place: Place) -> None:
    fingerprint = dataclasses.replace(FINGERPRINT, model="mine", architecture=IMPORTED)
    place.store.create("mine", fingerprint)
    place.store.append("mine", place.item_ids[:10], ["v"] * 10, np.eye(4)[np.arange(10) % 4])
    place.write_run(10, feature_set="mine")
    tab = place.tab()
    assert "mine · 4 · 10 items" in tab.controls.tensor.options
    tab.finder.search_panel.mode.value = BY_TEXT
    tab.finder.search_panel.text = "a red bird"
    asyncio.run(tab.finder.search())
    assert "were imported, and no model" in str(tab.finder.search_panel.answer.parts)
    warned = str(mismatch(tab.state.contents))
    assert "was imported, not for every item" in warned
    assert "Rerun" not in warned
    asyncio.run(tab.extract())
    (started,) = place.host.executions(place.dataset.id)
    assert started.inputs["model"] == "mini-clip"
    place.host.cancel_execution(started.id)
