"""The routes of Dataloop's client `dtlpy`, over this host's own store: one module a resource.

They were read off the client, never compared with its server: what works here is that the client
accepts this host. Left out are recipes, services, apps, models, tasks and pipelines, and folders
without items.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, FastAPI

from host_stub.dataloop import (
    commands,
    datasets,
    executions,
    exports,
    feature_sets,
    item_annotations,
    items,
    messages,
    projects,
    tokens,
    vectors,
)
from host_stub.dataloop.address import PREFIX

if TYPE_CHECKING:
    from host_stub.platform import LocalPlatform

RESOURCES = (
    tokens,
    projects,
    datasets,
    exports,
    commands,
    items,
    item_annotations,
    feature_sets,
    vectors,
    executions,
    messages,
)


def mount(app: FastAPI, platform: LocalPlatform) -> None:
    """Add every resource under the prefix."""
    everything = APIRouter(prefix=PREFIX, include_in_schema=False)
    for resource in RESOURCES:
        everything.include_router(resource.router(platform))
    app.include_router(everything)
