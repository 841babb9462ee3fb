"""The files of Panel's components, in place of Panel's own route: that imports what it is asked."""

from __future__ import annotations

import sys
from typing import cast

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import FileResponse, JSONResponse
from panel.io.server import ComponentResourceHandler
from tornado.web import HTTPError as TornadoError

from host_stub.api.problems import problem


def mount(app: FastAPI) -> None:
    """Add the route; to be called before Panel adds its own, which is never reached then."""
    app.include_router(_router())

    @app.exception_handler(TornadoError)
    async def of_component(_: Request, error: TornadoError) -> JSONResponse:
        """What Panel finds the files by raises what only Tornado would answer."""
        detail = error.log_message or "There is no such file."
        return problem(error.status_code, "HTTPException", detail, "http_error")


def _router() -> APIRouter:
    found = APIRouter(include_in_schema=False)

    @found.get("/components/{path:path}")
    def component_file(path: str) -> FileResponse:
        # Importing a module runs it, and what a page shows was imported when the page was made.
        if path.partition("/")[0] not in sys.modules:
            raise TornadoError(404, "Nothing of this module is shown.")
        # It needs an instance for one attribute of its class alone.
        finder = cast("ComponentResourceHandler", ComponentResourceHandler)
        return FileResponse(ComponentResourceHandler.parse_url_path(finder, path))

    return found
