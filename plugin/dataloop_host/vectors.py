"""Vectors that the service keeps, read through an export: row by row a thousand take seconds."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataloop_host.client import Client
from host_contract.errors import NotFound


def read_vectors(
    client: Client, dataset_id: str, feature_set: str
) -> tuple[list[str], NDArray[np.float32]]:
    """Read a feature set of a dataset, by name.

    Returns:
        N item ids, in order, and their vectors, (N, D) float32.

    Raises:
        NotFound: the dataset has no vector of such a feature set.
    """
    dataset = client.dtlpy.datasets.get(dataset_id=dataset_id)
    sets = {one.id for one in dataset.feature_sets.list().all() if one.name == feature_set}
    found: dict[str, list[float]] = {}
    if sets:
        with tempfile.TemporaryDirectory() as folder:
            path = dataset.export(local_path=folder, include_feature_vectors=True)
            exported = json.loads(Path(path).read_text(encoding="utf-8")) if path else []
        for item in exported:
            for vector in _vectors_of(item):
                if vector["featureSetId"] in sets:
                    found[item["id"]] = vector["value"]
    if not found:
        raise NotFound(f"Dataset {dataset_id!r} has no vectors of a feature set {feature_set!r}.")
    ids = sorted(found)
    return ids, np.array([found[one] for one in ids], np.float32)


def _vectors_of(item: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The name of the field is this project's guess: the client only passes it on."""
    vectors: list[dict[str, Any]] = item.get("itemVectors") or []
    return vectors
