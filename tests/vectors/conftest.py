"""Stores in folders and in buckets, and fingerprints of models that need no weights."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from clustering_app.vectors.feature_set import ModelFingerprint
from clustering_app.vectors.store import FeatureStore
from tests.buckets import contents

DIMENSION = 4


def fingerprint(weights: str = "aa", dimension: int = DIMENSION) -> ModelFingerprint:
    return ModelFingerprint(
        model="tiny",
        weights_source=None,
        architecture="{}",
        weights=weights,
        preprocessing="{}",
        dimension=dimension,
    )


@pytest.fixture
def make_fingerprint() -> Callable[..., ModelFingerprint]:
    return fingerprint


@pytest.fixture(params=["folder", "bucket"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A place of each kind, with nothing there yet."""
    if request.param == "folder":
        return str(tmp_path / "storage")
    return f"{request.getfixturevalue('bucket')}/apps/clustering"


@pytest.fixture
def kept(location: str) -> Callable[[], dict[str, bytes]]:
    """What lies in the place or beside it, byte for byte, by name."""

    def read() -> dict[str, bytes]:
        if "://" in location:
            return contents(os.environ["AWS_ENDPOINT_URL"], location.rpartition("/apps")[0])
        found = Path(location).parent.rglob("*")
        return {str(path): path.read_bytes() for path in found if path.is_file()}

    return read


@pytest.fixture
def store(location: str) -> FeatureStore:
    """A store with one empty feature set, `tiny`."""
    made = FeatureStore(location)
    made.create("tiny", fingerprint())
    return made
