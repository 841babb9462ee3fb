"""A page that lists the REST API from its OpenAPI description, without any foreign script."""

from __future__ import annotations

from html import escape

from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>REST API</title>
<style>body{{font:15px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}}
code{{background:#8882;padding:.1rem .3rem;border-radius:4px}}dt{{margin-top:1rem}}
@media(prefers-color-scheme:dark){{body{{background:#14161a;color:#eee}}a{{color:#7fb0ff}}}}</style>
</head><body><h1>REST API</h1><p>Machine-readable: <a href="{openapi}">{openapi}</a></p>
<dl>{operations}</dl></body></html>"""


def router(app: FastAPI) -> APIRouter:
    """The page /docs of an app."""
    found = APIRouter(include_in_schema=False)

    @found.get("/docs")
    def docs() -> HTMLResponse:
        operations = "".join(
            f"<dt><code>{escape(method.upper())} {escape(path)}</code></dt>"
            f"<dd>{escape(operation.get('description', operation['summary']))}</dd>"
            for path, methods in app.openapi()["paths"].items()
            for method, operation in methods.items()
        )
        return HTMLResponse(
            PAGE.format(openapi=escape(str(app.openapi_url)), operations=operations)
        )

    return found
