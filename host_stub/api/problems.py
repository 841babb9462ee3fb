"""The one shape of every error: problem+json (RFC 9457) with a stable code."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from host_contract.errors import ContractError, InvalidInput, ItemUnreadable, NotAllowed, NotFound

log = logging.getLogger(__name__)

STATUS: dict[type[ContractError], int] = {
    NotFound: 404,
    ItemUnreadable: 404,
    InvalidInput: 400,
    NotAllowed: 403,
}


def problem(status: int, title: str, detail: str, code: str, path: str = "") -> JSONResponse:
    """An answer that says what went wrong with a request for a path."""
    content = {"title": title, "status": status, "detail": detail, "code": code}
    if path.startswith("/dataloop/"):
        content["message"] = detail  # the only member that its clients read
    return JSONResponse(content, status, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Answer every failure of the app in this shape."""

    @app.exception_handler(ContractError)
    async def of_contract(request: Request, error: ContractError) -> JSONResponse:
        status = next((s for kind, s in STATUS.items() if isinstance(error, kind)), 500)
        return problem(status, type(error).__name__, str(error), error.code, request.url.path)

    @app.exception_handler(RequestValidationError)
    async def of_request(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return problem(
            400, "InvalidInput", f"{where}: {first['msg']}", InvalidInput.code, request.url.path
        )

    @app.exception_handler(HTTPException)
    async def of_http(request: Request, error: HTTPException) -> JSONResponse:
        code = "too_large" if error.status_code == 413 else "http_error"
        return problem(
            error.status_code, "HTTPException", str(error.detail), code, request.url.path
        )

    @app.exception_handler(Exception)
    async def of_anything(request: Request, error: Exception) -> JSONResponse:
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        detail = "The cause is in the server's log."
        return problem(500, "InternalError", detail, "internal_error", request.url.path)
