"""What every request passes before anything else: who it is addressed to, and where it is from."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
APIS = ("/api/", "/dataloop/")
"""Where programs ask; everywhere else people do."""
POLICY_VIOLATION = 1008
"""Close code of RFC 6455; before the websocket is open, the answer is 403."""
PAGE_POLICY = "; ".join(
    (
        "default-src 'none'",
        # Bokeh compiles its templates, and its pages start with a script of their own; Panel's
        # components are modules at blob addresses. Scripts in attributes need none of them.
        "script-src 'self' blob: 'unsafe-inline' 'unsafe-eval'",
        "script-src-attr 'none'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' blob: data:",
        "font-src 'self' data:",
        "connect-src 'self' blob:",
        "worker-src blob:",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'self'",
    )
)
"""What a page may load: nothing of another origin. Each exception was seen to be needed."""
API_POLICY = "default-src 'none'; frame-ancestors 'none'"
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "same-origin",
}


def is_loopback(address: str) -> bool:
    """Whether only this machine reaches an address that a server listens on."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


class SameOriginOnly:
    """Refuses requests addressed to another name, and changes that another site asks for.

    The first closes DNS rebinding, the second cross-site request forgery: a browser sends an
    Origin with every request that changes something. Origins of websockets are checked where they
    open, since only there is it known which of them the pages use.
    """

    def __init__(self, app: ASGIApp, allowed_host: str) -> None:
        """Guard an app that is served on an address."""
        self._app = app
        self._any_host = not is_loopback(allowed_host)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 403."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope.get("method", "GET"), headers)
        if refusal is not None and scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
            return
        if refusal is not None:
            problem = {"title": "Forbidden", "status": 403, "detail": refusal, "code": "forbidden"}
            response = JSONResponse(problem, 403, media_type="application/problem+json")
            await response(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                found = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    found.setdefault(name, value)
                api = scope["path"].startswith(APIS)
                found.setdefault("content-security-policy", API_POLICY if api else PAGE_POLICY)
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)

    def _refusal(self, method: str, headers: Headers) -> str | None:
        host = headers.get("host", "")
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        if not self._any_host and name not in LOOPBACK:
            return f"This host is not called {name!r}."
        origin = headers.get("origin")
        if method not in SAFE_METHODS and origin:
            address = address_of(origin)
            if address is not None and address.netloc == host:
                return None
            return "Changes are accepted from this host's own pages only."
        return None


def address_of(origin: str) -> SplitResult | None:
    """The parts of an Origin header; None for what is no address."""
    try:
        return urlsplit(origin)
    except ValueError:
        return None
