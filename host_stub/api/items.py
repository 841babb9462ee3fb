"""/items: one item, its bytes and its thumbnail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import Response, StreamingResponse

from host_contract.entities import Item, Metadata
from host_stub.sniffing import HEAD_BYTES, picture_type

if TYPE_CHECKING:
    from host_stub.platform import LocalPlatform

BLOCK_BYTES = 1 << 18
FOR_A_DAY = {"cache-control": "private, max-age=86400"}


def router(platform: LocalPlatform) -> APIRouter:
    """The routes of items."""
    found = APIRouter(prefix="/items", tags=["items"])

    @found.get("/{item_id}")
    def get_item(item_id: str) -> Item:
        """One item."""
        return platform.datasets.item(item_id)

    @found.patch("/{item_id}")
    def update_item(item_id: str, user_metadata: Metadata) -> Item:
        """Merge fields into the user metadata; a null removes one."""
        platform.datasets.item(item_id)
        platform.datasets.update_metadata([item_id], user_metadata)
        return platform.datasets.item(item_id)

    @found.delete("/{item_id}", status_code=204)
    def delete_item(item_id: str) -> None:
        """Delete an item, and what apps keep of it."""
        platform.datasets.item(item_id)
        platform.datasets.delete_items([item_id])

    @found.get("/{item_id}/thumbnail", response_class=Response)
    async def get_thumbnail(item_id: str) -> Response:
        """A small picture of the item."""
        # No thread: to hand it over takes longer than to read so little.
        picture = platform.datasets.thumbnail(item_id)
        return Response(picture, media_type="image/webp", headers=FOR_A_DAY)

    @found.get("/{item_id}/stream", response_class=StreamingResponse)
    def get_stream(item_id: str) -> StreamingResponse:
        """The item's bytes: shown when they are those of a picture, else a download."""
        return stream(platform.datasets.item(item_id))

    return found


def stream(item: Item) -> StreamingResponse:
    """An item's bytes: shown when they are those of a picture, else a download."""
    content = item.open()
    kind = picture_type(content.read(HEAD_BYTES))
    content.seek(0)
    disposition = "inline" if kind else "attachment"
    headers = {
        "content-disposition": f"{disposition}; filename*=UTF-8''{quote(item.name, safe='')}",
        "content-security-policy": "sandbox; default-src 'none'",
        "content-length": str(item.size),
    }
    kind = kind or "application/octet-stream"
    return StreamingResponse(_blocks(content), media_type=kind, headers=headers)


def _blocks(content: BinaryIO) -> Iterator[bytes]:
    with content:
        while block := content.read(BLOCK_BYTES):
            yield block
