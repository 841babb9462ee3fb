"""Feature sets in the dataset itself: the record in `dataset.info`, the vectors in a field.

    dataset.info["clustering"]        a list: name, model, fingerprint, size, count, field
    sample["clustering_mini_clip"]    the vector, float32 (D,)

Both leave with the dataset, and a vector with its sample. A clone of a dataset keeps both. N
vectors of D dimensions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiftyone_host.ids import id_of, load
from host_contract.entities import FeatureSet
from host_contract.errors import NotFound

INFO = "clustering"


def field_of(name: str) -> str:
    """Name of the field for the vectors of a feature set: FiftyOne wants letters and digits."""
    return f"{INFO}_{re.sub('[^a-z0-9]', '_', name.lower())}"


def of(dataset: Any) -> list[FeatureSet]:
    """The records of a dataset."""
    return [_record(dataset, one) for one in dataset.info.get(INFO, [])]


def save(
    dataset: Any, name: str, *, size: int, model: str, fingerprint: str, count: int
) -> FeatureSet:
    """Create the record with this name, or bring it up to date."""
    one = {
        "name": name,
        "size": size,
        "model": model,
        "fingerprint": fingerprint,
        "count": count,
        "field": field_of(name),
    }
    others = [known for known in dataset.info.get(INFO, []) if known["name"] != name]
    dataset.info[INFO] = [*others, one]
    dataset.save()
    return _record(dataset, one)


def delete(feature_set_id: str) -> None:
    """Delete a record and its field. Raises `NotFound`."""
    dataset_id, _, name = feature_set_id.partition("-")
    dataset = load(dataset_id)
    known = dataset.info.get(INFO, [])
    left = [one for one in known if one["name"] != name]
    if len(left) == len(known):
        raise NotFound(f"There is no feature set {feature_set_id!r}.")
    if dataset.has_field(field_of(name)):
        dataset.delete_sample_field(field_of(name))
    dataset.info[INFO] = left
    dataset.save()


def write_vectors(
    dataset: Any, name: str, vectors: Mapping[str, NDArray[np.floating[Any]]]
) -> None:
    """Put vectors, by sample id, into the field of a feature set, and take away all others."""
    import fiftyone as fo

    field = field_of(name)
    if not dataset.has_field(field):
        dataset.add_sample_field(field, fo.VectorField, description=f"Vectors of {name}")
    there: Sequence[str] = dataset.values("id")
    values = [vectors[one].astype(np.float32) if one in vectors else None for one in there]
    dataset.set_values(field, values)


def read_vectors(dataset: Any, field: str) -> tuple[list[str], NDArray[np.float32]]:
    """Sample ids and vectors of a field, (N, D). Raises `NotFound` where it holds none."""
    if not dataset.has_field(field):
        raise NotFound(f"Dataset {dataset.name!r} has no field {field!r}.")
    ids, vectors = dataset.exists(field).values(["id", field])
    if not ids:
        raise NotFound(f"No sample of {dataset.name!r} has a vector in {field!r}.")
    return ids, np.asarray(vectors, np.float32)


def _record(dataset: Any, one: Mapping[str, Any]) -> FeatureSet:
    dataset_id = id_of(dataset)
    known = {key: one[key] for key in ("name", "size", "model", "fingerprint", "count")}
    return FeatureSet(id=f"{dataset_id}-{one['name']}", dataset_id=dataset_id, **known)
