"""Runs kept in the feature store, each a record of its own beside the vectors."""

from __future__ import annotations

from typing import Any, cast

from numpy.typing import NDArray
from pydantic import TypeAdapter

from clustering_app.errors import NoFeatures
from clustering_app.projection.pca import Axes
from clustering_app.projection.run import ARRAYS, Run, RunInfo
from clustering_app.projection.spherize import Spherizer
from clustering_app.vectors.store import FeatureStore
from host_contract.entities import Metadata

RUNS = "runs"


def list_runs(store: FeatureStore) -> list[RunInfo]:
    """All runs of a dataset, newest first, without their arrays."""
    return [_info(attributes) for attributes in reversed(store.records(RUNS).values())]


def read_run(store: FeatureStore, run_id: str) -> Run:
    """Read a run. Raises `NoFeatures` when there is none with this id."""
    try:
        arrays, attributes = store.read_record(_path(run_id))
    except NoFeatures:
        raise NoFeatures(f"There is no run {run_id!r}; press Run to make one.") from None
    return Run(
        info=_info(attributes),
        item_ids=tuple(str(item_id) for item_id in arrays["item_ids"]),
        **{name: arrays[name] for name in ARRAYS},
        spherizer=Spherizer(
            shift_D=arrays["shift"],
            scale_D=arrays["scale"],
            axes_DR=arrays.get("whitening"),
            least_length=cast(float | None, attributes["least_length"]),
        ),
        axes=Axes(arrays["axes_mean"], arrays["axes_directions"]),
    )


def write_run(store: FeatureStore, run: Run) -> None:
    """Keep a run, in one commit."""
    spherizer = run.spherizer
    arrays: dict[str, NDArray[Any] | list[str]] = {
        "item_ids": list(run.item_ids),
        **{name: getattr(run, name) for name in ARRAYS},
        "shift": spherizer.shift_D,
        "scale": spherizer.scale_D,
        "axes_mean": run.axes.mean_D,
        "axes_directions": run.axes.directions_DC,
    }
    if spherizer.axes_DR is not None:
        arrays["whitening"] = spherizer.axes_DR
    attributes = _RUN_INFO.dump_python(run.info, mode="json")
    store.write_record(
        _path(run.info.id), arrays, {**attributes, "least_length": spherizer.least_length}
    )


def delete_run(store: FeatureStore, run_id: str) -> None:
    """Forget a run. Raises `NoFeatures` when there is none with this id."""
    store.delete_record(_path(run_id))


_RUN_INFO = TypeAdapter(RunInfo)


def _info(attributes: Metadata) -> RunInfo:
    return _RUN_INFO.validate_python(
        {name: value for name, value in attributes.items() if name != "least_length"}
    )


def _path(run_id: str) -> str:
    return f"{RUNS}/{run_id}"
