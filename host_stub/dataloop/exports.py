"""Exports: JSON files of a dataset's items, made at once and fetched as if they were items."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from host_contract.entities import Item
from host_stub.database import new_id
from host_stub.dataloop.address import base
from host_stub.dataloop.commands import command_json
from host_stub.dataloop.dql import of_items, of_records
from host_stub.dataloop.item_annotations import annotations_json
from host_stub.dataloop.item_json import item_json
from host_stub.dataloop.vectors import place_json, vector_json
from host_stub.features import Features

if TYPE_CHECKING:
    from host_stub.platform import LocalPlatform

ID = re.compile("[0-9a-f]{24}")
KEPT_SECONDS = 3600
"""A client fetches its export within seconds; an hour later the next export removes it."""


class Filtered(BaseModel):
    """A filter on items or vectors."""

    filter: dict[str, Any] = Field(default_factory=dict)
    join: dict[str, Any] | None = None


class AnnotationsWanted(BaseModel):
    """Whether annotations come along."""

    include: bool = False


class Wanted(BaseModel):
    """What is to be in the export."""

    exportType: Literal["json"]
    itemsQuery: Filtered = Field(default_factory=Filtered)
    itemsVectorQuery: Filtered = Field(default_factory=Filtered)
    includeItemVectors: bool = False
    annotations: AnnotationsWanted = Field(default_factory=AnnotationsWanted)


def router(platform: LocalPlatform) -> APIRouter:
    """The routes of exports."""
    found = APIRouter()

    @found.post("/datasets/{dataset_id}/export")
    def export(request: Request, dataset_id: str, wanted: Wanted) -> dict[str, Any]:
        """Write the items that pass a filter, with annotations and vectors if wanted."""
        items = _items(platform, dataset_id, wanted)
        folder = _folder(platform)
        export_id = new_id()
        part = folder / f"{export_id}.part"
        with part.open("w", encoding="utf-8") as file:
            separator = "["
            for one in _described(platform, request, items, wanted):
                file.write(separator + json.dumps(one))
                separator = ","
            file.write("]" if separator == "," else "[]")
        part.replace(folder / export_id)
        return command_json(request, "ExportDatasetAsJson", export_id)

    return found


def exported_item(platform: LocalPlatform, request: Request, item_id: str) -> dict[str, Any] | None:
    """An export as the item that the client takes it for; None for any other id."""
    if (file := _file(platform, item_id)) is None:
        return None
    at = f"{base(request)}/items/{item_id}"
    known = {"size": file.stat().st_size, "mimetype": "application/json"}
    return {
        "id": item_id,
        "name": f"{item_id}.json",
        "filename": f"/{item_id}.json",
        "dir": "/",
        "type": "file",
        "hidden": True,
        "stream": f"{at}/stream",
        "url": at,
        "metadata": {"system": known, "user": {}},
    }


def export_stream(platform: LocalPlatform, item_id: str) -> FileResponse | None:
    """The bytes of an export; None for any other id."""
    file = _file(platform, item_id)
    return None if file is None else FileResponse(file, media_type="application/json")


def _items(platform: LocalPlatform, dataset_id: str, wanted: Wanted) -> Iterator[list[Item]]:
    query = of_items(wanted.itemsQuery.filter, wanted.itemsQuery.join, dataset_id)
    page = platform.datasets.items(dataset_id, query)

    def pages() -> Iterator[list[Item]]:
        now = page
        while True:
            yield list(now.items)
            if now.next_after is None:
                return
            now = platform.datasets.items(dataset_id, query, after=now.next_after)

    return pages()


def _described(
    platform: LocalPlatform, request: Request, pages: Iterator[list[Item]], wanted: Wanted
) -> Iterator[dict[str, Any]]:
    features, passes = Features(platform), of_records(wanted.itemsVectorQuery.filter)
    for items in pages:
        vectors: dict[str, list[dict[str, Any]]] = {}
        if wanted.includeItemVectors and items:
            ids = [item.id for item in items]
            found = features.vectors(dataset_id=items[0].dataset_id, item_ids=ids)
            kept = [one for one in found if passes(place_json(one.place))]
            for one in features.with_numbers(kept):
                vectors.setdefault(one.place.item_id, []).append(vector_json(one))
        for item in items:
            described = item_json(request, item)
            if wanted.annotations.include:
                described["annotations"] = annotations_json(item)
            if wanted.includeItemVectors:
                described["itemVectors"] = vectors.get(item.id, [])
            yield described


def _folder(platform: LocalPlatform) -> Path:
    folder = platform.data_dir / "exports"
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        try:
            if time.time() - old.stat().st_mtime > KEPT_SECONDS:
                old.unlink()
        except FileNotFoundError:
            continue  # another export has just removed it
    return folder


def _file(platform: LocalPlatform, export_id: str) -> Path | None:
    file = platform.data_dir / "exports" / export_id
    return file if ID.fullmatch(export_id) and file.is_file() else None
