"""/notifications: the bell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query

from host_contract.entities import Notification

if TYPE_CHECKING:
    from host_stub.platform import LocalPlatform


def router(platform: LocalPlatform) -> APIRouter:
    """The routes of notifications."""
    found = APIRouter(prefix="/notifications", tags=["notifications"])

    @found.get("")
    def list_notifications(limit: Annotated[int, Query(ge=1, le=1000)] = 50) -> list[Notification]:
        """The newest notifications, newest first."""
        return platform.notifications.list(limit)

    @found.post("/read", status_code=204)
    def mark_read(ids: list[str] | None = None) -> None:
        """Mark these, or all, as read."""
        platform.notifications.mark_read(ids)

    return found
