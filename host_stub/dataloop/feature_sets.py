"""/features/sets: those of apps, which can be read, and those of clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel

from host_contract.errors import NotFound
from host_stub.dataloop.paging import Asked, records_page
from host_stub.features import Features

if TYPE_CHECKING:
    from host_stub.platform import LocalPlatform

OF_APPS = "modelFC"
"""The client's word for vectors of a model's last layer but one."""


class NewFeatureSet(BaseModel):
    """What makes a feature set."""

    name: str
    size: int
    type: str
    project: str
    entityType: Literal["item"]
    modelId: str | None = None


def router(platform: LocalPlatform) -> APIRouter:
    """The routes of feature sets."""
    found = APIRouter(prefix="/features/sets")
    features = Features(platform)

    @found.post("")
    def create_feature_set(new: NewFeatureSet) -> list[dict[str, Any]]:
        """Make an empty feature set, whose vectors the host keeps. The client reads a list."""
        made = platform.client_vectors.create(
            new.project, new.name, size=new.size, kind=new.type, model=new.modelId
        )
        return [one for one in all_sets(features) if one["id"] == made.id]

    @found.post("/query")
    def query_feature_sets(asked: Asked) -> dict[str, Any]:
        """The feature sets that pass a filter."""
        projects = asked.projects()
        sets = (one for one in all_sets(features) if projects is None or one["project"] in projects)
        return records_page(sets, asked)

    @found.get("/{feature_set_id}")
    def get_feature_set(feature_set_id: str) -> dict[str, Any]:
        """One feature set."""
        for one in all_sets(features):
            if one["id"] == feature_set_id:
                return one
        raise NotFound(f"There is no feature set {feature_set_id!r}.")

    @found.delete("/{feature_set_id}")
    def delete_feature_set(feature_set_id: str) -> dict[str, str]:
        """Delete a client's feature set with its vectors."""
        features.must_be_a_clients(feature_set_id)
        platform.client_vectors.delete(feature_set_id)
        return {"id": feature_set_id}

    return found


def all_sets(features: Features) -> list[dict[str, Any]]:
    """Every feature set as the client reads it."""
    of_apps = [
        {
            "id": kept.record.id,
            "name": kept.record.name,
            "size": kept.record.size,
            "type": OF_APPS,
            "entityType": "item",
            "project": kept.dataset.project_id,
            "modelId": kept.record.model,
            "creator": kept.app,
            "createdAt": kept.dataset.created.isoformat(),
        }
        for kept in features.of_apps()
    ]
    of_clients = [
        {
            "id": one.id,
            "name": one.name,
            "size": one.size,
            "type": one.type,
            "entityType": "item",
            "project": one.project_id,
            "modelId": one.model,
            "creator": "",
            "createdAt": one.created,
        }
        for one in features.of_clients()
    ]
    return of_apps + of_clients
