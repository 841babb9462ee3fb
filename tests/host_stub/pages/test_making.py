"""While a page is made, others are answered, and nobody takes its document for their own."""

import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import panel as pn
from fastapi import FastAPI
from panel.io.fastapi import add_applications

from host_stub.pages.making import make_in_threads
from tests.host_stub.pages.served_pages import running


def test_others_are_answered_while_a_page_is_made() -> None:
    asked = threading.Event()
    seen: list[object] = []

    def page() -> object:
        document = pn.state.curdoc
        seen.append(asked.wait(60))
        seen.append(pn.state.curdoc is document is not None)
        return pn.pane.Str("made")

    make_in_threads()
    app = FastAPI()

    @app.get("/ask")
    async def ask() -> bool:
        asked.set()
        return pn.state.curdoc is None

    add_applications({"/": page}, app=app)
    with running(app) as origin, ThreadPoolExecutor() as pool:
        made = pool.submit(httpx.get, origin, timeout=120)
        assert httpx.get(f"{origin}/ask", timeout=120).json() is True
        assert made.result().status_code == 200
    assert seen == [True, True]
