"""/projects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter

from host_contract.entities import Project

if TYPE_CHECKING:
    from host_stub.platform import LocalPlatform


def router(platform: LocalPlatform) -> APIRouter:
    """The routes of projects."""
    found = APIRouter(prefix="/projects", tags=["projects"])

    @found.get("")
    def list_projects() -> list[Project]:
        """All projects."""
        return platform.datasets.projects()

    return found
