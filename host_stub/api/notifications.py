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
    def list_notifications(
        before: str | None = None, limit: Annotated[int, Query(ge=1, le=1000)] = 50
    ) -> list[Notification]:
        """Notifications, newest first; pass the last one's id as `before` for the next page."""
        return platform.notifications.list(limit, before=before)

    @found.post("/read", status_code=204)
    def mark_read(ids: list[str] | None = None) -> None:
        """Mark these, or all, as read."""
        platform.notifications.mark_read(ids)

    return found
