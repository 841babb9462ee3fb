"""/datasets, and the items in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Body, File, Form, Query, UploadFile
from pydantic import BaseModel

from host_contract.entities import Dataset, DatasetAction, Item, ItemPage, Metadata
from host_stub import importing
from host_stub.api.idempotency import CreationKey
from host_stub.sources.archive import open_zip
from host_stub.sources.kinds import open_folder
from host_stub.sources.source import Report

if TYPE_CHECKING:
    from host_stub.platform import LocalPlatform

MAX_PAGE = 1000


class NewDataset(BaseModel):
    """What makes a dataset."""

    name: str
    project_id: str | None = None


class ArchiveReport(BaseModel):
    """What became of an uploaded zip."""

    taken: int
    """Items that were new or changed."""
    passed_over: list[str]


def router(platform: LocalPlatform) -> APIRouter:
    """The routes of datasets."""
    found = APIRouter(prefix="/datasets", tags=["datasets"])

    @found.get("")
    def list_datasets(
        project_id: str | None = None,
        after: str | None = None,
        limit: Annotated[int | None, Query(ge=1, le=MAX_PAGE)] = None,
    ) -> list[Dataset]:
        """Datasets, of a project if asked; pass the last one's id as `after` for the next page."""
        return platform.datasets.list(project_id, after=after, limit=limit)

    @found.post("", status_code=201)
    def create_dataset(new: NewDataset, key: CreationKey) -> Dataset:
        """Make an empty dataset; with an Idempotency-Key, once however often it is asked for."""
        return platform.datasets.create(new.name, new.project_id, key=key)

    @found.get("/{dataset_id}")
    def get_dataset(dataset_id: str) -> Dataset:
        """One dataset."""
        return platform.datasets.get(dataset_id)

    @found.delete("/{dataset_id}", status_code=204)
    def delete_dataset(dataset_id: str) -> None:
        """Delete a dataset, its items, and what apps keep of it."""
        platform.datasets.delete(dataset_id)

    @found.post("/{dataset_id}/query")
    def query_items(
        dataset_id: str,
        query: Annotated[Metadata, Body(default_factory=dict)],
        after: str | None = None,
        limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
    ) -> ItemPage:
        """A page of the items that match a query; pass `next_after` as `after` for the next."""
        return platform.datasets.items(dataset_id, query, after=after, limit=limit)

    @found.post("/{dataset_id}/items", status_code=201)
    def upload_item(
        dataset_id: str,
        key: CreationKey,
        file: Annotated[UploadFile, File()],
        folder: Annotated[str, Form()] = "/",
        label: Annotated[list[str] | None, Form()] = None,
    ) -> Item:
        """Add one file; with an Idempotency-Key, once however often it is sent."""
        name = file.filename or ""
        return platform.datasets.add(
            dataset_id, name, file.file, folder=folder, labels=tuple(label or ()), key=key
        )

    @found.post("/{dataset_id}/archive")
    def upload_archive(dataset_id: str, file: Annotated[UploadFile, File()]) -> ArchiveReport:
        """Add what is in a zip, folders as labels; what is there already is brought up to date."""
        report = Report()
        source = open_folder(open_zip(file.file, file.filename or "the zip"), "zip")
        taken = importing.import_into(platform.datasets, dataset_id, source, report)
        return ArchiveReport(taken=taken, passed_over=report.lines())

    @found.get("/{dataset_id}/actions")
    def list_actions(dataset_id: str) -> list[DatasetAction]:
        """The Dataset Actions for a selection of its items."""
        return platform.actions.list(dataset_id)

    return found
