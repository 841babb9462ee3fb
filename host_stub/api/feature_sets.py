"""/feature-sets: the apps' records of vectors, sets that clients bring, and the vectors in bulk."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from host_contract.entities import FeatureSet
from host_contract.errors import NotFound
from host_stub import arrow
from host_stub.client_vectors import MAX_SIZE, ClientFeatureSet
from host_stub.features import Features, Vector
from host_stub.projects import DEFAULT_PROJECT

if TYPE_CHECKING:
    from host_stub.platform import LocalPlatform

BATCH = 4096
"""Vectors in a record batch."""
STREAM: dict[str, Any] = {
    "content": {arrow.MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}
}


class NewFeatureSet(BaseModel):
    """What makes a feature set whose vectors a client brings."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    size: Annotated[int, Field(ge=1, le=MAX_SIZE)]
    """D, length of each vector."""
    project_id: str = DEFAULT_PROJECT
    model: str | None = None


class Kept(BaseModel):
    """What became of a stream of vectors."""

    count: int


def router(platform: LocalPlatform) -> APIRouter:
    """The routes of feature sets."""
    found = APIRouter(prefix="/feature-sets", tags=["feature sets"])
    features = Features(platform)

    @found.get("")
    def list_feature_sets(dataset_id: str) -> list[FeatureSet]:
        """The feature sets that apps keep of a dataset."""
        return platform.feature_sets.list(dataset_id)

    @found.post("", status_code=201)
    def create_feature_set(new: NewFeatureSet) -> ClientFeatureSet:
        """Make an empty feature set of a project; its vectors are written to it in bulk."""
        return platform.client_vectors.create(
            new.project_id, new.name, size=new.size, kind="client", model=new.model
        )

    @found.delete("/{feature_set_id}", status_code=204)
    def delete_feature_set(feature_set_id: str) -> None:
        """Delete a feature set that a client made, with its vectors."""
        features.must_be_a_clients(feature_set_id)
        platform.client_vectors.delete(feature_set_id)

    @found.get(
        "/{feature_set_id}/vectors",
        response_class=StreamingResponse,
        responses={200: STREAM | {"description": "An Arrow IPC stream: item_id, vector."}},
    )
    def read_vectors(feature_set_id: str) -> StreamingResponse:
        """Every vector of a feature set, of an app or of a client, as an Arrow IPC stream."""
        size = _size(features, feature_set_id)
        vectors = features.vectors(feature_set_id=feature_set_id)
        stream = arrow.written(_blocks(features, vectors), size)
        return StreamingResponse(stream, media_type=arrow.MEDIA_TYPE)

    @found.put(
        "/{feature_set_id}/vectors", openapi_extra={"requestBody": STREAM | {"required": True}}
    )
    async def write_vectors(feature_set_id: str, request: Request) -> Kept:
        """Keep the vectors of an Arrow IPC stream by item, all or none; new ones replace old."""
        with tempfile.NamedTemporaryFile(prefix="vectors-") as file:
            async for part in request.stream():
                await run_in_threadpool(file.write, part)
            file.flush()
            count = await run_in_threadpool(_write, platform, feature_set_id, Path(file.name))
            return Kept(count=count)

    return found


def _write(platform: LocalPlatform, feature_set_id: str, file: Path) -> int:
    Features(platform).must_be_a_clients(feature_set_id)
    size = next(one.size for one in platform.client_vectors.list() if one.id == feature_set_id)
    for _ in arrow.read(file, size):
        pass  # its form is checked before anybody waits for what is written
    return platform.client_vectors.put_blocks(feature_set_id, arrow.read(file, size))


def _size(features: Features, feature_set_id: str) -> int:
    of_apps = {one.record.id: one.record.size for one in features.of_apps()}
    sizes = of_apps | {one.id: one.size for one in features.of_clients()}
    if feature_set_id not in sizes:
        raise NotFound(f"There is no feature set {feature_set_id!r}.")
    return sizes[feature_set_id]


def _blocks(features: Features, vectors: list[Vector]) -> Iterator[arrow.Block]:
    for start in range(0, len(vectors), BATCH):
        some = features.with_numbers(vectors[start : start + BATCH])
        if some:
            numbers = np.stack([one.numbers for one in some if one.numbers is not None])
            yield [one.place.item_id for one in some], numbers
