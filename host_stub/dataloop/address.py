"""Where all of this is."""

from __future__ import annotations

from fastapi import Request

PREFIX = "/dataloop/api/v1"
"""Before every path; the client cuts addresses at `api/v1`."""


def base(request: Request) -> str:
    """Address before every path here, as the client reached it."""
    return str(request.base_url).rstrip("/") + PREFIX
