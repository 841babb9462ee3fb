"""Datasets and samples by the ids of the contract.

A clone of a dataset has samples of the same ids, so that an item is named by both:
`DATASET-SAMPLE`, 24 hexadecimal digits each. In one dataset that sorts as samples were created.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from host_contract.errors import NotFound

ID = re.compile(r"[0-9a-f]{24}")


def load(dataset_id: str) -> Any:
    """The dataset as it is now in the database. Raises `NotFound`."""
    import fiftyone as fo
    from fiftyone.core.odm import database

    try:
        if ID.fullmatch(dataset_id):
            return database.load_dataset(id=dataset_id, reload=True)
    except (ValueError, fo.core.dataset.DatasetNotFoundError):
        pass  # it went between the two questions that this asks
    raise NotFound(f"There is no dataset {dataset_id!r}.")


def id_of(dataset: Any) -> str:
    """The id of a dataset, which stays when it gets another name."""
    return str(dataset._doc.id)


def item_id(dataset_id: str, sample_id: str) -> str:
    """The id of a sample as an item."""
    return f"{dataset_id}-{sample_id}"


def parts(item_id: str) -> tuple[str, str]:
    """Dataset and sample of an item. Raises `NotFound` for what is no item's id."""
    dataset_id, _, sample_id = item_id.partition("-")
    if not (ID.fullmatch(dataset_id) and ID.fullmatch(sample_id)):
        raise NotFound(f"There is no item {item_id!r}.")
    return dataset_id, sample_id


def by_dataset(item_ids: Iterable[str]) -> dict[str, list[str]]:
    """Samples by dataset, each once; what is no item's id is passed over."""
    found: dict[str, dict[str, None]] = {}
    for one in item_ids:
        try:
            dataset_id, sample_id = parts(one)
        except NotFound:
            continue
        found.setdefault(dataset_id, {})[sample_id] = None
    return {dataset_id: [*samples] for dataset_id, samples in found.items()}


def moment(value: datetime) -> datetime:
    """A time of the database, which says no zone, or another one, as UTC."""
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
