"""The web application: REST under /api/v1, Dataloop's, the pages, and the checks before all."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.routing import APIRoute

from host_stub import api, dataloop, pages
from host_stub.access import Access
from host_stub.limits import MAX_UPLOAD_BYTES, BodyLimit
from host_stub.security import SameOriginOnly, is_loopback

if TYPE_CHECKING:
    from host_stub.platform import LocalPlatform

SWITCH_SECONDS = 0.0005
"""A thread that wants to go on waits so long for one that computes. Each write to a socket lets go
of the interpreter: at Python's 5 ms, the event loop spent nearly half of its time on getting it
back."""


def create_app(
    platform: LocalPlatform,
    *,
    allowed_host: str = "127.0.0.1",
    max_upload_bytes: int = MAX_UPLOAD_BYTES,
) -> FastAPI:
    """Build the application of a platform.

    Args:
        platform: Whose data it serves; the caller closes it.
        allowed_host: Address that it is served on; requests for another name are refused.
        max_upload_bytes: The most that one request may bring.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    app = FastAPI(
        title="Dataset platform",
        version="1",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # both fetch their scripts from other machines
        redoc_url=None,
    )
    app.add_middleware(BodyLimit, max_bytes=max_upload_bytes)
    app.add_middleware(Access, users=platform.users, always=not is_loopback(allowed_host))
    app.add_middleware(SameOriginOnly, allowed_host=allowed_host)
    api.mount(app, platform)
    dataloop.mount(app, platform)
    pages.mount(app, platform)
    for route in app.routes:
        if isinstance(route, APIRoute) and not route.path.startswith("/api/"):
            route.include_in_schema = False
    return app
