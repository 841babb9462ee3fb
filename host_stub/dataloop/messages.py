"""/inbox: the bell's messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter

from host_contract.entities import Notification

if TYPE_CHECKING:
    from host_stub.platform import LocalPlatform

MOST = 1000


def router(platform: LocalPlatform) -> APIRouter:
    """The routes of messages."""
    found = APIRouter(prefix="/inbox/message")

    @found.get("/user")
    def list_messages() -> dict[str, Any]:
        """The newest messages, newest first."""
        return {"items": [as_json(one) for one in platform.notifications.list(MOST)]}

    return found


def as_json(message: Notification) -> dict[str, Any]:
    """A message as the client reads it; its resource is what a click opens."""
    about = {"dataset": message.dataset_id, "execution": message.execution_id}
    kind, resource = next(((k, v) for k, v in reversed(about.items()) if v), (None, None))
    return {
        "id": message.id,
        "title": message.title,
        "description": message.text,
        "new": not message.read,
        "read": message.read,
        "context": {"project": None},
        "resourceType": kind,
        "resourceId": resource,
        "notificationCode": message.level.value,
        "createdAt": message.created.isoformat(),
    }
