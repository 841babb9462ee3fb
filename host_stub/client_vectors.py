"""Vectors that clients bring, kept in the database: gone with their feature set and their item."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from host_contract.errors import InvalidInput, NotFound
from host_stub.database import (
    ClientFeatureSetRow,
    ClientVectorRow,
    Database,
    ItemRow,
    ProjectRow,
    new_id,
    now,
)
from host_stub.item_rows import blocks

MAX_SIZE = 65_536


@dataclass(frozen=True)
class ClientFeatureSet:
    """A feature set of a project, whose vectors the host keeps."""

    id: str
    project_id: str
    name: str
    size: int
    """D, length of each vector."""
    type: str
    """What the client calls the kind of vectors; the host makes nothing of it."""
    model: str | None
    created: str
    """UTC, ISO 8601."""


@dataclass(frozen=True)
class VectorPlace:
    """Where a vector is: enough to list it, without its numbers."""

    id: str
    feature_set_id: str
    item_id: str
    dataset_id: str


class ClientVectors:
    """Feature sets and vectors of clients. Safe to use from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self, project_id: str, name: str, *, size: int, kind: str, model: str | None
    ) -> ClientFeatureSet:
        """Make an empty feature set. Raises `NotFound`, or `InvalidInput` for name or size."""
        if not name.strip() or not 1 <= size <= MAX_SIZE:
            raise InvalidInput(f"A feature set needs a name, and a size from 1 to {MAX_SIZE:,}.")
        row = ClientFeatureSetRow(
            id=new_id(),
            project_id=project_id,
            name=name,
            size=size,
            type=kind,
            model=model,
            created=now(),
        )
        with self._database.changing() as session:
            if session.get(ProjectRow, project_id) is None:
                raise NotFound(f"There is no project {project_id!r}.")
            session.add(row)
        return _feature_set(row)

    def list(self) -> builtins.list[ClientFeatureSet]:
        """All feature sets, in the order of creation."""
        wanted = select(ClientFeatureSetRow).order_by(ClientFeatureSetRow.id)
        with self._database.session() as session:
            return [_feature_set(row) for row in session.scalars(wanted)]

    def delete(self, feature_set_id: str) -> bool:
        """Delete a feature set with its vectors; False when there is none."""
        with self._database.changing() as session:
            row = session.get(ClientFeatureSetRow, feature_set_id)
            if row is not None:
                session.delete(row)
        return row is not None

    def put(
        self, feature_set_id: str, vectors: Mapping[str, Sequence[float]]
    ) -> builtins.list[VectorPlace]:
        """Keep vectors by item, all or none; an item that has one already gets the new one.

        Raises:
            NotFound: there is no such feature set or item.
            InvalidInput: a vector has another length than the set's, or is not finite in float32.
        """
        kept = self.put_blocks(feature_set_id, [([*vectors], [*vectors.values()])])
        order = {item_id: number for number, item_id in enumerate(vectors)}
        places = self.places(item_ids=[*vectors])
        mine = [place for place in places if place.feature_set_id == feature_set_id]
        assert kept == len(vectors)  # noqa: S101 - else something was raised
        return sorted(mine, key=lambda place: order[place.item_id])

    def put_blocks(
        self,
        feature_set_id: str,
        blocks_of_vectors: Iterable[
            tuple[Sequence[str], Sequence[Sequence[float]] | NDArray[np.float32]]
        ],
    ) -> int:
        """The same for blocks of item ids and vectors; returns how many were kept."""
        seen: set[str] = set()
        with self._database.changing() as session:
            feature_set = session.get(ClientFeatureSetRow, feature_set_id)
            if feature_set is None:
                raise NotFound(f"There is no feature set {feature_set_id!r}.")
            for item_ids, vectors in blocks_of_vectors:
                _check_items(session, item_ids, seen)
                rows = [
                    {
                        "id": new_id(),
                        "feature_set_id": feature_set_id,
                        "item_id": item_id,
                        "value": _checked(item_id, vector, feature_set.size).tobytes(),
                    }
                    for item_id, vector in zip(item_ids, vectors, strict=True)
                ]
                for some in blocks(item_ids):
                    of_these = ClientVectorRow.item_id.in_(some)
                    mine = ClientVectorRow.feature_set_id == feature_set_id
                    session.execute(delete(ClientVectorRow).where(mine, of_these))
                if rows:
                    session.execute(insert(ClientVectorRow), rows)
        return len(seen)

    def places(
        self, *, dataset_id: str | None = None, item_ids: Sequence[str] | None = None
    ) -> builtins.list[VectorPlace]:
        """Every vector, or those of a dataset or of items, without their numbers."""
        columns = (ClientVectorRow.id, ClientVectorRow.feature_set_id, ClientVectorRow.item_id)
        wanted = select(*columns, ItemRow.dataset_id).join(ItemRow)
        if dataset_id is not None:
            wanted = wanted.where(ItemRow.dataset_id == dataset_id)
        parts = [wanted]
        if item_ids is not None:
            parts = [wanted.where(ItemRow.id.in_(some)) for some in blocks(item_ids)]
        with self._database.session() as session:
            return [VectorPlace(*row) for part in parts for row in session.execute(part)]

    def values(self, vector_ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """(D,) float32 of each of these vectors that there is, by its id."""
        found: dict[str, NDArray[np.float32]] = {}
        with self._database.session() as session:
            for some in blocks(vector_ids):
                wanted = select(ClientVectorRow).where(ClientVectorRow.id.in_(some))
                for row in session.scalars(wanted):
                    found[row.id] = np.frombuffer(row.value, "<f4")
        return found

    def counts(self, dataset_ids: Sequence[str]) -> dict[str, int]:
        """Number of vectors of items of these datasets, by feature set."""
        wanted = (
            select(ClientVectorRow.feature_set_id, func.count())
            .join(ItemRow)
            .where(ItemRow.dataset_id.in_(dataset_ids))
            .group_by(ClientVectorRow.feature_set_id)
        )
        with self._database.session() as session:
            return {row[0]: row[1] for row in session.execute(wanted)}

    def remove(self, vector_id: str) -> bool:
        """Delete one vector; False when there is none."""
        with self._database.changing() as session:
            row = session.get(ClientVectorRow, vector_id)
            if row is not None:
                session.delete(row)
        return row is not None


def _check_items(session: Session, item_ids: Sequence[str], seen: set[str]) -> None:
    """Raise `NotFound` for an item that is not there, `InvalidInput` for one that was seen."""
    there: set[str] = set()
    for some in blocks(item_ids):
        there.update(session.scalars(select(ItemRow.id).where(ItemRow.id.in_(some))))
    for item_id in item_ids:
        if item_id not in there:
            raise NotFound(f"There is no item {item_id[:100]!r}.")
        if item_id in seen:
            raise InvalidInput(f"Item {item_id!r} comes twice.")
        seen.add(item_id)


def _checked(
    item_id: str, vector: Sequence[float] | NDArray[np.float32], size: int
) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):
        value = np.asarray(vector, "<f4")
    if value.shape != (size,) or not np.isfinite(value).all():
        raise InvalidInput(
            f"The vector of item {item_id!r} must be {size} finite numbers; it has {len(vector)}."
        )
    return value


def _feature_set(row: ClientFeatureSetRow) -> ClientFeatureSet:
    return ClientFeatureSet(
        row.id, row.project_id, row.name, row.size, row.type, row.model, row.created
    )
