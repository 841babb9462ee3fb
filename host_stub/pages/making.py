"""Pages are made in threads, so that nobody else waits meanwhile.

To make a page takes 0.4 s of processor time, and to write it down for the browser 0.1 s more.
Bokeh spends them on the event loop, where every other page, request and message waits for it.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import bokeh.io.doc
import panel as pn
from bokeh.document import Document
from bokeh.server.session import ServerSession, _needs_document_lock
from bokeh_fastapi.handler import DocHandler
from fastapi import Request
from fastapi.responses import HTMLResponse
from tornado.ioloop import IOLoop

THREADS = 2
"""Pages are made at the same time: more would only share one interpreter, and one alone would let
an app that hangs in the tab it was asked for keep all others from their pages."""


def make_in_threads() -> None:
    """Mend Bokeh and bokeh-fastapi in this process; calling it again changes nothing."""
    DocHandler.get = _get
    ServerSession._handle_pull = _needs_document_lock(_write_down)
    if not isinstance(bokeh.io.doc._PATCHED_CURDOCS, _CurrentDocuments):
        bokeh.io.doc._PATCHED_CURDOCS = _CurrentDocuments()


class _CurrentDocuments(threading.local):
    """What `curdoc()` is in this thread; Bokeh's own list is one for the whole process."""

    def __init__(self) -> None:
        self._documents: list[Any] = []
        self.append, self.pop = self._documents.append, self._documents.pop

    def __len__(self) -> int:
        return len(self._documents)

    def __getitem__(self, index: int) -> Any:
        return self._documents[index]


_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="page")


async def _get(self: Any, request: Request, bokeh_session_id: str | None = None) -> HTMLResponse:
    if self.application_context.io_loop is None:  # else it would be that of the thread
        self.application_context._loop = IOLoop.current()
    making = _made(self, request, bokeh_session_id)
    run = contextvars.copy_context().run
    document, page = await asyncio.get_running_loop().run_in_executor(
        _threads, run, asyncio.run, making
    )
    # From now on its changes are made on the event loop, where Panel sends them at once.
    pn.state._thread_id_[document] = threading.get_ident()
    return HTMLResponse(page)


async def _write_down(self: Any, request: Any, connection: Any) -> Any:
    """What `ServerSession._handle_pull` does, and the JSON that sending would make."""

    def write() -> Any:
        answer = connection.protocol.create(
            "PULL-DOC-REPLY", request.header["msgid"], self.document
        )
        answer.content_json  # noqa: B018 - it is kept
        return answer

    return await asyncio.get_running_loop().run_in_executor(_threads, write)


async def _made(self: Any, request: Request, session_id: str | None) -> tuple[Document, str]:
    """What `DocHandler.get` does."""
    session = await self.get_session(request, session_id)
    page = type(self).render_session(
        session,
        resources=self.application.resources(),
        title=session.document.title,
        template=session.document.template,
        template_variables=session.document.template_variables,
    )
    return session.document, page
