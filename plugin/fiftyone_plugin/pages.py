"""The pages with maps, on loopback, in the process of FiftyOne's server.

They are served by Panel in a thread with an event loop of its own.
"""

from __future__ import annotations

import asyncio
import os
import threading
from concurrent.futures import Future
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tornado.httputil import HTTPHeaders
from tornado.web import HTTPError, OutputTransform, RequestHandler

from clustering_app import hooks
from fiftyone_host.host import FiftyOneHost
from fiftyone_host.ids import id_of
from fiftyone_plugin import written_back
from host_contract.errors import ItemUnreadable, NotFound

if TYPE_CHECKING:
    from fiftyone_plugin.open_page import OpenPage

STATE = "CLUSTERING_FIFTYONE_STATE"
"""Environment variable: the folder for vectors, maps and selections."""
DEFAULT_STATE = "~/.clustering/fiftyone"
ADDRESS, NAME = "127.0.0.1", "localhost"
"""Where they listen, and what they are called: Bokeh lets in websockets of this name alone."""
PICTURES = "/thumbnails"
"""Path of the pictures of items."""
HEADERS = {
    # FiftyOne's App isolates itself, for threads in WebAssembly. In its frames a browser then
    # shows nothing but what agrees to that.
    "Cross-Origin-Embedder-Policy": "credentialless",
    "Cross-Origin-Resource-Policy": "cross-origin",
    # The App is opened by either name; pages from elsewhere get no frame.
    "Content-Security-Policy": f"frame-ancestors http://{NAME}:* http://{ADDRESS}:*",
}
"""What every answer says."""


class Pages:
    """Serves the pages from the moment it is made. Safe to use from any thread."""

    def __init__(self, state: Path) -> None:
        """Take the folder for what the app keeps. Raises as `FiftyOneHost` does."""
        self._open: set[OpenPage] = set()
        self._deletions: dict[str, object] = {}
        self._lock = threading.Lock()
        self.host = FiftyOneHost(hooks, state, also=[written_back], pictures=PICTURES)
        port: Future[int] = Future()
        threading.Thread(target=self._serve, args=(port,), daemon=True).start()
        self._origin = f"http://{NAME}:{port.result()}"

    def address(self, dataset_id: str, panel_id: str) -> str:
        """Address of the page of a dataset in one of the App's panels."""
        return f"{self._origin}/map?{urlencode({'dataset': dataset_id, 'panel': panel_id})}"

    def of_panel(self, panel_id: str) -> list[OpenPage]:
        """The open pages of a panel: in its frame, and in a window of its own."""
        with self._lock:
            return [page for page in self._open if page.panel_id == panel_id]

    def look(self, dataset: Any) -> None:
        """Let the app hear of samples that were deleted in FiftyOne, and tell the open pages."""
        dataset_id, latest = id_of(dataset), dataset.last_deletion_at
        with self._lock:
            before = self._deletions.get(dataset_id, self)
            self._deletions[dataset_id] = latest
            shown = [page for page in self._open if page.dataset_id == dataset_id]
        if before != latest:
            self.host.look_for_deletions()
            for page in shown:
                page.items_changed()

    def _serve(self, port: Future[int]) -> None:
        try:
            server = self._server()
        except BaseException as error:
            port.set_exception(error)
            raise
        server.start()
        port.set_result(server.port)
        server.io_loop.start()

    def _server(self) -> Any:
        import panel as pn
        from panel.io.server import get_server

        asyncio.set_event_loop(asyncio.new_event_loop())
        pn.extension()
        return get_server(
            {"map": self._page}, address=ADDRESS, title="Clustering", include_headers=[],
            include_cookies=[], transforms=[WithHeaders], verbose=False,
            extra_patterns=[(rf"{PICTURES}/([0-9a-f-]+)", Thumbnail, {"pages": self})],
        )  # fmt: skip

    def _page(self) -> object:
        import panel as pn

        from fiftyone_plugin.open_page import OpenPage

        asked = {
            name: values[0].decode("utf-8", "replace")
            for name, values in pn.state.session_args.items()
        }
        try:
            dataset = self.host.dataset(asked.get("dataset", ""))
        except NotFound as error:
            return pn.pane.Str(str(error))
        page = OpenPage(self.host, dataset, asked.get("panel", ""), pn.state.curdoc)
        with self._lock:
            self._open.add(page)
        pn.state.on_session_destroyed(lambda _context: self._closed(page))
        return page.tab.view()

    def _closed(self, page: OpenPage) -> None:
        with self._lock:
            self._open.discard(page)


class WithHeaders(OutputTransform):
    """Adds `HEADERS` to every answer."""

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:
        """See Tornado."""
        headers.update(HEADERS)
        return status_code, headers, chunk


class Thumbnail(RequestHandler):
    """A small picture of an item, for the pages."""

    def initialize(self, pages: Pages) -> None:
        """Take whose it is."""
        self._pages = pages

    async def get(self, wanted: str) -> None:
        """Answer with the picture, or 404. Another name than ours is a page that was rebound."""
        if self.request.host_name != NAME:
            raise HTTPError(403)
        try:
            content = await asyncio.to_thread(self._pages.host.thumbnail, wanted)
        except (NotFound, ItemUnreadable) as error:
            raise HTTPError(404) from error
        self.set_header("content-type", "image/webp")
        self.set_header("cache-control", "private, max-age=3600")
        self.finish(content)


_first = threading.Lock()


def pages() -> Pages:
    """The pages of this process, served from the first call on."""
    with _first:
        return _made()


@cache
def _made() -> Pages:
    return Pages(Path(os.environ.get(STATE, DEFAULT_STATE)).expanduser())
