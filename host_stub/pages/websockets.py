"""What bokeh-fastapi 0.1.8 leaves open about websockets, closed.

- A closed page is never noticed, so that its session and document live for ever: the end of the
  receiving loop now counts as the loss of the client.
- The Origin of a websocket is never compared with anything, so that any site open in the same
  browser could drive a page: only the origin that the page came from is let in.
- A message goes out as several frames, and where the network is slow those of two messages mix,
  so that the browser waits for ever for the rest of one; and a later change may overtake an
  earlier one. Each now goes out whole, in the order in which they were asked for.
- A page's token opens its session to whoever has it: only the user that the page was made for is
  let in.
- The token in the page holds all headers and cookies of the request, readable by scripts:
  `PRIVATE_TOKEN` keeps them out.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from typing import Any
from weakref import WeakKeyDictionary

from bokeh.document import Document
from bokeh.protocol.exceptions import ProtocolError
from bokeh.util.token import get_session_id
from bokeh_fastapi.handler import WSHandler
from fastapi import WebSocket

from host_stub.security import POLICY_VIOLATION, address_of
from host_stub.users import User, current_user

log = logging.getLogger(__name__)

PRIVATE_TOKEN: dict[str, list[str]] = {"include_headers": [], "include_cookies": []}
"""Arguments for `panel.io.fastapi.add_applications`."""


_made_for: WeakKeyDictionary[Document, User] = WeakKeyDictionary()

_receive_loop = WSHandler._receive_loop
_ws_connect = WSHandler.ws_connect
_send_message = WSHandler.send_message


def is_same_origin(origin: str | None, host: str | None) -> bool:
    """Whether an Origin header names the host that the request was sent to."""
    if not origin or not host or (parts := address_of(origin)) is None:
        return False
    return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()


def made_for(document: Document, user: User) -> None:
    """Remember whose page it is."""
    _made_for[document] = user


def close_the_gaps() -> None:
    """Mend bokeh-fastapi's handler in this process; calling it again changes nothing."""
    WSHandler._receive_loop = _receive_until_lost
    WSHandler.ws_connect = _connect_from_same_origin
    WSHandler.send_message = _send_in_turn


async def _receive_until_lost(self: Any) -> None:
    try:
        await _receive_loop(self)
    finally:
        if self.connection is not None:
            self.application.client_lost(self.connection)
            # They hold themselves and this one: no garbage collection is to be needed.
            for part in (self.receiver, self.handler, self.connection):
                part.__dict__.clear()
            self.connection = None


async def _connect_from_same_origin(self: Any, websocket: WebSocket) -> None:
    origin = websocket.headers.get("origin")
    if not is_same_origin(origin, websocket.headers.get("host")):
        log.warning("Refused a websocket from origin %r to %s", origin, websocket.url.path)
        await websocket.close(POLICY_VIOLATION)
        return
    if not _is_of_current_user(self, websocket):
        log.warning("Refused the websocket of another user's page %s", websocket.url.path)
        await websocket.close(POLICY_VIOLATION)
        return
    self.sending = asyncio.Lock()
    await _ws_connect(self, websocket)


def _is_of_current_user(self: Any, websocket: WebSocket) -> bool:
    """Whether the page that a token opens is the user's, or yet to be made."""
    try:
        session_id = get_session_id(websocket.scope["subprotocols"][1])
        session = self.application_context.get_session(session_id)
    except (IndexError, ProtocolError, ValueError, KeyError):
        return True  # the handler refuses what is no token, and makes the page where there is none
    owner = _made_for.get(session.document)
    return owner is None or owner == current_user.get()


def _send_in_turn(self: Any, message: Any) -> Awaitable[int]:
    # A task takes its turn now, a coroutine only when somebody awaits it.
    sending = _send_whole(self, message)
    try:
        return asyncio.get_running_loop().create_task(sending)
    except RuntimeError:  # a thread of an app's, which hands it to the loop
        return sending


async def _send_whole(self: Any, message: Any) -> int:
    async with self.sending:
        sent: int = await _send_message(self, message)
        return sent
