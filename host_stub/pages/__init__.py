"""The pages that a person sees."""

from __future__ import annotations

import logging
import secrets
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import panel as pn
from bokeh.settings import settings
from bokeh.util.warnings import BokehUserWarning
from fastapi import FastAPI
from fastapi.responses import FileResponse
from panel.io.fastapi import add_applications

from host_contract.errors import NotFound
from host_stub.pages import closing, component_files, made_once, sign_in, turns, websockets
from host_stub.pages.apps_page import AppsPage
from host_stub.pages.browser_page import BrowserPage
from host_stub.pages.datasets_page import DatasetsPage
from host_stub.pages.executions_page import ExecutionsPage
from host_stub.pages.frame import FAVICON, PLATFORM_NAME, error_page
from host_stub.users import User, current_user

if TYPE_CHECKING:
    from bokeh_fastapi import BokehFastAPI

    from host_stub.platform import LocalPlatform

log = logging.getLogger(__name__)

MOST_MILLISECONDS_UNSEEN = 1_000
"""Of a page that is to end, until it is seen: each page that waits for it takes 0.7 MB."""


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
    made_once.make_once()
    closing.mend()
    turns.take_turns()
    # Bokeh looks for mistakes in each page: 10 ms, and a warning for each place still empty.
    settings.perform_document_validation = False
    # A tenth of a page's making went into looking at the signatures of Panel's own callbacks.
    settings.perform_error_diagnostics = False
    # Of a part that came after the page, a browser's first message brings the whole part.
    warnings.filterwarnings("ignore", "reference already known", BokehUserWarning)
    pn.extension(notifications=True)

    def datasets(user: User) -> DatasetsPage:
        return DatasetsPage(platform, user)

    def browser(user: User) -> BrowserPage:
        return BrowserPage(platform, pn.state.route_params["dataset_id"], user)

    def executions(user: User) -> ExecutionsPage:
        return ExecutionsPage(platform, user)

    def apps(user: User) -> AppsPage:
        return AppsPage(platform, user)

    @app.get("/favicon.ico", include_in_schema=False)
    def favicon() -> FileResponse:
        return FileResponse(FAVICON, media_type="image/svg+xml")

    app.include_router(sign_in.router(platform))

    component_files.mount(app)
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
        check_unused_sessions_milliseconds=min(milliseconds, MOST_MILLISECONDS_UNSEEN),
        sign_sessions=True,
        secret_key=secrets.token_bytes(32),
        **websockets.PRIVATE_TOKEN,
    )


class PageMaker(Protocol):
    """What makes a page, and handles what happens in it."""

    def view(self) -> object:
        """The whole page."""


def _guarded(build: Callable[[User], PageMaker]) -> Callable[[], object]:
    """Show a page for what went wrong where Panel would show an empty one."""

    def guarded() -> object:
        user = current_user.get()
        websockets.made_for(pn.state.curdoc, user)
        maker, made = shown(user)
        closing.take_apart_when_closed(made, maker)
        return made

    def shown(user: User) -> tuple[PageMaker | None, object]:
        try:
            maker = build(user)
            return maker, maker.view()
        except NotFound as error:
            return None, error_page("There is nothing here", str(error))
        except Exception:
            log.exception("A page could not be built")
            return None, error_page(
                "This page could not be shown",
                "The cause is in the log of the server. Reload the page to try again.",
            )

    return guarded
