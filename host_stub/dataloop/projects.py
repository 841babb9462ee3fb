"""/projects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Form

from host_contract.entities import Project
from host_contract.errors import NotFound

if TYPE_CHECKING:
    from host_stub.platform import LocalPlatform


def router(platform: LocalPlatform) -> APIRouter:
    """The routes of projects."""
    found = APIRouter(prefix="/projects")

    @found.get("")
    def list_projects() -> list[dict[str, Any]]:
        """All projects."""
        return [as_json(project) for project in platform.projects.list()]

    @found.post("")
    def create_project(name: Annotated[str, Form()]) -> dict[str, Any]:
        """Make a project; the client sends a form here, and JSON everywhere else."""
        return as_json(platform.projects.create(name))

    @found.get("/{project_id}")
    def get_project(project_id: str) -> dict[str, Any]:
        """One project."""
        return as_json(platform.projects.get(project_id))

    @found.get("/{name}/name")
    def find_projects(name: str) -> list[dict[str, Any]]:
        """The projects of a name, of which there is one at least."""
        named = [one for one in platform.projects.list() if one.name == name]
        if not named:
            raise NotFound(f"There is no project named {name!r}.")
        return [as_json(project) for project in named]

    return found


def as_json(project: Project) -> dict[str, Any]:
    """A project as the client reads it."""
    return {"id": project.id, "name": project.name, "account": {}, "contributors": []}
