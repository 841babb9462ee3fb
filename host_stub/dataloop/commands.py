"""/commands: what the client waits for. Here it was done before anyone could ask.

A command's id says what it was and what it made, so that none is kept.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request

from host_contract.errors import NotFound
from host_stub.dataloop.address import base

if TYPE_CHECKING:
    from host_stub.platform import LocalPlatform

ID = re.compile("(CloneItem|ExportDatasetAsJson)-([0-9a-f]{24})")


def router(platform: LocalPlatform) -> APIRouter:
    """The routes of commands."""
    found = APIRouter(prefix="/commands")

    @found.get("/{command_id}")
    def get_command(request: Request, command_id: str) -> dict[str, Any]:
        """A command that succeeded."""
        parts = ID.fullmatch(command_id)
        if parts is None:
            raise NotFound(f"There is no command {command_id!r}.")
        return command_json(request, parts[1], parts[2])

    return found


def command_json(request: Request, kind: str, made: str) -> dict[str, Any]:
    """A command as the client reads it: an export is known by an id, clones by a list of them."""
    command_id = f"{kind}-{made}"
    return {
        "id": command_id,
        "url": f"{base(request)}/commands/{command_id}",
        "type": kind,
        "status": "success",
        "progress": 100,
        "spec": {"outputItemId": made, "returnedModelId": [made]},
    }
