"""/features/vectors: of apps to read, of clients to write too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field, FiniteFloat

from host_contract.errors import InvalidInput, NotFound
from host_stub.client_vectors import VectorPlace
from host_stub.dataloop.dql import of_records
from host_stub.dataloop.paging import Asked, page_of
from host_stub.features import Features, Vector

if TYPE_CHECKING:
    from host_stub.platform import LocalPlatform


class NewVector(BaseModel):
    """A vector as the client sends it."""

    entityId: str
    featureSetId: str
    value: list[FiniteFloat]
    version: str | None = None
    parentId: str | None = None


class CountedDatasets(BaseModel):
    """Datasets whose vectors are to be counted."""

    datasetIds: Annotated[list[str], Field(max_length=1000)]


def router(platform: LocalPlatform) -> APIRouter:
    """The routes of vectors."""
    found = APIRouter(prefix="/features/vectors")
    features = Features(platform)

    @found.post("")
    def create_vectors(new: list[NewVector]) -> list[dict[str, Any]]:
        """Keep vectors of items; gives them in the same order."""
        by_set: dict[str, dict[str, list[float]]] = {}
        for one in new:
            if one.version is not None or one.parentId is not None:
                raise InvalidInput("This host keeps no version or parent of a vector.")
            by_set.setdefault(one.featureSetId, {})[one.entityId] = one.value
        ids = {}
        for feature_set_id, vectors in by_set.items():
            features.must_be_a_clients(feature_set_id)
            for place in platform.client_vectors.put(feature_set_id, vectors):
                ids[feature_set_id, place.item_id] = place
        return [
            place_json(ids[one.featureSetId, one.entityId]) | {"value": one.value} for one in new
        ]

    @found.post("/query")
    def query_vectors(asked: Asked) -> dict[str, Any]:
        """A page of vectors in the order of ids, with their numbers."""
        datasets, sets = asked.named("datasetId"), asked.named("featureSetId")
        projects, passes = asked.projects(), of_records(asked.filter)
        inside = {
            dataset.id
            for dataset in platform.datasets.list()
            if projects is None or dataset.project_id in projects
        }
        kept = [
            vector
            for vector in features.vectors(
                dataset_id=datasets[0] if datasets and len(datasets) == 1 else None,
                feature_set_id=sets[0] if sets and len(sets) == 1 else None,
                item_ids=asked.named("entityId"),
            )
            if vector.place.dataset_id in inside and passes(place_json(vector.place))
        ]
        if asked.order() == ("id", True):
            kept.reverse()
        elif asked.order() != ("id", False):
            raise InvalidInput("Vectors are sorted by id.")
        start = asked.page * asked.page_size
        page = features.with_numbers(kept[start : start + asked.page_size])
        return page_of([vector_json(vector) for vector in page], len(kept), asked)

    @found.post("/project-count-aggregation")
    def count_vectors(counted: CountedDatasets) -> list[dict[str, Any]]:
        """How many vectors of these datasets each feature set holds."""
        counts = features.counts(counted.datasetIds)
        return [{"featureSetId": one, "count": count} for one, count in counts.items()]

    @found.get("/{vector_id}")
    def get_vector(vector_id: str) -> dict[str, Any]:
        """One vector."""
        kept = [one for one in features.vectors() if one.place.id == vector_id]
        for vector in features.with_numbers(kept):
            return vector_json(vector)
        raise NotFound(f"There is no vector {vector_id!r}.")

    @found.delete("/{vector_id}")
    def delete_vector(vector_id: str) -> dict[str, str]:
        """Delete a client's vector."""
        if not platform.client_vectors.remove(vector_id):
            features.must_be_a_clients(vector_id[: len(vector_id) // 2])
            raise NotFound(f"There is no vector {vector_id!r}.")
        return {"id": vector_id}

    return found


def place_json(place: VectorPlace) -> dict[str, Any]:
    """A vector without its numbers, as the client reads it."""
    return {
        "id": place.id,
        "entityId": place.item_id,
        "featureSetId": place.feature_set_id,
        "datasetId": place.dataset_id,
    }


def vector_json(vector: Vector) -> dict[str, Any]:
    """A vector as the client reads it."""
    assert vector.numbers is not None  # noqa: S101 - read by `with_numbers`
    return place_json(vector.place) | {"value": vector.numbers.tolist()}
