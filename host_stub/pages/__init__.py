"""The pages that a person sees."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

import panel as pn
from fastapi import FastAPI
from fastapi.responses import FileResponse
from panel.io.fastapi import add_applications

from host_contract.errors import NotFound
from host_stub.pages import websockets
from host_stub.pages.apps_page import AppsPage
from host_stub.pages.browser_page import BrowserPage
from host_stub.pages.datasets_page import DatasetsPage
from host_stub.pages.executions_page import ExecutionsPage
from host_stub.pages.frame import FAVICON, PLATFORM_NAME, error_page

if TYPE_CHECKING:
    from bokeh_fastapi import BokehFastAPI

    from host_stub.platform import LocalPlatform

log = logging.getLogger(__name__)

CALLBACK_THREADS = 4
"""Threads for callbacks that are not coroutines, so that none of them can stop the server."""


def mount(
    app: FastAPI, platform: LocalPlatform, *, session_lifetime_seconds: float = 15.0
) -> BokehFastAPI:
    """Add the pages to the app.

    Args:
        app: where to add them.
        platform: whose datasets they show.
        session_lifetime_seconds: how long the server keeps a page that the browser has left.
    """
    websockets.close_the_gaps()
    pn.extension(notifications=True)
    pn.config.nthreads = CALLBACK_THREADS

    def datasets() -> object:
        return DatasetsPage(platform).view()

    def browser() -> object:
        return BrowserPage(platform, pn.state.route_params["dataset_id"]).view()

    def executions() -> object:
        return ExecutionsPage(platform).view()

    def apps() -> object:
        return AppsPage(platform).view()

    @app.get("/favicon.ico", include_in_schema=False)
    def favicon() -> FileResponse:
        return FileResponse(FAVICON, media_type="image/svg+xml")

    milliseconds = max(1, round(session_lifetime_seconds * 1000))
    return add_applications(
        {
            "/": _guarded(datasets),
            "/datasets/{dataset_id}": _guarded(browser),
            "/executions": _guarded(executions),
            "/apps": _guarded(apps),
        },
        app=app,
        title=PLATFORM_NAME,
        unused_session_lifetime_milliseconds=milliseconds,
        check_unused_sessions_milliseconds=milliseconds,
        **websockets.PRIVATE_TOKEN,
    )


def _guarded(build: Callable[[], object]) -> Callable[[], object]:
    """Show a page for what went wrong where Panel would show an empty one."""

    def guarded() -> object:
        try:
            return build()
        except NotFound as error:
            return error_page("There is nothing here", str(error))
        except Exception:
            log.exception("A page could not be built")
            return error_page(
                "This page could not be shown",
                "The cause is in the log of the server. Reload the page to try again.",
            )

    return guarded
