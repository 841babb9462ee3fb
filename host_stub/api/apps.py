"""/apps: what is installed, and whether it works."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from pydantic import BaseModel

from host_contract.manifest import Manifest

if TYPE_CHECKING:
    from host_stub.platform import LocalPlatform


class InstalledApp(BaseModel):
    """An installed app."""

    name: str
    error: str | None
    manifest: Manifest | None


def router(platform: LocalPlatform) -> APIRouter:
    """The routes of apps."""
    found = APIRouter(prefix="/apps", tags=["apps"])

    @found.get("")
    def list_apps() -> list[InstalledApp]:
        """Every installed app."""
        return [
            InstalledApp(name=app.name, error=app.error, manifest=app.manifest)
            for app in platform.apps.list()
        ]

    return found
