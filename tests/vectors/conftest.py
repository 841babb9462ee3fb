"""Stores in temporary folders, and fingerprints of models that need no weights."""

from collections.abc import Callable
from pathlib import Path

import pytest

from clustering_app.vectors.feature_set import ModelFingerprint
from clustering_app.vectors.store import FeatureStore

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


@pytest.fixture
def store(tmp_path: Path) -> FeatureStore:
    """A store with one empty feature set, `tiny`."""
    made = FeatureStore(str(tmp_path / "storage"))
    made.create("tiny", fingerprint())
    return made
