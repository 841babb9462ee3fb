"""Signing in: the client takes no token but a JWT, so that a user's own token travels inside one.

The JWT has no signature, and needs none: it says nothing that this host believes but the token in
it, which is looked up as any other is, at every request.
"""

from __future__ import annotations

import base64
import binascii
import json
import time
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Header
from pydantic import BaseModel

from host_contract.errors import NotAllowed
from host_stub.users import current_user

if TYPE_CHECKING:
    from host_stub.platform import LocalPlatform

HOURS = 24
KEY_HOURS = 10 * 365 * 24
"""How long the client uses a JWT before it asks for another one."""


class SignIn(BaseModel):
    """Name and token of a user, or the JWT of an earlier sign-in."""

    type: Literal["user_credentials", "refresh_token"]
    username: str = ""
    password: str = ""
    refresh_token: str = ""


def router(platform: LocalPlatform) -> APIRouter:
    """The routes of signing in."""
    found = APIRouter()

    @found.post("/token")
    def sign_in(given: SignIn) -> dict[str, str]:
        """Give a JWT for a user's name and token, or for an earlier JWT."""
        token = token_in(given.refresh_token) if given.refresh_token else given.password
        name = given.username
        if platform.users.any():
            user = platform.users.of_token(token)
            if user is None or name not in ("", user.name):
                raise NotAllowed("The password is not the token of this user; see docs/hosts.md.")
            name = user.name
        name = name or current_user.get().name
        return {"id_token": jwt(name, token, HOURS), "refresh_token": jwt(name, token, KEY_HOURS)}

    @found.get("/users/me")
    def who_am_i() -> dict[str, str]:
        """Name and role."""
        user = current_user.get()
        return {"id": user.name, "email": user.name, "username": user.name, "role": user.role}

    @found.post("/apiKeys")
    def make_key(authorization: Annotated[str, Header()] = "") -> dict[str, str]:
        """The token that was sent, as a JWT that the client never renews."""
        token = token_in(authorization.partition(" ")[2].strip())
        return {"jwt": jwt(current_user.get().name, token, KEY_HOURS)}

    return found


def jwt(name: str, token: str, hours: int) -> str:
    """A JWT without signature that carries a token. The client reads `email` and `exp`."""
    payload = {"email": name, "exp": int(time.time()) + hours * 3600, "token": token}
    parts = ({"alg": "none", "typ": "JWT"}, payload)
    encoded = (base64.urlsafe_b64encode(json.dumps(part).encode()) for part in parts)
    return ".".join(part.decode().rstrip("=") for part in encoded) + "."


def token_in(sent: str) -> str:
    """The token that a JWT carries; what was sent itself, when it is no such JWT."""
    parts = sent.split(".")
    if len(parts) != 3:
        return sent
    try:
        payload = json.loads(base64.urlsafe_b64decode(parts[1] + "=="))
    except (ValueError, binascii.Error, RecursionError):
        return sent
    token = payload.get("token") if isinstance(payload, dict) else None
    return token if isinstance(token, str) else sent
