"""The apps' records of the vectors that they keep."""

from __future__ import annotations

import builtins

from sqlalchemy import select

from host_contract.entities import FeatureSet
from host_contract.errors import NotFound
from host_stub.database import Database, DatasetRow, FeatureSetRow, new_id


class FeatureSets:
    """Records of feature sets; they go with their dataset."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, dataset_id: str, app: str | None = None) -> builtins.list[FeatureSet]:
        """The records of a dataset, of all apps or of one. Raises `NotFound`."""
        wanted = select(FeatureSetRow).where(FeatureSetRow.dataset_id == dataset_id)
        if app is not None:
            wanted = wanted.where(FeatureSetRow.app == app)
        with self._database.session() as session:
            if session.get(DatasetRow, dataset_id) is None:
                raise NotFound(f"There is no dataset {dataset_id!r}.")
            return [_feature_set(row) for row in session.scalars(wanted.order_by(FeatureSetRow.id))]

    def save(
        self,
        app: str,
        dataset_id: str,
        name: str,
        *,
        size: int,
        model: str,
        fingerprint: str,
        count: int,
    ) -> FeatureSet:
        """Create the record with this name, or bring it up to date."""
        wanted = select(FeatureSetRow).where(
            FeatureSetRow.app == app,
            FeatureSetRow.dataset_id == dataset_id,
            FeatureSetRow.name == name,
        )
        with self._database.changing() as session:
            if session.get(DatasetRow, dataset_id) is None:
                raise NotFound(f"There is no dataset {dataset_id!r}.")
            row = session.scalars(wanted).one_or_none()
            if row is None:
                row = FeatureSetRow(id=new_id(), app=app, dataset_id=dataset_id, name=name)
                session.add(row)
            row.size, row.model, row.fingerprint, row.count = size, model, fingerprint, count
        return _feature_set(row)

    def delete(self, app: str, feature_set_id: str) -> None:
        """Delete a record of an app. Raises `NotFound`, for another app's too."""
        with self._database.changing() as session:
            row = session.get(FeatureSetRow, feature_set_id)
            if row is None or row.app != app:
                raise NotFound(f"There is no feature set {feature_set_id!r}.")
            session.delete(row)


def _feature_set(row: FeatureSetRow) -> FeatureSet:
    columns: builtins.list[str] = ["id", "dataset_id", "name", "size", "model", "fingerprint"]
    return FeatureSet(**{column: getattr(row, column) for column in columns}, count=row.count)
