"""An item as the client reads it."""

from __future__ import annotations

from typing import Any

from fastapi import Request

from host_contract.entities import Item
from host_stub.dataloop.address import base


def item_json(request: Request, item: Item) -> dict[str, Any]:
    """Every field that the client reads; it compares `size` with what it sent."""
    at = f"{base(request)}/items/{item.id}"
    known = {"originalname": item.name, "mimetype": item.mimetype, "size": item.size}
    return {
        "id": item.id,
        "datasetId": item.dataset_id,
        "dataset": f"{base(request)}/datasets/{item.dataset_id}",
        "name": item.name,
        "dir": item.folder.rstrip("/") or "/",
        "filename": item.folder + item.name,
        "type": "file",
        "hidden": False,
        "url": at,
        "stream": f"{at}/stream",
        "thumbnail": f"{at}/thumbnail" if item.thumbnail_url else None,
        "annotations": f"{at}/annotations",
        "annotated": bool(item.annotations),
        "annotationsCount": len(item.annotations),
        "createdAt": item.created.isoformat(),
        "metadata": {
            "system": item.system_metadata | known,
            "user": item.user_metadata,
        },
    }
