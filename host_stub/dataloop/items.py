"""/items, and the items of a dataset: upload, queries, changes and deletion by them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, File, Form, HTTPException, Request, Response, UploadFile
from pydantic import BaseModel, Field

from host_contract.entities import ItemPage, Metadata
from host_contract.errors import InvalidInput, InvalidQuery
from host_stub.api import items as own
from host_stub.changes import MergeDeep, Move
from host_stub.dataloop.changes import ChangedItem, read_metadata
from host_stub.dataloop.commands import command_json
from host_stub.dataloop.dql import of_items
from host_stub.dataloop.exports import export_stream, exported_item
from host_stub.dataloop.item_annotations import annotations_of
from host_stub.dataloop.item_json import item_json
from host_stub.dataloop.paging import Asked, found_in, page_of
from host_stub.item_rows import folder_of
from host_stub.users import Role, current_user

if TYPE_CHECKING:
    from host_stub.platform import LocalPlatform

ORDERS = {
    ("id", False): "Oldest first",
    ("id", True): "Newest first",
    ("createdAt", False): "Oldest first",
    ("createdAt", True): "Newest first",
    ("name", False): "Name",
    ("filename", False): "Folder",
    ("metadata.system.size", False): "Smallest first",
    ("metadata.system.size", True): "Largest first",
}
"""This host's orders by the field and direction that the client names."""


class CloneTarget(BaseModel):
    """Where a clone goes."""

    targetDatasetId: str
    remoteFileName: str | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)


def router(platform: LocalPlatform) -> APIRouter:
    """The routes of items."""
    found = APIRouter()
    datasets = platform.datasets

    @found.post("/datasets/{dataset_id}/items")
    def upload(
        request: Request,
        response: Response,
        dataset_id: str,
        path: Annotated[str, Form()],
        file: Annotated[UploadFile, File()],
        mode: Literal["skip", "overwrite"] = "skip",
        metadata: Annotated[str, Form()] = "{}",
        description: Annotated[str, Form()] = "",
    ) -> dict[str, Any]:
        """Add a file; where its path is taken, keep the item or give it these bytes.

        The client deletes an item whose size is not that of its file: one that is to be kept is
        never shown to it for a file of another size.
        """
        if description:
            raise InvalidInput("Descriptions are not kept; put the text into metadata.user.")
        folder, _, name = path.rpartition("/")
        user_metadata = read_metadata(metadata)
        item = datasets.at(dataset_id, folder_of(folder), name)
        if item is None:
            new = datasets.receive(name, folder, file.file, (), user_metadata)
            (item,) = datasets.keep(dataset_id, [new], once=True)
            if item.id == new.row.id:
                response.headers["x-item-op"] = "created"
                return item_json(request, item)
        if mode == "overwrite":
            file.file.seek(0)
            datasets.replace_content(item.id, file.file)
            datasets.update_metadata([item.id], user_metadata)
            item = datasets.item(item.id)
        elif item.size != file.size:
            raise HTTPException(409, f"{path!r} holds other bytes; give mode=overwrite to replace.")
        response.headers["x-item-op"] = mode
        return item_json(request, item)

    @found.post("/datasets/{dataset_id}/query")
    def query(request: Request, dataset_id: str, asked: Asked) -> Any:
        """Find items or annotations, or change or delete the items that are found."""
        changing = asked.delete or asked.update is not None
        if asked.resource == "annotations" and not changing:
            annotations = annotations_of(platform, dataset_id, asked)
            return page_of(*found_in(annotations, asked), asked)
        if asked.resource != "items":
            raise InvalidQuery(
                f"Items and annotations are found here, and items changed; not {asked.resource!r}."
            )
        wanted = of_items(asked.filter, asked.join, dataset_id)
        if asked.delete:
            current_user.get().must(Role.EDITOR, "Deleting items")
            return {"deleted": datasets.delete_items(datasets.item_ids(dataset_id, wanted))}
        if asked.update is not None:
            current_user.get().must(Role.EDITOR, "Changing metadata")
            ids = datasets.item_ids(dataset_id, wanted)
            return {"updated": datasets.update_metadata(ids, asked.update.metadata.user)}
        page = _page(platform, dataset_id, wanted, asked)
        return page_of([item_json(request, item) for item in page.items], page.total, asked)

    @found.get("/items/{item_id}")
    def get_item(request: Request, item_id: str) -> dict[str, Any]:
        """One item, or the file of an export, which the client takes for one."""
        exported = exported_item(platform, request, item_id)
        return exported or item_json(request, datasets.item(item_id))

    @found.get("/items/{item_id}/stream")
    def get_stream(item_id: str) -> Response:
        """The bytes."""
        exported = export_stream(platform, item_id)
        return exported or own.stream(datasets.item(item_id))

    @found.get("/items/{item_id}/thumbnail")
    def get_thumbnail(item_id: str) -> Response:
        """A small picture."""
        return Response(datasets.thumbnail(item_id), media_type="image/webp")

    @found.patch("/items/{item_id}")
    def update_item(request: Request, item_id: str, changed: ChangedItem) -> dict[str, Any]:
        """Change user metadata at any depth, a null removing what is there; or move the item."""
        item = datasets.item(item_id)
        if changed.filename is not None:
            folder, _, name = changed.filename.rpartition("/")
            if name != item.name:
                raise InvalidInput("An item keeps its name; upload it again to give it another.")
            datasets.change([item_id], Move(folder or "/"))
        if changed.metadata.user:
            datasets.change([item_id], MergeDeep(changed.metadata.user))
        return item_json(request, datasets.item(item_id))

    @found.post("/items/{item_id}/clone")
    def clone_item(request: Request, item_id: str, target: CloneTarget) -> dict[str, Any]:
        """Copy an item with all that is known of it into another dataset, or the same."""
        if target.remoteFileName is not None or target.metadata:
            raise InvalidInput("A clone keeps its item's path and metadata.")
        datasets.item(item_id)
        (clone,) = datasets.clone_items([item_id], target.targetDatasetId)
        return command_json(request, "CloneItem", clone)

    @found.delete("/items/{item_id}")
    def delete_item(item_id: str) -> dict[str, str]:
        """Delete an item with its vectors."""
        datasets.item(item_id)
        datasets.delete_items([item_id])
        return {"id": item_id}

    return found


def _page(platform: LocalPlatform, dataset_id: str, wanted: Metadata, asked: Asked) -> ItemPage:
    order = ORDERS.get(asked.order())
    if order is None:
        known = ", ".join(
            f"{name} {'descending' if down else 'ascending'}" for name, down in ORDERS
        )
        raise InvalidQuery(f"Items cannot be sorted by {asked.sort}; there are {known}.")
    offset = asked.page * asked.page_size
    return platform.datasets.page(
        dataset_id, wanted, offset=offset, limit=asked.page_size, order=order
    )
