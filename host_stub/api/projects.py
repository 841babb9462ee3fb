"""/projects: what groups the datasets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from pydantic import BaseModel

from host_contract.entities import Project
from host_stub.api.idempotency import CreationKey

if TYPE_CHECKING:
    from host_stub.platform import LocalPlatform


class ProjectName(BaseModel):
    """What makes a project, or gives it another name."""

    name: str


def router(platform: LocalPlatform) -> APIRouter:
    """The routes of projects."""
    found = APIRouter(prefix="/projects", tags=["projects"])

    @found.get("")
    def list_projects() -> list[Project]:
        """All projects."""
        return platform.projects.list()

    @found.post("", status_code=201)
    def create_project(new: ProjectName, key: CreationKey) -> Project:
        """Make an empty project; with an Idempotency-Key, once however often it is asked for."""
        return platform.projects.create(new.name, key=key)

    @found.get("/{project_id}")
    def get_project(project_id: str) -> Project:
        """One project."""
        return platform.projects.get(project_id)

    @found.patch("/{project_id}")
    def rename_project(project_id: str, new: ProjectName) -> Project:
        """Give a project another name."""
        return platform.projects.rename(project_id, new.name)

    @found.delete("/{project_id}", status_code=204)
    def delete_project(project_id: str) -> None:
        """Delete a project that holds nothing; the default one stays."""
        platform.projects.delete(project_id)

    return found
