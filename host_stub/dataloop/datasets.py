"""/datasets, without the items in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from host_contract.entities import Dataset
from host_stub.dataloop.address import base
from host_stub.dataloop.paging import Asked, records_page

if TYPE_CHECKING:
    from host_stub.platform import LocalPlatform


class NewDataset(BaseModel):
    """What makes a dataset; recipes and drivers, which the client may name, are not kept."""

    name: str
    projects: Annotated[list[str], Field(min_length=1, max_length=1)]


class ChangedDataset(BaseModel):
    """The whole dataset as the client has it, of which the name alone can change."""

    name: str


def router(platform: LocalPlatform) -> APIRouter:
    """The routes of datasets."""
    found = APIRouter(prefix="/datasets")

    def as_json(request: Request, dataset: Dataset) -> dict[str, Any]:
        at = base(request)
        return {
            "id": dataset.id,
            "name": dataset.name,
            "projects": [dataset.project_id],
            "url": f"{at}/datasets/{dataset.id}",
            "items": f"{at}/datasets/{dataset.id}/items",
            "itemsCount": platform.datasets.count_items(dataset.id),
            "createdAt": dataset.created.isoformat(),
            "metadata": {"system": {}},
            "readonly": False,
            "annotated": 0,
        }

    @found.post("")
    def create_dataset(request: Request, new: NewDataset) -> dict[str, Any]:
        """Make an empty dataset."""
        return as_json(request, platform.datasets.create(new.name, new.projects[0]))

    @found.post("/query")
    def query_datasets(request: Request, asked: Asked) -> dict[str, Any]:
        """The datasets that pass a filter."""
        projects = asked.projects()
        datasets = [
            dataset
            for dataset in platform.datasets.list()
            if projects is None or dataset.project_id in projects
        ]
        return records_page((as_json(request, dataset) for dataset in datasets), asked)

    @found.get("/{dataset_id}")
    def get_dataset(request: Request, dataset_id: str) -> dict[str, Any]:
        """One dataset."""
        return as_json(request, platform.datasets.get(dataset_id))

    @found.patch("/{dataset_id}")
    def update_dataset(
        request: Request, dataset_id: str, changed: ChangedDataset
    ) -> dict[str, Any]:
        """Give a dataset another name."""
        return as_json(request, platform.datasets.rename(dataset_id, changed.name))

    @found.delete("/{dataset_id}")
    def delete_dataset(dataset_id: str) -> dict[str, Any]:
        """Delete a dataset, its items, and every vector of them."""
        platform.datasets.delete(dataset_id)
        return {"id": dataset_id}

    return found
