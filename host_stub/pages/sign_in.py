"""The page "/login": a form without any script, and the cookie that a right token earns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from host_stub.access import COOKIE

if TYPE_CHECKING:
    from host_stub.platform import LocalPlatform

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sign in</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:14vh auto;padding:0 1rem;
background:#f6f7f9;color:#1b1e23}}input,button{{font:inherit;width:100%;box-sizing:border-box;
padding:.6rem .8rem;margin:.4rem 0;border-radius:8px;border:1px solid #8888}}
button{{background:#1b5299;color:#fff;border:0;cursor:pointer}}p.error{{color:#c62828}}
@media(prefers-color-scheme:dark){{body{{background:#14161a;color:#eee}}p.error{{color:#ff7a70}}
input{{background:#1b1e23;color:#eee}}}}</style></head><body><h1>Sign in</h1>
<p>Enter the token that you were given. Whoever runs this server makes one for you.</p>{error}
<form method="post" action="/login"><input name="token" type="password" required autofocus
autocomplete="current-password" aria-label="Token"><button>Sign in</button></form></body></html>"""
WRONG = '<p class="error" role="alert">This is nobody\'s token.</p>'
SECONDS = 30 * 24 * 3600
"""How long a browser keeps the token."""


def router(platform: LocalPlatform) -> APIRouter:
    """The routes of signing in and out."""
    found = APIRouter(include_in_schema=False)

    @found.get("/login")
    def login() -> HTMLResponse:
        return HTMLResponse(PAGE.format(error=""))

    @found.post("/login")
    def check(request: Request, token: Annotated[str, Form()]) -> Response:
        if platform.users.of_token(token.strip()) is None:
            return HTMLResponse(PAGE.format(error=WRONG), 401)
        answer = RedirectResponse("/", 303)
        secure = request.url.scheme == "https"
        answer.set_cookie(
            COOKIE, token.strip(), SECONDS, httponly=True, samesite="strict", secure=secure
        )
        return answer

    @found.get("/logout")
    def logout() -> RedirectResponse:
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(COOKIE)
        return answer

    return found
