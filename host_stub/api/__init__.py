"""The REST API: one module a resource, each a function that makes a router for a platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, FastAPI

from host_stub.api import (
    apps,
    datasets,
    documentation,
    executions,
    feature_sets,
    items,
    notifications,
    problems,
    projects,
)

if TYPE_CHECKING:
    from host_stub.platform import LocalPlatform

RESOURCES = (projects, datasets, items, feature_sets, executions, notifications, apps)


def mount(app: FastAPI, platform: LocalPlatform) -> None:
    """Add every resource under /api/v1, the page that documents them, and the shape of errors."""
    everything = APIRouter(prefix="/api/v1")
    for resource in RESOURCES:
        everything.include_router(resource.router(platform))
    app.include_router(everything)
    app.include_router(documentation.router(app))
    problems.install(app)
