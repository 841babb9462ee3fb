"""A dataset of pictures in folders, two of them with one name."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from clustering_app.vectors.feature_set import ModelFingerprint
from clustering_app.vectors.store import FeatureStore
from host_contract.context import Host
from host_stub.platform import LocalPlatform

PATHS = ("cats/a.png", "cats/b.png", "dogs/a.png", "c.png", "dogs/d\n\t‮.png", "notes.json")


@dataclass
class Place:
    """A dataset of five pictures and a file without one, as the app sees it."""

    host: Host
    dataset: str
    store: FeatureStore
    item_ids: list[str]
    """In the order of PATHS."""

    def write_vectors(self, vectors: np.ndarray) -> None:
        """A feature set `made` of the first items."""
        fingerprint = ModelFingerprint(
            model="made", weights_source=None, architecture="{}", weights="00",
            preprocessing="{}", dimension=vectors.shape[1],
        )  # fmt: skip
        ids = self.item_ids[: len(vectors)]
        self.store.create("made", fingerprint)
        self.store.append("made", ids, ["v"] * len(ids), vectors)

    def imported(self, name: str) -> dict[str, list[float]]:
        """The vectors of a feature set by the number of the item in PATHS."""
        found = self.store.read(name)
        numbers = [self.item_ids.index(item_id) for item_id in found.item_ids]
        return dict(zip(numbers, found.vectors.tolist(), strict=True))


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[LocalPlatform]:
    with LocalPlatform(tmp_path / "data") as opened:
        yield opened


@pytest.fixture
def place(platform: LocalPlatform) -> Place:
    return filled(platform)


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """For tests after which nothing must have been written."""
    with LocalPlatform(tmp_path_factory.mktemp("untouched") / "data") as platform:
        yield filled(platform)


def filled(platform: LocalPlatform) -> Place:
    dataset = platform.datasets.create("files").id
    ids = []
    for index, path in enumerate(PATHS):
        folder, _, name = path.rpartition("/")
        content = io.BytesIO()
        Image.new("RGB", (20, 10), (40 * index, 90, 200)).save(content, "PNG")
        content = io.BytesIO(b"{}") if name.endswith(".json") else content
        content.seek(0)
        item = platform.datasets.add(
            dataset, name, content, folder=f"/{folder}", labels=[folder] if folder else [],
            metadata={"score": index, "note": "one\ttwo\nthree"},
        )  # fmt: skip
        ids.append(item.id)
    host = platform.host("clustering")
    return Place(host, dataset, FeatureStore(host.storage(dataset)), ids)
