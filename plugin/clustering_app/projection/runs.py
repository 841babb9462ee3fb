"""Runs kept in the feature store, each a record of its own beside the vectors."""

from __future__ import annotations

import numpy as np
from pydantic import TypeAdapter

from clustering_app.errors import NoFeatures
from clustering_app.projection.run import Run, RunInfo
from clustering_app.vectors.store import FeatureStore
from host_contract.entities import Metadata

RUNS = "runs"


def list_runs(store: FeatureStore) -> list[RunInfo]:
    """All runs of a dataset, newest first, without their arrays."""
    return [_info(store.read_attributes(path)) for path in reversed(store.records(RUNS))]


def read_run(store: FeatureStore, run_id: str) -> Run:
    """Read a run. Raises `NoFeatures` when there is none with this id."""
    try:
        arrays, attributes = store.read_record(_path(run_id))
    except NoFeatures:
        raise NoFeatures(f"There is no run {run_id!r}; press Run to make one.") from None
    return Run(
        info=_info(attributes),
        item_ids=tuple(str(item_id) for item_id in arrays["item_ids"]),
        coordinates=arrays["coordinates"].astype(np.float32, copy=False),
        clusters=arrays["clusters"].astype(np.int32, copy=False),
        outlier_scores=arrays["outlier_scores"].astype(np.float32, copy=False),
    )


def write_run(store: FeatureStore, run: Run) -> None:
    """Keep a run, in one commit."""
    attributes = _RUN_INFO.dump_python(run.info, mode="json")
    store.write_record(
        _path(run.info.id),
        {
            "item_ids": list(run.item_ids),
            "coordinates": run.coordinates,
            "clusters": run.clusters,
            "outlier_scores": run.outlier_scores,
        },
        attributes,
    )


def delete_run(store: FeatureStore, run_id: str) -> None:
    """Forget a run. Raises `NoFeatures` when there is none with this id."""
    store.delete_record(_path(run_id))


_RUN_INFO = TypeAdapter(RunInfo)


def _info(attributes: Metadata) -> RunInfo:
    return _RUN_INFO.validate_python(attributes)


def _path(run_id: str) -> str:
    return f"{RUNS}/{run_id}"
