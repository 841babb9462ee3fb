"""The gaps of bokeh-fastapi stay closed: sessions, origins, cookies, and messages as they come."""

import asyncio
import gc
import json
import re
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
import numpy as np
import panel as pn
import param
import pytest
from bokeh.document import Document
from bokeh.document.events import MessageSentEvent
from bokeh.events import DocumentReady
from bokeh.models import ColumnDataSource
from bokeh.protocol import Protocol
from bokeh.protocol.message import Message
from bokeh.protocol.receiver import Receiver
from bokeh.util.token import get_token_payload
from bokeh_fastapi import BokehFastAPI
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from panel.custom import JSComponent
from panel.io.fastapi import add_applications
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from host_stub.pages import mount
from host_stub.pages.websockets import close_the_gaps, is_same_origin
from host_stub.platform import open_platform
from tests.host_stub.pages.served_pages import running, wait_for

TOKEN = re.compile(r'"token":"([^"]+)"')


@dataclass
class Bare:
    """The pages with nothing around them, so that no middleware can stand in for the patches."""

    origin: str
    sessions: dict[str, object]

    def load(self, **headers: str) -> str:
        """Open "/" as a browser would, and return the token in the page."""
        page = httpx.get(self.origin, headers=headers).raise_for_status()
        found = TOKEN.search(page.text)
        assert found is not None
        return found.group(1)

    def connect(self, token: str, origin: str | None, **options: Any) -> ClientConnection:
        """Open the page's websocket as a script of that origin would."""
        address = self.origin.replace("http", "ws") + "/ws"
        return connect(address, subprotocols=["bokeh", token], origin=origin, **options)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bare]:
    app = FastAPI()
    with open_platform(tmp_path_factory.mktemp("data")) as platform:
        pages = mount(app, platform, session_lifetime_seconds=2.0)
        with running(app) as origin:
            yield Bare(origin, pages._applications["/"]._sessions)


def test_a_session_ends_when_its_page_is_closed(bare):
    with bare.connect(bare.load(), bare.origin) as connection:
        connection.recv(timeout=180)
        assert bare.sessions
    wait_for(lambda: not bare.sessions)


def test_nothing_is_left_of_a_page_that_was_closed(bare):
    with bare.connect(bare.load(), bare.origin) as connection:
        connection.recv(timeout=180)
        documents = [weakref.ref(session.document) for session in bare.sessions.values()]
        assert documents
    wait_for(lambda: gc.collect() >= 0 and not any(document() for document in documents))


def test_a_session_lives_as_long_as_its_page_is_open(bare):
    with bare.connect(bare.load(), bare.origin) as connection:
        connection.recv(timeout=180)
        with bare.connect(bare.load(), bare.origin):
            pass
        wait_for(lambda: len(bare.sessions) == 1)
        assert connection.state.name == "OPEN"


@pytest.mark.parametrize("origin", ["http://evil.example", "null", None])
def test_a_page_of_another_origin_gets_no_websocket(bare, origin):
    token = bare.load()
    with pytest.raises(InvalidStatus), bare.connect(token, origin):
        pass


def test_scripts_in_the_page_can_read_neither_cookies_nor_headers(bare):
    token = bare.load(cookie="session=secret-cookie", authorization="Bearer secret-header")
    payload = get_token_payload(token)
    assert payload["headers"] == {}
    assert payload["cookies"] == {}
    assert "secret" not in json.dumps(payload)


def tell(connection: ClientConnection, message: Message) -> None:
    """Send a message without buffers, as the page's script does."""
    for part in (message.header_json, message.metadata_json, message.content_json):
        connection.send(part)


def received(connection: ClientConnection) -> Message:
    """The next message, put together of its frames as Bokeh's own receiver does it."""
    receiver, message = Receiver(Protocol()), None
    while message is None:
        message = asyncio.run(receiver.consume(connection.recv(timeout=180)))
    return message


@contextmanager
def slow_browser(make: Callable[[FastAPI], BokehFastAPI]) -> Iterator[ClientConnection]:
    """A page that is open and has its document, and reads no further by itself."""
    close_the_gaps()
    app = FastAPI()
    pages = make(app)
    with running(app) as origin:
        bare = Bare(origin, pages._applications["/"]._sessions)
        with bare.connect(bare.load(), origin, max_size=None, max_queue=1) as connection:
            assert received(connection).msgtype == "ACK"
            tell(connection, Protocol().create("PULL-DOC-REQ"))
            assert received(connection).msgtype == "PULL-DOC-REPLY"
            yield connection


def test_messages_to_a_slow_browser_come_whole():
    """An answer comes while buffers wait, which no compression shrinks, for a browser at rest."""
    source = ColumnDataSource()
    column = np.random.default_rng(0).random(1_000_000)

    def page(document: Document) -> None:
        document.add_root(source)

    with slow_browser(lambda app: BokehFastAPI(page, app=app)) as connection:
        update = partial(source.update, data={"x": column, "y": column, "z": column})
        source.document.add_next_tick_callback(update)
        wait_for(lambda: source.data)
        tell(connection, Protocol().create("SERVER-INFO-REQ"))
        time.sleep(0.5)
        kinds = {received(connection).msgtype for _ in range(2)}
        assert kinds == {"PATCH-DOC", "SERVER-INFO-REPLY"}


class Counter(JSComponent):
    """A number beside a load of bytes."""

    load = param.Bytes()
    value = param.Integer()

    _esm = "export function render() {}"


def test_changes_reach_a_slow_browser_in_order():
    load = np.random.default_rng(0).bytes(8_000_000)
    done = threading.Event()

    def page() -> object:
        counter = Counter()

        async def count() -> None:
            while not pn.state.loaded:
                await asyncio.sleep(0.01)
            counter.load = load
            for value in range(1, 10):
                counter.value = value
                if value % 3 == 0:
                    await asyncio.sleep(0.1)
            done.set()

        pn.state.onload(count)
        return counter

    with slow_browser(lambda app: add_applications({"/": page}, app=app)) as connection:
        ready = MessageSentEvent(Document(), "bokeh_event", DocumentReady())
        tell(connection, Protocol().create("PATCH-DOC", [ready]))
        assert done.wait(180)
        values = [0]
        while values[-1] < 9:
            message = received(connection)
            if message.msgtype == "PATCH-DOC":
                events = message.content["events"]
                values += [event["new"] for event in events if event["attr"] == "value"]
        assert values == sorted(values)


@given(st.text(), st.text())
def test_only_the_same_host_is_the_same_origin(origin, host):
    if is_same_origin(f"http://{origin}", host):
        assert re.split("[/?#]", origin.lower())[0] == host.lower()


@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        ("http://localhost:80", "localhost:80", True),
        ("https://Data.example", "data.example", True),
        ("http://localhost:81", "localhost:80", False),
        ("http://evil.example", "localhost:80", False),
        ("http://localhost:80.evil.example", "localhost:80", False),
        ("null", "localhost:80", False),
        ("", "localhost:80", False),
        (None, "localhost:80", False),
        ("http://localhost", None, False),
        ("http://[", "[", False),
        ("file://localhost:80", "localhost:80", False),
    ],
)
def test_same_origin(origin, host, same):
    assert is_same_origin(origin, host) is same
