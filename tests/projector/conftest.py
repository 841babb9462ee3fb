"""A real dataset with vectors and a run, and a tab on it, without a browser."""

import asyncio
import gc
import io
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from clustering_app.projection.pca import principal_components
from clustering_app.projection.run import Run, RunInfo, RunParameters
from clustering_app.projection.runs import write_run
from clustering_app.projection.spherize import spherizer
from clustering_app.projector.contents import Contents, Points
from clustering_app.projector.items import ItemTable
from clustering_app.projector.tab import ClusteringTab
from clustering_app.vectors.feature_set import ModelFingerprint
from clustering_app.vectors.store import FeatureStore
from host_contract.context import Host
from host_contract.entities import Dataset, Item
from host_stub.platform import LocalPlatform

CREATED = datetime(2026, 3, 1, 12, tzinfo=UTC)
FINGERPRINT = ModelFingerprint(
    model="mini-clip", weights_source=None, architecture="{}", weights="0" * 64,
    preprocessing="{}", dimension=4,
)  # fmt: skip


@dataclass
class Place:
    """A dataset of 12 pictures and a text file, as the app sees it."""

    host: Host
    dataset: Dataset
    store: FeatureStore
    item_ids: list[str]
    """Of the pictures."""
    platform: LocalPlatform

    def write_vectors(self) -> None:
        """A vector for each picture; those of one label point the same way."""
        self.store.create("mini-clip", FINGERPRINT)
        vectors = np.eye(4)[np.arange(12) % 3] + np.linspace(0, 0.1, 12)[:, None]
        self.store.append("mini-clip", self.item_ids, ["v"] * 12, vectors)

    def write_run(
        self,
        count: int = 12,
        *,
        dimensions: int = 2,
        run_id: str = "run-1",
        feature_set: str = "mini-clip",
    ) -> None:
        """A map of the first pictures, at (0, 0), (1, 0), (2, 0) and so on."""
        vectors = self.store.read(feature_set).vectors
        coordinates = np.zeros((count, dimensions), np.float32)
        coordinates[:, 0] = np.arange(count)
        info = RunInfo(
            id=run_id, feature_set=feature_set, snapshot=self.store.snapshot(),
            parameters=RunParameters(dimensions=dimensions), quality=None, explained_variance=(),
            count=count,
            created=CREATED + timedelta(minutes=int(run_id[-1])), seconds=1.0, versions={},
        )  # fmt: skip
        run = Run(
            info=info,
            item_ids=tuple(self.item_ids[:count]),
            coordinates=coordinates,
            clusters=(np.arange(count) % 2 - 1).astype(np.int32),
            broad_clusters=np.zeros(count, np.int32),
            fine_clusters=(np.arange(count) % 3).astype(np.int32),
            outlier_scores=np.linspace(0, 1, count).astype(np.float32),
            reach=np.linspace(0, 1, count).astype(np.float32),
            neighbours_kept=np.ones(count, np.float32),
            trust=np.ones(count, np.float32),
            spherizer=spherizer(vectors, "centre"),
            axes=principal_components(vectors, dimensions).axes,
        )
        write_run(self.store, run)

    def tab(self) -> ClusteringTab:
        """A tab that has read what there is."""
        opened = ClusteringTab(self.host, self.dataset)
        asyncio.run(opened.reload())
        return opened


class Held:
    """A host whose disk holds up the first who asks after `hold`, until `go_on` is set."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.hold = False
        self.go_on = threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._host, name)

    def storage(self, dataset_id: str) -> str:
        if self.hold:
            self.hold = False
            assert self.go_on.wait(60)
        return self._host.storage(dataset_id)

    async def held(self) -> None:
        """Wait until somebody is held up."""
        while self.hold:
            await asyncio.sleep(0.01)


def points_of(count: int) -> Contents:
    """A map of so many items in a row, read from nowhere."""
    ids = tuple(f"item-{index:02}" for index in range(count))
    created = datetime.now(UTC)
    items = tuple(
        Item(
            id=item_id, dataset_id="dataset", name=f"{item_id}.png", folder="/",
            mimetype="image/png", size=1, created=created, content_version="v",
        )
        for item_id in ids
    )  # fmt: skip
    info = RunInfo(
        id="run-1", feature_set="mini-clip", snapshot="", parameters=RunParameters(),
        quality=None, explained_variance=(), count=count, created=created, seconds=1.0,
        versions={},
    )  # fmt: skip
    return Contents(
        points=Points(
            dataset_id="dataset",
            run=info,
            table=ItemTable(items=items, rows={item_id: row for row, item_id in enumerate(ids)}),
            item_ids=ids,
            coordinates=np.stack([np.arange(count), np.zeros(count)], 1).astype(np.float32),
            clusters=np.arange(count, dtype=np.int32) % 3,
            broad_clusters=np.zeros(count, np.int32),
            fine_clusters=np.arange(count, dtype=np.int32) % 3,
            reach=np.ones(count, np.float32),
            outlier_scores=np.zeros(count, np.float32),
            neighbours_kept=np.ones(count, np.float32),
            trust=np.ones(count, np.float32),
        )
    )


def picture() -> io.BytesIO:
    content = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(content, "PNG")
    content.seek(0)
    return content


@pytest.fixture
def no_loop_left() -> None:
    """No event loop that an earlier test left open is there to be collected in this one.

    pytest keeps each warning of such a loop, and with it the stack in which that is collected.
    """
    asyncio.set_event_loop(None)
    gc.collect()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with LocalPlatform(tmp_path / "data") as platform:
        dataset = platform.datasets.create("signs")
        labels = ("stop", "yield", "<b>turn</b>")
        ids = []
        for index in range(12):
            item = platform.datasets.add(
                dataset.id, f"sign-{index:02}.png", picture(), labels=(labels[index % 3],),
                metadata={"score": index} if index % 2 else {},
            )  # fmt: skip
            ids.append(item.id)
        platform.datasets.add(dataset.id, "notes.json", io.BytesIO(b"{}"))
        host = platform.host("clustering")
        yield Place(host, dataset, FeatureStore(host.storage(dataset.id)), ids, platform)


@pytest.fixture
def mapped(place: Place) -> Place:
    """The dataset with vectors and a map of every picture."""
    place.write_vectors()
    place.write_run()
    return place
