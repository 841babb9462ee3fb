"""Who is asking, and whether they may: before every request and every websocket."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from host_stub.api.problems import problem
from host_stub.dataloop.tokens import token_in
from host_stub.permissions import ANYBODY, needed
from host_stub.security import APIS, POLICY_VIOLATION
from host_stub.users import LOCAL_USER, NOBODY, User, Users, current_user

if TYPE_CHECKING:
    from host_stub.users import Role

COOKIE = "access"
"""Holds the token in a browser that signed in: out of reach of scripts and of other sites."""


class Access:
    """Lets a request through when its user's role is enough, and says who it is.

    A token comes in the header `Authorization: Bearer TOKEN`, or in a browser's cookie. It is asked
    for as soon as there is a user, and always on an address that other machines reach.
    """

    def __init__(self, app: ASGIApp, users: Users, *, always: bool) -> None:
        """Guard an app.

        Args:
            app: What to guard.
            users: Who may come.
            always: Ask for a token even when there are no users, so that nobody comes in.
        """
        self._app = app
        self._users = users
        self._always = always

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 401 or 403."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        role = needed(scope.get("method", "WEBSOCKET"), scope["path"])
        if role is ANYBODY:
            current_user.set(NOBODY)
            await self._app(scope, receive, send)
            return
        # Kept in memory until somebody writes: a thread would cost each request more than that.
        user = self._user(scope)
        if user is not None and user.may(role):
            current_user.set(user)
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
        else:
            await _refusal(scope, user, role)(scope, receive, send)

    def _user(self, scope: Scope) -> User | None:
        if not self._always and not self._users.any():
            return LOCAL_USER
        token = _token(Headers(scope=scope))
        return self._users.of_token(token) if token else None


def _token(headers: Headers) -> str | None:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token_in(token.strip())
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return cookie.value if cookie else None


def _refusal(scope: Scope, user: User | None, role: Role) -> Response:
    if user is not None:
        detail = f"This needs the role {role}; {user.name} is {user.role}."
        return problem(403, "NotAllowed", detail, "not_allowed", scope["path"])
    page = scope["method"] in ("GET", "HEAD") and not scope["path"].startswith(APIS)
    if page:
        return RedirectResponse("/login", 303)
    detail = "Send a token in the header Authorization: Bearer TOKEN."
    answer = problem(401, "NotSignedIn", detail, "not_signed_in", scope["path"])
    answer.headers["www-authenticate"] = "Bearer"
    return answer
