"""Clusters as things to look at: described, named, selected, and written to the metadata."""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable

import numpy as np
import pytest

from clustering_app.projector.contents import read_contents
from clustering_app.projector.described_clusters import describe_clusters
from host_contract.entities import Annotation
from tests.projector.conftest import Place


def test_a_cluster_has_its_size_its_label_and_what_is_typical(mapped: Place) -> None:
    points = read_contents(mapped.host, mapped.dataset.id).points
    assert points is not None
    found = describe_clusters(mapped.host, points, "fine cluster")
    assert [one.number for one in found] == [0, 1, 2]
    assert [one.name for one in found] == ["stop", "yield", "<b>turn</b>"]
    assert [one.purity for one in found] == [1.0, 1.0, 1.0]
    assert [len(one.item_ids) for one in found] == [4, 4, 4]
    vectors = mapped.store.read("mini-clip").vectors.astype(np.float64)
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    for one in found:
        rows = [mapped.item_ids.index(item_id) for item_id in one.item_ids]
        sums = ((units[rows][:, None] - units[rows][None]) ** 2).sum(axis=(1, 2))
        assert rows[int(sums.argmin())] == mapped.item_ids.index(one.medoids[0])


def test_items_in_no_cluster_are_described_by_none(mapped: Place) -> None:
    points = read_contents(mapped.host, mapped.dataset.id).points
    assert points is not None
    found = describe_clusters(mapped.host, points, "cluster")
    # The even rows are in no cluster; the odd ones have all three labels, a third each.
    assert [one.item_ids for one in found] == [tuple(mapped.item_ids[1::2])]
    assert found[0].purity == pytest.approx(1 / 3)
    assert found[0].density > 0


def test_what_changes_while_clusters_are_described_is_kept(mapped: Place) -> None:
    mapped.write_run(8, run_id="run-0")
    tab = mapped.tab()

    async def describe_and(change: Callable[[], Awaitable[None]]) -> None:
        describing = asyncio.create_task(tab.clusters_panel.describe())
        await asyncio.sleep(0)
        await change()
        await describing

    async def paint() -> None:
        tab.state.paint("stop", "#123456")

    asyncio.run(describe_and(paint))
    assert tab.state.contents.own_colours["label"]["stop"] == "#123456"
    assert tab.state.points is not None
    assert "cluster name" in tab.state.points.fields()
    asyncio.run(describe_and(lambda: tab.open_map("run-0")))
    assert tab.state.points.run.id == "run-0"


def test_no_two_clusters_have_one_name(place: Place) -> None:
    """Two share the label of which they are told apart by a number that a third one has."""
    place.write_vectors()
    place.write_run()
    labels = ["dog", "dog 2", "dog"]
    for row, item_id in enumerate(place.item_ids):
        place.platform.datasets.annotate(
            item_id, lambda _, row=row: [Annotation(label=labels[row % 3])]
        )
    points = read_contents(place.host, place.dataset.id).points
    assert points is not None
    found = [one.name for one in describe_clusters(place.host, points, "fine cluster")]
    assert found == ["dog", "dog 2", "dog 3"]


def test_clusters_of_copies_are_as_dense_as_usual(mapped: Place) -> None:
    points = read_contents(mapped.host, mapped.dataset.id).points
    assert points is not None
    same = dataclasses.replace(points, reach=np.zeros(12, np.float32))
    assert [one.density for one in describe_clusters(mapped.host, same, "cluster")] == [1.0]


def test_names_that_are_written_again_leave_no_earlier_one(mapped: Place) -> None:
    tab = mapped.tab()
    for level in ("fine cluster", "cluster"):
        asyncio.run(tab.clusters_panel.describe(level))
        asyncio.run(tab.clusters_panel.write("group"))
    written = [mapped.host.item(one).user_metadata.get("group") for one in mapped.item_ids]
    assert written[0::2] == [None] * 6, "these are in no cluster of this level"
    assert None not in written[1::2]


def test_names_colour_the_map_and_go_to_the_metadata(mapped: Place) -> None:
    tab = mapped.tab()
    panel = tab.clusters_panel
    panel.level.value = "fine cluster"
    asyncio.run(panel.describe())
    assert [part["title"] for part in panel.listed.parts] == ["stop", "yield", "<b>turn</b>"]
    # The vectors say that a model made them that is not there, so that no word can be compared.
    assert "labels and numbers alone" in panel.answer.parts[0]["title"]
    assert tab.state.points is not None
    assert "cluster name" in tab.state.points.fields()
    assert tab.state.points.value(0, "cluster name") == "stop"
    assert tab.state.points.values("cluster name")[:3] == ["stop", "yield", "<b>turn</b>"]
    panel._pressed(["select", 1])
    assert tab.state.selection == set(mapped.item_ids[1::3])
    asyncio.run(panel.write("group"))
    written = [mapped.host.item(item_id).user_metadata["group"] for item_id in mapped.item_ids]
    assert written == ["stop", "yield", "<b>turn</b>"] * 4
    assert tab.state.points is not None
    assert "metadata.group" in tab.state.points.fields()
    assert "cluster name" in tab.state.points.fields(), "names are lost with a reload"


def test_what_is_no_field_is_not_written(mapped: Place) -> None:
    tab = mapped.tab()
    asyncio.run(tab.clusters_panel.describe())
    asyncio.run(tab.clusters_panel.write("  "))
    assert "which metadata field" in tab.clusters_panel.answer.parts[0]["title"]
    assert "group" not in mapped.host.item(mapped.item_ids[0]).user_metadata
