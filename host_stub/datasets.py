"""Datasets: what groups the items."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from host_contract.entities import Dataset
from host_contract.errors import NotFound
from host_stub.database import DatasetRow, ItemRow, ProjectRow, made_with, new_id, now
from host_stub.item_query import dataset_row
from host_stub.item_rows import thumbnail_url
from host_stub.items import Items
from host_stub.projects import checked_name, default_project

SUMMARY_THUMBNAILS = 4


@dataclass(frozen=True)
class DatasetSummary:
    """What the list of datasets shows."""

    items: int
    bytes: int
    thumbnails: tuple[str, ...]
    """Addresses of a few thumbnails."""


class Datasets(Items):
    """Everything about datasets, their items included. Safe to use from any thread."""

    def list(
        self, project_id: str | None = None, *, after: str | None = None, limit: int | None = None
    ) -> list[Dataset]:
        """Datasets in the order of creation: of a project, and a page behind `after`, if asked."""
        wanted = select(DatasetRow).order_by(DatasetRow.id).limit(limit)
        if after is not None:
            wanted = wanted.where(DatasetRow.id > after)
        if project_id is not None:
            wanted = wanted.where(DatasetRow.project_id == project_id)
        with self._database.session() as session:
            return [_dataset(row) for row in session.scalars(wanted)]

    def get(self, dataset_id: str) -> Dataset:
        """One dataset. Raises `NotFound`."""
        with self._database.session() as session:
            return _dataset(dataset_row(session, dataset_id))

    def create(
        self, name: str, project_id: str | None = None, *, key: str | None = None
    ) -> Dataset:
        """Make an empty dataset; asked again with a key, give what the first call made.

        Raises:
            InvalidInput: the name has no visible character.
            NotFound: there is no such project.
        """
        name = checked_name("dataset", name)
        with self._database.changing() as session:
            if (made := made_with(session, DatasetRow, key)) is not None:
                return _dataset(made)
            project = project_id or default_project(session)
            if session.get(ProjectRow, project) is None:
                raise NotFound(f"There is no project {project!r}.")
            row = DatasetRow(
                id=new_id(),
                creation_key=key,
                project_id=project,
                name=name,
                created=now(),
            )
            session.add(row)
            session.flush()
            return _dataset(row)

    def rename(self, dataset_id: str, name: str) -> Dataset:
        """Give a dataset another name. Raises `InvalidInput` as `create` does."""
        with self._database.changing() as session:
            row = dataset_row(session, dataset_id)
            row.name = checked_name("dataset", name)
        return _dataset(row)

    def delete(self, dataset_id: str) -> None:
        """Delete a dataset with its items and bytes; the apps then delete what they keep of it."""
        with self._database.changing() as session:
            row = dataset_row(session, dataset_id)
            files = session.execute(
                select(ItemRow.content, ItemRow.thumbnail).where(ItemRow.dataset_id == dataset_id)
            ).all()
            session.delete(row)
        self._remove_files(name for pair in files for name in pair)
        self._event("Dataset", "Deleted", dataset_id, ())

    def summary(self, dataset_id: str) -> DatasetSummary:
        """Counts and a few thumbnails."""
        with self._database.session() as session:
            dataset_row(session, dataset_id)
            of_dataset = ItemRow.dataset_id == dataset_id
            items, size = session.execute(
                select(func.count(), func.sum(ItemRow.size)).where(of_dataset)
            ).one()
            shown = session.scalars(
                select(ItemRow.id)
                .where(of_dataset, ItemRow.thumbnail.is_not(None))
                .order_by(ItemRow.id)
                .limit(SUMMARY_THUMBNAILS)
            )
            thumbnails = tuple(thumbnail_url(item_id) for item_id in shown)
        return DatasetSummary(items=items, bytes=size or 0, thumbnails=thumbnails)


def _dataset(row: DatasetRow) -> Dataset:
    created = datetime.fromisoformat(row.created)
    return Dataset(id=row.id, project_id=row.project_id, name=row.name, created=created)
