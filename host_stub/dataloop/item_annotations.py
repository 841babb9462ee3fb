"""/annotations: what this host keeps of them is label, type and coordinates."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from host_contract.entities import Annotation, Item, Metadata
from host_contract.errors import InvalidInput, NotFound
from host_stub.dataloop.paging import Asked

if TYPE_CHECKING:
    from host_stub.platform import LocalPlatform

CLASS, CLASSIFICATION = "class", "classification"
"""What the client and this host call an annotation of the whole item."""


class NewAnnotation(BaseModel):
    """An annotation as the client sends it."""

    model_config = ConfigDict(extra="ignore")
    label: str
    type: str = CLASS
    coordinates: JsonValue = None
    attributes: dict[str, Any] | list[Any] | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)

    def kept(self) -> Annotation:
        """What the host keeps. Raises `InvalidInput` rather than lose attributes."""
        system = self.metadata.get("system") or {}
        if self.attributes or (isinstance(system, dict) and system.get("attributes")):
            raise InvalidInput(f"Annotation {self.label!r} has attributes; this host keeps none.")
        kind = CLASSIFICATION if self.type == CLASS else self.type
        return Annotation(label=self.label, type=kind, coordinates=self.coordinates or None)


def router(platform: LocalPlatform) -> APIRouter:
    """The routes of annotations."""
    found = APIRouter()
    datasets = platform.datasets

    @found.get("/items/{item_id}/annotations")
    def list_annotations(item_id: str) -> list[dict[str, Any]]:
        """What is said about an item."""
        return annotations_json(datasets.item(item_id))

    @found.post("/items/{item_id}/annotations")
    def add_annotations(
        item_id: str, new: NewAnnotation | list[NewAnnotation]
    ) -> list[dict[str, Any]]:
        """Say more about an item; gives what is new."""
        added = [one.kept() for one in (new if isinstance(new, list) else [new])]
        datasets.annotate(item_id, lambda before: [*before, *added])
        return annotations_json(datasets.item(item_id))[-len(added) :] if added else []

    @found.get("/annotations/{annotation_id}")
    def get_annotation(annotation_id: str) -> dict[str, Any]:
        """One annotation."""
        return _numbered(datasets.item(_item_id(annotation_id)), annotation_id)[1]

    @found.delete("/annotations/{annotation_id}")
    def delete_annotation(annotation_id: str) -> dict[str, str]:
        """Take one annotation back."""
        item = datasets.item(_item_id(annotation_id))

        def without(before: Sequence[Annotation]) -> Sequence[Annotation]:
            now = item.model_copy(update={"annotations": tuple(before)})
            number = _numbered(now, annotation_id)[0]
            return [*before[:number], *before[number + 1 :]]

        datasets.annotate(item.id, without)
        return {"id": annotation_id}

    return found


def annotations_of(
    platform: LocalPlatform, dataset_id: str, asked: Asked
) -> Iterator[dict[str, Any]]:
    """The annotations of a dataset; of some items alone, where the filter says so at its top."""
    item_ids = asked.named("itemId")
    query: Metadata = {"label": {"$exists": True}}
    if item_ids is not None:
        query["id"] = [*item_ids]
    after: str | None = None
    while True:
        page = platform.datasets.items(dataset_id, query, after=after)
        for item in page.items:
            yield from annotations_json(item)
        if (after := page.next_after) is None:
            return


def annotations_json(item: Item) -> list[dict[str, Any]]:
    """An item's annotations as the client reads them, in order.

    An id is the item's and a digest of what is said, so that it stays when others go.
    """
    seen: Counter[str] = Counter()
    described: list[dict[str, Any]] = []
    for annotation in item.annotations:
        said = json.dumps(annotation.model_dump(), sort_keys=True)
        seen[said] += 1
        digest = hashlib.sha256(f"{said} {seen[said]}".encode()).hexdigest()[:16]
        when = item.created.isoformat()
        described.append(
            {
                "id": f"{item.id}-{digest}",
                "itemId": item.id,
                "datasetId": item.dataset_id,
                "label": annotation.label,
                "type": CLASS if annotation.type == CLASSIFICATION else annotation.type,
                "coordinates": annotation.coordinates or [],
                "creator": "",
                "createdAt": when,
                "updatedBy": "",
                "updatedAt": when,
                "metadata": {"system": {}, "user": {}},
            }
        )
    return described


def _item_id(annotation_id: str) -> str:
    return annotation_id.rpartition("-")[0]


def _numbered(item: Item, annotation_id: str) -> tuple[int, dict[str, Any]]:
    for number, annotation in enumerate(annotations_json(item)):
        if annotation["id"] == annotation_id:
            return number, annotation
    raise NotFound(f"There is no annotation {annotation_id!r}.")
