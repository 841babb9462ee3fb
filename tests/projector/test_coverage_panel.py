"""Which items have no vector, what can be done about it, and which of them count no longer."""

import asyncio
import io
import time
from collections.abc import Callable

import numpy as np

from clustering_app.extraction.batches import Choice
from clustering_app.extraction.coverage import coverage
from clustering_app.extraction.ending import MISMATCH
from clustering_app.extraction.report import NotEmbedded, save_not_embedded
from clustering_app.projector.coverage_panel import COUNT_AGAIN, STOP_COUNTING
from clustering_app.projector.notices import DETAILS
from clustering_app.projector.tab import ClusteringTab
from tests.projector.conftest import Place, picture
from tests.projector.test_tab import told

NOTES, BROKEN = "notes.txt", "<b>broken.png"


def left_without(place: Place) -> None:
    """Two of the dataset have no vector after an extraction: what it lacks, and a broken one."""
    found = place.host.items(place.dataset.id).items
    (other,) = [item for item in found if item.id not in place.item_ids]
    broken = place.platform.datasets.add(place.dataset.id, BROKEN, io.BytesIO(b"no picture"))
    rows = [
        NotEmbedded(item_id=other.id, name=other.name, reason="of no kind", embeddable=False),
        NotEmbedded(item_id=broken.id, name=BROKEN, reason="not a picture", embeddable=True),
    ]
    save_not_embedded(
        place.store, "mini-clip", rows, tried=[row.item_id for row in rows], existing=None
    )


async def until(true: Callable[[], object]) -> None:
    """Let the page go on until it is true."""
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, "it did not come true"
        await asyncio.sleep(0.05)


def pressed(tab: ClusteringTab, label: str, *, then: str) -> None:
    """Press a button of the list, until it offers the other."""

    async def press() -> None:
        tab.coverage_panel._without_pressed(label)
        await until(lambda: then in str(tab.coverage_panel.without.parts))

    asyncio.run(press())


def test_what_a_rerun_can_and_cannot_do_is_told(mapped: Place) -> None:
    left_without(mapped)
    new = mapped.platform.datasets.add(mapped.dataset.id, "new.png", io.BytesIO(b"not tried yet"))
    found = coverage(mapped.host, mapped.dataset.id, mapped.store, "mini-clip")
    assert (found.items, found.vectors, found.mendable, found.hopeless) == (15, 12, 1, 2)
    tab = mapped.tab()
    said = told(tab)
    assert "15 items, 12 vectors." in said
    assert "1 can be encoded by a rerun, 2 cannot." in said
    assert DETAILS in said
    asyncio.run(tab.coverage_panel.open())
    lines = [(one["title"], one["message"]) for one in tab.coverage_panel.choices.parts]
    assert lines[:3] == [("2 missing", "missing"), ("12 changed", "changed"), ("0 removed", None)]
    listed = [one["title"] for one in tab.coverage_panel.without.parts]
    assert BROKEN in listed
    assert new.name not in listed


def test_what_is_unfolded_is_counted_again_when_the_tab_reads_anew(mapped: Place) -> None:
    new = mapped.platform.datasets.add(mapped.dataset.id, "new.png", picture())
    tab = mapped.tab()
    panel = tab.coverage_panel

    async def reload_until(first: list[str]) -> None:
        await tab.reload()
        await until(lambda: [line["title"] for line in panel.choices.parts[:1]] == first)

    asyncio.run(panel.open())
    assert panel.choices.parts[0]["title"] == "1 missing"
    mapped.store.append("mini-clip", [new.id], [new.content_version], np.ones((1, 4)))
    asyncio.run(reload_until(["0 missing"]))
    panel.view().active = []
    asyncio.run(reload_until([]))
    assert panel.without.parts == []


def test_items_that_can_have_no_vector_are_no_longer_counted(mapped: Place) -> None:
    left_without(mapped)
    tab = mapped.tab()
    asyncio.run(tab.coverage_panel.open())
    assert MISMATCH in told(tab)
    pressed(tab, STOP_COUNTING, then=COUNT_AGAIN)
    assert MISMATCH not in told(tab)
    assert MISMATCH not in told(mapped.tab())  # kept with the dataset
    mapped.platform.datasets.add(mapped.dataset.id, "another.json", io.BytesIO(b"{}"))
    assert "15 items, 12 vectors." in told(mapped.tab())
    pressed(tab, COUNT_AGAIN, then=STOP_COUNTING)
    assert MISMATCH in told(tab)


def test_a_part_of_the_dataset_is_extracted_by_its_line(mapped: Place) -> None:
    tab = mapped.tab()

    async def press() -> None:
        tab.coverage_panel._choice_pressed("changed")
        tab.coverage_panel._choice_pressed("<script>")
        await until(lambda: mapped.host.executions(mapped.dataset.id))

    asyncio.run(press())
    (started,) = mapped.host.executions(mapped.dataset.id)
    assert started.inputs["which"] == str(Choice.CHANGED)
    mapped.host.cancel_execution(started.id)


def test_without_vectors_there_is_nothing_to_compare(place: Place) -> None:
    tab = place.tab()
    asyncio.run(tab.coverage_panel.count())
    assert tab.coverage_panel.choices.parts == []
